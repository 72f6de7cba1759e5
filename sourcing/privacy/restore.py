"""A store that was brought back from a backup: whoever left since leaves again, before anything opens (TRUST P23)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sourcing.privacy import erase, journal, suppression
from sourcing.privacy.journal import Line
from sourcing.settings import Settings, pepper
from storage import audit, persons, subjects
from storage.engine import Store
from storage.subjects import PepperKeyer

ACTION = "privacy.restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was done again. digests: put back on the list. erased, hidden: people."""

    digests: int
    erased: int
    hidden: int


def catch_up(
    store: Store, settings: Settings, lines: Sequence[Line], *, actor: str, now: datetime
) -> Restored:
    """Do again what the file beside the store knows and the store does not. lines: of `journal.missing`.

    The list comes first, in one transaction with its entry in the audit log: whatever is cut short afterwards, nobody
    on it is taken in any more. People who were erased are erased again, the others hidden.
    """
    keyer = PepperKeyer(pepper(settings))
    digests = {one.digest for one in lines}
    whys = {one.digest: one.reason for one in lines}
    with store.begin() as tx:
        audit.append(
            tx, at=now, actor=actor, action=ACTION, subject="suppression", detail={"digests": len(digests)}
        )
        for one in lines:
            subjects.suppress(tx, [one.digest], one.reason, one.at)
        bearers = subjects.bearers(tx, keyer, digests)
        owners = persons.owners(tx, bearers)
    told: dict[str, set[str]] = {}
    for bearer, borne in bearers.items():
        if bearer in owners:
            told.setdefault(owners[bearer], set()).update(whys[digest] for digest in borne)
    people = sorted(key for key, reasons in told.items() if subjects.ERASED in reasons or _past(reasons))
    back = {key: min(told[key]) for key in people if told[key] == _past(told[key])}
    erase.again(store, settings, people, actor=actor, now=now, reasons=back)
    hidden = suppression.reapply(store, settings, now=now, actor=actor)
    journal.keep(store, settings)
    return Restored(digests=len(digests), erased=len(people), hidden=len(hidden))


def _past(reasons: Collection[str]) -> set[str]:
    """Return those of some reasons that end with new work of the person."""
    return {one for one in reasons if one.startswith(subjects.PAST)}
