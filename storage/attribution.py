"""Whose work a platform says it is: what it answered when asked about the addresses in a history."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, select

from storage import bulk, statements
from storage.engine import stream
from storage.statements import stands
from storage.tables import person_identity, statement

ACCOUNT, NOBODY, MAPPED = "account", "nobody", "mapped"
_SAYS = {"platform": ACCOUNT, "noreply": ACCOUNT, "unattributed": NOBODY, "mailmap": MAPPED}


def told(tx: Connection) -> dict[str, str]:
    """Return what the platform said of each author line it was asked about: account, nobody or mapped.

    An account outweighs a nobody, which may be the older answer. mapped: nobody's, but a repository's own mailmap
    joins it to another line.
    """
    lines: defaultdict[str, set[str]] = defaultdict(set)
    boxes: defaultdict[str, set[str]] = defaultdict(set)
    for claim in statements.iter_claims(tx):
        word = _SAYS.get(claim.kind)
        if word is None:
            continue
        scheme, _, digest = claim.left.partition(":")
        (boxes[digest] if scheme == "email" else lines[claim.left]).add(word)
        if word == MAPPED:
            lines[claim.right].add(word)
    for one, digest in _addresses(tx):
        lines[one] |= boxes.get(digest, set())
    found: dict[str, str] = {}
    for one, words in lines.items():
        if ACCOUNT in words:
            found[one] = ACCOUNT
        elif NOBODY in words:
            found[one] = MAPPED if MAPPED in words else NOBODY
    return found


def logins(tx: Connection) -> dict[str, frozenset[str]]:
    """Return the logins, lower case, that each person's accounts bear or bore."""
    query = (
        select(person_identity.c.person, statement.c.value)
        .join(statement, statement.c.identity == person_identity.c.identity)
        .where(statement.c.attribute == "handle", statement.c.identity.like("github:%"))
        .where(stands(statement, statement.c.identity))
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for person, login in bulk.rows(tx, query):
        found[person].add(login.lower())
    return {person: frozenset(names) for person, names in found.items()}


def owner(work: str) -> str | None:
    """Return the login, lower case, below which a repository's work lies; None for other works."""
    scheme, _, native = work.partition(":")
    name, slash, _ = native.partition("/")
    return name.lower() if slash and scheme in ("github", "git") else None


def _addresses(tx: Connection) -> Iterator[tuple[str, str]]:
    query = (
        select(statement.c.identity, statement.c.value)
        .where(statement.c.attribute == "email", statement.c.identity.like("git:%"))
        .where(stands(statement, statement.c.identity))
    )
    for row in stream(tx, query):
        yield row.identity, row.value
