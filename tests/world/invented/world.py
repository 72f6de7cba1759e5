"""Builds a world below a folder, or reuses the one that is there."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from invented import activity, bare, farms, history, life, rows
from invented.accounts import Account, bots, organisation
from invented.archive import Archive
from invented.gatherings import gatherings
from invented.moments import end_of
from invented.overlay import write_config
from invented.pages import feeds, homepages, proceedings
from invented.papers import papers
from invented.people import crowd
from invented.planted import cast, farmers
from invented.repositories import Repository, repositories, watched_count
from invented.truth import Tally, Truth, as_json, truth

TOKEN = "invented-token-of-nobody"
"""The one token the invented GitHub accepts."""

SMALLEST = 60
UNTIL = date(2026, 11, 22)


@dataclass(frozen=True, slots=False, kw_only=True)
class World:
    """A built world. root: its folder. until: its today. lively_days: for how long `life` goes on after `UNTIL`."""

    root: Path
    size: int
    seed: int
    until: date
    lively_days: int = 0

    @property
    def now(self) -> int:
        """The last second of the world's today."""
        return end_of(self.until)

    @property
    def token(self) -> str:
        """A token its GitHub accepts."""
        return TOKEN

    @property
    def database(self) -> Path:
        """Where the rows are."""
        return self.root / "world.sqlite"

    @cached_property
    def truth(self) -> Truth:
        """What is true of it; read from disk once."""
        return Truth(**json.loads((self.root / "truth.json").read_text(encoding="utf-8")))

    def digest(self) -> str:
        """Return a digest of everything the servers can show, commit names included."""
        archive = Archive(self.database)
        try:
            return archive.digest()
        finally:
            archive.close()

    def write_config(self, directory: Path) -> Path:
        """Write the product's overlay configuration for this world and return the directory."""
        return write_config(self.truth, self.root, directory)


def _code_version() -> str:
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def build(root: Path, *, size: int = 100, seed: int = 7, until: date = UNTIL, lively_days: int = 0) -> World:
    """Return the world with these parameters below `root`; built anew unless it is there already.

    size: people, at least 60. On two cores 100 take 1 s, 2,000 take 10 s, 50,000 take 6 min and 0.8 GB.
    Raises ValueError if `root` holds something that is not a world.
    """
    if size < SMALLEST:
        raise ValueError(f"world of {size} people: expected at least {SMALLEST}")
    manifest = root / "manifest.json"
    wanted = {
        "size": size,
        "seed": seed,
        "until": until.isoformat(),
        "lively_days": lively_days,
        "code": _code_version(),
    }
    world = World(root=root, size=size, seed=seed, until=until, lively_days=lively_days)
    if manifest.is_file():
        if json.loads(manifest.read_text()) == wanted:
            return world
        for name in ("git", "world.sqlite", "truth.json"):
            path = root / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    elif root.exists() and any(root.iterdir()):
        raise ValueError(f"{root} is not empty and holds no world; give an empty folder")
    root.mkdir(parents=True, exist_ok=True)
    manifest.write_text(
        '{"unfinished": true}'
    )  # a build that is cut short is begun again, never taken for a world
    _fill(world)
    manifest.write_text(json.dumps(wanted))
    return world


def _fill(world: World) -> None:
    planted = cast(world.seed)
    people = planted.people + crowd(
        world.seed, world.size, {person.name.plain for person in planted.people}, len(planted.people)
    )
    farming = farmers(world.seed, world.size)
    people += farming.people
    repos = repositories(world.seed, world.size, people)
    machines = bots()
    orgs = [
        organisation(repo.owner, number, world.seed)
        for number, repo in enumerate(repos)
        if repo.kind == "watched"
    ]
    for repo in repos:
        for person in repo.maintainers:
            if person.account is not None and repo.owner not in person.account.organisations:
                person.account.organisations.append(repo.owner)
    owners = {
        account.login: account
        for account in [*orgs, *(person.account for person in people if person.account)]
    }
    tally = Tally(world.until)
    archive = Archive(world.database, new=True)
    try:
        archive.put("account", (rows.account_row(account) for account in [*machines, *owners.values()]))
        archive.put("email", sorted(rows.email_rows(people, machines).items()))
        forged = next(
            person for person in people if "impostor" in person.cases and person.strength == "strong"
        )
        for repo in repos:
            _write(world, archive, repo, owners[repo.owner], machines, tally, forged.git_lines[0])
        written = papers(world.seed, world.size, people, repos, world.until)
        tally.papers(written)
        archive.put("paper", (rows.paper_row(paper, world.now) for paper in written if paper.on_arxiv))
        archive.put("page", homepages(people, written))
        archive.put("page", feeds(people, world.seed, world.until))
        archive.put("page", proceedings(written))
        archive.put("page", gatherings(people, written))
        archive.finish()
        events: list[life.Event] = []
        if world.lively_days:
            # of those there were when life began: a later last day has more, and the draws would fall otherwise
            old = [one for one in written if one.versions[0] <= end_of(UNTIL)]
            living = life.Life(
                archive, seed=world.seed, size=world.size, people=people, repos=repos, papers=old
            )
            events = living.live(UNTIL, min(world.until, UNTIL + timedelta(days=world.lively_days)))
    finally:
        archive.close()
    known = as_json(truth(people, planted.cases + farming.cases, repos, written, tally)) | {
        "events": life.as_rows(events)
    }
    (world.root / "truth.json").write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")


def _write(
    world: World,
    archive: Archive,
    repo: Repository,
    owner: Account,
    machines: list[Account],
    tally: Tally,
    forged: tuple[str, str],
) -> None:
    """Write one repository: its history with git, its rows to the archive."""
    changes: list[activity.Change] = []
    if repo.kind == "watched":
        watched = watched_count(world.size)
        changes = activity.planner(world.seed, repo, machines, size=world.size, watched=watched).changes(
            world.until
        )
        rewritten_at = life.rewritten_at(repo, UNTIL, world.until) if world.lively_days else None
        story = history.watched(world.seed, repo, changes, rewritten_at=rewritten_at)
    elif repo.kind == "ring":
        changes = farms.ring(world.seed, repo, world.until)
        story = history.watched(world.seed, repo, changes)
    elif repo.kind in farms.KINDS:
        story = farms.story(world.seed, repo, world.until)
    else:
        story = history.personal(world.seed, repo, world.until, forged if repo.kind == "forged" else None)
    names = bare.write(world.root / repo.folder, story.commits)
    tally.changes(changes)
    tally.counts["commits"] += len(names)
    became = {
        commit.change.number: sha
        for commit, sha in zip(story.commits, names, strict=True)
        if commit.change is not None
    }
    pulls = [change for change in changes if change.number]
    pushed = max((commit.committed_at for commit in story.commits), default=None)
    head = names[story.main[-1] - 1] if story.main else None
    archive.put("repository", [rows.repository_row(repo, owner, pushed, len(pulls), head)])
    if repo.former:
        archive.put("former", [(repo.former, repo.id)])
    archive.put("pull", (rows.pull_row(repo, change, became.get(change.number)) for change in pulls))
    archive.put(
        "written",
        (rows.written_row(repo, commit, sha) for commit, sha in zip(story.commits, names, strict=True)),
    )
