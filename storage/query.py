"""The search tree: everything the store can filter by. `sourcing.query` makes one from text, `search.find` runs it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class FieldName(StrEnum):
    """Fields with a text value. `name`, `evidence` match words; `org`, `loc` match a part; the rest match exactly."""

    NAME = "name"
    SOURCE = "source"  # a source's name: github_pulls
    HAS = "has"  # homepage, papers, repos, code, reviews, posts, orcid
    ORG = "org"
    LOC = "loc"
    EVIDENCE = "evidence"  # words in the titles of a person's works
    SPEC = "spec"  # has a score in this specialism
    TAG = "tag"
    STAGE = "stage"
    LIST = "list"
    HIDDEN = "hidden"  # yes, no, all; without it hidden people are left out


class RangeName(StrEnum):
    """Fields with an ordered value."""

    SCORE = "score"  # 0–100, in the search's specialism, else the best one
    CONFIDENCE = "confidence"  # 0–1, of the same score
    ACTIVE = "active"  # date of the newest signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words anywhere in names, handles and titles. phrase: in this order, side by side. prefix: the last may go on."""

    text: str
    phrase: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field has this value. phrase, prefix: as in `Words`, for the fields that match words."""

    name: FieldName
    value: str
    phrase: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One field lies between two values, both included; None = open. Dates for `active`, numbers otherwise."""

    name: RangeName
    low: float | date | None = None
    high: float | date | None = None


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
