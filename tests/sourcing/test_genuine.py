"""Forged, back-dated, bought, farmed and padded activity: it earns nothing, costs nobody anything, and is named."""

import importlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scenes import BOXES, ENGINE, HONEST, MALLORY, TITLE, TOY, VERA, WIM, XENIA, Scene, line, same

from sourcing import people
from sourcing.features.flagged import FLAG_MIN, RING_MIN, ring_members
from sourcing.ranking import score
from spiders.errors import SpiderError
from spiders.records import Page, Provenance, Record, SignalKind, Task, WorkKind
from storage import digest, intake
from storage.engine import Store
from storage.model import Flag
from storage.subjects import PepperKeyer

PAGES = Path(__file__).parents[1] / "pages"


@pytest.fixture
def scene(store: Store, make: Any, now: datetime, keyer: PepperKeyer, tmp_path: Path) -> Scene:
    return Scene(store, make, now, keyer, tmp_path)


@pytest.mark.slow
@pytest.mark.row("T28")
def test_work_forged_in_a_known_name_and_mail_gives_and_takes_nothing(scene: Scene, make: Any) -> None:
    before = scene.before()
    assert before[VERA].value > 20
    forged = [scene.repository(TOY, created=scene.now - timedelta(days=900))]
    for number, one in enumerate(HONEST):  # several known names, so that the toy looks busy
        forged += scene.commits(TOY, f"f{number}", line(one), range(10, 300, 10))
        forged += scene.commits(TOY, f"r{number}", line(one), range(10, 300, 10), kind=SignalKind.REVIEWED)
    forged += scene.commits(TOY, "own", line(MALLORY), range(10, 300, 10))
    # a merged change of Mallory's in the watched project, whose history names Vera
    forged += scene.pull(ENGINE, 900, MALLORY, days=5, by=[WIM])
    forged.append(
        make.signal(line(VERA), f"github:{ENGINE}#900", id="git:ab:authored:v", occurred_at=scene.now)
    )
    # Vera's name under a mailbox that the platform says is nobody's
    box = "d" * 64
    forged += [
        make.identity("git:nobody", name="Vera Invented", emails=(box,)),
        make.claim(f"email:{box}", f"email:{box}", "unattributed"),
        *scene.commits(TOY, "n", "git:nobody", range(10, 300, 10)),
        *scene.commits(ENGINE, "m", "git:nobody", range(10, 300, 10)),
    ]
    scene.take(forged)
    after = scene.ranked()
    same(before, after, (VERA, XENIA))
    assert after[WIM].value >= before[WIM].value, "he merged one more real change"
    assert "git:nobody" not in after and scene.person("git:nobody") != scene.person(VERA)
    assert not any(scene.flags(one) for one in HONEST), "whose name is forged is not flagged for it"
    assert after[MALLORY].points[0].evidence == (f"github:authored:{ENGINE}#900:{MALLORY}",)
    assert [flag.kind for flag in scene.flags(MALLORY)] == ["own"]


@pytest.mark.slow
@pytest.mark.row("T28")
def test_a_history_that_no_platform_was_asked_about_counts_with_less_confidence(
    scene: Scene, make: Any
) -> None:
    for one, asked in (("git:asked", True), ("git:unasked", False), ("git:mapped", False)):
        box = one.encode().hex().ljust(64, "0")
        scene.take(
            [
                make.identity(one, name=one.title(), emails=(box,)),
                *scene.commits(ENGINE, one, one, range(5, 400, 20)),
            ]
        )
        if asked:
            scene.take([make.identity("github:77"), make.claim(f"email:{box}", "github:77", "platform")])
        if one == "git:mapped":  # nobody's, but the project itself says whose it was
            scene.take([make.claim(f"email:{box}", f"email:{box}", "unattributed")])
            scene.take(
                [make.claim(one, "git:former", "mailmap"), make.identity("git:former", name="Git:Mapped")]
            )
    found = scene.ranked()
    asked_, unasked = found["git:asked"], found["git:unasked"]
    assert unasked.value == pytest.approx(asked_.value) == pytest.approx(found["git:mapped"].value)
    assert unasked.confidence == pytest.approx(asked_.confidence * (1 - score.HEARSAY_COST))


@pytest.mark.slow
@pytest.mark.row("T29")
def test_back_dated_work_changes_no_score_and_is_named_with_a_link(scene: Scene, make: Any) -> None:
    before = scene.before()
    week = scene.now - timedelta(days=7)
    scene.take(
        [
            scene.repository(TOY, created=week),
            *scene.commits(TOY, "old", line(MALLORY), range(30, 760)),
            # in a repository of Vera's own, author dates long before the push
            scene.repository("vera/notes", created=week - timedelta(days=500)),
            *scene.commits("vera/notes", "v", line(VERA), [2] * 700, note="back_dated"),
        ]
    )
    after = scene.ranked()
    same(before, after, HONEST)
    assert MALLORY not in after
    for one, works in ((MALLORY, 730), (VERA, 700)):
        (flag,) = scene.flags(one)
        assert (flag.kind, flag.works) == ("back_dated", works) and flag.evidence
    with scene.store.read() as tx:
        sheet = people.sheet(tx, scene.person(MALLORY))
    (said,) = people.warnings_for(sheet.flags["inference"], {item.signal: item for item in sheet.evidence})
    assert said == (
        f"730 changes in {TOY} back-dated: older than the repository, or pushed long after the date they bear: "
        "not counted https://code.example/1"
    )


@pytest.mark.slow
@pytest.mark.row("T29")
def test_two_years_of_daily_commits_that_arrive_tonight_count_nothing_even_in_a_watched_project(
    scene: Scene,
) -> None:
    before = scene.before()
    since = scene.now - timedelta(days=1)
    days = range(730, 61, -1)  # what claims to be younger may be a branch that was merged now
    scene.take(_read_history(scene.now, since, [scene.now - timedelta(days=day) for day in days]))
    same(before, scene.ranked(), HONEST)
    # an ordinary push of the same night counts
    scene.take(_read_history(scene.now, since, [scene.now - timedelta(hours=3)]))
    assert scene.ranked()[VERA].value > before[VERA].value


def _read_history(now: datetime, since: datetime, moments: Sequence[datetime]) -> list[Record]:
    """Read a git page of Vera's commits with these dates, which arrived after `since`."""
    reader = importlib.import_module("spiders.sources.git_history")
    who: dict[str, Any] = {"name": "Vera Invented", "digest": BOXES[VERA]}
    who |= {"account": None, "login": None, "shared": False, "machine": False}
    count = len(moments)
    header = {"repository": ENGINE, "base": "a" * 40, "head": "b" * 40, "skip": 0}
    lines: list[dict[str, Any]] = [header | {"count": count, "total": count, "since": since.isoformat()}]
    for number, moment in enumerate(moments):
        commit: dict[str, Any] = {
            "sha": f"{number + count:040x}",
            "author": who,
            "mapped": None,
            "committer": who,
        }
        commit |= {"authored_at": moment.isoformat(), "committed_at": moment.isoformat()}
        commit |= {"parents": ["a" * 40], "subject": TITLE, "trailers": [], "paths": ["a.py"], "files": 1}
        lines.append(commit)
    body = "".join(json.dumps(one) + "\n" for one in lines).encode()
    return _records(reader, Task(source="git_history", kind="history", url="https://github.com/x.git"), body, now,
                    "application/x-git-log+json")  # fmt: skip


def _records(reader: Any, task: Task, body: bytes, now: datetime, media: str) -> list[Record]:
    page = Page(url=task.url, status=200, media_type=media, fetched_at=now, sha256="0" * 64, body=body)

    def via(url: str) -> Provenance:
        return Provenance(
            source=task.source,
            url=url,
            page="0" * 64,
            fetched_at=now,
            reader="x@1",
            terms="https://t.example",
        )

    return [one for one in reader.read(task, page, via) if isinstance(one, Record)]


@pytest.mark.row("T30")
def test_stars_and_followers_leave_no_trace_in_the_store(
    new_store: Callable[[], Store], make: Any, now: datetime, keyer: PepperKeyer
) -> None:
    digests = set()
    for stars in (0, 5_000_000):
        store, read = new_store(), 0
        for source, name in (
            ("github_pulls", "01-repository"),
            ("github_people", "03-account"),
            ("hf_models", None),
        ):
            for number, body in enumerate(sorted((PAGES / source).glob(f"{name or '*'}.body"))):
                told = json.loads(body.with_suffix(".json").read_text())
                reader = importlib.import_module(f"spiders.sources.{source}")
                task = Task(**told["task"])
                text = json.dumps(_popular(json.loads(body.read_bytes()), stars)).encode()
                try:
                    records = _records(reader, task, text, now, told["media_type"])
                except SpiderError:  # a recorded page of trouble
                    continue
                read += len(records)
                visit = make.visit(
                    *records, task=replace(task, url=f"https://x.example/{source}/{number}"), at=now
                )
                with store.begin() as tx:
                    intake.take(tx, visit, now=now, run=None, keyer=keyer)
        with store.read() as tx:
            digests.add(digest.store_digest(tx))
        assert read > 10
    assert len(digests) == 1


POPULARITY = (
    "star",
    "follower",
    "like",
    "download",
    "watch",
    "subscriber",
    "fork",
    "trending",
    "vote",
    "cited",
)


def _popular(value: Any, number: int) -> Any:
    """Return a JSON value with every number of popularity replaced."""
    if isinstance(value, dict):
        return {
            key: number
            if isinstance(one, int | float)
            and not isinstance(one, bool)
            and any(word in key.lower() for word in POPULARITY)
            else _popular(one, number)
            for key, one in value.items()
        }
    return [_popular(one, number) for one in value] if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.row("T31")
def test_accounts_that_merge_each_others_changes_earn_nothing(scene: Scene, make: Any) -> None:
    before = scene.before()
    ring = [f"github:{number}" for number in range(500, 540)]
    records: list[Record] = []
    for place, one in enumerate(ring):
        records += scene.account(one, f"ring{place}", f"c{place:03x}" * 16)
        near = [ring[(place + step) % len(ring)] for step in (1, 2, 3)]
        for number in range(6):
            repo = f"ring{place % 8}/engine"
            records += scene.pull(repo, 100 * place + number, one, days=5 + number * 9, by=near)
    # one of them paid a typo's worth of real work to look known
    records += scene.pull(ENGINE, 950, ring[0], days=9, by=[WIM])
    scene.take(records)
    after = scene.ranked()
    same(before, after, (VERA, XENIA))
    assert not set(ring[1:]) & set(after)
    assert {(flag.kind, flag.accounts) for one in ring for flag in scene.flags(one)} == {("ring", 40)}
    assert not any(scene.flags(one) for one in HONEST)
    # a small project of their own in which two people known from the watched one take part does count
    open_project: list[Record] = []
    for number in range(9):
        author, other = (VERA, "github:600") if number % 2 else (XENIA, "github:601")
        open_project += scene.pull("open/engine", number, author, days=9 + number, by=[other])
        open_project += scene.pull("open/engine", 50 + number, other, days=9 + number, by=[author])
    scene.take(
        [
            *scene.account("github:600", "yara", "aa" * 32),
            *scene.account("github:601", "zeno", "bb" * 32),
            *open_project,
        ]
    )
    assert {"github:600", "github:601"} <= set(scene.ranked())
    assert scene.flags("github:600") == []


@pytest.mark.slow
@pytest.mark.row("T34")
def test_lists_of_skills_empty_commits_and_own_forks_are_no_work(scene: Scene, make: Any) -> None:
    before = scene.before()
    skills = " ".join(f"paged attention {number}, KV cache, speculative decoding" for number in range(500))
    listed = make.work(
        "github:mallory/readme",
        kind=WorkKind.REPOSITORY,
        title=skills[:400],
        text=skills,
        tags=tuple(skills.split()[:500]),
    )
    model = make.work(
        "hf:mallory/model", kind=WorkKind.MODEL, title="KV cache", text=skills, tags=("paged attention",)
    )
    post = make.work("post:1", kind=WorkKind.POST, title=TITLE, text=skills)
    records: list[Record] = [
        listed, model, post,
        make.identity(MALLORY, handle="mallory", summary=skills[:2_000]),
        make.signal(MALLORY, listed.id, kind=SignalKind.MAINTAINS, id="x:1"),
        make.signal(MALLORY, model.id, kind=SignalKind.RELEASED, id="x:2"),
        make.signal(MALLORY, post.id, id="x:3"),
        *scene.commits(ENGINE, "empty", line(VERA), range(1, 300, 5), note="empty"),
        *scene.commits("mallory/steady", "e", line(MALLORY), range(1, 300, 5), note="empty"),
        scene.repository("mallory/serving-engine", part_of=f"github:{ENGINE}"),
        *scene.commits("mallory/serving-engine", "fork", line(MALLORY), range(1, 300, 5)),
    ]  # fmt: skip
    scene.take(records)
    after = scene.ranked()
    same(before, after, HONEST)
    assert MALLORY not in after
    assert {flag.kind for flag in scene.flags(MALLORY)} == {"empty", "fork"}


@pytest.mark.slow
@pytest.mark.row("T28", "T29")
@pytest.mark.parametrize("seed", range(2))
def test_no_mixture_of_fraud_moves_an_honest_score(
    seed: int, make: Any, now: datetime, keyer: PepperKeyer, tmp_path: Path, new_store: Callable[[], Store]
) -> None:
    rng = random.Random(seed)
    scene = Scene(new_store(), make, now, keyer, tmp_path)
    before = scene.before()
    for number in range(12):
        owner = rng.choice(["mallory", "vera", "ring1", "nobody"])
        repo = f"{owner}/{rng.choice(['engine', 'kv-cache', 'notes'])}"
        who = line(rng.choice([*HONEST, MALLORY]))
        days = [rng.uniform(0, 1_500) for _ in range(rng.randrange(1, 60))]
        kind = rng.choice(
            [SignalKind.AUTHORED, SignalKind.REVIEWED, SignalKind.CO_AUTHORED, SignalKind.SIGNED_OFF]
        )
        note = rng.choice([None, "empty", "back_dated"])
        records = scene.commits(repo, f"s{number}", who, days, kind=kind, note=note)
        if rng.random() < 0.5:
            created = now - timedelta(days=rng.randrange(1_000))
            records.append(scene.repository(repo, created=created, tags=("inference",)))
        scene.take(records)
    same(before, scene.ranked(), HONEST)


def test_a_ring_is_who_merges_for_others_of_it_and_is_merged_by_them() -> None:
    circle = [(f"r{number}", f"r{(number + 1) % 7}") for number in range(7)]
    team = [("lead", "second"), ("second", "lead"), *(("lead", f"guest{number}") for number in range(30))]
    found = ring_members([*circle, *team, ("r0", "victim"), ("passer", "r3")])
    assert found == {f"r{number}": 7 for number in range(7)}
    assert RING_MIN <= 7 and ring_members([]) == {}


def test_every_flag_has_its_sentence() -> None:
    from sourcing.ranking import why

    for kind in FLAG_MIN:
        for works in (1, 30):
            (said,) = why.flags([Flag(kind=kind, works=works, accounts=40)], [])
            assert said.startswith(f"{works} ") and said.endswith(": not counted") and "None" not in said


@pytest.mark.slow
@pytest.mark.parametrize("copy_first", [True, False])
def test_a_commit_read_in_two_repositories_is_the_originals_whichever_came_first(
    scene: Scene, copy_first: bool
) -> None:
    # before and behind the original in order of names; one is called a fork, one is a copy pushed by somebody
    scene.take([scene.repository("aa/engine", part_of=f"github:{ENGINE}"), scene.repository("zz/engine")])
    days = [30 + number for number in range(12)]
    told = [
        [
            record
            for tag, one in (("a", VERA), ("b", WIM), ("c", XENIA))
            for record in scene.commits(repo, tag, line(one), days)
        ]
        for repo in (ENGINE, "aa/engine", "zz/engine")
    ]
    # what the platform tells of the copy: its people work there as well
    for number, author in enumerate([VERA, WIM, XENIA]):
        others = [one for one in (VERA, WIM, XENIA) if one != author]
        scene.take(scene.pull("zz/engine", number, author, days=20, by=others))
    scene.take(told[0])
    alone = scene.ranked()
    for records in (told[1], told[0], told[2]) if copy_first else (told[0], told[2], told[1]):
        scene.now += timedelta(microseconds=1)  # read later, and so newer
        scene.take(replace(one, via=scene.make.via(scene.now)) for one in records)
    scene.now -= timedelta(microseconds=3)
    both = scene.ranked()
    assert both[VERA].value == pytest.approx(alone[VERA].value, abs=1e-9)
    assert all(abs(both[one].value - alone[one].value) < 1e-9 for one in alone)
    assert scene.flags(VERA) == []
