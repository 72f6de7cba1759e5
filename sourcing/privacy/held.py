"""What is held about one person beside what is known of them: lists, recipients, and the notice they are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sourcing.settings import Settings
from storage import audit, exports, lists, persons
from storage import people as marks
from storage.engine import Store
from storage.exports import Sent
from storage.model import Mark, MarkKind

HAND_OVER = "privacy.subject_export"
NOTICE = "privacy.notice"
CONTACT = ("contacted", "replied", "hired")
"""Stages behind the first contact."""
LEFT_OUT = (
    "answers of sources as received, kept for days and holding other people too, and digests made with this "
    "installation's secret; past rankings repeat the scores of their day"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a person is named: shortlists by name, and every hand-over, oldest first."""

    shortlists: Sequence[str]
    recipients: Sequence[Sent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The notice a person is due. began_at: first listed, exported or contacted; None = none of these yet.

    due_at: the setting's days later. sent_at: when somebody said it was sent; None = nobody did.
    """

    person: str
    began_at: datetime | None
    due_at: datetime | None
    sent_at: datetime | None


def hand_over(store: Store, key: str, *, actor: str, now: datetime) -> Places:
    """Return where a person is named, for a hand-over to that person; writes the audit log. Raises NotFound."""
    with store.begin() as tx:
        person = persons.get(tx, key)
        audit.append(tx, at=now, actor=actor, action=HAND_OVER, subject=person.key, detail={})
        return Places(
            shortlists=lists.holding(tx, person.key),
            recipients=exports.of_person(tx, [person.key, *person.aliases]),
        )


def notice(tx: Any, settings: Settings, key: str) -> Notice:
    """Return how the notice to a person stands. Raises NotFound."""
    person = persons.get(tx, key)
    keys = [person.key, *person.aliases]
    began = [one.at for one in exports.of_person(tx, keys)]
    began += [one.at for one in marks.marks(tx, person.key) if _is_contact(one)]
    for name in lists.holding(tx, person.key):
        began += [item.added_at for item in lists.show(tx, name).items if item.person == person.key]
    sent = [one.at for one in audit.of_action(tx, NOTICE) if one.subject in keys]
    first = min(began, default=None)
    return Notice(
        person=person.key,
        began_at=first,
        due_at=None if first is None else first + timedelta(days=settings.privacy.notice_days),
        sent_at=max(sent, default=None),
    )


def told(store: Store, settings: Settings, key: str, *, actor: str, now: datetime) -> Notice:
    """Write into the audit log that a person got their notice, and return how it stands. Raises NotFound."""
    with store.begin() as tx:
        living = persons.get(tx, key).key
        audit.append(tx, at=now, actor=actor, action=NOTICE, subject=living, detail={})
        return notice(tx, settings, living)


def _is_contact(one: Mark) -> bool:
    return one.kind is MarkKind.STAGE and one.value in CONTACT
