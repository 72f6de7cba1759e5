"""Owner and maintainer files of an operator's own mirror, with every version, as pages; the network stays off.

One page a file: a header, then its versions, newest first. Contents that the mirror has not are told as missing.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath

from spiders import git, gitfiles, redact
from spiders.engines.bearers import Bearer, Bearers
from spiders.engines.repository import author_line
from spiders.errors import SourceChanged
from spiders.gitrun import head as head_of
from spiders.records import Page
from spiders.redact import Pepper

OWNERS_PAGE = "application/x-git-owners+json"
VERSIONS_MAX = 1_000
_FILE_MAX_BYTES = 512 * 1024  # where GitHub's API cuts a text, too
_CALENDAR_END_S = 253_402_300_799  # the last second of the year 9999
_CALENDAR_START_S = -62_135_596_800  # the first second of the year 1
_HOME = "https://github.com"
_WORD = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")  # whatever may be a login


def owner_pages(
    directory: Path,
    name: str,
    paths: Sequence[str],
    *,
    until: datetime | None,
    pepper: Pepper,
    fetched_at: datetime,
) -> Iterator[Page]:
    """Yield one page per file of a mirror that was ever there; writes nothing into it.

    A page also says whose logins its words are, as far as the history tells (see `bearers`). until: only versions and
    commits committed at or before it. Raises SourceChanged if the directory is no repository with its trees,
    SourceRefused for a name that is none.
    """
    git.repository_name(name)
    head = head_of(directory)
    if head is None or not git.has_trees(directory, head):
        raise SourceChanged(
            f"{str(directory)!r} holds no trees, so that no file can be told; mirror it with them"
        )
    there = gitfiles.touched(directory, head, paths)
    if not there:
        return
    known = git.accounts(directory, head)
    last = None if until is None else int(until.timestamp())
    bearers = Bearers(directory, head, name, until=last, pepper=pepper)
    for path in there:
        header, lines, said = _versions(directory, name, head, path, until)
        words = set(_WORD.findall(said.lower()))
        header["accounts"] = {login: number for login, number in known.items() if login in words}
        header["bearers"] = [_told(one, pepper) for one in bearers.of(words)]
        body = b"".join(
            json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
            for line in (header, *lines)
        )
        yield Page(
            url=f"{_HOME}/{name}/blob/{head}/{path}", status=200, media_type=OWNERS_PAGE, fetched_at=fetched_at,
            sha256=sha256(body).hexdigest(), body=body,
        )  # fmt: skip


def _versions(
    directory: Path, name: str, head: str, path: str, until: datetime | None
) -> tuple[dict[str, object], list[dict[str, object]], str]:
    """Return the header of one file's page, its versions, and all they say."""
    found = gitfiles.versions(directory, head, path, most=VERSIONS_MAX)
    last = _CALENDAR_END_S if until is None else until.timestamp()
    kept = [one for one in found if _CALENDAR_START_S <= one.at <= last]  # forged moments are none
    beside = str(PurePosixPath(path).parent / "OWNERS_ALIASES")
    wants_aliases = PurePosixPath(path).name == "OWNERS"
    aliases = gitfiles.named(directory, [(one.sha, beside) for one in kept]) if wants_aliases else {}
    blobs = sorted({one.blob for one in kept if one.blob is not None} | set(aliases.values()))
    sizes = gitfiles.sizes(directory, blobs)
    texts = dict(
        gitfiles.contents(
            directory, [blob for blob in blobs if sizes.get(blob, _FILE_MAX_BYTES) < _FILE_MAX_BYTES]
        )
    )
    header: dict[str, object] = {
        "repository": name, "head": head, "path": path, "count": len(kept), "cut": len(found) == VERSIONS_MAX,
    }  # fmt: skip
    lines: list[dict[str, object]] = []
    said: list[str] = []
    for one in kept:
        text = _text(texts.get(one.blob or ""))
        among = _text(texts.get(aliases.get((one.sha, beside), "")))
        said += [text or "", among or ""]
        lines.append({
            "sha": one.sha, "at": datetime.fromtimestamp(one.at, UTC).isoformat(), "is_there": one.blob is not None,
            "text": text, "aliases": among,
        })  # fmt: skip
    return header, lines, "\n".join(said)


def _told(one: Bearer, pepper: Pepper) -> dict[str, object]:
    """Return what a page says of a login's author line; the address ends here."""
    return {"login": one.login, "how": one.how, "sha": one.sha, "line": author_line(pepper, *one.line)}


def _text(body: bytes | None) -> str | None:
    """Return a file's text without addresses, None for one that is not at hand or no text."""
    if body is None or b"\0" in body[:8_000]:
        return None
    return redact.body(body).decode("utf-8", "replace")
