"""What records and tasks name: the identifiers by which a person could be recognised."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from spiders.records import Claim, Gone, Identity, Moved, Record, Signal, Task, Work

Value = tuple[str, str]
"""Kind (`id`, `handle`, `homepage`, `orcid`, `email`) and value of one identifier."""


_DIGEST = re.compile(r"[0-9a-f]{64}")


class Keyer(Protocol):
    """Makes the keyed digests suppression is made of."""

    def digest(self, kind: str, value: str) -> str:
        """Return 64 hex digits that only a holder of the key can compute.

        kind: `id`, `handle`, `homepage`, `orcid`, `email` (value: already a keyed digest), `person`.
        """
        ...


def canonical(kind: str, value: str) -> str:
    """Return the one spelling of an identifier: addresses without scheme, `www.` and last slash; no letter case."""
    plain = value.strip().casefold()
    if kind in ("homepage", "orcid"):
        plain = re.sub(r"^[a-z][a-z0-9+.-]*://", "", plain).removeprefix("www.").rstrip("/")
    if kind == "orcid":
        plain = plain.removeprefix("orcid.org/").removeprefix("orcid:")
    return plain


def site(identity: str) -> str:
    """Return the site an id belongs to: `github` of `github:583231`; the namespace of its handles."""
    return identity.split(":", 1)[0]


def identity_values(one: Identity) -> Iterator[Value]:
    """Yield every identifier of an identity record as (kind, value), its id first."""
    yield ("id", one.id)
    if one.handle is not None:
        yield ("handle", f"{site(one.id)}:{one.handle}")
    if one.homepage is not None:
        yield ("homepage", one.homepage)
    if one.orcid is not None:
        yield ("orcid", one.orcid)
    yield from (("email", digest) for digest in one.emails)
    if one.id.startswith("page:"):
        yield ("homepage", one.id.removeprefix("page:"))


def reference_values(reference: str) -> Iterator[Value]:
    """Yield what an id in a claim, a work or a signal names: `github-login:ana`, `email:<digest>`, `orcid:…`."""
    name, _, rest = reference.partition(":")
    if name.endswith("-login"):
        yield ("handle", f"{name.removesuffix('-login')}:{rest}")
    elif name == "email":
        yield ("email", rest)
    elif name == "orcid":
        yield ("orcid", rest)
    elif name == "page":
        yield ("homepage", rest)
    yield ("id", reference)


def owner(work: str) -> str | None:
    """Return the handle that owns a work, as `github:ana` of `github:ana/engine#12` and `git:ana/engine@c0ffee`."""
    name, _, rest = work.partition(":")
    account, slash, _ = rest.partition("/")
    return f"github:{account}" if slash and name in ("github", "git") else None


def record_values(record: Record) -> Iterator[Value]:
    """Yield the identifiers a record carries as (kind, value)."""
    match record:
        case Identity():
            yield from identity_values(record)
        case Claim():
            yield from reference_values(record.left)
            yield from reference_values(record.right)
        case Signal():
            yield ("id", record.identity)
            yield from _owner_values(record.work)
        case Work():
            yield from _owner_values(record.id)
        case Gone():
            yield ("id", record.id)
        case Moved():
            yield from _owner_values(record.old)
            yield from _owner_values(record.new)


def task_values(one: Task) -> set[Value]:
    """Return everything a task's address and params might name, rather too much than too little."""
    values: set[Value] = {("homepage", one.url)}
    for text in _leaves(one.params):
        values.update(reference_values(text))
        values.add(("homepage", text))
        if _DIGEST.fullmatch(text):
            values.add(("email", text))
        if text.isdigit():
            values.add(("id", f"github:{text}"))
        elif "/" in text:
            values.add(("handle", f"github:{text.split('/')[0]}"))
        else:
            values.add(("handle", f"github:{text}"))
    found = re.match(r"https://(?:api\.)?github\.com/(?:repos/|users/)?([^/?#]+)", one.url)
    if found is not None:
        values.add(("handle", f"github:{found[1]}"))
    return values


def account_of(one: Task) -> str | None:
    """Return the id of the account a task asks its platform about, as `github:583231`; None for any other question."""
    found = re.fullmatch(r"https://api\.github\.com/user/(\d+)", one.url)
    return f"github:{found[1]}" if found is not None else None


def _owner_values(work: str) -> Iterator[Value]:
    account = owner(work)
    if account is not None:
        yield ("handle", account)
    yield ("id", work)


def _leaves(value: Any) -> Iterable[str]:
    match value:
        case Mapping():
            for inner in value.values():
                yield from _leaves(inner)
        case list() | tuple():
            for inner in value:
                yield from _leaves(inner)
        case str() | int():
            yield str(value)
