"""Markup of strangers: what somebody may write into a name, a title or a page's address to make a script run."""

RUN = "window.ran=1"
_STARTS = ("", '">', "'>", "</title>", "</textarea>", "</script>", "-->", "]]>", '" ', "</svg>")
_BODIES = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f'<a href="javascript:{RUN}" autofocus onfocus={RUN}>x</a>',
    f"<body onload={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style></mglyph></table></mtext></math>",
    f'<form action="javascript:{RUN}"><button autofocus onfocus={RUN}>x</button></form>',
    f"<template><script>{RUN}</script></template>",
)
_ALONE = (
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f'"onmouseover={RUN} x="',
    f"' autofocus onfocus={RUN} '",
    f"{{{{ ''.__class__ }}}}{{{{ {RUN} }}}}",
    f"{{% if 1 %}}<script>{RUN}</script>{{% endif %}}",
    f"${{{RUN}}}",
    f"<!--<img src=--><img src=x onerror={RUN}//>",
    f"<style>@import 'javascript:{RUN}';</style>",
    f"<link rel=stylesheet href=javascript:{RUN}>",
    f"<meta http-equiv=refresh content='0;javascript:{RUN}'>",
    f"<base href='javascript:{RUN}//'>",
    f"<object data=javascript:{RUN}></object>",
    f"<embed src=javascript:{RUN}>",
    f"<div hx-on:load='{RUN}' hx-get='/' hx-trigger='load'>x</div>",
    f"<div data-hx-on:click='{RUN}'>x</div>",
    f"\u202e<script>{RUN}</script>",
    f"<scr\u0000ipt>{RUN}</scr\u0000ipt>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
)
PAYLOADS = tuple(f"{start}{body}" for body in _BODIES for start in _STARTS) + _ALONE
