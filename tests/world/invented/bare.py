"""Bare repositories: commits in, a stream for `git fast-import` out, and the names git gives them."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from invented.activity import Change

Line = tuple[str, str]  # name and address

CLEAN_GIT = {
    "PATH": os.environ.get("PATH", ""),
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C.UTF-8",
}

_CONFIG = """[core]
\trepositoryformatversion = 0
\tbare = true
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[fastimport]
\tunpackLimit = 1
"""


@dataclass(slots=True, kw_only=True, eq=False)
class Commit:
    """One commit to be written. parents: marks; change: what it came from, if it is on the main line."""

    author: Line
    author_at: int
    committer: Line
    committed_at: int
    message: str
    files: dict[str, str]
    parents: tuple[int, ...]
    zone: str = "+0000"
    change: Change | None = None


def _stream(commits: list[Commit]) -> Iterator[bytes]:
    for mark, commit in enumerate(commits, start=1):
        message = commit.message.encode()
        head = [
            f"commit refs/heads/main\nmark :{mark}",
            f"author {commit.author[0]} <{commit.author[1]}> {commit.author_at} {commit.zone}",
            f"committer {commit.committer[0]} <{commit.committer[1]}> {commit.committed_at} +0000",
            f"data {len(message)}\n",
        ]
        yield "\n".join(head).encode() + message
        if commit.parents:
            yield "".join(
                f"{'merge' if place else 'from'} :{parent}\n" for place, parent in enumerate(commit.parents)
            ).encode()
        for path, text in sorted(commit.files.items()):
            body = text.encode()
            yield f"M 100644 inline {path}\ndata {len(body)}\n".encode() + body + b"\n"
        yield b"\n"


def write(folder: Path, commits: list[Commit]) -> list[str]:
    """Make the bare repository at `folder`; return the commits' names in order. At most one git process."""
    for part in ("objects/info", "objects/pack", "refs/heads", "info"):
        (folder / part).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text(_CONFIG)
    if not commits:
        return []
    marks = folder.absolute() / "info" / "marks"
    command = [
        "git",
        "-c",
        "core.fsyncMethod=batch",
        "-c",
        "core.fsync=none",
        f"--git-dir={folder}",
        "fast-import",
        "--quiet",
        "--force",
        "--date-format=raw-permissive",
        f"--export-marks={marks}",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=CLEAN_GIT) as importer:
        assert importer.stdin is not None
        for piece in _stream(commits):
            importer.stdin.write(piece)
        importer.stdin.close()
        if importer.wait() != 0:
            raise RuntimeError(f"git fast-import failed for {folder}: exit code {importer.returncode}")
    names = dict(line.split() for line in marks.read_text().splitlines())
    marks.unlink()
    return [names[f":{number}"] for number in range(1, len(commits) + 1)]
