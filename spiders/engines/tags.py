"""Versions that a mirror's tags mark, with who tagged them, as one page; the network stays off."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from spiders import git
from spiders.engines.repository import author_line
from spiders.records import Page
from spiders.redact import Pepper

TAGS_PAGE: Final = "application/x-git-tags+json"
TAGS_MAX: Final = 20_000  # versions of one repository; whoever tags every build releases nothing by it
_VERSION: Final = re.compile(r"(?:[\w.@/-]{0,80}[-_/@])?[vV]?\d{1,9}(?:\.\d{1,9}){1,3}[\w.+-]{0,40}")


def tag_pages(
    directory: Path, name: str, *, until: datetime | None, pepper: Pepper, fetched_at: datetime
) -> Iterator[Page]:
    """Yield one page of the annotated tags that name a version, none if there are none; writes nothing.

    A tag without a message is but another name of a commit: nobody said when, or that they, released it. until: only
    tags made at or before it.
    """
    git.repository_name(name)
    last = (fetched_at if until is None else until).timestamp()
    found = [one for one in git.tags(directory) if 0 < one.at <= last and _VERSION.fullmatch(one.name)]
    if not found:
        return
    lines: list[dict[str, object]] = [{"repository": name, "count": min(len(found), TAGS_MAX)}]
    for one in sorted(found, key=lambda one: (-one.at, one.name))[:TAGS_MAX]:
        at = datetime.fromtimestamp(one.at, UTC).isoformat()
        lines.append({"tag": one.name, "at": at, "tagger": author_line(pepper, *one.tagger)})
    body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode("utf-8", "replace")
    yield Page(
        url=f"https://github.com/{name}/tags", status=200, media_type=TAGS_PAGE, fetched_at=fetched_at,
        sha256=sha256(body).hexdigest(), body=body,
    )  # fmt: skip
