"""One resolving: claims and statements in, edges and persons out. Running it again changes nothing."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sourcing.resolve import probable, rules, works
from sourcing.resolve.clusters import ESTABLISHED, Clusters, cluster
from sourcing.resolve.edges import MODEL, Known, Strength, is_judged, is_probable, strength
from sourcing.resolve.mentions import Mention
from sourcing.resolve.models import Model
from sourcing.resolve.prepare import Prepare
from sourcing.resolve.probable import Linking
from storage import people as marks
from storage import persons, search, statements, surroundings, unscored
from storage.engine import Store
from storage.model import Edge, Judgement, Rebuilt
from storage.subjects import Keyer


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveReport:
    """What a resolving did. same, unsure: edges of rules and models that stand.

    cut: certain or probable alone, contradicting together. new: edges that did not stand before. persons: how many
    there are. probable: edges of models that joined somebody. blocked: per model and blocking rule, its pairs, and the
    keys and pairs that were cut because too many share them. works: how many count as another, by reason.
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
    probable: int = 0
    blocked: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    works: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Who is who. edges: by id, those that count or are asked. blocked: see `ResolveReport`."""

    clusters: Clusters
    edges: Mapping[str, Edge]
    blocked: Mapping[str, Sequence[Mapping[str, Any]]]


def decide(
    known: Known,
    mentions: Sequence[Mention] = (),
    linking: Linking | None = None,
    *,
    stored: Sequence[Edge] = (),
    established: Mapping[str, str] | None = None,
) -> Decided:
    """Return persons and edges: rules first, models on what is left. The nightly and the evaluation both end here.

    stored: edges of earlier times, those taken back too: people's judgements count, what a person took back stays so,
    for a model's pair whatever the model's version; what a model joined stands. linking: None = models are not asked,
    their stored edges stand.
    established: see `clusters.cluster`; what would join two of them is asked about, and stays asked.
    """
    back = [edge for edge in stored if _is_withdrawn(edge)]
    ids = {edge.id for edge in back}
    pairs = {(edge.left, edge.right) for edge in back if is_probable(edge)}
    said = [edge for edge in stored if is_judged(edge)]
    proposed = {edge.id: edge for edge in rules.propose(known) if edge.id not in ids}
    if linking is None:
        proposed |= {edge.id: edge for edge in stored if is_probable(edge) and edge.retracted_at is None}
        _withhold(known, proposed, stored, established or {})
        clusters = cluster(known.identities, [*proposed.values(), *said])
        return Decided(
            clusters=clusters, edges=proposed | {edge.id: edge for edge in clusters.cut}, blocked={}
        )

    def admit(edges: Iterable[Edge]) -> None:
        proposed.update((edge.id, edge) for edge in edges if (edge.left, edge.right) not in pairs)

    stood = _stood(stored, linking)
    standing = {(edge.left, edge.right) for edge in stood.values()}
    inner, told = probable.within(mentions, linking, known.now)
    admit(inner)
    bridges = linking.bridges

    def joined() -> Clusters:
        proposed.update(
            (key, edge)
            for key, edge in stood.items()
            if key not in proposed or proposed[key].judgement is not Judgement.SAME
        )
        _withhold(known, proposed, stored, established or {})
        return cluster(
            known.identities,
            [*proposed.values(), *said],
            standing=standing,
            bridges=bridges,
            known=linking.known,
            strangers=linking.strangers,
        )

    families = {str(one.family) for one in mentions}
    two_sided = [model for model in linking.models if len(model.sides) == 2]
    told |= {model.name: () for model in two_sided}
    if any(families >= set(model.sides) for model in two_sided):  # else there is nothing to join across
        by_id = {one.id: one for one in mentions}
        groups = ([by_id[key] for key in sorted(person) if key in by_id] for person in joined().persons)
        outer, more = probable.across([group for group in groups if group], linking, known.now)
        admit(outer)
        told |= more
    clusters = joined()
    final = proposed | {edge.id: edge for edge in clusters.cut}
    place = {key: number for number, person in enumerate(clusters.persons) for key in person}
    idle = {edge.id for edge in clusters.idle}
    kept = {
        key: edge
        for key, edge in final.items()
        if not is_probable(edge)
        or (edge.judgement is Judgement.SAME and key not in idle)
        or (edge.judgement is Judgement.UNSURE and place[edge.left] != place[edge.right])
    }
    blocked = {name: [asdict(one) for one in rows] for name, rows in told.items()}
    return Decided(clusters=clusters, edges=kept, blocked=blocked)


def run(
    store: Store,
    *,
    now: datetime,
    run: str | None,
    keyer: Keyer | None = None,
    prepare: Prepare | None = None,
) -> ResolveReport:
    """Apply rules and models to everything in the store and rebuild persons, in one transaction.

    Changes edges of rules and models, person rows, aliases and the search index, and takes who was joined to somebody
    out of the scores if either opted out of them; people's own judgements are read and never changed, and an edge that
    a person took back stays taken back. keyer: see `storage.rebuild`. prepare: None = models are not asked and what
    they said before stands, as after a single judgement.
    """
    started = time.monotonic()
    with store.begin() as tx:
        identities = {view.id: view for view in statements.iter_identities(tx)}
        stored = list(persons.edges(tx, retracted=True))
        known = Known(identities=identities, claims=tuple(persons.claims(tx)), now=now)
        mentions: list[Mention] = []
        linking = None
        if prepare is not None:
            mentions, linking = prepare(identities, surroundings.load(tx))
            linking = replace(linking, known=_known_people(tx, stored, linking.models))
        withheld = [edge for edge in stored if edge.retracted_at is None and ESTABLISHED in edge.reasons]
        asked = {side for edge in withheld for side in (edge.left, edge.right)}
        people = persons.established(tx, asked=asked)
        decided = decide(known, mentions, linking, stored=stored, established=people)
        final = decided.edges.values()
        certain = [edge for edge in final if not is_probable(edge)]
        new = persons.put_edges(tx, certain, now, replacing="rule:")
        new += persons.put_edges(tx, [edge for edge in final if is_probable(edge)], now, replacing=MODEL)
        rebuilt = persons.rebuild(tx, decided.clusters.persons, now, keyer=keyer)
        told_again = works.resolve(tx, known.claims)
        search.reindex(tx, None)
        unscored.leave_out(tx, marks.unscored(tx))
    return ResolveReport(
        run=run,
        identities=len(identities),
        persons=len(decided.clusters.persons),
        same=sum(edge.judgement is Judgement.SAME for edge in final),
        unsure=sum(edge.judgement is Judgement.UNSURE for edge in final),
        cut=len(decided.clusters.cut),
        new=new,
        rebuilt=rebuilt,
        seconds=time.monotonic() - started,
        probable=sum(is_probable(edge) and edge.judgement is Judgement.SAME for edge in final),
        blocked=decided.blocked,
        works=told_again,
    )


def _withhold(
    known: Known, proposed: dict[str, Edge], stored: Sequence[Edge], established: Mapping[str, str]
) -> None:
    """Ask about new edges between two people whom recruiters know, in `proposed`, instead of following them.

    Looked at as if no person had joined anybody: a merge by hand must not let through what its undoing would then be
    held together by. What was asked once stays asked, or a key would hang on who is listed today.
    """
    live = [edge for edge in stored if edge.retracted_at is None]
    held = {edge.id for edge in live if ESTABLISHED in edge.reasons}
    if established:
        standing = {
            (edge.left, edge.right)
            for edge in live
            if edge.judgement is Judgement.SAME and not is_judged(edge)
        }
        apart = [edge for edge in live if is_judged(edge) and edge.judgement is Judgement.DIFFERENT]
        edges = [*proposed.values(), *apart]
        cut = cluster(known.identities, edges, established=established, standing=standing).cut
        held |= {edge.id for edge in cut if edge.reasons[-1] == ESTABLISHED}
    for key in held & proposed.keys():
        edge = proposed[key]
        weak = is_probable(edge) or strength(edge) < Strength.MUTUAL
        if weak and edge.judgement is Judgement.SAME:
            proposed[key] = replace(edge, judgement=Judgement.UNSURE, reasons=(*edge.reasons, ESTABLISHED))


def _stood(stored: Sequence[Edge], linking: Linking) -> dict[str, Edge]:
    """Return by id what the models in force joined on earlier nights and nobody took back.

    It stands though a model thinks again: with every stranger who bears the name it is a little less likely, and a key
    that followed would move to and fro. What is certain, and people, part them.
    """
    signed = {model.decided_by for model in linking.models}
    return {
        edge.id: edge
        for edge in stored
        if edge.decided_by in signed and edge.retracted_at is None and edge.judgement is Judgement.SAME
    }


def _known_people(tx: Any, stored: Sequence[Edge], chosen: Sequence[Model]) -> dict[str, Mapping[str, str]]:
    """Return, by model, the person of every identity it may not merge with another person.

    On its first night a model may make one person of two that nobody works with; later it may only add to people.
    """
    spoken = {edge.decided_by for edge in stored}
    everybody, used = persons.keys_by_identity(tx), persons.keys_by_identity(tx, only_used=True)
    return {one.decided_by: everybody if one.decided_by in spoken else used for one in chosen}


def _is_withdrawn(edge: Edge) -> bool:
    """Whether somebody took the edge back; a rule or model takes back its own when the evidence is gone."""
    return edge.retracted_at is not None and edge.retracted_by != edge.decided_by
