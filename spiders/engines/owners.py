"""Owner and maintainer files of an operator's own mirror, with every version, as pages; the network stays off.

One page a file: a header, then its versions, newest first. Contents that the mirror has not are told as missing.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath

from spiders import git, gitfiles, redact
from spiders.errors import SourceChanged
from spiders.gitrun import head as head_of
from spiders.records import Page

OWNERS_PAGE = "application/x-git-owners+json"
VERSIONS_MAX = 1_000
_FILE_MAX_BYTES = 512 * 1024  # where GitHub's API cuts a text, too
_CALENDAR_END_S = 253_402_300_799  # the last second of the year 9999
_CALENDAR_START_S = -62_135_596_800  # the first second of the year 1
_HOME = "https://github.com"


def owner_pages(
    directory: Path, name: str, paths: Sequence[str], *, until: datetime | None, fetched_at: datetime
) -> Iterator[Page]:
    """Yield one page per file of a mirror that was ever there; writes nothing into it.

    until: only versions committed at or before it. Raises SourceChanged if the directory is no repository with its
    trees, SourceRefused for a name that is none.
    """
    git.repository_name(name)
    head = head_of(directory)
    if head is None or not git.has_trees(directory, head):
        raise SourceChanged(
            f"{str(directory)!r} holds no trees, so that no file can be told; mirror it with them"
        )
    there = gitfiles.touched(directory, head, paths)
    known = git.accounts(directory, head) if there else {}
    for path in there:
        body = _body(directory, name, head, path, until, known)
        yield Page(
            url=f"{_HOME}/{name}/blob/{head}/{path}", status=200, media_type=OWNERS_PAGE, fetched_at=fetched_at,
            sha256=sha256(body).hexdigest(), body=body,
        )  # fmt: skip


def _body(
    directory: Path, name: str, head: str, path: str, until: datetime | None, known: dict[str, str]
) -> bytes:
    """Return the JSON lines of one file."""
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
    lines: list[dict[str, object]] = [{
        "repository": name, "head": head, "path": path, "count": len(kept), "cut": len(found) == VERSIONS_MAX,
    }]  # fmt: skip
    said = ""
    for one in kept:
        text = _text(texts.get(one.blob or ""))
        said += text or ""
        lines.append({
            "sha": one.sha, "at": datetime.fromtimestamp(one.at, UTC).isoformat(), "is_there": one.blob is not None,
            "text": text, "aliases": _text(texts.get(aliases.get((one.sha, beside), ""))),
        })  # fmt: skip
    said = said.lower()
    lines[0]["accounts"] = {login: number for login, number in known.items() if login in said}
    return (
        "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode("utf-8", "replace") + b"\n"
    )


def _text(body: bytes | None) -> str | None:
    """Return a file's text without addresses, None for one that is not at hand or no text."""
    if body is None or b"\0" in body[:8_000]:
        return None
    return redact.body(body).decode("utf-8", "replace")
