"""Invented identities and what they claim of each other, and who is who by the certain rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sourcing.resolve import review, rules
from sourcing.resolve.clusters import cluster
from sourcing.resolve.edges import Known
from spiders.records import IdentityKind
from storage.model import ClaimRow, Edge, IdentityView, Judgement

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOME = "https://mira.pages.example"
PAGE = f"page:{HOME}"


def identity(key: str, *called: str, kind: IdentityKind | None = None, **over: Any) -> IdentityView:
    default = {"openreview": IdentityKind.AUTHOR, "arxiv": IdentityKind.AUTHOR, "paper": IdentityKind.AUTHOR}
    guessed = default.get(key.partition(":")[0], IdentityKind.PERSONAL)
    return IdentityView(id=key, kind=kind or guessed, names=called, first_seen=NOW, last_seen=NOW, **over)


def claim(left: str, right: str, kind: str) -> ClaimRow:
    return ClaimRow(
        left=left, right=right, kind=kind, source="s", url="https://example.org/said", seen_at=NOW
    )


def known(*found: IdentityView | ClaimRow) -> Known:
    identities = {one.id: one for one in found if isinstance(one, IdentityView)}
    return Known(identities=identities, claims=[one for one in found if isinstance(one, ClaimRow)], now=NOW)


def judged(left: str, right: str, judgement: Judgement, *, days: int = 0) -> Edge:
    low, high = sorted((left, right))
    at = NOW + timedelta(days=days)
    return Edge(left=low, right=high, judgement=judgement, decided_by="recruiter:ana", decided_at=at)


def people(facts: Known, *more: Edge) -> set[frozenset[str]]:
    return set(cluster(facts.identities, [*rules.propose(facts), *more]).persons)


def together(facts: Known, left: str, right: str, *more: Edge) -> bool:
    return any({left, right} <= person for person in people(facts, *more))


def asked(facts: Known) -> set[frozenset[str]]:
    found = cluster(facts.identities, rules.propose(facts))
    final = {edge.id: edge for edge in (*rules.propose(facts), *found.cut)}
    return {
        frozenset((edge.left, edge.right)) for pair in review.queue(final.values()) for edge in pair.edges
    }


MIRA = identity("github:7", "Mira Okafor", handles=("mira-ok",), homepages=(f"{HOME}/",))
MIRAS_PAGE = identity(PAGE, "Mira Okafor", homepages=(HOME,))
PAGE_LINKS_MIRA = claim(PAGE, "github-login:Mira-OK", "profile_link")
PROFILE = "https://openreview.net/profile?id=~Mira_Okafor1"
AUTHOR = identity("openreview:~Mira_Okafor1", "Okafor, Mira", homepages=(HOME,))
GIT = identity("git:a", "mira", emails=("d1",))
