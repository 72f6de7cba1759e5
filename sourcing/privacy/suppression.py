"""Do not contact: people are kept out by keyed digests of what identifies them; the values are forgotten at once."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sourcing.errors import BadInput
from sourcing.marking import given
from sourcing.privacy import journal
from sourcing.settings import Settings, pepper
from spiders import redact
from storage import audit, people, persons, subjects
from storage.engine import Store
from storage.model import Hiding
from storage.subjects import Keyer, PepperKeyer

REASONS = ("asked not to be contacted", "imported list")
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_ID = re.compile(r"[a-z]+:[^\s]+")
_LOGIN = re.compile(r"@?([A-Za-z0-9-]{1,39})")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What an addition did. known: digests that were on the list before.

    hidden: people already here who bear one of them; they are shown nowhere from now on, `privacy erase` removes them.
    """

    lines: int
    added: int
    known: int
    hidden: tuple[str, ...] = ()


def read_file(path: Path) -> list[str]:
    """Return the lines of a suppression file, comments and blanks left out. Raises BadInput."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {str(path)!r}: give a text file, one identifier a line") from error
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def digests_of(text: str, settings: Settings, keyer: Keyer) -> set[str]:
    """Return the keyed digests of one identifier: an e-mail, a GitHub login, an ORCID, an address, an id, a digest.

    Raises BadInput for what is none of these.
    """
    if _HEX.fullmatch(text):
        return {text}
    if match := _ORCID.fullmatch(text):
        return {keyer.digest("orcid", match[1])}
    if text.startswith("https://github.com/"):
        text = text.removeprefix("https://github.com/").strip("/")
    if text.startswith(("http://", "https://")):
        return {keyer.digest("homepage", text)}
    if _EMAIL.fullmatch(text):
        found = redact.address(redact.Pepper(secret=pepper(settings)), text)
        named = {keyer.digest("email", found.digest)} if found.digest is not None else set()
        return named | ({keyer.digest("id", found.account)} if found.account is not None else set())
    if _ID.fullmatch(text):
        return {keyer.digest("id", text)}
    if match := _LOGIN.fullmatch(text):
        return {keyer.digest("handle", f"github:{match[1]}")}
    raise BadInput(
        "not an e-mail, GitHub login, ORCID, address, source id or digest; give one of these a line"
    )


def add(
    store: Store, settings: Settings, lines: Iterable[str], *, reason: str, now: datetime, actor: str
) -> Added:
    """Put identifiers on the suppression list; writes the audit log and the list, never the identifiers.

    Raises BadInput naming the line; then nothing was added.
    """
    keyer = PepperKeyer(pepper(settings))
    digests: set[str] = set()
    count = 0
    for count, line in enumerate(lines, start=1):
        try:
            digests |= digests_of(line, settings, keyer)
        except BadInput as error:
            raise BadInput(f"line {count}: {error}; nothing was added") from error
    with store.begin() as tx:
        audit.append(
            tx, at=now, actor=actor, action="dnc.add", subject="suppression", detail={"digests": len(digests)}
        )
        new = subjects.suppress(tx, digests, reason, now)
        hidden = _keep_out(
            tx, subjects.holders(tx, keyer, digests), keyer, reason=reason, now=now, actor=actor
        )
    journal.keep(store, settings)
    return Added(lines=count, added=new, known=len(digests) - new, hidden=hidden)


def remove(
    store: Store, settings: Settings, lines: Iterable[str], *, reason: str, now: datetime, actor: str
) -> int:
    """Take identifiers off the list, as their owner asks, and return how many digests went; hidden people stay so.

    Raises BadInput for what is no identifier, NotAllowed without a reason.
    """
    given(reason)
    keyer = PepperKeyer(pepper(settings))
    digests = {digest for line in lines for digest in digests_of(line, settings, keyer)}
    with store.begin() as tx:
        detail = {"digests": len(digests)}
        audit.append(tx, at=now, actor=actor, action="dnc.remove", subject="suppression", detail=detail)
        gone = subjects.unsuppress(tx, digests)
    journal.keep(store, settings, lifted=digests)
    return gone


def reapply(store: Store, settings: Settings, *, now: datetime, actor: str) -> tuple[str, ...]:
    """Hide or forget everybody in the store who is on the list, however they came in; return who was newly hidden.

    For stores brought back from a backup, and for people only known as such after their identities were joined.
    """
    keyer = PepperKeyer(pepper(settings))
    with store.begin() as tx:
        found = subjects.holders(tx, keyer)
        return _keep_out(tx, found, keyer, reason="on the suppression list", now=now, actor=actor)


def _keep_out(
    tx: Any, identities: Collection[str], keyer: Keyer, *, reason: str, now: datetime, actor: str
) -> tuple[str, ...]:
    """Hide the people some identities belong to; those that belong to nobody yet leave the store."""
    owners = persons.owners(tx, identities)
    subjects.drop(tx, set(identities) - set(owners), now, keyer=keyer, reason=reason)
    # whom a recruiter or a late notice hid is hidden once more: either is undone by others than the person
    found = set(owners.values())
    visible = sorted(found - people.kept_away(tx, found))
    for key in visible:
        audit.append(tx, at=now, actor=actor, action="person.hide", subject=key, detail={"by": "suppression"})
        people.hide(tx, key, scope=Hiding.KEPT_OUT, actor=actor, reason=reason, now=now)
    return tuple(visible)
