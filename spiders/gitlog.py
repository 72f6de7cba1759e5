"""What `git log -z` writes, as commits: fields between NULs, credits in messages, touched paths. Pure."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from spiders.errors import SourceChanged
from spiders.records import Zone

PATHS_MAX = 40
FILES_MAX = 300_000  # a few trees that name each other stand for ten billion files
_WORD_MAX_BYTES = 16 * 1024 * 1024  # longer than any message ever written by a person
_OFFSET = re.compile(r" ([+-])(\d\d)(\d\d)$")
_SHA = re.compile(r"[0-9a-f]{40}")
_CREDIT = re.compile(
    r"^(co-authored-by|reviewed-by|signed-off-by|tested-by|acked-by)[ \t]*:([^<\n]{0,200})<([^>\n]{0,320})>",
    re.IGNORECASE | re.MULTILINE,
)
FIELDS = ("%H", "%P", "%at", "%ct", "%ai", "%an", "%ae", "%aN", "%aE", "%cn", "%ce", "%s", "%b")
UNMAPPED = {"%aN": "%an", "%aE": "%ae"}  # where no mailmap applies


def commits(stream: IO[bytes], *, paths: bool) -> Iterator[dict[str, Any]]:
    """Yield commits from the NUL-separated words of `git log -z`: an empty word, the fields, a newline and paths.

    Only the empty word before each commit tells a path that looks like a commit name from a commit.
    Raises SourceChanged if a line is no commit, or without end.
    """
    tokens = _tokens(stream)
    token = next(tokens, None)
    while token is not None:
        if token == "":
            token = next(tokens, None)
            continue
        sha, rest = token, list(islice(tokens, len(FIELDS) - 1))
        rest += [""] * (len(FIELDS) - 1 - len(rest))  # cut short
        parents, authored, committed, written, an, ae, mn, me, cn, ce, subject, body = rest
        if not _SHA.fullmatch(sha):
            raise SourceChanged("git wrote a history line of another shape; expected a commit")
        touched: list[str] = []
        files = 0
        token = next(tokens, None)
        while token:
            files += 1
            if files <= PATHS_MAX:
                touched.append(token if touched else token.removeprefix("\n"))
            elif files > FILES_MAX:
                raise SourceChanged(
                    f"commit {sha[:12]} touches more than {FILES_MAX:,} files; it is not read"
                )
            token = next(tokens, None)
        known = paths and " " not in parents
        yield {
            "sha": sha, "parents": parents.split(),
            "authored_at": _seconds(authored), "committed_at": _seconds(committed),
            "zone": zone(written),
            "author": (an, ae), "mapped": (mn, me), "committer": (cn, ce), "subject": subject,
            "trailers": list(_trailers(body)) if "<" in body else [],
            "paths": touched if known else None, "files": files if known else None,
        }  # fmt: skip


def zone(stamp: str) -> Zone | None:
    """Return a third of the world for the clock of a date as git writes it; the clock itself is not kept.

    None for a clock at UTC: machines, web forms and winters in Lisbon write it alike.
    """
    found = _OFFSET.search(stamp)
    if found is None:
        return None
    hours = int(found[2]) + int(found[3]) / 60
    hours = -hours if found[1] == "-" else hours
    if hours == 0 or not -12 <= hours <= 14:
        return None
    if hours <= -2:
        return Zone.AMERICAS
    return Zone.EUROPE_AFRICA if hours < 5 else Zone.ASIA_PACIFIC


def _seconds(stamp: str) -> int | None:
    """Return a moment as git writes it; None for a commit that has none, as old tools left some behind."""
    return int(stamp) if stamp.lstrip("-").isdecimal() and len(stamp) < 20 else None


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
        words, end, rest = (rest + chunk).rpartition(b"\0")
        if len(rest) > _WORD_MAX_BYTES:
            raise SourceChanged(
                f"a message or path is above {_WORD_MAX_BYTES // 1024**2} MiB; it is not read"
            )
        if end:
            yield from words.decode("utf-8", "replace").split("\0")
    if rest:
        yield rest.decode("utf-8", "replace")
