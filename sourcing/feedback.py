"""What people think of results: thumbs, and evidence that is wrong; what is excluded counts for nobody at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sourcing import rescoring
from sourcing.errors import BadInput, UnknownName
from sourcing.marking import Keys, done, given
from storage import feedback, persons, scores
from storage.acts import Part
from storage.engine import Store
from storage.feedback import Word

VALUES = ("up", "down")


def thumb(
    store: Store, keys: Keys, value: str | None, *, subject: str, actor: str, now: datetime
) -> str | None:
    """Say that people fit or do not, or nothing any more (None); return the deed.

    subject: what for, a specialism or `list:NAME`. Raises NotFound, UnknownName.
    """
    if value is not None and value not in VALUES:
        raise UnknownName("thumb", value, VALUES)

    def change(tx: Any, key: str) -> Part | None:
        before = mine(tx, key, subject, actor)
        if before == value:
            return None
        if value is None:
            feedback.remove(tx, key, feedback.THUMB, subject, actor)
        else:
            feedback.put(tx, _word(key, feedback.THUMB, subject, value, None, actor, now))
        return Part(
            kind="thumb",
            person=key,
            before={"value": before},
            after={"value": value, "subject": subject, "actor": actor},
        )

    detail = {"value": value or "none"}
    return done(store, keys, change, action="person.feedback", detail=detail, actor=actor, now=now)


def wrong(
    store: Store,
    key: str,
    signal: str,
    *,
    exclude: bool,
    reason: str,
    actor: str,
    now: datetime,
    home: Path,
    roots: Sequence[Path],
) -> str | None:
    """Say that a piece of evidence is wrong and return the deed; excluded, it counts no more, and scores are made anew.

    What tells of the same work of the same person goes with it. home, roots: as `rescoring.again` takes them.
    Raises NotFound, BadInput if the evidence is not this person's, NotAllowed without a reason.
    """
    why = given(reason)

    def change(tx: Any, living: str) -> Part:
        owners = persons.owners(tx, [one.identity for one in scores.evidence(tx, [signal])])
        if living not in owners.values():
            raise BadInput(f"{signal!r} is no evidence about {living}")
        signals = tuple(feedback.same_work(tx, signal)) if exclude else ()
        value = feedback.EXCLUDED if exclude else "reported"
        word = _word(living, feedback.WRONG, signal, value, why, actor, now)
        feedback.put(tx, replace(word, signals=signals))
        return Part(
            kind="wrong",
            person=living,
            before={},
            after={"signal": signal, "actor": actor, "excluded": exclude},
            reason=why,
        )

    detail = {"excluded": exclude}
    deed = done(store, key, change, action="person.wrong", detail=detail, actor=actor, now=now)
    if exclude:
        rescoring.again(store, key, home=home, roots=roots)
    return deed


def mine(tx: Any, key: str, subject: str, actor: str) -> str | None:
    """Return somebody's own thumb for a person, None for none."""
    words = feedback.of(tx, [key], kind=feedback.THUMB).get(key, [])
    return next((one.value for one in words if one.subject == subject and one.actor == actor), None)


def _word(
    key: str, kind: str, subject: str, value: str, reason: str | None, actor: str, now: datetime
) -> Word:
    return Word(person=key, kind=kind, subject=subject, actor=actor, value=value, reason=reason, at=now)
