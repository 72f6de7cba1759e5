"""Whom no export takes, whatever is asked: suppressed, silent by their own wish, hidden, off limits, nobody."""

from collections.abc import Collection, Mapping
from typing import Any

from sourcing import known
from spiders.records import IdentityKind
from storage import forget, persons, published, subjects, wishes
from storage import people as marks
from storage.model import MarkKind, Person
from storage.subjects import Keyer

DO_NOT_CONTACT = "do not contact"
_NOBODY = (IdentityKind.BOT, IdentityKind.ORGANISATION)


def refusal(tx: Any, key: str, keyer: Keyer) -> str | None:
    """Return why nothing about a person may leave this installation; None if it may. Raises NotFound."""
    person = persons.get(tx, key)
    return of(tx, {person.key: person}, keyer).get(person.key)


def of(tx: Any, people: Mapping[str, Person], keyer: Keyer) -> dict[str, str]:
    """Return why each of some people is blocked, by living key; who is not is left out.

    A handful of statements for all of them.
    """
    found = {
        key: f"a {person.kind.value}, not a person"
        for key, person in people.items()
        if person.kind in _NOBODY
    }
    found |= known.blocks(tx, list(people))
    found |= dict.fromkeys(marks.marks_of(tx, list(people), (MarkKind.HIDDEN,)), "hidden")
    found |= {key: asked[0].sentence for key, asked in wishes.of(tx, list(people)).items()}
    return found | dict.fromkeys(silenced(tx, people, keyer), DO_NOT_CONTACT)


def left_alone(tx: Any, people: Mapping[str, Person], keyer: Keyer) -> list[str]:
    """Return who of some people asked not to be contacted, in order; what an operator may take back is none of it."""
    return sorted({*silenced(tx, people, keyer), *wishes.of(tx, list(people))})


def silenced(tx: Any, people: Mapping[str, Person], keyer: Keyer) -> Collection[str]:
    """Return who of some people bears an identifier of the suppression list, by living key."""
    if not subjects.has_suppressed(tx):
        return ()
    values = published.identifiers(tx, {one for person in people.values() for one in person.identities})
    digests = {
        key: {keyer.digest(*value) for identity in person.identities for value in values[identity]}
        for key, person in people.items()
    }
    hits = subjects.is_suppressed(tx, {digest for each in digests.values() for digest in each})
    # what others share keeps nobody out: asked exactly only of those it might
    return {
        key
        for key, each in digests.items()
        if each & hits
        and subjects.is_suppressed(
            tx, {keyer.digest(*value) for value in forget.values_of(tx, people[key].identities)}
        )
    }
