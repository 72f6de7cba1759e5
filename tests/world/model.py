"""What a store must hold at the end of a month, told from the world's own rows and git; nothing of ours reads it.

Compared are the watched projects' changes, who made and reviewed them and which commits they consist of, papers and
bylines, accounts and names, wishes. What is not in the world's power to say (scores, people as we cluster them) is not
compared here.
"""

import json
import re
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import invented
import pyarrow.parquet as pq
from invented.archive import Archive
from invented.bare import CLEAN_GIT
from invented.overlay import SETS
from sqlalchemy import select

from storage import persons, snapshot, statements, wishes
from storage.engine import Store
from storage.statements import stands
from storage.tables import score, work, work_twin

_OF_A_PULL = re.compile(r"\(#\d+\)$|^Merge pull request #\d+ from ")
_MERGE = re.compile(r"^Merge pull request #(\d+) from ")
_SAID = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED")
_SHOWN = 5


@dataclass(slots=True)
class Facts:
    """Sets of comparable facts by kind."""

    sets: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))

    def differences(self, found: "Facts") -> list[str]:
        """Return one line per kind in which a store differs from this model, with examples."""
        lines = []
        for kind, expected in sorted(self.sets.items()):
            lost, extra = expected - found.sets[kind], found.sets[kind] - expected
            for what, some in (("missing", lost), ("too many", extra)):
                if some:
                    shown = ", ".join(str(one) for one in sorted(some, key=str)[:_SHOWN])
                    lines.append(f"{kind}: {len(some)} {what} of {len(expected)}: {shown}")
        return lines


def expected(world: invented.World) -> Facts:
    """Return what the world says is true on its today."""
    archive = Archive(world.database)
    try:
        return _Told(world, archive).facts
    finally:
        archive.close()


class _Told:
    def __init__(self, world: invented.World, archive: Archive) -> None:
        self.facts, self.archive = Facts(), archive
        accounts = archive.docs("SELECT doc FROM account")
        self.people = {one["id"] for one in accounts if one["kind"] == "User" and not one["deleted"]}
        watched = archive.docs("SELECT doc FROM repository WHERE json_extract(doc, '$.watched')")
        for repo in watched:
            self._pulls(repo)
            self._commits(repo, world.root / repo["folder"])
        self._papers()
        self._accounts({one["id"]: one for one in accounts})
        self._wishes(world)

    def _pulls(self, repo: dict[str, Any]) -> None:
        for doc in self.archive.docs(
            "SELECT doc FROM pull WHERE repository = ? AND state = 'MERGED'", repo["id"]
        ):
            work = f"github:{repo['full_name']}#{doc['number']}"
            self.facts.sets["pull requests"].add(work)
            if doc["author"] in self.people:
                self.facts.sets["pull requests by"].add((doc["author"], work))
            for review in doc["reviews"]:
                who = review["author"]
                if review["state"] in _SAID and who in self.people and who != doc["author"]:
                    self.facts.sets["reviews by"].add((who, work))

    def _commits(self, repo: dict[str, Any], folder: Path) -> None:
        command = [
            "git",
            f"--git-dir={folder}",
            "log",
            "--reverse",
            "--format=%H%x00%P%x00%s",
            "refs/heads/main",
        ]
        told = subprocess.run(command, env=CLEAN_GIT, check=True, capture_output=True, text=True).stdout
        rows = [line.split("\0") for line in told.splitlines()]
        parents = {sha: before.split() for sha, before, _ in rows}
        line, step = set[str](), [rows[-1][0]] if rows else []
        while step:
            line.add(step[0])
            step = parents[step[0]][:1]
        for sha, _, subject in rows:
            merge = _MERGE.search(subject)
            waiting = parents[sha][1:] if merge is not None else []
            while waiting:
                one = waiting.pop()
                if one not in line:
                    line.add(one)
                    waiting += parents[one]
                    whole = f"github:{repo['full_name']}#{merge[1]}"
                    self.facts.sets["commits of pull requests"].add((f"git:{repo['full_name']}@{one}", whole))
            if not _OF_A_PULL.search(subject):
                self.facts.sets["commits"].add(f"git:{repo['full_name']}@{sha}")

    def _papers(self) -> None:
        for sets, text in self.archive.rows("SELECT sets, doc FROM paper"):
            doc = json.loads(text)
            if doc["deleted"] or not set(sets.split()) & set(SETS):
                continue
            work = f"arxiv:{doc['id']}"
            self.facts.sets["papers"].add((work, " ".join(doc["title"].split())))
            for place in range(1, len(doc["authors"]) + 1):
                self.facts.sets["bylines"].add(f"{work}:{place}")

    def _accounts(self, accounts: dict[int, dict[str, Any]]) -> None:
        """Everybody who did something in a watched project, by today's login; nobody who left."""
        seen = {who for who, _ in self.facts.sets["pull requests by"] | self.facts.sets["reviews by"]}
        self.facts.sets["logins"] = {(who, accounts[who]["login"]) for who in seen}
        self.facts.sets["left"] = set()

    def _wishes(self, world: invented.World) -> None:
        """Everybody whose wish is in force: theirs all along, or uttered since and not taken back; none is scored."""
        known = [world.truth.people[key] for key in world.truth.opted_out]
        wishing = {one["github"]["id"] for one in known if one["github"] is not None and not _told_us(one)}
        for event in world.truth.events:
            if event["kind"] in ("bio_wish", "page_wish"):
                wishing.add(int(event["facts"]["id"]))
            elif event["kind"] == "wish_lifted":
                wishing.discard(int(event["facts"]["id"]))
        self.facts.sets["wishes"] = wishing
        self.facts.sets["scored against their wish"] = set()


def _told_us(person: dict[str, Any]) -> bool:
    """Return whether somebody told the operator alone, and no page of theirs says it (`pages.homepages`)."""
    return "opted_out" in person["cases"] and bool(person["arxiv_names"])


def compared(store: Store, world: invented.World, directory: Path, *, now: datetime) -> tuple[Facts, Facts]:
    """Return what a store holds of what the model speaks of, as rankings are given it, and the model itself."""
    facts, truth = Facts(), expected(world)
    archive = Archive(world.database)
    names = [
        name for (name,) in archive.rows("SELECT name FROM repository WHERE json_extract(doc, '$.watched')")
    ]
    names += [name for (name,) in archive.rows("SELECT name FROM former")]
    gone = {doc["id"] for doc in archive.docs("SELECT doc FROM account") if doc["deleted"]}
    # what the day's papers name outside the fields we harvest is known from there alone
    elsewhere = {
        f"arxiv:{json.loads(doc)['id']}"
        for sets, doc in archive.rows("SELECT sets, doc FROM paper")
        if not set(sets.split()) & set(SETS)
    }
    archive.close()
    with store.read() as tx:
        snapshot.write(tx, directory, "ranking", as_of=now)
        people: dict[str, list[str]] = {}
        views = {view.id: view for view in statements.iter_identities(tx)}
        owners = persons.owners(tx, views)
        for one, person in owners.items():
            people.setdefault(person, []).append(one)
        hidden = wishes.keys(tx)
        scored = set(tx.execute(select(score.c.person)).scalars())
        kept = tx.execute(select(work).where(stands(work, work.c.id))).all()
        counts_as = {row.work: row for row in tx.execute(select(work_twin))}
    accounts = {
        person: [int(one.removeprefix("github:")) for one in ids if one.startswith("github:")]
        for person, ids in people.items()
    }
    counted = set(pq.read_table(directory / "works.parquet", columns=["work"])["work"].to_pylist())
    kinds = {}
    for row in kept:
        twin = counts_as.get(row.id)
        if (row.id if twin is None else twin.canonical) not in counted:
            continue
        kinds[row.id] = row.kind
        repository = (row.part_of or "").removeprefix("github:").partition("#")[0]
        if row.kind == "pull_request" and repository in names:
            facts.sets["pull requests"].add(row.id)
        elif row.kind == "commit" and repository in names:
            facts.sets["commits"].add(row.id)
            if twin is not None:
                facts.sets["commits of pull requests"].add((row.id, twin.canonical))
        elif row.source == "arxiv_papers" and row.id not in elsewhere:
            facts.sets["papers"].add((row.id, row.title))
    told = {"authored": "pull requests by", "reviewed": "reviews by"}
    for row in pq.read_table(directory / "signals.parquet").to_pylist():
        kind = told.get(row["kind"])
        change = row["said_of"]
        if kind and kinds.get(change) == "pull_request" and change in truth.sets["pull requests"]:
            facts.sets[kind].update((who, change) for who in accounts.get(row["person"], []))
    facts.sets["bylines"] = {one for one in views if re.fullmatch(r"arxiv:[^:]+:\d+", one)}
    asked = {who for who, _ in truth.sets["logins"]}
    facts.sets["logins"] = {
        (number, view.handles[0] if view.handles else None)
        for one, view in views.items()
        if one.startswith("github:") and (number := int(one.removeprefix("github:"))) in asked
    }
    facts.sets["left"] = {number for number in gone if f"github:{number}" in views}
    # nobody of whom no account is known is asked what they wish; who did something here is among the logins
    truth.sets["wishes"] &= {int(one.removeprefix("github:")) for one in views if one.startswith("github:")}
    facts.sets["wishes"] = {number for person in hidden for number in accounts.get(person, [])}
    facts.sets["scored against their wish"] = {
        number for person in scored for number in accounts.get(person, []) if number in truth.sets["wishes"]
    }
    return facts, truth
