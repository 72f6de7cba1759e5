"""Erasing: every table is filled for an invented person, who then is in none, and never returns."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from spiders.records import Gone, IdentityKind, Moved, WorkKind
from storage import (
    access,
    acts,
    answered,
    audit,
    cases,
    changes,
    corrections,
    events,
    exports,
    feedback,
    frontier,
    halts,
    index,
    intake,
    journal,
    known,
    links,
    lists,
    notices,
    people,
    persons,
    placements,
    postponed,
    rankings,
    recalls,
    runs,
    saved,
    scores,
    search,
    shares,
    statements,
    subjects,
    twins,
    views,
)
from storage.engine import Store
from storage.errors import NotFound
from storage.model import Edge, Export, ExportRow, Flag, Judgement, Points, Score, Twin
from storage.tables import metadata, saved_search, signal

PERSON = ("github:770077", "git:77aa", "page:https://onavale.example")
KEY = access.Key(
    id="k1",
    name="dashboard",
    scope="read",
    actor="ana",
    made_at=datetime(2026, 11, 22, tzinfo=UTC),
    ends_at=None,
    revoked_at=None,
    used_at=None,
)
NEEDLES = [
    "770077",
    "git:77aa",
    "onavale",
    "Ona Quill Vale",
    "0000-0007-7007-7007",
    "e7" * 32,
    "Vale Institute",
    "Valetown",
    "quiet kernels",
    "paper by ona",
    "met ona",
]


def visit(make, now):
    line, account, page = (
        make.identity(PERSON[1], kind=IdentityKind.AUTHOR, name="Ona Quill Vale", emails=("e7" * 32,)),
        make.identity(
            PERSON[0],
            handle="onavale",
            name="Ona Quill Vale",
            orcid="0000-0007-7007-7007",
            homepage="https://onavale.example",
            affiliation="Vale Institute",
            location="Valetown",
            summary="quiet kernels",
            links=("https://onavale.example/feed",),
        ),
        make.identity(PERSON[2], name="Ona Quill Vale"),
    )
    own = make.work("github:onavale/toy@1", title="quiet kernels", part_of="github:onavale/toy")
    alone = make.work("arxiv:1", kind=WorkKind.PAPER, title="paper by ona")
    return make.visit(
        line,
        account,
        page,
        own,
        alone,
        make.work(),
        make.claim(PERSON[1], PERSON[0]),
        make.claim(PERSON[2], "github-login:OnaVale", "profile_link"),
        make.signal(PERSON[0], own.id),
        make.signal(PERSON[0], alone.id),
        make.signal(PERSON[1]),
        make.identity("github:5", name="Ben Reed", homepage="https://lab.example"),
        make.signal("github:5"),
        Gone(id=PERSON[2], via=make.via(now - timedelta(days=1))),
        Moved(
            old="github:onavale/toy",
            new="github:onavale/game",
            number="github-repository:7",
            via=make.via(now),
        ),
        task=make.task(url="https://api.github.com/users/onavale", params={"login": "onavale"}),
        tasks=(make.task(2, params={"accounts": [{"id": 770077}]}), make.task(3)),
        cursor={"onavale/toy": "c0ffee", "orbit/engine": "c0ffee"},
        counted={"ghost": 1},
    )


@pytest.fixture
def full(store: Store, make, now, keyer) -> Store:
    """A store in which every table has rows about one person and about a colleague."""
    with store.begin() as tx:
        changes.take(tx, "a snapshot")
        run = runs.start(tx, "crawl", now=now, actor="cron")
        runs.step(tx, run, "crawl", now=now, status="done")
        runs.lock(tx, "crawl", "host:1", now, 60)
        page = visit(make, now)
        frontier.add(tx, [page.task], now=now, every_hours={})
        (leased,) = frontier.lease(tx, "git_history", 1, now=now, owner="host:1", for_s=60)
        intake.take(
            tx,
            make.visit(
                *page.records, task=leased, tasks=page.tasks, cursor=page.cursor, counted=page.counted
            ),
            now=now,
            run=run,
            keyer=keyer,
        )
        mine = tx.execute(select(signal.c.id).where(signal.c.identity == PERSON[0])).scalars()
        taken_back = [Gone(id=one, via=make.via(now)) for one in sorted(mine)]
        intake.take(tx, make.visit(*taken_back, task=make.task(9)), now=now, run=run, keyer=keyer)
        frontier.put_asked(tx, "github_accounts", [{"id": 770077}, {"id": 5}], now=now)
        frontier.put_asked(tx, "unlinked_commits", [{"digest": "e7" * 32}], now=now)
        persons.rebuild(tx, [frozenset({PERSON[0]}), frozenset(PERSON[1:]), frozenset({"github:5"})], now)
        one = Edge(
            left=PERSON[0],
            right=PERSON[1],
            judgement=Judgement.SAME,
            decided_by="rule:x@1",
            decided_at=now,
            reasons=("onavale names Ona Quill Vale",),
        )
        persons.put_edges(tx, [one], now)
        page_of_paper = "https://onavale.example/paper"
        told_again = [
            Twin(work="github:onavale/toy@1", canonical="github:onavale/toy#1", reason="part"),
            Twin(work="arxiv:1", canonical="acl:1", reason="title", url=page_of_paper),
            Twin(work="acl:2", canonical="arxiv:1", reason="claimed", url=page_of_paper),
        ]
        twins.put(tx, told_again)
        persons.rebuild(tx, [frozenset(PERSON), frozenset({"github:5"})], now)
        search.reindex(tx, None)
        person, colleague = persons.find_by_identity(tx, PERSON[0]), persons.find_by_identity(tx, "github:5")
        assert person is not None and person.aliases and colleague is not None
        keys = [person.key, colleague.key]
        index.put_facets(tx, keys, [(person.key, "hub", "onatown")], read=dict.fromkeys(keys, "a" * 32))
        lists.create(tx, "role", actor="ana", now=now)
        ranking = []
        for key in (person.key, colleague.key):
            lists.add(tx, "role", [key], actor="ana", now=now)
            people.note(tx, key, f"met {'ona' if key == person.key else 'ben'}", actor="ana", now=now)
            part = Points(
                factor="f", feature="x", value=1.0, unit="works", points=1.0, evidence=("git:77aa",)
            )
            if key == colleague.key:
                part = Points(factor="f", feature="x", value=1.0, unit="works", points=1.0)
            ranking.append(
                Score(
                    person=key,
                    specialism="inference",
                    version="1",
                    value=1.0,
                    lower=1.0,
                    confidence=1.0,
                    as_of=now,
                    points=(part,),
                )
            )
        flags = {person.key: [Flag(kind="empty", works=1, evidence=("git:77aa",))]}
        scores.put(tx, "inference", "1", ranking, run, now, flags=flags)
        rankings.keep(
            tx, run=run, specialism="inference", version="1", as_of=now, content={}, files={}, formula="1"
        )
        rows = tuple(ExportRow(person=each.person, action="create", payload="0" * 64) for each in ranking)
        exports.put(
            tx,
            Export(
                id="e1",
                what="role",
                connector="csv",
                destination="leads.csv",
                actor="ana",
                at=now,
                counts={"create": 2},
                rows=rows,
            ),
        )
        for each in ranking:
            links.put(
                tx,
                [links.Link(connector="crm", person=each.person, external_id=f"x-{each.person}", state=links.HELD,
                            payload="0" * 64, export="e1", at=now)],
            )  # fmt: skip
            became = placements.Placement(
                connector="crm",
                person=each.person,
                stage="call",
                outcome="open",
                changed_at=None,
                seen_at=now,
            )
            placements.put(tx, [became])
        assert recalls.queue_suppressed(tx, [colleague.key]) == 1
        tx.execute(saved_search.insert().values(name="s", query="kernels", actor="ana", created_at=now))
        workflow(tx, person.key, colleague.key, now, keyer)
        subjects.suppress(tx, {"f" * 64}, "imported", now)
        answered.begin(tx, "a" * 64, "b" * 64, now=now)
        answered.finish(tx, "a" * 64, status=201, body=f'{{"person": "{person.key}", "text": "met ona"}}')
        access.put_session(tx, "c" * 64, actor="ana", scope="write", claims=None, now=now)
        access.put_sign_in(tx, "d" * 64, kind="link", content={"actor": "ana"}, ends_at=now)
        access.put_key(tx, KEY, digest="e" * 64)
        access.put_preferences(tx, "ana", {"theme": "dark"}, now=now)
        audit.append(tx, at=now, actor="ana", action="export", subject=person.key, detail={"rows": 2})
    return store


def workflow(tx, mine: str, other: str, now, keyer) -> None:
    """Fill what recruiters keep about two people."""
    saved.see(tx, "s", [mine, other], shown=True, now=now)
    saved.announce(tx, "s", [mine, other])
    events.put(tx, events.SEARCH_NEW, {"search": "s", "new": 2}, now=now)
    people.dismiss(tx, mine, "list:role", actor="ana", reason="left the field", now=now)
    parts = [
        acts.Part(kind="note", person=key, before={"was": False}, after={"note": f"met {text}"})
        for key, text in ((mine, "ona"), (other, "ben"))
    ]
    # said of the colleague when the account was still counted as theirs
    parts.append(acts.Part(kind="apart", person=other, before={}, after={"identities": [PERSON[0]]}))
    acts.put(tx, acts.fresh(), parts, actor="ana", now=now)
    for key, subject in ((mine, "inference"), (other, "git:77aa/quiet kernels")):
        word = feedback.Word(
            person=key, kind="thumb", subject=subject, actor="ana", value="up", reason=None, at=now
        )
        feedback.put(tx, word)
    theirs = tx.execute(select(signal.c.id).where(signal.c.identity == PERSON[0])).scalars().first()
    word = feedback.Word(
        person=other, kind="wrong", subject=theirs, actor="ana", value="excluded", reason="x", at=now
    )
    feedback.put(tx, replace(word, signals=(theirs,)))
    feedback.remove(tx, other, "thumb", "git:77aa/quiet kernels", "ana")
    link = shares.Share(
        id="s1", shortlist="role", actor="ana", at=now, expires_at=now, blind=False, notes=False
    )
    shares.put(tx, link)
    said = known.Known(
        person="", system="crm", state="contacted", ref="row-7", contacted_on=now.date(), reason=None, at=now
    )
    known.put(
        tx, [({keyer.digest("id", PERSON[0]), keyer.digest("handle", "github:onavale")}, said)], system="crm"
    )
    assert known.match(tx, keyer) == 1
    rule = known.OffLimit(id="r1", person=mine, organisation=None, reason="met ona", actor="ana", at=now)
    known.limit(tx, rule)
    postponed.put(tx, PERSON[1], "github:5", until=now, actor="ana", now=now)
    notices.put(tx, mine, language="en", actor="ana", now=now)
    shown = views.Viewed(specialism="inference", version="1")
    views.put(tx, "ana", {mine: shown}, now=now)
    halts.put(tx, actor="ana", reason="a figure is doubted", now=now)
    wrong = corrections.Correction(
        identity=PERSON[0], attribute="location", wrong="Valetown", right="New Valetown", actor="ana",
        reason="says so", at=now,
    )  # fmt: skip
    corrections.put(tx, wrong)
    asked = cases.Case(
        id="c1", secret="9" * 64, kind=cases.Kind.CORRECTION, state=cases.State.PROVED, subject="github:onavale",
        person=mine, request="I left Valetown", signal=None, language="en", opened_at=now, proved_at=now,
        confirm_by=now, due_at=now,
    )  # fmt: skip
    cases.put(tx, asked)
    journal.put(tx, "a" * 16, 0)


def everything(store: Store) -> str:
    """Return every value of every table the database really has, as text."""
    with store.read() as tx:
        names = inspect(tx).get_table_names()
        return "\n".join(
            str(tuple(row)) for name in names for row in tx.execute(text(f'SELECT * FROM "{name}"'))
        )


def test_the_fixture_fills_every_table(full: Store) -> None:
    with full.read() as tx:
        empty = [
            name
            for name, table in metadata.tables.items()
            if tx.execute(select(table).limit(1)).first() is None
        ]
    assert empty == []
    before = everything(full)
    assert [needle for needle in NEEDLES if needle not in before] == []


@pytest.mark.row("P08", "P09")
def test_an_erased_person_is_in_no_table_and_no_byte_and_does_not_return(
    full: Store, make, now, keyer, tmp_path: Path
) -> None:
    with full.begin() as tx:
        person = persons.find_by_identity(tx, PERSON[0])
        assert person is not None
        erased = subjects.erase(tx, person.key, now, keyer=keyer)
    full.vacuum()
    assert erased.exports == ("e1",)
    left = everything(full)
    assert [needle for needle in NEEDLES if re.search(re.escape(needle), left, re.IGNORECASE)] == []
    if full.dialect == "sqlite":
        raw = b"".join(path.read_bytes() for path in tmp_path.glob("*.db*"))
        assert [needle for needle in NEEDLES if needle.encode() in raw] == []
    with full.read() as tx:
        for gone in (person.key, *person.aliases):
            with pytest.raises(NotFound):
                persons.get(tx, gone)
        assert audit.verify(tx).ok
        assert [item.person for item in lists.show(tx, "role").items] == [
            persons.find_by_identity(tx, "github:5").key
        ]
        assert frontier.counts(tx, "git_history") == {"due": 1}

    for number in range(1, 4):
        later = now + timedelta(days=number)
        records = visit(make, later).records
        renamed = make.identity(PERSON[0], handle="ona-renamed", name="Ona Quill Vale", at=later)
        with full.begin() as tx:
            intake.take(tx, make.visit(*records, renamed, at=later), now=later, run=None, keyer=keyer)
    assert [needle for needle in NEEDLES if needle in everything(full)] == []
    with full.read() as tx:
        assert [view.id for view in statements.iter_identities(tx)] == ["github:5"]


def test_no_word_of_an_erased_name_stays_in_the_index(store: Store, make, now, keyer, tmp_path: Path) -> None:
    for number, name in enumerate(["Ben Reed", "Qwyzzor Xylomegaph", "Ida Moss"]):
        with store.begin() as tx:  # each in a transaction of its own, so that the index has several parts
            intake.take(
                tx, make.visit(make.identity(f"github:{number}", name=name)), now=now, run=None, keyer=keyer
            )
            persons.rebuild(tx, [frozenset({f"github:{one}"}) for one in range(number + 1)], now)
            search.reindex(tx, [persons.find_by_identity(tx, f"github:{number}").key])
    with store.begin() as tx:
        subjects.erase(tx, persons.find_by_identity(tx, "github:1").key, now, keyer=keyer)
    store.vacuum()
    assert "qwyzzor" not in everything(store).casefold()
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("*.db*")).lower()
    assert b"wyzzor" not in raw and b"ylomegaph" not in raw


def test_a_person_whose_sources_took_everything_back_can_be_erased(store: Store, make, now, keyer) -> None:
    one = make.identity("github:1", name="Ona Vale", handle="onavale")
    with store.begin() as tx:
        intake.take(tx, make.visit(one), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({"github:1"})], now)
        key = persons.find_by_identity(tx, "github:1").key
        persons.rebuild(tx, [], now)
        subjects.erase(tx, key, now, keyer=keyer)
    assert "onavale" not in everything(store) and "Ona Vale" not in everything(store)


def test_somebody_suppressed_later_leaves_with_the_next_visit_and_so_does_the_person(
    store: Store, make, now, keyer
) -> None:
    both = make.visit(
        make.identity("github:1", name="Ona Vale", handle="onavale"),
        make.identity("github:2", name="Ben Reed"),
    )
    with store.begin() as tx:
        intake.take(tx, both, now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({"github:1"}), frozenset({"github:2"})], now)
        search.reindex(tx, None)
        subjects.suppress(tx, {keyer.digest("handle", "github:onavale")}, "asked", now)
        assert subjects.holders(tx, keyer) == {"github:1"}
        intake.take(tx, both, now=now, run=None, keyer=keyer)
    left = everything(store)
    assert "Ona" not in left and "onavale" not in left and "Ben Reed" in left


def test_a_score_computed_before_an_erasure_does_not_bring_the_person_back(
    store: Store, make, now, keyer
) -> None:
    with store.begin() as tx:
        intake.take(tx, make.visit(make.identity("github:1")), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({"github:1"})], now)
        key = persons.find_by_identity(tx, "github:1").key
        part = Points(factor="f", feature="x", value=1.0, unit="works", points=1.0, evidence=("git:c0ffee",))
        one = Score(
            person=key, specialism="x", version="1", value=1.0, lower=1.0, confidence=1.0, as_of=now, points=(part,)
        )  # fmt: skip
        subjects.erase(tx, key, now, keyer=keyer)
        assert scores.put(tx, "x", "1", [one], None, now) == 0
    assert key not in everything(store) and "c0ffee" not in everything(store)


def test_a_shared_page_or_address_does_not_keep_colleagues_out(store: Store, make, now, keyer) -> None:
    lab = "https://lab.example"
    first = make.visit(
        make.identity("github:1", homepage=lab, emails=("a" * 64,)),
        make.identity("github:2", homepage=lab, emails=("a" * 64,)),
    )
    with store.begin() as tx:
        intake.take(tx, first, now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({"github:1"}), frozenset({"github:2"})], now)
        person = persons.find_by_identity(tx, "github:1")
        assert person is not None
        subjects.erase(tx, person.key, now, keyer=keyer)
        intake.take(tx, first, now=now, run=None, keyer=keyer)
        intake.take(tx, make.visit(make.identity("github:3", homepage=lab)), now=now, run=None, keyer=keyer)
        assert [view.id for view in statements.iter_identities(tx)] == ["github:2", "github:3"]


def test_many_digests_are_suppressed_and_listed_in_pages(store: Store, now) -> None:
    digests = {f"{number:064x}" for number in range(20_000)}
    with store.begin() as tx:
        assert subjects.suppress(tx, digests, "list", now) == 20_000
        assert subjects.suppress(tx, set(list(digests)[:100]), "again", now) == 0
        assert subjects.is_suppressed(tx, {f"{7:064x}", "f" * 64}) == {f"{7:064x}"}
        page = subjects.list_suppressed(tx, limit=2, after=f"{7:064x}")
        assert [one[0] for one in page] == [f"{8:064x}", f"{9:064x}"]
        assert subjects.unsuppress(tx, {f"{7:064x}", "f" * 64}) == 1
