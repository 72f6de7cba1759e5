"""An invented store of honest engineers, in which forgers, back-daters and farmers may have their turn."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sourcing import resolve
from sourcing.ranking import score, specialism
from spiders.records import Record, SignalKind, WorkKind
from storage import intake, persons, scores, snapshot
from storage.engine import Store
from storage.model import Flag, Score
from storage.subjects import PepperKeyer

ENGINE = "example-org/serving-engine"
TOY = "mallory/fast-engine"
TITLE = "Paged attention with a KV cache and speculative decoding"
PACK = specialism.read(
    "inference",
    {
        "title": "Inference",
        "summary": "Serving engines.",
        "version": 1,
        "look": {
            "repositories": [ENGINE],
            "keywords": ["paged attention", "KV cache", "speculative decoding"],
        },
        "factors": [
            {"name": name, "feature": name, "weight": weight, "half": half}
            for name, weight, half in (
                ("merged_work", 50, 12),
                ("steadiness", 20, 6),
                ("review_work", 30, 12),
            )
        ],
    },
    where="inference.toml",
)
VERA, WIM, XENIA, MALLORY = "github:1", "github:2", "github:3", "github:9"
LOGINS = {VERA: "vera", WIM: "wim", XENIA: "xenia", MALLORY: "mallory"}
BOXES = {one: f"{number:x}" * 64 for number, one in enumerate(LOGINS, start=1)}
BEFORE: dict[str, Score] = {}


class Scene:
    """An invented store: three engineers of one watched project, each with an account and an author line."""

    def __init__(self, store: Store, make: Any, now: datetime, keyer: PepperKeyer, home: Path) -> None:
        self.store, self.make, self.now, self.keyer, self.home = store, make, now, keyer, home
        self.visits = 0
        self.take(record for one in LOGINS for record in self.account(one, LOGINS[one], BOXES[one]))
        work: list[Record] = []
        for number, author in enumerate([VERA, WIM, XENIA] * 8):
            others = [one for one in (VERA, WIM, XENIA) if one != author]
            work += self.pull(ENGINE, number, author, days=20 + number * 11, by=others)
            work += self.commits(ENGINE, f"e{number}", line(author), [25 + number * 11])
        self.take(work)

    def take(self, records: Iterable[Record]) -> None:
        self.visits += 1
        visit = self.make.visit(*records, task=self.make.task(self.visits), at=self.now)
        with self.store.begin() as tx:
            intake.take(tx, visit, now=self.now, run=None, keyer=self.keyer)

    def account(self, one: str, login: str, box: str) -> list[Record]:
        """Return an account and its author line, whose mailbox the platform attributes to it."""
        return [
            self.make.identity(one, handle=login, name=f"{login.title()} Invented"),
            self.make.identity(line(one), name=f"{login.title()} Invented", emails=(box,)),
            self.make.claim(f"email:{box}", one, "platform"),
        ]

    def pull(
        self, repo: str, number: int, author: str, *, days: float, by: Sequence[str], **more: Any
    ) -> list[Record]:
        """Return a pull request as the platform tells of it: merged by the first of `by`, reviewed by the others."""
        work = f"github:{repo}#{number}"
        at = self.now - timedelta(days=days)
        acts = [(author, SignalKind.AUTHORED), *((one, SignalKind.REVIEWED) for one in by[1:])]
        acts += [(one, SignalKind.MERGED) for one in by[:1]]
        return [
            self.make.work(work, title=TITLE, part_of=f"github:{repo}", paths=("engine/kv.py",)),
            *(
                self.make.signal(
                    one, work, kind=kind, occurred_at=at, id=f"github:{kind}:{repo}#{number}:{one}", **more
                )
                for one, kind in acts
            ),
        ]

    def commits(
        self, repo: str, tag: str, who: str, days: Iterable[float | None], **more: Any
    ) -> list[Record]:
        """Return commits as a history tells of them. days: before now, None for an unknown date."""
        out: list[Record] = []
        kind = more.pop("kind", SignalKind.AUTHORED)
        for number, day in enumerate(days):
            sha = f"{tag}{number:x}".encode().hex().ljust(40, "0")
            work = f"git:{repo}@{sha}"
            at = None if day is None else self.now - timedelta(days=day)
            out += [
                self.make.work(
                    work, kind=WorkKind.COMMIT, title=TITLE, part_of=f"github:{repo}", paths=("engine/kv.py",)
                ),
                self.make.signal(who, work, kind=kind, occurred_at=at, id=f"{work}:{kind}:{who}", **more),
            ]
        return out

    def repository(self, repo: str, *, created: datetime | None = None, **more: Any) -> Record:
        born = None if created is None else created.date()
        given = {"kind": WorkKind.REPOSITORY, "title": repo, "published_on": born, **more}
        record: Record = self.make.work(f"github:{repo}", source="github_pulls", **given)
        return record

    def before(self) -> Mapping[str, Score]:
        """Return the scores of the honest alone; they are the same on either database, so they are computed once."""
        if not BEFORE:
            BEFORE.update(self.ranked())
        return BEFORE

    def ranked(self) -> Mapping[str, Score]:
        """Resolve and rank; return scores by the first identity of their person."""
        resolve.run(self.store, now=self.now, run=None, keyer=self.keyer)
        where = self.home / f"snapshot{self.visits}"
        with self.store.read() as tx:
            snapshot.write(tx, where, "ranking", as_of=self.now)
        score.rank(self.store, PACK, snapshot_dir=where, as_of=self.now, run=None, home=self.home)
        found: dict[str, Score] = {}
        with self.store.read() as tx:
            for person in persons.list_people(tx, limit=500):
                if any(one.specialism == PACK.slug for one in scores.of_person(tx, person.key)):
                    found |= dict.fromkeys(person.identities, scores.get(tx, person.key, PACK.slug))
        return found

    def flags(self, one: str) -> list[Flag]:
        with self.store.read() as tx:
            person = persons.find_by_identity(tx, one)
            assert person is not None
            return scores.flags(tx, person.key).get(PACK.slug, [])

    def person(self, one: str) -> str:
        with self.store.read() as tx:
            found = persons.find_by_identity(tx, one)
            assert found is not None
            return found.key


def line(account: str) -> str:
    return f"git:{account.replace('github:', 'line')}"


def same(before: Mapping[str, Score], after: Mapping[str, Score], people: Iterable[str]) -> None:
    for one in people:
        old, new = before[one], after[one]
        assert [new.value, new.lower, new.confidence] == pytest.approx(
            [old.value, old.lower, old.confidence], abs=1e-9
        ), one
        assert new.points == old.points and new.level == old.level and new.listed == old.listed


HONEST = (VERA, WIM, XENIA)
