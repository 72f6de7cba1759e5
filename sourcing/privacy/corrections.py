"""Correcting what is said of a person (GDPR Art. 16): it outlives every crawl that finds the wrong value again."""

from datetime import datetime

from sourcing.errors import BadInput, UnknownName
from sourcing.marking import given
from storage import audit, corrections, index, persons, statements
from storage.corrections import ATTRIBUTES, Correction
from storage.engine import Store
from storage.errors import NotFound
from storage.model import IdentityView

ACTION = "privacy.correct"
_VALUE_MAX = 500
_FIELDS = {
    "name": "names", "affiliation": "affiliations", "homepage": "homepages", "orcid": "orcids", "handle": "handles",
    "link": "links",
}  # fmt: skip


def correct(
    store: Store,
    key: str,
    attribute: str,
    *,
    wrong: str,
    right: str | None,
    reason: str,
    actor: str,
    now: datetime,
) -> int:
    """Take a wrong value from every account of a person, put the right one in its place, and return on how many.

    right: None = there is none. The log keeps that it was done, not what. Raises NotFound if nothing says so,
    UnknownName for the attribute, NotAllowed without a reason.
    """
    if attribute not in ATTRIBUTES:
        raise UnknownName("attribute", attribute, ATTRIBUTES)
    if right is not None and (not right.strip() or len(right) > _VALUE_MAX):
        raise BadInput(f"what is right has 1 to {_VALUE_MAX} characters")
    why = given(reason)
    with store.begin() as tx:
        person = persons.get(tx, key)
        views = statements.identities(tx, person.identities)
        bearers = [
            one for one in person.identities if one in views and wrong in _values(views[one], attribute)
        ]
        if not bearers:
            raise NotFound(
                f"no source says {attribute} {wrong!r} of {person.key}; see `sourcer person show {person.key}`"
            )
        audit.append(
            tx, at=now, actor=actor, action=ACTION, subject=person.key, detail={"attribute": attribute}
        )
        for number, one in enumerate(bearers):
            told = right if number == 0 else None  # said once: the other accounts only lose what is wrong
            corrections.put(
                tx,
                Correction(
                    identity=one, attribute=attribute, wrong=wrong, right=told, actor=actor, reason=why, at=now
                ),
            )  # fmt: skip
        index.reindex(tx, [person.key])
    return len(bearers)


def _values(view: IdentityView, attribute: str) -> tuple[str | None, ...]:
    if attribute in _FIELDS:
        found: tuple[str, ...] = getattr(view, _FIELDS[attribute])
        return found
    return (view.location if attribute == "location" else view.summary,)
