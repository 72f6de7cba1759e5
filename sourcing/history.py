"""What was done, in words, and how each deed is taken back: at once or in a year, if nothing came after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sourcing import blind, judgements, rescoring
from sourcing.errors import BadInput, NotAllowed
from sourcing.marking import SILENT, expect_shown, hidden_of, is_kept_out, kept_out, stage_of
from storage import acts, audit, feedback, lists, persons, postponed
from storage import people as marks
from storage.acts import Act
from storage.cases import THE_PERSON
from storage.engine import Store
from storage.feedback import Word
from storage.subjects import Keyer

JUDGED = ("merge", "split", "apart")
"""Kinds that rebuild people: taken back by the opposite judgement, in transactions of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done in one go. text: a sentence without names. people: how many it changed something for.

    is_open: not undone yet.
    """

    id: str
    at: datetime
    actor: str
    text: str
    reason: str | None
    people: tuple[str, ...]
    place: str | None
    undone_at: datetime | None
    undone_by: str | None

    @property
    def is_open(self) -> bool:
        """Return whether it still holds, so that it may be undone."""
        return self.undone_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What undoing needs beside the store. home, roots: as `rescoring.again` takes them. keyer: of this instance."""

    home: Path
    roots: Sequence[Path]
    keyer: Keyer


def of_person(tx: Any, key: str, *, limit: int) -> list[Deed]:
    """Return what was done to somebody, newest first, at most `limit`.

    Raises NotFound, also for who is kept out of everything.
    """
    living = persons.resolve_key(tx, key)
    expect_shown(key, marks.marks(tx, living))
    return _deeds(acts.of_people(tx, [living], limit=limit))


def recent(tx: Any, *, limit: int, actor: str | None = None, place: str | None = None) -> list[Deed]:
    """Return what was done last, newest first. actor: by whom. place: the name of a list or saved search.

    Of who is kept out of everything by now, nothing is told that names them.
    """
    deeds = _deeds(acts.recent(tx, limit=limit, actor=actor, place=place))
    silent = kept_out(tx, sorted({key for one in deeds for key in one.people}))
    return [covered(tx, [one])[0] if silent.intersection(one.people) else one for one in deeds]


def last(tx: Any, actor: str) -> Deed | None:
    """Return the newest deed of somebody that may be undone, None if there is none."""
    return next((one for one in recent(tx, limit=50, actor=actor) if one.is_open), None)


def get(tx: Any, deed: str) -> Deed:
    """Return one deed. Raises NotFound."""
    return _deeds(acts.get(tx, deed))[0]


def covered(tx: Any, deeds: Sequence[Deed]) -> list[Deed]:
    """Return deeds without what tells who the people in them are: tags and reasons may name somebody."""
    covers = blind.covers(tx, {key for one in deeds for key in one.people})

    def bare(text: str | None, people: Sequence[str]) -> str | None:
        for key in people:
            text = covers[key].text(text) if text is not None else None
        return text

    return [
        replace(one, text=bare(one.text, one.people) or "", reason=bare(one.reason, one.people))
        for one in deeds
    ]


def undo(store: Store, deed: str, *, actor: str, now: datetime, way: Way) -> Deed:
    """Take a deed back and return it; writes the audit log and what was there before.

    Raises NotFound, BadInput if it was undone already or something came after it, which must be undone first,
    NotAllowed for the hiding of who is kept out of everything by now (P10), and for what the person said (P07).
    """
    with store.begin() as tx:
        audit.alone(tx)
        parts = acts.get(tx, deed)
        told = _deeds(parts)[0]
        if not acts.undone(tx, deed, actor=actor, now=now):
            when = f"{told.undone_at:%Y-%m-%d %H:%M}"
            raise BadInput(f"{deed} was undone already, {when} UTC by {told.undone_by}")
        subject = told.people[0] if len(told.people) == 1 else f"deed:{deed}"
        detail = {"deed": deed, "kind": parts[0].kind}
        audit.append(tx, at=now, actor=actor, action="act.undo", subject=subject, detail=detail)
        for part in parts:
            if part.kind not in JUDGED:
                _BACK[part.kind](tx, part, actor, now)
    if parts[0].kind in JUDGED:
        try:
            _unjudge(store, parts, actor=actor, now=now, keyer=way.keyer)
        except BaseException:
            with store.begin() as tx:
                acts.holds(tx, deed)
            raise
    if parts[0].kind == "wrong" and parts[0].after["excluded"] and parts[0].person is not None:
        rescoring.again(store, parts[0].person, home=way.home, roots=way.roots)
    return told


def _stage(tx: Any, part: Act, actor: str, now: datetime) -> None:
    key = _who(part)
    present = stage_of(marks.marks(tx, key))
    _unless(present != part.after["stage"], f"the stage was changed again since, to {present}")
    marks.stage(tx, key, part.before["stage"], actor=actor, reason="undone", now=now)


def _tag(tx: Any, part: Act, actor: str, now: datetime) -> None:
    key = _who(part)
    marks.tag(tx, key, remove=part.after["added"], actor=actor, now=now)
    for tag, whose in part.before["by"].items():
        marks.tag(tx, key, add=[tag], actor=whose, now=now)


def _note(tx: Any, part: Act, actor: str, now: datetime) -> None:
    if not part.before["was"]:
        marks.unnote(tx, _who(part), part.after["note"])


def _hide(tx: Any, part: Act, actor: str, now: datetime) -> None:
    key = _who(part)
    if is_kept_out(marks.marks(tx, key)):
        raise NotAllowed("P10", f"{key} {SILENT} by now: that is not undone")
    marks.unhide(tx, key)
    if part.before:
        _rehide(tx, part, actor, now)


def _rehide(tx: Any, part: Act, actor: str, now: datetime) -> None:
    was = part.before
    marks.hide(tx, _who(part), actor=was["actor"], reason=was["reason"] or "undone", now=now)


def _unhide(tx: Any, part: Act, actor: str, now: datetime) -> None:
    _unless(hidden_of(marks.marks(tx, _who(part))) is not None, "the person was hidden again since")
    _rehide(tx, part, actor, now)


def _dismiss(tx: Any, part: Act, actor: str, now: datetime) -> None:
    marks.recall(tx, _who(part), part.after["place"])


def _recall(tx: Any, part: Act, actor: str, now: datetime) -> None:
    reason = part.before["reason"]
    marks.dismiss(tx, _who(part), part.after["place"], actor=actor, reason=reason, now=now)


def _thumb(tx: Any, part: Act, actor: str, now: datetime) -> None:
    key, subject, whose = _who(part), part.after["subject"], part.after["actor"]
    before = part.before["value"]
    if before is None:
        feedback.remove(tx, key, feedback.THUMB, subject, whose)
        return
    word = Word(
        person=key, kind=feedback.THUMB, subject=subject, actor=whose, value=before, reason=None, at=now
    )
    feedback.put(tx, word)


def _wrong(tx: Any, part: Act, actor: str, now: datetime) -> None:
    if part.after["actor"] == THE_PERSON:
        raise NotAllowed(
            "P07", "the person disputes this evidence: it counts again when their request is refused"
        )
    feedback.remove(tx, _who(part), feedback.WRONG, part.after["signal"], part.after["actor"])


def _list_add(tx: Any, part: Act, actor: str, now: datetime) -> None:
    lists.remove(tx, part.place or "", [_who(part)])
    if (was := part.before.get("dismissed")) is not None:
        at = datetime.fromisoformat(was["at"])
        where = f"list:{part.place}"
        marks.dismiss(tx, _who(part), where, actor=was["actor"], reason=was["reason"], now=at)


def _list_remove(tx: Any, part: Act, actor: str, now: datetime) -> None:
    was = part.before
    lists.restore(
        tx,
        part.place or "",
        _who(part),
        position=was["position"],
        actor=was["actor"],
        at=datetime.fromisoformat(was["added_at"]),
        stage=was["stage"],
        reviewer=was["reviewer"],
    )


def _list_move(tx: Any, part: Act, actor: str, now: datetime) -> None:
    lists.move(tx, part.place or "", _who(part), part.before["position"])


def _list_stage(tx: Any, part: Act, actor: str, now: datetime) -> None:
    key, place = _who(part), part.place or ""
    present = next(
        (item.stage for item in lists.show(tx, place).items if item.person == _living(tx, key)), None
    )
    _unless(present != part.after["stage"], f"the stage was changed again since, to {present}")
    lists.change_item(tx, place, key, stage=part.before["item"])
    if stage_of(marks.marks(tx, key)) == part.after["stage"]:
        marks.stage(tx, key, part.before["person"], actor=actor, reason="undone", now=now)


def _contacted(tx: Any, part: Act, actor: str, now: datetime) -> None:
    (_stage if part.place is None else _list_stage)(tx, part, actor, now)


def _list_reviewer(tx: Any, part: Act, actor: str, now: datetime) -> None:
    lists.change_item(tx, part.place or "", _who(part), reviewer=part.before["reviewer"])


def _role(tx: Any, part: Act, actor: str, now: datetime) -> None:
    held = lists.show(tx, part.place or "")
    for what, value in part.after.items():
        _unless(getattr(held, what) != value, f"the {what} was changed again since")
    lists.change(tx, part.place or "", **part.before)


def _later(tx: Any, part: Act, actor: str, now: datetime) -> None:
    if "pair" in part.after:
        postponed.remove(tx, *part.after["pair"])


_BACK = {
    "stage": _stage, "tag": _tag, "note": _note, "hide": _hide, "unhide": _unhide, "dismiss": _dismiss,
    "recall": _recall, "thumb": _thumb, "wrong": _wrong, "list_add": _list_add, "list_remove": _list_remove,
    "list_move": _list_move, "list_stage": _list_stage, "list_reviewer": _list_reviewer, "role": _role,
    "later": _later, "contacted": _contacted,
}  # fmt: skip


def _unjudge(store: Store, parts: Sequence[Act], *, actor: str, now: datetime, keyer: Keyer) -> None:
    """Take a judgement back by its opposite. Raises BadInput if one of the two was erased since."""
    if len(parts) != 2:
        raise BadInput("one of the two people was erased since: there is nothing to bring back")
    left, right = (list(part.after["identities"]) for part in parts)
    by: dict[str, Any] = {"actor": actor, "now": now, "keyer": keyer}
    match parts[0].kind:
        case "split":
            judgements.merge(store, left[0], right[0], reason="undone", **by)
        case "merge" if parts[0].after["taken_back"]:
            with store.read() as tx:
                owner = persons.find_by_identity(tx, left[0])
            key = owner.key if owner is not None else left[0]
            judgements.split(store, key, right, reason="undone", **by)
        case _:
            judgements.undo(store, left[0], right[0], **by)


def _deeds(parts: Sequence[Act]) -> list[Deed]:
    """Return parts by deed, in the order of their first parts."""
    together: dict[str, list[Act]] = {}
    for part in parts:
        together.setdefault(part.deed, []).append(part)
    return [
        Deed(
            id=deed,
            at=each[0].at,
            actor=each[0].actor,
            text=_said(each),
            reason=each[0].reason,
            people=tuple(dict.fromkeys(part.person for part in each if part.person is not None)),
            place=each[0].place,
            undone_at=each[0].undone_at,
            undone_by=each[0].undone_by,
        )
        for deed, each in together.items()
    ]


def _said(parts: Sequence[Act]) -> str:
    first = parts[0]
    told = str(_WORDS[first.kind](first.before, first.after))
    if not first.place or first.kind not in _ON:
        return told
    return f"{told} {first.place!r}" if told.endswith("the shortlist") else f"{told} on {first.place!r}"


_ON = ("contacted", "list_add", "list_remove", "list_stage", "list_reviewer", "list_move", "role")
_WORDS: Mapping[str, Any] = {
    "stage": lambda before, after: f"stage {before['stage'] or 'none'} → {after['stage']}",
    "tag": lambda before, after: (
        "tags "
        + ", ".join([*(f"+{one}" for one in after["added"]), *(f"−{one}" for one in after["removed"])])
    ),
    "note": lambda before, after: "wrote a note",
    "hide": lambda before, after: "hidden everywhere",
    "unhide": lambda before, after: "shown again",
    "dismiss": lambda before, after: f"hidden in {after['place'].replace(':', ' ', 1)}",
    "recall": lambda before, after: f"shown again in {after['place'].replace(':', ' ', 1)}",
    "thumb": lambda before, after: f"thumb {after['value'] or 'taken back'} for {after['subject']}",
    "wrong": lambda before, after: (
        "evidence excluded as wrong" if after["excluded"] else "evidence reported as wrong"
    ),
    "list_add": lambda before, after: "put on the shortlist",
    "list_remove": lambda before, after: "taken off the shortlist",
    "list_move": lambda before, after: f"moved from place {before['position']} to {after['position']}",
    "list_stage": lambda before, after: (
        f"stage {before['item'] or before['person'] or 'new'} → {after['stage']}"
    ),
    "contacted": lambda before, after: "written to",
    "list_reviewer": lambda before, after: f"reviewer: {after['reviewer'] or 'nobody'}",
    "role": lambda before, after: ", ".join(f"{what}: {value or 'none'}" for what, value in after.items()),
    "later": lambda before, after: "a question about who this is was put off",
    "merge": lambda before, after: "said to be the same person as another",
    "split": lambda before, after: "said to be two people",
    "apart": lambda before, after: "said not to be the same person as another",
}


def _who(part: Act) -> str:
    assert part.person is not None
    return part.person


def _living(tx: Any, key: str) -> str:
    return persons.resolve_key(tx, key)


def _unless(changed: bool, why: str) -> None:
    if changed:
        raise BadInput(f"{why}: undo that first")
