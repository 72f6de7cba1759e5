"""Which repository a link names."""

import re
from typing import Final
from urllib.parse import urlsplit

from spiders.clients import links

_PART: Final = re.compile(r"[A-Za-z0-9._-]{1,100}", re.A)
_NOT_OWNERS: Final = frozenset({  # first path words on github.com below which no repository lies
    "about", "apps", "collections", "customer-stories", "enterprise", "events", "explore", "features", "login",
    "marketplace", "notifications", "orgs", "resources", "search", "security", "sessions", "settings", "site",
    "solutions", "sponsors", "stars", "topics", "trending", "users",
})  # fmt: skip


def repository(address: str | None) -> str | None:
    """Return the repository on github.com that an address is in, as `github:owner/name`, else None."""
    found = links.canonical(address)
    if found is None or links.host_of(found) not in {"github.com", "www.github.com"}:
        return None
    words = urlsplit(found).path.strip("/").split("/")
    if len(words) < 2 or words[0].lower() in _NOT_OWNERS:
        return None
    owner, name = words[0], words[1].removesuffix(".git")
    if not _PART.fullmatch(owner) or not _PART.fullmatch(name) or name in {".", ".."}:
        return None
    return f"github:{owner}/{name}"
