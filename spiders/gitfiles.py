"""Files of repositories without their histories: which changed between two commits, their contents, their versions.

`--depth=1 --filter=blob:none` brings one commit with its trees and no file; the files that changed follow in one
batch. Measured against a local server (1,000 XML files, 114 wanted; 1,800 posts among 4,400 files): 54 and 198 kB for
the trees of the first night, 1.8 and 3.7 kB on the next. Fetching trees one by one (`tree:0`) takes five requests
instead of three and brings all trees again every night.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from spiders.errors import RetryLater, SourceChanged
from spiders.gitrun import HEAD_REF, SHA, Limits, Remote, TooLarge, check, fetch, head, lens, running

FILES_MAX = 50_000  # files of one repository that a source may want
ROWS_MAX = 1_000_000  # files looked at; a few trees that name each other stand for ten billion
_FILE_MODES = (
    b"100644",
    b"100755",
)  # no links, which lead out, and no submodules, which are other repositories
_NO_FILE = "0" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A wanted file that differs between two commits. blob: its contents' name now, None if it was removed.

    was: the contents' name before, None if it is new.
    """

    path: str
    blob: str | None
    was: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One commit that touched a file. at: seconds since 1970. blob: the file's contents then, None if not there."""

    sha: str
    at: int
    blob: str | None


def fetch_tree(remote: Remote, mirror: Path, *, limits: Limits) -> str | None:
    """Bring the newest commit of a repository with its trees, nothing before it; return it, None if there is none.

    Raises TooLarge, RetryLater, SourceRefused.
    """
    words = ["--depth=1", "--filter=blob:none", "--", "origin", f"+HEAD:{HEAD_REF}"]
    return head(mirror) if fetch(remote, mirror, words, limits) else None


def fetch_tree_of(remote: Remote, mirror: Path, sha: str, *, limits: Limits) -> bool:
    """Bring one commit with its trees; return False if the remote has it no more (a force-push)."""
    check(sha)
    with suppress(RetryLater):
        return fetch(remote, mirror, ["--depth=1", "--filter=blob:none", "--", "origin", sha], limits)
    return False


def fetch_blobs(remote: Remote, mirror: Path, blobs: Iterable[str], *, limits: Limits) -> int:
    """Bring the contents that a mirror has not, in one batch; return how many those were.

    Raises TooLarge, RetryLater, SourceRefused.
    """
    wanted = sorted(set(blobs))
    known = sizes(mirror, wanted)
    missing = [blob for blob in wanted if blob not in known]
    if missing:
        check(*missing)
        fetch(remote, mirror, ["--filter=blob:none", "--stdin", "origin"], limits, asked=missing)
    return len(missing)


def has_tree(mirror: Path, sha: str) -> bool:
    """Return whether a mirror is there and has a commit with its root tree."""
    return (
        (mirror / "HEAD").is_file()
        and SHA.fullmatch(sha) is not None
        and len(sizes(mirror, [f"{sha}^{{tree}}"])) > 0
    )


def changed(mirror: Path, base: str | None, head: str, globs: Sequence[str]) -> list[Changed]:
    """Return the wanted files that differ between two commits, by path; all of them for no base.

    globs: `*`, `?` and `[0-9]` within a folder, `**/` for any folders. Links and submodules are no files.
    Raises TooLarge above FILES_MAX.
    """
    check(head, *([base] if base else []))
    wanted = re.compile("|".join(_pattern(one) for one in globs))
    rows = _compared(mirror, base, head) if base else _all(mirror, head)
    found = list[Changed]()
    for path, was, blob in rows:
        if wanted.fullmatch(path) and was != blob:
            found.append(Changed(path=path, blob=blob, was=was))
            if len(found) > FILES_MAX:
                raise TooLarge(f"more than {FILES_MAX:,} files are wanted; name fewer in the source's seeds")
    return sorted(found, key=lambda one: one.path)


def sizes(mirror: Path, names: Sequence[str]) -> dict[str, int]:
    """Return the size in bytes of each object that is at hand, by the name it was asked under."""
    found: dict[str, int] = {}
    with _batch(mirror, "--batch-check=%(objectname) %(objectsize)", names) as lines:
        for name, line in zip(names, lines, strict=False):
            words = line.split()
            if len(words) == 2 and words[1].isdigit():
                found[name] = int(words[1])
    return found


def contents(mirror: Path, blobs: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """Yield (name, contents) of each blob in the order asked, None for one that is not at hand; holds one at a time.

    Look at `sizes` first: contents are held whole. Never asks the network.
    """
    check(*blobs)
    with _batch(mirror, "--batch", blobs) as lines:
        for blob in blobs:
            words = lines.readline().split()
            if len(words) != 3:
                yield blob, None
                continue
            body = lines.read(int(words[2]))
            if lines.read(1) != b"\n":
                raise SourceChanged("git broke off in the middle of a file; fetch the mirror again")
            yield blob, body


def touched(mirror: Path, head: str, paths: Sequence[str]) -> list[str]:
    """Return those of some paths that any commit up to `head` ever touched, in the order given."""
    check(head)
    command = [
        "log",
        "--format=",
        "--name-only",
        "-z",
        "--no-renames",
        "--no-color",
        head,
        "--",
        *map(_literal, paths),
    ]
    with lens(mirror) as through, running(command, *through) as process:
        assert process.stdout is not None
        seen = set(process.stdout.read().decode("utf-8", "replace").replace("\n", "\0").split("\0"))
    return [path for path in paths if path in seen]


def versions(mirror: Path, head: str, path: str, *, most: int) -> list[Version]:
    """Return the newest versions of a file, newest first, at most `most`: the commits that git says touched it."""
    check(head)
    command = ["log", "--format=%H %ct", f"--max-count={most}", "--no-color", head, "--", _literal(path)]
    with lens(mirror) as through, running(command, *through) as process:
        assert process.stdout is not None
        rows = [line.split() for line in process.stdout.read().decode("ascii", "replace").splitlines()]
    names = named(mirror, [(sha, path) for sha, _ in rows])
    return [Version(sha=sha, at=int(at), blob=names.get((sha, path))) for sha, at in rows]


def named(mirror: Path, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the name of the contents at each (commit, path) where there is a file, at hand or not."""
    check(*(sha for sha, _ in places))
    found: dict[tuple[str, str], str] = {}
    asked = [place for place in places if "\n" not in place[1]]  # one question a line
    names = [f"{sha}:{path}" for sha, path in asked]
    with _batch(mirror, "--batch-check=%(objectname)", names) as lines:
        for place, line in zip(asked, lines, strict=False):
            if SHA.fullmatch(name := line.decode("ascii", "replace").strip()):
                found[place] = name
    for (
        sha,
        path,
    ) in places:  # git says `missing` of a file that is not there and of contents not at hand alike
        if (sha, path) not in found:
            for row in _rows(mirror, ["ls-tree", "-z", "--full-tree", sha, "--", _literal(path)]):
                found[sha, path] = row.partition(b"\t")[0].split(b" ")[2].decode()
    return found


def _all(mirror: Path, head: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield (path, None, blob) of every file of a commit."""
    for row in _rows(mirror, ["ls-tree", "-r", "-z", "--full-tree", head]):
        meta, _, path = row.partition(b"\t")
        mode, _, sha = meta.split(b" ")
        if mode in _FILE_MODES:
            yield path.decode("utf-8", "replace"), None, sha.decode()


def _compared(mirror: Path, base: str, head: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield (path, blob before, blob now) of every file that differs; a link or submodule is no file."""
    rows = _rows(mirror, ["diff-tree", "-r", "-z", "--no-renames", "--full-index", "--raw", base, head])
    for meta in rows:
        before, now, was, blob, _ = meta.removeprefix(b":").split(b" ")
        path = next(rows).decode("utf-8", "replace")
        yield path, _file(before, was), _file(now, blob)


def _file(mode: bytes, sha: bytes) -> str | None:
    name = sha.decode()
    return name if mode in _FILE_MODES and name != _NO_FILE else None


def _rows(mirror: Path, command: list[str]) -> Iterator[bytes]:
    """Yield the NUL-terminated words of a reading command."""
    with lens(mirror) as through, running(command, *through) as process:
        assert process.stdout is not None
        rest, count = b"", 0
        while chunk := process.stdout.read(1 << 16):
            *words, rest = (rest + chunk).split(b"\0")
            count += len(words)
            if count > ROWS_MAX or len(rest) > 1 << 20:
                raise TooLarge(f"repository names more than {ROWS_MAX:,} files, or one without end")
            yield from words


def _pattern(glob: str) -> str:
    """Return a glob as a pattern: `*` and `?` stay within a folder, `**/` is any folders or none."""
    parts = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    words = re.findall(r"\*\*/|\[[0-9a-z]-[0-9a-z]\]|.", glob, re.DOTALL)
    return "".join(parts.get(word) or (word if len(word) == 5 else re.escape(word)) for word in words)


def _literal(path: str) -> str:
    """Return a path as git is told it, with nothing in it read as a pattern."""
    return f":(top,literal){path}"


@contextmanager
def _batch(mirror: Path, sort: str, names: Sequence[str]) -> Iterator[IO[bytes]]:
    """Yield what `git cat-file` says of many names, without the network."""
    with lens(mirror) as through, tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{name}\n" for name in names).encode())
        asked.seek(0)
        with running(["cat-file", sort, "--buffer"], *through, stdin=asked) as process:
            assert process.stdout is not None
            yield process.stdout
