"""What rules look at, and the edges they make."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from storage.model import ClaimRow, Edge, IdentityView, Judgement

_VERSION = 1
MODEL = "model:"
"""What the deciders of probable edges begin with."""


class Strength(IntEnum):
    """How much a rule's word is worth when edges contradict each other; the weakest is cut first."""

    PROBABLE = 0  # a model's: pairs of one worth are followed by their probability
    TESTIMONY = 1  # somebody with write access says so: a mailmap
    STATED = 2  # one side says so in a place that only the account's owner can fill
    MUTUAL = 3  # both sides say so
    PLATFORM = 4  # the platform itself attributes the work to the account


STRENGTHS: Mapping[str, Strength] = {
    "noreply": Strength.PLATFORM,
    "platform": Strength.PLATFORM,
    "alias": Strength.PLATFORM,
    "email": Strength.MUTUAL,
    "homepage": Strength.MUTUAL,
    "orcid": Strength.MUTUAL,
    "profile": Strength.MUTUAL,
    "claimed": Strength.MUTUAL,
    "noreply-login": Strength.STATED,
    "github-pages": Strength.STATED,
    "owner-address": Strength.STATED,
    "owner-branch": Strength.TESTIMONY,
    "owner-spelling": Strength.TESTIMONY,
    "mailmap": Strength.TESTIMONY,
    "link": Strength.TESTIMONY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything the rules look at. identities: by id. claims: in any order. now: when they are judged."""

    identities: Mapping[str, IdentityView]
    claims: Sequence[ClaimRow]
    now: datetime


def edge(
    known: Known, pair: tuple[str, str], rule: str, reasons: Iterable[str | None], *, sure: bool
) -> Edge:
    """Return a rule's edge over a pair: `same` if sure, else `unsure`. reasons: None is left out."""
    left, right = sorted(pair)
    return Edge(
        left=left,
        right=right,
        judgement=Judgement.SAME if sure else Judgement.UNSURE,
        decided_by=f"rule:{rule}@{_VERSION}",
        decided_at=known.now,
        reasons=tuple(reason for reason in reasons if reason),
    )


def rule_of(edge: Edge) -> str | None:
    """Return the rule that made an edge, None if a person or a model did."""
    kind, _, rest = edge.decided_by.partition(":")
    return rest.partition("@")[0] if kind == "rule" else None


def is_probable(edge: Edge) -> bool:
    """Whether a model made an edge."""
    return edge.decided_by.startswith(MODEL)


def is_judged(edge: Edge) -> bool:
    """Whether a person made an edge."""
    return rule_of(edge) is None and not is_probable(edge)


def strength(edge: Edge) -> Strength:
    """Return what an edge is worth against others. Raises KeyError for one that a person made."""
    return Strength.PROBABLE if is_probable(edge) else STRENGTHS[rule_of(edge) or ""]
