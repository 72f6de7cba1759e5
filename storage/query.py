"""The search tree: everything the store can filter by. `sourcing.query` makes one from text, `search.find` runs it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class FieldName(StrEnum):
    """Fields with a text value. The first four match words as `Words` does, the others a value as a whole."""

    NAME = "name"
    EVIDENCE = "evidence"  # words in the titles of a person's works
    ORG = "org"  # words of an affiliation as stated, in this order
    LOC = "loc"  # words of a location as stated, in this order
    SOURCE = "source"  # a source's name: github_pulls
    HAS = "has"  # homepage, papers, repos, published-email, code, reviews, posts, talks, models, packages, orcid
    SPEC = "spec"  # is listed in this specialism
    LEVEL = "level"  # of the score shown
    COUNTRY = "country"
    REGION = "region"
    CITY = "city"
    HUB = "hub"
    LANG = "lang"
    FRAMEWORK = "framework"
    TARGET = "target"
    HOURS = "hours"
    TAG = "tag"
    STAGE = "stage"
    LIST = "list"
    IN = "in"  # crm, export, list: is known to another system, was handed over to anything, or is on any shortlist
    CONTACTED = (
        "contacted"  # yes, no: was moved to a stage behind the first contact, or another system says so
    )
    HIDDEN = "hidden"  # yes, no, all; without it hidden people are left out
    DISMISSED = "dismissed"  # search:NAME or list:NAME: was hidden there, and only there
    SHOWN = "shown"  # name of a saved search: need not come as new in it


class RangeName(StrEnum):
    """Fields with an ordered value."""

    SCORE = "score"  # 0–100, in the search's specialism, else the best one
    CONFIDENCE = "confidence"  # 0–1, of the same score
    ACTIVE = "active"  # date of the newest signal
    SEEN = "seen"  # date something about the person was last read
    NEW = "new"  # date something about the person was first read


DATES = (RangeName.ACTIVE, RangeName.SEEN, RangeName.NEW)
"""Ranges of dates; the others are of numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words anywhere in names, handles and titles. phrase: in this order, side by side. prefix: the last may go on.

    within: in any order, with at most so many other words between the first and the last; 0–50, None = anywhere.
    """

    text: str
    phrase: bool = False
    prefix: bool = False
    within: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field has this value. phrase, prefix, within: as in `Words`, for the fields that match words."""

    name: FieldName
    value: str
    phrase: bool = False
    prefix: bool = False
    within: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One field lies between two values; None = open. Dates for `DATES`, numbers otherwise.

    `NEW` open at both ends means: first read on the last day on which anything was read.

    above, below: the low or the high end itself is left out.
    """

    name: RangeName
    low: float | date | None = None
    high: float | date | None = None
    above: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All parts hold; true when empty."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """At least one part holds; false when empty."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part does not hold."""

    part: "Tree"


Tree = And | Or | Not | Words | Field | Range
