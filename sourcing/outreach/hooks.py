"""Conversation hooks: a few recent public threads of somebody's own, with what is worth asking about each.

Freshest and deepest first. Nothing is made up: each hook is a dated part in a work that can be opened, told by rules.
Where nothing is fresh the answer says so, and no hook is given.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from sourcing.features import chores
from sourcing.outreach.wording import ALWAYS, WORDS, Manner, listed, manner
from spiders.records import WorkKind
from storage import threads
from storage.statements import HEARSAY
from storage.threads import Thread, Took

HOOKS_MAX = 3
_TITLE_MAX = 90  # a title is named, not retold
_HALF_LIFE_DAYS = 120.0  # a thread of four months ago must give twice as much to talk about
_PER_PLACE = 2  # of one repository: three of a kind would say less
_OLD_DAYS = 180
_MONTH_DAYS = 365.25 / 12
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<![^\s@])[^\s@]+@[^\s@]+\.\S+|(?<![\w.-])[\w.-]*\."
    r"(?:ai|app|biz|cn|co|com|dev|example|info|io|link|me|net|online|org|ru|site|top|xyz)\b(?:/\S*)?",
    re.IGNORECASE,
)
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # marks that turn the direction of text


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Something to talk about. says: what they did, in our words. asks: a question worth asking.

    avoid: what not to say of it. on: day it became public. url: where to read it. source: who tells of it.
    """

    work: str
    manner: Manner
    says: str
    asks: str
    avoid: tuple[str, ...]
    title: str
    url: str
    on: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What there is to talk about, best first, at most `HOOKS_MAX`. abstains: why there is nothing, None if there is.

    avoid: what is never said, whatever the hook.
    """

    hooks: tuple[Hook, ...]
    abstains: str | None
    avoid: tuple[str, ...] = ALWAYS


def of(tx: Any, identities: Collection[str], *, now: datetime, months: int) -> Hooks:
    """Return what to talk about with whom some identities belong to. months: what is older is not fresh."""
    today, since = now.date(), (now - timedelta(days=months * _MONTH_DAYS)).date()
    found = [best for thread in threads.of(tx, identities) if (best := _best(thread, today)) is not None]
    fresh = sorted((one for one in found if one.on >= since), key=lambda one: (-one.worth, one.thread.work))
    hooks = tuple(_spread([_hook(one, today) for one in fresh]))
    newest = max((one.on for one in found), default=None)
    return Hooks(hooks=hooks, abstains=None if hooks else _nothing(newest, months))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part in a thread as something to talk about. worth: its depth, halved every four months."""

    thread: Thread
    took: Took
    manner: Manner
    on: date
    worth: float


def _best(thread: Thread, today: date) -> _Part | None:
    """Return the part in a work most worth talking about; None if none has a day and a link, or it was a chore."""
    if not short(thread.title) or (thread.kind is not WorkKind.PAPER and chores.is_chore_title(thread.title)):
        return None
    found = [part for took in thread.took if (part := _part(thread, took, today)) is not None]
    # a platform's page of a change says more than the commit that landed
    return max(found, key=lambda one: (one.worth, one.took.source not in HEARSAY, one.took.url), default=None)


def _part(thread: Thread, took: Took, today: date) -> _Part | None:
    how = manner(thread.kind, took)
    on = thread.day(took)
    if how is None or on is None or on > today or not took.url.startswith(("https://", "http://")):
        return None
    depth = WORDS[how].depth + (0.5 * math.log2(max(1.0, took.value)) if how is Manner.DISCUSSED else 0.0)
    worth = depth * 0.5 ** ((today - on).days / _HALF_LIFE_DAYS)
    return _Part(thread=thread, took=took, manner=how, on=on, worth=worth)


def _spread(hooks: Sequence[Hook]) -> Iterator[Hook]:
    """Yield the first hooks, at most two of one place."""
    places: Counter[str] = Counter()
    given = 0
    for one in hooks:
        place = one.work.partition(":")[2].partition("#")[0].partition("@")[0]
        if places[place] < _PER_PLACE and given < HOOKS_MAX:
            places[place] += 1
            given += 1
            yield one


def _hook(part: _Part, today: date) -> Hook:
    thread, took, how = part.thread, part.took, part.manner
    words, days = WORDS[how], (today - part.on).days
    title = f"“{short(thread.title)}”"
    said = {
        "title": title,
        "where": _where(thread, how),
        "areas": _areas(thread.paths),
        "threads": f"{took.value:.0f} thread{'' if took.value == 1 else 's'}",
        "part": f", as author {took.position} of {took.of}"
        if took.position and took.of and took.of > 1
        else "",
    }
    avoid = words.avoid
    if days > _OLD_DAYS:
        avoid += (f"that it is new: it is {days / _MONTH_DAYS:.0f} months old",)
    return Hook(
        work=thread.work,
        manner=how,
        says=words.says.format(**said),
        asks=words.asks.format(**said),
        avoid=avoid,
        title=short(thread.title),
        url=took.url,
        on=part.on,
        source=took.source,
    )


def short(title: str) -> str:
    """Return a title as it is named: on one line, without links and turned text, at most 90 characters, cut at a word.

    What a stranger wrote goes into letters: no address of theirs does.
    """
    plain = _TURNS.sub("", _LINK.sub(" ", title)).replace("“", '"').replace("”", '"')
    whole = " ".join(plain.split())
    if len(whole) <= _TITLE_MAX:
        return whole
    return whole[: _TITLE_MAX - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"


def _where(thread: Thread, how: Manner) -> str:
    if how in (Manner.PUBLISHED, Manner.RELEASED):
        place = thread.venue if how is Manner.PUBLISHED else None
        return f" ({place})" if place else ""
    return thread.part_of.partition(":")[2].partition("#")[0] if thread.part_of else "a public repository"


def _areas(paths: Sequence[str]) -> str:
    """Return the two directories most files are in, in words; nothing for files at the top and for tests alone."""
    parents = [PurePosixPath(path).parts[:-1][:2] for path in paths]
    counted = Counter(
        "/".join(parts) for parts in parents if parts and parts[0] not in ("tests", "test", "docs")
    )
    if not counted:
        return ""
    best = sorted(counted, key=lambda one: (-counted[one], one))[:2]
    return f", in {listed(best)}"


def _nothing(newest: date | None, months: int) -> str:
    if newest is None:
        return "nothing to talk about: no public thread, paper or release of their own is known here"
    return (
        f"nothing fresh: the newest is of {newest.isoformat()}, and nothing of the last {months} months is known; "
        "do not open with old work, ask somebody who knows them for an introduction instead"
    )
