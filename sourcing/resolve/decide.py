"""One resolving: claims and statements in, edges and persons out. Running it again changes nothing."""

import time
from dataclasses import dataclass
from datetime import datetime

from sourcing.resolve import rules
from sourcing.resolve.clusters import cluster
from sourcing.resolve.edges import Known, rule_of
from storage import persons, search, statements
from storage.engine import Store
from storage.model import Edge, Judgement, Rebuilt
from storage.subjects import Keyer


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveReport:
    """What a resolving did. same, unsure: rule edges that stand. cut: certain alone, contradicting together.

    new: edges that did not stand before. persons: how many there are.
    """

    run: str | None
    identities: int
    persons: int
    same: int
    unsure: int
    cut: int
    new: int
    rebuilt: Rebuilt
    seconds: float


def run(store: Store, *, now: datetime, run: str | None, keyer: Keyer | None = None) -> ResolveReport:
    """Apply the certain rules to everything in the store and rebuild persons, in one transaction.

    Changes rule edges, person rows, aliases and the search index; people's own judgements are read and never
    changed, and an edge that a person took back stays taken back. keyer: see `storage.rebuild`.
    """
    started = time.monotonic()
    with store.begin() as tx:
        identities = {view.id: view for view in statements.iter_identities(tx)}
        stored = list(persons.edges(tx, retracted=True))
        known = Known(identities=identities, claims=tuple(persons.claims(tx)), now=now)
        withdrawn = {edge.id for edge in stored if _is_withdrawn(edge)}
        proposed = {edge.id: edge for edge in rules.propose(known) if edge.id not in withdrawn}
        judged = [edge for edge in stored if rule_of(edge) is None]
        clusters = cluster(identities, [*proposed.values(), *judged])
        final = proposed | {edge.id: edge for edge in clusters.cut}
        new = persons.put_edges(tx, final.values(), now, replacing="rule:")
        rebuilt = persons.rebuild(tx, clusters.persons, now, keyer=keyer)
        search.reindex(tx, None)
    return ResolveReport(
        run=run,
        identities=len(identities),
        persons=len(clusters.persons),
        same=sum(edge.judgement is Judgement.SAME for edge in final.values()),
        unsure=sum(edge.judgement is Judgement.UNSURE for edge in final.values()),
        cut=len(clusters.cut),
        new=new,
        rebuilt=rebuilt,
        seconds=time.monotonic() - started,
    )


def _is_withdrawn(edge: Edge) -> bool:
    """Whether somebody took the edge back; a rule takes back its own when the evidence is gone."""
    return edge.retracted_at is not None and edge.retracted_by != edge.decided_by
