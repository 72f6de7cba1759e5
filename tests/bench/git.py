"""What reading a git history costs, who and which paths, beside pygit2 and beside git writing the same to nowhere.

    python tests/bench/git.py OUT [--repository PATH] [--commits 30000] [--rounds 3]

`names` is the stream that the readers are given: every commit with authors, credits and touched paths. `pages` is the
whole way to the sandbox: addresses digested, ways of commits told, JSON lines. Without a repository one is invented.
"""

import argparse
import random
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import turns

from spiders import git
from spiders.engines.repository import local_pages
from spiders.gitrun import head
from spiders.redact import Pepper

_NOW: Final = datetime(2026, 11, 24, tzinfo=UTC)
_PEERS: Final = {"pygit2": 4.0, "git": 0.6}  # times as fast, EVALUATION §4


def main() -> None:
    """Measure every contestant in turn and keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--repository", type=Path)
    parser.add_argument("--commits", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=CONTESTANTS)
    given = parser.parse_args()
    mirror = given.repository or invented(given.out, given.commits)
    if given.one is not None:
        turns.tell(lambda: CONTESTANTS[given.one](mirror))
        return
    words = [str(given.out), "--repository", str(mirror)]
    costs = turns.contest(__file__, list(CONTESTANTS), words, given.rounds)
    counts = {name: cost.units for name, cost in costs.items() if name != "git"}
    assert len(set(counts.values())) == 1, f"not the same commits: {counts}"
    size = f"{int(counts['names']):,} commits"
    rows = [
        turns.speed(costs[ours], costs[peer], job=f"git {ours}", against=peer, size=size, goal=goal)
        for ours in ("names", "pages")
        for peer, goal in _PEERS.items()
    ]
    turns.keep(given.out, "git", rows)


def names(mirror: Path) -> int:
    """Read every commit as the engine is given it."""
    newest = head(mirror)
    assert newest is not None
    mailmap = newest if git.has_mailmap(mirror, newest) else None
    return sum(1 for _ in git.show(mirror, git.commits(mirror, None, newest), paths=True, mailmap=mailmap))


def pages(mirror: Path) -> int:
    """Read the pages of an operator's own mirror."""
    whole = local_pages(mirror, "lab/engine", until=None, pepper=Pepper(b"a measurement"), fetched_at=_NOW)
    return sum(page.body.count(b"\n") - 1 for page in whole)


def pygit2(mirror: Path) -> int:
    """Walk the history as pygit2's manual shows: authors, message, and the paths of the difference to the parent."""
    import pygit2 as engine

    repository = engine.Repository(str(mirror))
    order = engine.enums.SortMode.TOPOLOGICAL | engine.enums.SortMode.REVERSE
    told = 0
    for commit in repository.walk(repository.references["HEAD"].resolve().target, order):
        _who = (commit.author.name, commit.author.email, commit.committer.name, commit.committer.email)
        _said = commit.message
        if len(commit.parents) < 2:
            before = commit.parents[0].tree if commit.parents else None
            made = (
                before.diff_to_tree(commit.tree)
                if before is not None
                else commit.tree.diff_to_tree(swap=True)
            )
            _paths = [delta.new_file.path for delta in made.deltas]
        told += 1
    return told


def plain(mirror: Path) -> int:
    """Let git write the names to nowhere; how many, nobody counts."""
    command = ["git", f"--git-dir={mirror}", "log", "--no-renames", "--name-only", "HEAD"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=True).returncode


CONTESTANTS: Final[dict[str, Callable[[Path], int]]] = {
    "names": names,
    "pages": pages,
    "pygit2": pygit2,
    "git": plain,
}


def invented(out: Path, commits: int) -> Path:
    """Make a bare repository of so many commits, or take the one made before."""
    mirror = out / f"history-{commits}.git"
    if not mirror.exists():
        beside = mirror.with_suffix(".part")
        subprocess.run(["git", "init", "-q", "--bare", str(beside)], check=True)
        where = ["git", f"--git-dir={beside}"]
        with subprocess.Popen([*where, "fast-import", "--quiet"], stdin=subprocess.PIPE) as writer:
            assert writer.stdin is not None
            for line in _history(commits):
                writer.stdin.write(line.encode())
        assert writer.returncode == 0
        subprocess.run([*where, "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
        subprocess.run([*where, "repack", "-adq"], check=True)
        beside.rename(mirror)
    return mirror


def _history(commits: int) -> Iterator[str]:
    """Yield what `git fast-import` reads: a few files a commit of a tree of 8,000, some credits, some pull requests."""
    chance = random.Random(7)
    files = [f"part{n % 20}/{n % 200}/area{n % 800}/file{n}.py" for n in range(8_000)]
    for number in range(commits):
        who = f"Mira {chance.randrange(800)}"
        mail = f"{who.replace(' ', '').lower()}@lab.example"
        said = f"Rework part {number} (#{number})\n\nWhy and how, in {chance.randrange(9)} words.\n"
        if not number % 5:
            said += f"\nCo-authored-by: Ota {chance.randrange(90)} <ota{chance.randrange(90)}@lab.example>\n"
        yield f"commit refs/heads/main\nauthor {who} <{mail}> {1_500_000_000 + number * 600} +0100\n"
        yield f"committer {who} <{mail}> {1_500_000_000 + number * 600} +0100\n"
        yield f"data {len(said.encode())}\n{said}"
        for path in chance.sample(files, 1 + int(chance.expovariate(0.4))):
            body = f"line {number}\n"
            yield f"M 100644 inline {path}\ndata {len(body)}\n{body}"
        yield "\n"


if __name__ == "__main__":
    main()
