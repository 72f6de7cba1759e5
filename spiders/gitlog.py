"""What `git log -z` writes, as commits: fields between NULs, credits in messages, touched paths. Pure."""

import re
from collections.abc import Iterator
from typing import IO, Any

from spiders.errors import SourceChanged

PATHS_MAX = 40
_SHA = re.compile(r"[0-9a-f]{40}")
_CREDIT = re.compile(
    r"^(co-authored-by|reviewed-by|signed-off-by|tested-by|acked-by)[ \t]*:([^<\n]{0,200})<([^>\n]{0,320})>",
    re.IGNORECASE | re.MULTILINE,
)
FIELDS = ("%H", "%P", "%at", "%ct", "%an", "%ae", "%aN", "%aE", "%cn", "%ce", "%s", "%b")
UNMAPPED = {"%aN": "%an", "%aE": "%ae"}  # where no mailmap applies


def commits(stream: IO[bytes], *, paths: bool) -> Iterator[dict[str, Any]]:
    """Yield commits from the NUL-separated words of `git log -z`: an empty word, the fields, a newline and paths.

    Only the empty word before each commit tells a path that looks like a commit name from a commit.
    Raises SourceChanged if a line is no commit.
    """
    tokens = _tokens(stream)
    token = next(tokens, None)
    while token is not None:
        if token == "":
            token = next(tokens, None)
            continue
        sha, *rest = values = [token, *(next(tokens, "") for _ in FIELDS[1:])]
        parents, authored, committed, an, ae, mn, me, cn, ce, subject, body = rest
        if not _SHA.fullmatch(sha) or not all(stamp.lstrip("-").isdigit() for stamp in values[2:4]):
            raise SourceChanged("git wrote a history line of another shape; expected a commit")
        touched: list[str] = []
        token = next(tokens, None)
        while token:
            touched.append(token if touched else token.removeprefix("\n"))
            token = next(tokens, None)
        known = paths and " " not in parents
        yield {
            "sha": sha, "parents": parents.split(), "authored_at": int(authored), "committed_at": int(committed),
            "author": (an, ae), "mapped": (mn, me), "committer": (cn, ce), "subject": subject,
            "trailers": list(_trailers(body)),
            "paths": touched[:PATHS_MAX] if known else None, "files": len(touched) if known else None,
        }  # fmt: skip


def _trailers(body: str) -> Iterator[list[str]]:
    """Yield [key, name, address] of every line that credits somebody, keys in lower case, each credit once.

    Anywhere in the message: a squash merge keeps the trailers of its parts in the middle, where `git
    interpret-trailers` does not look.
    """
    seen: set[tuple[str, str]] = set()
    for found in _CREDIT.finditer(body[:200_000]):
        key, name, address = found.group(1).lower(), found.group(2).strip(), found.group(3).strip()
        if (key, address) not in seen:
            seen.add((key, address))
            yield [key, name, address]


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    """Yield the NUL-terminated words of a stream as text, never holding more than one chunk and one word."""
    rest = b""
    while chunk := stream.read(1 << 16):
        *words, rest = (rest + chunk).split(b"\0")
        for word in words:
            yield word.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")
