"""Addresses: one spelling per page, and which account a link names."""

import re
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

_ADDRESS_MAX: Final = 2_000
_LOGIN: Final = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}", re.A)
_ORCID: Final = re.compile(r"(?<![\d-])(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])(?![\d-])", re.A)
_TILDE: Final = re.compile(r"~[^\s/?#&;,@]{1,100}\d{1,4}")
_HOST: Final = re.compile(r"(?=.{4,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.A)
# First path words on github.com that are no account (read off the public site map and the help pages).
_RESERVED: Final = {
    "about", "account", "apps", "blog", "collections", "contact", "customer-stories", "dashboard",
    "enterprise", "events", "explore", "features", "gist", "github-copilot", "issues", "join", "login",
    "logout", "marketplace", "mobile", "new", "nonprofit", "notifications", "orgs", "pricing", "pulls",
    "readme", "search", "security", "sessions", "settings", "signup", "site", "sponsors", "stars",
    "team", "topics", "trending", "users",
}  # fmt: skip
# Accounts behind themes and site builders: their link stands in the footer of a thousand homepages.
_BUILDERS: Final = {
    "academicpages", "alshedivat", "barryclark", "daattali", "gohugoio", "hugo-academic", "hugoblox",
    "jekyll", "mmistakes", "pages-themes", "poole", "rstudio", "twbs", "wowchemy",
}  # fmt: skip


def canonical(text: str | None) -> str | None:
    """Return an http(s) address in one spelling: host in lower case, no fragment, tracking or closing slash.

    A bare `mira.example/cv` is read as https. None for anything else: other schemes, credentials, no host.
    """
    raw = (text or "").strip()
    if not raw or len(raw) > _ADDRESS_MAX or any(c.isspace() or ord(c) < 32 for c in raw):
        return None
    if "://" not in raw:
        raw = f"https://{raw.removeprefix('//')}"
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".")
    if (
        parts.scheme.lower() not in {"http", "https"}
        or parts.username is not None
        or not _HOST.fullmatch(host)
    ):
        return None
    where = host if port in {None, 80, 443} else f"{host}:{port}"
    query = urlencode([pair for pair in parse_qsl(parts.query) if not pair[0].lower().startswith("utm_")])
    return urlunsplit((parts.scheme.lower(), where, parts.path.rstrip("/"), query, ""))


def page_id(address: str) -> str | None:
    """Return the id of a personal page, the same for http, https, `www.` and `index.html` spellings."""
    found = canonical(address)
    if found is None:
        return None
    parts = urlsplit(found)
    path = re.sub(r"/(index|home|default)\.html?$", "", parts.path)
    query = f"?{parts.query}" if parts.query else ""
    return f"page:https://{parts.netloc.removeprefix('www.')}{path}{query}"


def host_of(address: str) -> str:
    """Return the host of an address in lower case, `""` when it has none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def orcid(text: str | None) -> str | None:
    """Return the ORCID in a text or address if its check digit holds (ISO 7064 11-2), else None."""
    found = _ORCID.search((text or "")[:_ADDRESS_MAX])
    if found is None:
        return None
    number = found.group(1).upper()
    total = 0
    for digit in number.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return number if number[-1] == ("X" if check == 10 else str(check)) else None


def github_login(address: str | None) -> str | None:
    """Return the login of an address that is an account's own page on github.com, else None."""
    found = canonical(address)
    if found is None or host_of(found) not in {"github.com", "www.github.com"}:
        return None
    words = urlsplit(found).path.strip("/").split("/")
    if len(words) != 1 or not _LOGIN.fullmatch(words[0]) or words[0].lower() in _RESERVED | _BUILDERS:
        return None
    return words[0]


def github_pages_login(address: str | None) -> str | None:
    """Return the account that owns a `login.github.io` host, else None."""
    label, _, rest = host_of(canonical(address) or "").partition(".")
    return (
        label if rest == "github.io" and _LOGIN.fullmatch(label) and label not in {"www", "pages"} else None
    )


def account(address: str | None) -> str | None:
    """Return which account a link names, in the form claims use, else None.

    `github-login:mira`, `orcid:0000-…`, `openreview:~Mira_Okafor1`, `scholar:AbC`, `arxiv-author:okafor_m_1`,
    `dblp:12/345`.
    """
    found = canonical(address)
    if found is None:
        return None
    parts = urlsplit(found)
    host = (parts.hostname or "").removeprefix("www.")
    query = parse_qs(parts.query)
    if host == "github.com":
        login = github_login(found)
        return f"github-login:{login}" if login is not None else None
    if host == "orcid.org":
        number = orcid(parts.path)
        return f"orcid:{number}" if number is not None else None
    if host == "openreview.net" and _TILDE.fullmatch(query.get("id", [""])[0]):
        return f"openreview:{query['id'][0]}"
    if host.startswith("scholar.google.") and re.fullmatch(r"[\w-]{8,20}", query.get("user", [""])[0], re.A):
        return f"scholar:{query['user'][0]}"
    if host == "arxiv.org" and (author := re.fullmatch(r"/a/([a-z0-9_-]{3,60})", parts.path)):
        return f"arxiv-author:{author.group(1)}"
    if host == "dblp.org" and (
        pid := re.fullmatch(r"/pid/([\w-]{1,20}/[\w-]{1,40})(?:\.html)?", parts.path, re.A)
    ):
        return f"dblp:{pid.group(1)}"
    return None


def is_tilde(text: str) -> bool:
    """Whether a text is an OpenReview profile id such as `~Mira_Okafor1`."""
    return _TILDE.fullmatch(text) is not None


def is_left_out(address: str) -> bool:
    """Whether an address is on a network we neither read nor keep (TRUST P21)."""
    host = host_of(address)
    return host == "linkedin.com" or host.endswith(".linkedin.com")
