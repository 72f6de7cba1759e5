"""Works told twice count once: which papers and changes are one, which are not, and what a ranking then counts."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcing import resolve
from sourcing.export import lead
from sourcing.features import facts, topic
from sourcing.resolve import works
from spiders.records import Gone, Moved, Record, SignalKind, Task, WorkKind
from storage import intake, scores, snapshot
from storage.engine import Store
from storage.model import ClaimRow, Points, Score

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
TITLE = "Paged Attention for Sparse Mixture Models"
BYLINE = ("Mira Okafor", "João da Veiga-Lindqvist", "Ota Brenn")
CODE = "github:orbit/engine"


def paper(
    id: str,
    title: str = TITLE,
    *,
    on: date | None = date(2025, 3, 1),
    venue: str | None = None,
    url: str = "",
) -> works.Paper:
    made = works.Paper(id=id, url=url)
    works.add(made, title=title, venue=venue, on=on, url=url)
    return made


def claim(left: str, right: str) -> ClaimRow:
    return ClaimRow(
        left=left, right=right, kind="paper_twin", source="pmlr", url="https://p.example/1", seen_at=NOW
    )


def joined(
    *papers: works.Paper, claims: Iterable[ClaimRow] = (), authors: dict[str, Iterable[str]] | None = None
) -> dict[str, tuple[str, str]]:
    """Return what counts as what, with the reason. authors: of papers that have not the usual ones."""
    bylines = {one.id: [frozenset({name}) for name in BYLINE] for one in papers}
    bylines |= {one: [frozenset({name}) for name in names] for one, names in (authors or {}).items()}
    found = works.paper_twins({one.id: one for one in papers}, claims, lambda asked: bylines)
    return {one.work: (one.canonical, one.reason) for one in found}


def test_a_preprint_counts_as_its_proceedings_paper_whatever_accents_and_marks_its_title_has() -> None:
    preprint = paper("arxiv:2503.00001", "Páged attention, for sparse mixture models.")
    assert joined(preprint, paper("acl:2025.a-long.1", venue="ACL 2025", on=date(2025, 7, 1))) == {
        "arxiv:2503.00001": ("acl:2025.a-long.1", "title")
    }
    workshop = paper("openreview:wkshp1", venue="NeurIPS 2024 workshop", on=date(2024, 12, 1))
    found = joined(preprint, workshop, paper("openreview:mainx1", venue="ICML 2026", on=date(2026, 7, 1)))
    assert {canonical for canonical, _ in found.values()} == {"openreview:mainx1"} and len(found) == 2


@pytest.mark.parametrize(
    ("one", "other", "authors", "why"),
    [
        ({"title": "Introduction"}, {"title": "Introduction"}, None, "short and generic"),
        ({"title": "Fast Sparse Attention"}, {"title": "Fast Sparse Attention"}, None, "three words"),
        (
            {"title": "Overview of the shared task on parsing"},
            {"title": "Overview of the shared task on parsing"},
            None,
            "every year anew",
        ),
        ({}, {"title": f"{TITLE} II"}, None, "another title"),
        ({}, {"on": date(2029, 1, 1)}, None, "four years later"),
        ({}, {}, ("Mei Tanaka", "Ines Roth"), "nobody in common"),
        ({}, {}, ("Mira Okafor", "Mei Tanaka", "Ines Roth"), "one of three in common"),
        ({}, {}, (), "no byline"),
    ],
)
def test_equal_titles_alone_join_nothing(
    one: dict[str, Any], other: dict[str, Any], authors: tuple[str, ...] | None, why: str
) -> None:
    told = {} if authors is None else {"acl:2025.a-long.1": authors}
    assert not joined(paper("arxiv:2503.00001", **one), paper("acl:2025.a-long.1", **other), authors=told), (
        why
    )


def test_a_byline_cut_short_or_with_initials_is_still_the_same() -> None:
    pair = paper("arxiv:2503.00001"), paper("acl:2025.a-long.1", venue="ACL 2025")
    assert joined(
        *pair, authors={"arxiv:2503.00001": ("M. Okafor", "J. Lindqvist", "Ota Brenn", "Mei Tanaka")}
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (paper("arxiv:2503.00001"), paper("doi:10.48550/arxiv.2503.00001")),
        (paper("acl:P19-1001"), paper("doi:10.18653/v1/p19-1001")),
        (
            paper("openreview:AbCd_1"),
            paper("paper:h.example/1", url="https://openreview.net/forum?id=AbCd_1"),
        ),
        (paper("arxiv:2503.00001"), paper("paper:h.example/1", url="https://arxiv.org/abs/2503.00001v3")),
        (paper("doi:10.1145/1.2"), paper("paper:h.example/1", url="https://doi.org/10.1145/1.2")),
    ],
)
def test_an_id_or_address_of_another_source_joins_even_under_a_new_title(
    one: works.Paper, other: works.Paper
) -> None:
    new = replace(other, titles=("quite another title of it",))
    [(_, reason)] = joined(one, new).values()
    assert reason == "link"
    strangers = {other.id: ("Mei Tanaka",)}
    assert not joined(one, new, authors=strangers), "no title and no author in common: a mistaken address"


def test_a_claim_of_the_proceedings_joins_and_two_that_name_one_forum_do_as_well() -> None:
    forum, page = paper("openreview:AbCd_1", "Old title of it here"), paper("paper:h.example/1")
    assert joined(forum, page, claims=[claim(page.id, forum.id)]) == {
        "paper:h.example/1": ("openreview:AbCd_1", "claimed")
    }
    copy = paper("arxiv:2503.00001", "Another name it once had")
    claims = [claim(page.id, "openreview:unread1"), claim(copy.id, "openreview:unread1")]
    assert set(joined(page, copy, claims=claims).values()) == {("arxiv:2503.00001", "claimed")}
    assert not joined(forum, page), "undone when the claim is gone"


def test_a_title_that_many_papers_bear_names_none_of_them() -> None:
    assert not joined(*(paper(f"arxiv:2503.0000{number}") for number in range(works.CROWD)))


@settings(deadline=None)
@given(st.permutations(range(6)), st.permutations(range(2)))
def test_the_order_of_papers_and_claims_does_not_matter(order: list[int], claimed: list[int]) -> None:
    papers = [
        paper("arxiv:2503.00001"),
        paper("acl:2025.a-long.1", venue="ACL 2025", on=date(2025, 7, 1)),
        paper("doi:10.18653/v1/2025.a-long.1", "The printed title is quite another"),
        paper("openreview:AbCd_1", venue="ACL 2025 workshop", on=date(2025, 8, 1)),
        paper("paper:h.example/1", "Something else entirely about kernels", venue="ICML 2025"),
        paper("openreview:Other_1", "Something else entirely about kernels"),
    ]
    claims = [
        claim("paper:h.example/1", "openreview:Other_1"),
        claim("arxiv:2503.00001", "openreview:AbCd_1"),
    ]
    found = joined(*(papers[at] for at in order), claims=[claims[at] for at in claimed])
    assert found == joined(*papers, claims=claims)
    assert Counter(canonical for canonical, _ in found.values()) == {
        "acl:2025.a-long.1": 3, "paper:h.example/1": 1,
    }  # fmt: skip


@dataclass
class Told:
    """Things one invented person made, told several times over. things: how many there really are, by kind."""

    make: Any
    records: list[Record] = field(default_factory=list)

    def person(self) -> "Told":
        """Add an account, a line of a history and an author profile that belong together."""
        self.records += [
            self.make.identity("github:7", handle="mira-ok", name="Mira Okafor", source="github_people"),
            self.make.identity("git:a", name="Mira Okafor", emails=("d1",)),
            self.make.claim("git:a", "github:7"),
        ]
        return self

    def pull(
        self, number: int, *, source: str = "github_pulls", title: str = "Rework the allocator", **more: Any
    ) -> None:
        """Add a pull request as the platform tells it."""
        work = f"{CODE}#{number}"
        who, kind = more.pop("who", "github:7"), more.pop("kind", SignalKind.AUTHORED)
        self.records += [
            self.make.work(work, title=title, source=source, part_of=CODE, **more),
            self.make.signal(who, work, source=source, kind=kind, id=f"github:{kind}:{work}:{who}"),
        ]

    def commit(
        self, sha: str, *, within: int | None = None, who: str = "git:a", days: float = 0, **more: Any
    ) -> None:
        """Add a commit of the history. within: the pull request that brought it in."""
        work, kind = f"git:orbit/engine@{sha}", SignalKind.AUTHORED
        whole = CODE if within is None else f"{CODE}#{within}"
        more.setdefault("title", f"Part {sha}")
        self.records += [
            self.make.work(work, kind=WorkKind.COMMIT, part_of=whole, paths=(f"engine/{sha}.py",), **more),
            self.make.signal(
                who,
                work,
                kind=kind,
                id=f"git:orbit/engine@{sha}:{kind}:{who}",
                occurred_at=NOW - timedelta(days=days),
            ),
        ]

    def paper(self, id: str, *, source: str, title: str = TITLE, **more: Any) -> None:
        """Add a paper under one of its ids, by the person and one more author."""
        for place, who in enumerate(("github:7", f"{id}:2"), 1):
            self.records += [
                self.make.identity(who, name=BYLINE[place - 1], source=source),
                self.make.signal(who, id, id=f"{id}:authored:{place}", source=source, position=place, of=2),
            ]
        self.records.append(self.make.work(id, kind=WorkKind.PAPER, title=title, source=source, **more))


@pytest.fixture
def told(make: Any) -> Told:
    """What is told of one person: a true merge, a rebased change, a paper with two twins, and things of their own."""
    made = Told(make).person()
    made.pull(12)
    made.commit("c1", within=12)
    made.commit("c2", within=12)
    made.pull(13, title="Add a sparse kernel for decoding")
    made.commit("d1", title="Add a sparse kernel for decoding", days=0.5)
    made.commit("e1", title="Fix the warm-up of the cache")
    made.commit("f1", title="Add a sparse kernel for decoding", days=300)
    made.pull(15, title="Update README.md")
    made.commit("h1", title="Update README.md", days=0.1)
    made.pull(14, source="git_history", title="topic")
    made.commit("g1", within=14, title="Speed up paged attention")
    made.commit("g2", within=14, title="Test it")
    made.pull(16, title="Overlap the copies with the next step")
    made.pull(16, source="git_history", title="topic")  # the history says how it landed
    made.commit("k1", title="Overlap the copies with the next step", days=0.5)
    made.paper("arxiv:2503.00001", source="arxiv_papers", published_on=date(2025, 3, 1))
    made.paper("acl:2025.a-long.1", source="acl_anthology", venue="ACL 2025", published_on=date(2025, 7, 1))
    made.paper("doi:10.18653/v1/2025.a-long.1", source="crossref", published_on=date(2025, 8, 1))
    made.paper("arxiv:2503.00002", source="arxiv_papers", title="Another paper of theirs on parsing")
    return made


CHANGES, PAPERS = 9, 2  # #12 to #16, e1, f1, h1 and k1; two papers


@pytest.fixture
def take(now: datetime, keyer: Any, make: Any) -> Callable[..., None]:
    def take(store: Store, *records: Record, at: datetime = now) -> None:
        with store.begin() as tx:
            task = Task(source="git_history", kind="file", url=f"https://code.example/{at:%s}/{id(records)}")
            intake.take(tx, make.visit(*records, task=task, at=at), now=at, run=None, keyer=keyer)

    return take


def counted(store: Store, directory: Path, now: datetime) -> tuple[dict[str, set[str]], dict[str, Any]]:
    """Return the works that count for the person, by kind, and the rows of works, by id."""
    resolve.run(store, now=now, run=None)
    with store.read() as tx:
        snapshot.write(tx, directory, "ranking", as_of=now)
    rows = pq.read_table(directory / "signals.parquet").to_pylist()
    documents = {row["work"]: row for row in pq.read_table(directory / "works.parquet").to_pylist()}
    person = next(row["person"] for row in rows if row["said_of"] == f"{CODE}#12")
    found: dict[str, set[str]] = {"paper": set(), "change": set()}
    for row in rows:
        if row["person"] == person:
            kind = "paper" if documents[row["work"]]["kind"] == "paper" else "change"
            found[kind].add(row["work"])
    return found, documents


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_first_each_real_thing_counts_once(
    seed: int, new_store: Callable[[], Store], told: Told, take: Any, tmp_path: Path, now: datetime
) -> None:
    order = random.Random(seed).sample(told.records, len(told.records))
    store = new_store()
    for begin in range(0, len(order), 7):
        take(store, *order[begin : begin + 7])
    found, documents = counted(store, tmp_path, now)
    assert (len(found["change"]), len(found["paper"])) == (CHANGES, PAPERS)
    pulls = {f"{CODE}#{number}" for number in (12, 13, 14, 15, 16)}
    assert found["change"] == pulls | {f"git:orbit/engine@{sha}" for sha in ("e1", "f1", "h1", "k1")}
    proceedings = documents["acl:2025.a-long.1"]
    assert (proceedings["venue"], proceedings["published_on"]) == ("ACL 2025", date(2025, 3, 1))
    assert documents[f"{CODE}#12"]["title"] == "Rework the allocator"
    merge = documents[f"{CODE}#14"]  # only the history tells of it, and its merge names a branch
    assert (merge["title"], merge["text"]) == ("Speed up paged attention", "Test it")
    assert set(merge["paths"]) == {"engine/g1.py", "engine/g2.py"}
    assert {row["part_of"] for row in documents.values() if row["kind"] != "paper"} == {CODE}
    again, _ = counted(store, tmp_path, now)
    assert again == found, "a second resolving changes nothing"


def test_features_count_a_change_and_a_paper_once(
    store: Store, told: Told, take: Any, make: Any, tmp_path: Path, now: datetime
) -> None:
    told.pull(12, who="github:8", kind=SignalKind.REVIEWED)
    told.records.append(make.identity("github:8", handle="ines-r", name="Ines Roth"))
    told.commit("c3", within=12, who="github:8")
    take(store, *told.records)
    counted(store, tmp_path, now)
    look = topic.Look(repositories=("orbit/engine",), keywords=("attention", "parsing"))
    with facts.snapshot(tmp_path, spill=tmp_path / "spill") as (signals, documents):
        found = facts.gather(signals, documents, [facts.Asked(look=look, as_of=now + timedelta(days=1))])
        changes = found.changes.to_pyarrow().to_pylist()
        reviews, papers = found.reviews.to_pyarrow().to_pylist(), found.papers.to_pyarrow().to_pylist()
        void = found.void.to_pyarrow().to_pylist()
    mine = Counter(row["person"] for row in changes)
    assert sorted(mine.values()) == [1, CHANGES], "who wrote one commit of somebody's pull request did so"
    assert not reviews, "and reviewing a change that one had a part in is no review"
    assert Counter(row["person"] for row in papers).most_common(1)[0][1] == PAPERS
    assert not void


def test_evidence_says_what_it_is_also_told_as_and_a_lead_shows_a_work_once(
    store: Store, told: Told, take: Any, tmp_path: Path, now: datetime
) -> None:
    take(store, *told.records)
    counted(store, tmp_path, now)
    ids = ["arxiv:2503.00001:authored:1", "acl:2025.a-long.1:authored:1", "git:orbit/engine@c1:authored:git:a",
           f"github:authored:{CODE}#12:github:7", "git:orbit/engine@e1:authored:git:a"]  # fmt: skip
    with store.read() as tx:
        preprint, proceedings, commit, pull, alone = scores.evidence(tx, ids)
    assert {one.counts_as for one in (preprint, proceedings)} == {"acl:2025.a-long.1"}
    assert [one.work for one in preprint.also] == ["acl:2025.a-long.1", "doi:10.18653/v1/2025.a-long.1"]
    assert {one.work: one.reason for one in proceedings.also} == {
        "arxiv:2503.00001": "title",
        "doi:10.18653/v1/2025.a-long.1": "link",
    }
    assert [(one.work, one.reason) for one in commit.also] == [(f"{CODE}#12", "part")]
    assert (pull.also, alone.also, alone.counts_as) == ((), (), alone.work)
    part = Points(
        factor="all", feature="merged_work", value=1.0, unit="changes", points=9.0, evidence=tuple(ids)
    )
    score = Score(
        person="p_1", specialism="s", version="1", value=9.0, lower=9.0, confidence=1.0, level="unknown",
        listed=True, as_of=now, run=None, points=(part,),
    )  # fmt: skip
    shown = lead.strongest(score, [preprint, proceedings, commit, pull, alone])
    assert [one.url for one in shown] == [preprint.url, commit.url, alone.url]


def test_what_was_joined_comes_apart_when_its_evidence_is_gone(
    store: Store, told: Told, take: Any, make: Any, tmp_path: Path, now: datetime
) -> None:
    take(store, *told.records)
    before, _ = counted(store, tmp_path, now)
    later = now + timedelta(hours=1)
    gone = Gone(id="acl:2025.a-long.1", via=make.via(later, source="acl_anthology"))
    take(store, gone, at=later)
    found, documents = counted(store, tmp_path, later)
    assert len(found["paper"]) == PAPERS and "acl:2025.a-long.1" not in documents
    new_title = make.work(
        "arxiv:2503.00001",
        kind=WorkKind.PAPER,
        title="It was renamed to something",
        source="arxiv_papers",
        at=later,
    )
    take(store, new_title, at=later)
    found, _ = counted(store, tmp_path, later)
    assert len(found["paper"]) == PAPERS + 1, (
        "the printed one and the renamed one have nothing left in common"
    )
    assert found["change"] == before["change"]


def test_a_mirrored_history_and_a_former_name_add_nothing(
    store: Store, told: Told, take: Any, make: Any, tmp_path: Path, now: datetime
) -> None:
    sha = "c0ffee0" * 5
    told.commit(sha, within=12)
    told.records.append(
        make.work(f"{CODE}#19", title="Under the old name", source="github_pulls", part_of=CODE)
    )
    take(store, *told.records)
    before, _ = counted(store, tmp_path, now)
    for place in ("mirror/engine", "oldname/engine"):
        later = [
            make.work(f"git:{place}@{sha}", kind=WorkKind.COMMIT, part_of=f"github:{place}#12", title="Part"),
            make.signal("git:a", f"git:{place}@{sha}", id=f"git:{place}@{sha}:authored:git:a"),
        ]
        take(store, *later)
    name = {"new": CODE, "number": "github-repository:7", "via": make.via(now)}
    take(store, Moved(old="github:oldname/engine", **name))
    after, documents = counted(store, tmp_path, now)
    assert (
        after["change"] - before["change"] == {"github:mirror/engine#12"}
        and after["paper"] == before["paper"]
    )
    assert not [work for work in documents if "oldname" in work]
    look = topic.Look(repositories=("orbit/engine",), keywords=("attention",))
    with facts.snapshot(tmp_path, spill=tmp_path / "spill") as (signals, works_read):
        asked = facts.Asked(look=look, as_of=now + timedelta(days=1))
        found = facts.gather(signals, works_read, [asked])
        rows = found.changes.to_pyarrow()["work"]
    assert sorted(found.names.works.take(rows).to_pylist()) == sorted(before["change"]), (
        "the mirror's copy is no second change"
    )
