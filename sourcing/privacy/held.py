"""What a person is told of what is held about them: the notice they are due, and what a report leaves out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sourcing import jurisdictions
from sourcing.privacy import notices as telling
from sourcing.settings import Settings
from storage import notices, persons
from storage.engine import Store

HAND_OVER = "privacy.subject_export"
LEFT_OUT = (
    "answers of sources as received, kept for days and holding other people too, and digests made with this "
    "installation's secret; past rankings repeat the scores of their day"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The notice a person is due. began_at: first listed, exported or contacted, in a strict profile first
    collected; None = none of these yet.

    due_at: the setting's days later. sent_at: when somebody said it was sent; None = nobody did.
    """

    person: str
    began_at: datetime | None
    due_at: datetime | None
    sent_at: datetime | None


def notice(tx: Any, settings: Settings, key: str) -> Notice:
    """Return how the notice to a person stands. Raises NotFound."""
    rules = jurisdictions.duties(settings).rules
    living = persons.resolve_key(tx, key)
    clock = notices.clocks(tx, [living])[living]
    return Notice(
        person=living,
        began_at=clock.collected_at if rules.from_collection else clock.used_at,
        due_at=notices.due_at(clock, rules),
        sent_at=clock.told_at,
    )


def told(store: Store, settings: Settings, key: str, *, actor: str, now: datetime) -> Notice:
    """Remember that a person got their notice in their language, and return how it stands. Raises NotFound."""
    telling.told(store, settings, key, language=None, actor=actor, now=now)
    with store.read() as tx:
        return notice(tx, settings, key)
