"""How a hook is put: what was done in our own words, what is worth asking about it, and what had better not be said.

The words are made by rules from what a source dates and links; nothing is quoted but a title.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from spiders.records import SignalKind, WorkKind
from storage.threads import Took


class Manner(StrEnum):
    """What somebody did, as far as it gives something to talk about."""

    ASKED_CHANGES = "asked for changes"
    DISCUSSED = "discussed in review"
    REVIEWED = "reviewed"
    PROPOSED = "proposed a change"
    COMMITTED = "changed code"
    PUBLISHED = "published"
    SPOKE = "gave a talk"
    WROTE = "wrote"
    RELEASED = "released"
    SHARED = "shared a model"
    SETTLED = "settled a question"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a manner. depth: how much there is to talk about, 1–4, judged by hand.

    says, asks: sentences that may name {title}, {where}, {areas}, {threads} and {part}. avoid: what not to say of it.
    """

    depth: float
    says: str
    asks: str
    avoid: tuple[str, ...] = ()


_REVIEW = ("whose change it was, or who was right: that is between the two of them",)
_PAPER = ("what is not published yet: do not ask for it",)
WORDS: Mapping[Manner, Words] = MappingProxyType(
    {
        Manner.ASKED_CHANGES: Words(
            depth=4.0,
            says="Asked for changes to {title} in {where} before it could go in{areas}.",
            asks="What was wrong with {title} as it first stood, and did the version that went in put it right?",
            avoid=_REVIEW,
        ),
        Manner.DISCUSSED: Words(
            depth=3.5,
            says="Took part in {threads} of the review of {title} in {where}{areas}.",
            asks="Which of the points raised on {title} mattered most, and how was it settled?",
            avoid=_REVIEW,
        ),
        Manner.PUBLISHED: Words(
            depth=3.5,
            says="Published {title}{where}{part}.",
            asks="What in {title} would you do otherwise today, and what held up better than you expected?",
            avoid=_PAPER,
        ),
        Manner.SPOKE: Words(
            depth=3.0,
            says="Gave a talk at {title}.",
            asks="Which question after the talk at {title} has stayed with you?",
        ),
        Manner.WROTE: Words(
            depth=3.0,
            says="Wrote {title}.",
            asks="What has changed since you wrote {title}, and would you still put it that way?",
        ),
        Manner.PROPOSED: Words(
            depth=3.0,
            says="Proposed {title} to {where}, and it went in{areas}.",
            asks="What did you try and rule out before {title} took the form it went in with?",
        ),
        Manner.RELEASED: Words(
            depth=2.0,
            says="Released {title}{where}.",
            asks="What nearly did not make it into {title}, and why did it?",
        ),
        Manner.SHARED: Words(
            depth=2.0,
            says="Shared the model {title}.",
            asks="Which use of {title} surprised you, and which limit of it do people run into first?",
        ),
        Manner.REVIEWED: Words(
            depth=2.0,
            says="Reviewed {title} in {where}{areas}.",
            asks="What do you look at first when a change like {title} comes in?",
            avoid=_REVIEW,
        ),
        Manner.MERGED: Words(
            depth=1.5,
            says="Took {title} into {where}{areas}.",
            asks="What made {title} ready to go in?",
            avoid=_REVIEW,
        ),
        Manner.COMMITTED: Words(
            depth=1.5,
            says="Changed {where}: {title}{areas}.",
            asks="What led to {title}, and what would the next step be?",
        ),
        Manner.SETTLED: Words(
            depth=1.0,
            says="Settled {title} in {where}.",
            asks="What made {title} a question that could be closed?",
            avoid=("who had asked it: that is not theirs to answer for",),
        ),
    }
)
ALWAYS = (
    "that you read it, unless you did: open the link first",
    "praise of the person; speak of the work, and of what in it you do not understand",
    "where they live, who employs them, whether they look for work, or anything of origin, age or family",
)
"""What is never said, whatever the hook."""
_REVIEWS = {"changes_requested": Manner.ASKED_CHANGES, "review_thread": Manner.DISCUSSED}
_MADE = {
    WorkKind.PULL_REQUEST: Manner.PROPOSED,
    WorkKind.COMMIT: Manner.COMMITTED,
    WorkKind.PAPER: Manner.PUBLISHED,
    WorkKind.TALK: Manner.SPOKE,
    WorkKind.POST: Manner.WROTE,
    WorkKind.MODEL: Manner.SHARED,
}
_NO_TALK = frozenset({"open_to_work", "committee", "area_chair", "general_chair", "empty", "back_dated"})
"""Notes of signals that are no thread: an advertisement of one's own, a seat in a committee, a change of nothing."""


def manner(kind: WorkKind, took: Took) -> Manner | None:
    """Return what a part in a work was; None if it gives nothing to talk about, as being named in an owner file."""
    if took.note in _NO_TALK:
        return None
    match took.kind:
        case SignalKind.AUTHORED | SignalKind.CO_AUTHORED | SignalKind.PRESENTED:
            return _MADE.get(kind)
        case SignalKind.RELEASED:
            return Manner.RELEASED
        case SignalKind.MERGED:
            return Manner.MERGED
        case SignalKind.REVIEWED if took.note is not None and took.note.startswith("triage_"):
            return Manner.SETTLED
        case SignalKind.REVIEWED:
            return _REVIEWS.get(took.note or "", Manner.REVIEWED)
        case SignalKind.TESTED | SignalKind.SIGNED_OFF | SignalKind.MAINTAINS:
            return None


def listed(words: Sequence[str]) -> str:
    """Return words as they are spoken: `a`, `a and b`, `a, b and c`."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last
