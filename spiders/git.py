"""Histories of repositories: fetched, listed, shown commit by commit.

Fixed arguments, targets after `--`, https to one host only, bare, no checkout, no hooks, no submodules. Raw addresses
of authors leave this module only to `spiders.redact`.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from spiders import gitlog
from spiders.errors import RetryLater, SourceRefused
from spiders.gitrun import (
    HEAD_REF,
    SHA,
    Limits,
    Remote,
    TooLarge,
    check,
    git_dir,
    head,
    lens,
    run,
    running,
    watched,
)
from spiders.gitrun import fetch as fetch_into

SIDES_MAX = 500_000  # commits whose ways are told: half a kilobyte each
COMMITS_MAX = 2_000_000  # a list of them is 180 MB; the largest history we know of has 1.4 million
_NOREPLY = re.compile(rb"(?<![\w.-])(\d{1,12})\+([a-z0-9][a-z0-9-]{0,38})@users\.noreply\.github\.com")
_NO_SUCH_FILE = "does not exist in"  # git's own words, in the language we ask it to speak
MAILMAP_MAX_BYTES = 4 * 1024 * 1024  # linux's has 50 kB
_PULL = r"^Merge pull request #[0-9]{1,9} from [^ ]+"  # how the platform words the merge of a pull request
_PLAIN = ("--no-color", "--no-notes", "--no-decorate", "--no-mailmap")
NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._][A-Za-z0-9._-]{0,99}")


def repository_name(text: str) -> str:
    """Return `owner/name` if it is one. Raises SourceRefused otherwise (options, dots, other schemes, T24, T27)."""
    owner, slash, name = text.partition("/")
    if slash and NAME.fullmatch(owner) and NAME.fullmatch(name) and not name.startswith("-"):
        return text
    raise SourceRefused(
        f"{text[:80]!r} is no repository name; expected owner/name (letters, digits, '.', '_', '-')"
    )


def fetch(remote: Remote, mirror: Path, *, trees: bool, limits: Limits | None = None) -> str | None:
    """Bring the mirror to the newest commit of a repository; return that commit, None if there is none yet.

    trees: also bring trees, so that paths can be told; otherwise commits only (`--filter=tree:0`).
    Raises TooLarge, RetryLater, SourceRefused.
    """
    limits = limits or Limits()
    words = [f"--filter={'blob:none' if trees else 'tree:0'}", "--", "origin", f"+HEAD:{HEAD_REF}"]
    if not fetch_into(remote, mirror, words, limits):
        return None
    found = head(mirror)
    if (
        found is not None
    ):  # the one place where git may connect for a missing object: the root tree and one file
        asked = [*remote.settings, "cat-file", "-p", f"{found}:.mailmap"]
        try:
            watched(asked, mirror, remote.protocol, limits, is_lazy=True)
        except RetryLater as error:
            if _NO_SUCH_FILE not in str(
                error
            ):  # commits are read once: the map's claims would be lost for good
                raise
    return found


def fetch_commit(remote: Remote, mirror: Path, sha: str, *, limits: Limits | None = None) -> bool:
    """Bring one more commit with its history, without trees; return False if the remote has it no more."""
    check(sha)
    with suppress(RetryLater):
        return fetch_into(remote, mirror, ["--filter=tree:0", "--", "origin", sha], limits or Limits())
    return False


def is_ancestor(mirror: Path, old: str, new: str) -> bool:
    """Return whether `old` is still part of the history of `new`; False after a force-push or for no commit at all."""
    if not (SHA.fullmatch(old) and SHA.fullmatch(new)):
        return False
    with lens(mirror) as through:
        return run(["merge-base", "--is-ancestor", old, new], *through)[0] == 0


def commits(mirror: Path, base: str | None, head: str, *, until: int | None = None) -> list[str]:
    """Return the commits of `head` that `base` has not, oldest first, parents before children.

    until: seconds since 1970; only commits committed at or before it. Raises TooLarge above COMMITS_MAX.
    """
    return _listed(mirror, [head], [base] if base else [], until)


def main_line(mirror: Path, head: str, *, until: int | None = None) -> list[str]:
    """Return `head` and its first parents, oldest first: what was there when something was merged. As `commits`."""
    return _listed(mirror, [head], [], until, "--first-parent")


def unreachable(mirror: Path, before: Sequence[str], head: str) -> list[str]:
    """Return the commits of earlier heads that `head` has not: what a force-push or rebase left behind."""
    return _listed(mirror, before, [head], None) if before else []


def _listed(
    mirror: Path, wanted: Sequence[str], known: Sequence[str], until: int | None, *options: str
) -> list[str]:
    check(*wanted, *known)
    command = [
        "rev-list",
        *options,
        "--topo-order",
        "--reverse",
        "--timestamp",
        *wanted,
        *(f"^{sha}" for sha in known),
        "--",
    ]
    found: list[str] = []
    with lens(mirror) as through, running(command, *through) as process:
        assert process.stdout is not None
        for line in process.stdout:
            stamp, sha = line.split()
            if until is None or int(stamp) <= until:
                found.append(sha.decode())
            if len(found) > COMMITS_MAX:
                raise TooLarge(f"history has more than {COMMITS_MAX:,} commits; use the API for it")
    return found


class Brought(NamedTuple):
    """How a commit came. subject: of the merge that brought it, None if it was made on the main line.

    is_import: with the whole history of another project. is_copy: the same patch had come before it, under another
    name: of one author, written at one second, with one subject, as cherry-picks and rebased branches keep them.
    """

    subject: str | None
    is_import: bool = False
    is_copy: bool = False


def brought(mirror: Path, head: str, *, until: int | None = None) -> dict[str, Brought]:
    """Return how commits came to the main line of `head`: what merges of pull requests brought, and copies.

    until: as for `commits`. The main line is what was there when something was merged, each commit's first parent; a
    commit that several merges bring came with the first of them. Nothing is told of a history without such merges,
    which costs one listing, nor of one above SIDES_MAX; others cost a second, 2 s for 40,000 commits.
    """
    check(head)
    merges: dict[str, str] = {}
    command = [
        "log",
        "--first-parent",
        "--merges",
        "-E",
        f"--grep={_PULL}",
        *_PLAIN,
        "--format=%H %ct %s",
        head,
        "--",
    ]
    with lens(mirror) as through, running(command, *through) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sha, _, rest = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
            stamp, _, subject = rest.partition(" ")
            if subject and (until is None or int(stamp) <= until):
                merges[sha] = subject
    return _arrivals(*_graph(mirror, head), head, merges) if merges else {}


def _graph(mirror: Path, head: str) -> tuple[dict[str, list[str]], dict[str, bytes]]:
    """Return the parents of every commit, and what a copy of it would have in common with it."""
    parents: dict[str, list[str]] = {}
    patches: dict[str, bytes] = {}
    names: dict[str, str] = {}  # each name is held once
    command = ["log", *_PLAIN, "--format=%H %P%x00%at %ae%x00%s", head, "--"]
    with lens(mirror) as through, running(command, *through) as process:
        assert process.stdout is not None
        for line in process.stdout:
            shas, _, patch = line.partition(b"\0")
            if len(parents) > SIDES_MAX:
                continue  # read to its end, as `running` asks
            sha, *before = (names.setdefault(one, one) for one in shas.decode("ascii", "replace").split())
            parents[sha] = before
            if len(before) == 1:
                patches[sha] = blake2b(patch, digest_size=12).digest()
    return (parents, patches) if len(parents) <= SIDES_MAX else ({}, {})


def _arrivals(
    parents: dict[str, list[str]], patches: dict[str, bytes], head: str, merges: dict[str, str]
) -> dict[str, Brought]:
    """Return how each commit came, in the order in which the main line grew; what came plainly is left out."""
    line: list[str] = []
    step: str | None = head
    while step in parents:
        line.append(step)
        step = next(iter(parents[step]), None)
    taken, seen, found = set(line), set[bytes](), dict[str, Brought]()
    for tip in reversed(line):
        side, waiting = [tip], parents[tip][1:]
        while waiting:
            sha = waiting.pop()
            if sha not in taken and sha in parents:
                taken.add(sha)
                side.append(sha)
                waiting += parents[sha]
        has_root = any(not parents[sha] for sha in side[1:])
        for sha in sorted(side):
            is_copy = sha in patches and patches[sha] in seen
            subject = merges.get(tip) if sha != tip else None
            if is_copy or subject is not None:
                found[sha] = Brought(subject, has_root and subject is not None, is_copy)
            if sha in patches:
                seen.add(patches[sha])
    return found


def has_mailmap(mirror: Path, head: str) -> bool:
    """Return whether a commit's `.mailmap` is at hand and of a size that a map has; never asks the network."""
    check(head)
    with lens(mirror) as through:
        code, out = run(["cat-file", "-s", f"{head}:.mailmap"], *through)
        return code == 0 and int(out) <= MAILMAP_MAX_BYTES


def has_trees(mirror: Path, sha: str) -> bool:
    """Return whether the tree of a commit is at hand, so that touched paths can be told."""
    check(sha)
    with lens(mirror) as through:
        return run(["cat-file", "-e", f"{sha}^{{tree}}"], *through)[0] == 0


def show(
    mirror: Path, shas: Sequence[str], *, paths: bool, mailmap: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield each commit as a dict with raw names and addresses, in the order given; one process for all.

    Keys: sha, parents, authored_at and committed_at (seconds since 1970, or None), zone (of the
    author's clock, or None), author, mapped, committer ((name,
    address) pairs), subject, trailers ([key, name, address]), paths (at most 40, None for merges or without trees),
    files (count of all, None likewise). mailmap: commit whose `.mailmap` maps authors, None for no mapping.
    """
    check(*shas)
    fields = "%x00".join(
        gitlog.FIELDS if mailmap else [gitlog.UNMAPPED.get(field, field) for field in gitlog.FIELDS]
    )
    config = ["-c", f"mailmap.blob={mailmap}:.mailmap"] if mailmap else []
    command = [*config, "log", "-z", "--no-walk=unsorted", "--stdin", "--no-color", "--no-notes", "--no-renames",
               "--no-ext-diff", "--no-textconv", "--mailmap" if mailmap else "--no-mailmap", "--no-decorate",
               f"--format=tformat:%x00{fields}", "--name-only" if paths else "--no-patch"]  # fmt: skip
    with lens(mirror) as through, tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{sha}\n" for sha in shas).encode())
        asked.seek(0)
        with running(command, *through, stdin=asked) as process:
            assert process.stdout is not None
            yield from gitlog.commits(process.stdout, paths=paths)


class Tag(NamedTuple):
    """An annotated tag. at: seconds since 1970, 0 for no date. tagger: printed name and raw address."""

    name: str
    at: int
    tagger: tuple[str, str]


def tags(mirror: Path) -> list[Tag]:
    """Return the annotated tags of a mirror, by name; none if the mirror lacks an object that one of them names."""
    fields = (
        "%(objecttype)",
        "%(refname:strip=2)",
        "%(taggerdate:unix)",
        "%(taggername)",
        "%(taggeremail:trim)",
    )
    code, out = run(["for-each-ref", f"--format={'%00'.join(fields)}", "refs/tags/"], git_dir(mirror))
    rows = [line.split("\0") for line in out.decode("utf-8", "replace").splitlines()] if code == 0 else []
    return [
        Tag(name=name, at=int(at) if at.isdecimal() and len(at) < 12 else 0, tagger=(called, address))
        for kind, name, at, called, address in (row for row in rows if len(row) == len(fields))
        if kind == "tag" and called
    ]


def accounts(mirror: Path, head: str) -> dict[str, str]:
    """Return logins and the GitHub accounts that bore them, `mira` → `github:7`, from a history's noreply addresses.

    GitHub itself writes number and login into such an address, but anybody can write one into a commit of their own:
    only authors and committers of the main line are believed, whom somebody with write access let in by name. A
    branch that was merged and a trailer may name anybody. A login that two numbers bore is left out.
    """
    check(head)
    found: dict[str, set[str]] = {}
    command = ["log", "--first-parent", "--no-mailmap", "--no-color", "--no-notes", "--format=%ae%n%ce", head]
    with lens(mirror) as through, running(command, *through) as process:
        assert process.stdout is not None
        for line in process.stdout:
            for number, login in _NOREPLY.findall(line[:1_000].lower()):
                found.setdefault(login.decode(), set()).add(f"github:{int(number)}")
    return {login: min(numbers) for login, numbers in sorted(found.items()) if len(numbers) == 1}
