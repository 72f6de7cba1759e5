"""The only module that runs git.

Fixed arguments, targets after `--`, empty home and configuration, https to one host only, bare, no checkout, no
hooks, no submodules. Histories are read through an empty repository of our own that borrows the mirror's objects, so
nothing a mirror's configuration, replacements or grafts say can change how it is read or run a program.
Raw addresses of authors leave this module only to `spiders.redact`.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from spiders import gitlog
from spiders.errors import RetryLater, SourceChanged, SourceRefused

HEAD_REF = "refs/sourcer/head"
MIRROR_MAX_BYTES = 2 * 1024**3  # linux without trees is 470 MB (SOURCES §2.3)
FETCH_MAX_S, _READ_MAX_CPU_S = 1_800.0, 600
_RESOLVES = (2, 37)  # older ones ignore `http.curloptResolve` without a word and look the name up again
NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._][A-Za-z0-9._-]{0,99}")
_SHA = re.compile(r"[0-9a-f]{40}")
_SAFE = (
    "--no-replace-objects", "-c", "core.hooksPath=/dev/null", "-c", "protocol.file.allow=never",
    "-c", "protocol.ext.allow=never", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "credential.helper=", "-c", "submodule.recurse=false", "-c", "fetch.recurseSubmodules=false",
    "-c", "transfer.bundleURI=false", "-c", "log.showSignature=false", "-c", "log.showRoot=true",
    "-c", "i18n.logOutputEncoding=UTF-8", "-c", "core.quotePath=false",
)  # fmt: skip


class TooLarge(SourceRefused):
    """The repository is above the size we are willing to hold; it was removed."""


def repository_name(text: str) -> str:
    """Return `owner/name` if it is one. Raises SourceRefused otherwise (options, dots, other schemes, T24, T27)."""
    owner, slash, name = text.partition("/")
    if slash and NAME.fullmatch(owner) and NAME.fullmatch(name) and not name.startswith("-"):
        return text
    raise SourceRefused(
        f"{text[:80]!r} is no repository name; expected owner/name (letters, digits, '.', '_', '-')"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may cost: bytes of the mirror, seconds, and whether somebody wants it to end."""

    max_bytes: int = MIRROR_MAX_BYTES
    max_s: float = FETCH_MAX_S
    is_stopped: Callable[[], bool] = lambda: False


def fetch(
    url: str, mirror: Path, *, trees: bool, rewrite: str | None = None, resolved: str | None = None,
    user_agent: str = "sourcer", limits: Limits | None = None,
) -> str | None:  # fmt: skip
    """Bring the mirror to the newest commit of an https repository; return that commit, None if there is none yet.

    trees: also bring trees, so that paths can be told; otherwise commits only (`--filter=tree:0`). rewrite: address
    standing in for the scheme and host, for pins. resolved: `host:port:address` already vetted by the door.
    Connects only to the host of `url`. Raises TooLarge, RetryLater, SourceRefused.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or not url.isascii():
        raise SourceRefused("only https addresses are fetched with git")
    if resolved is not None and (running := version()) < _RESOLVES:
        raise SourceRefused(
            f"git {'.'.join(map(str, running))} may leave the address that was checked: update it to 2.37 or later"
        )
    limits = limits or Limits()
    fresh = not (mirror / "HEAD").is_file()
    _create(mirror) if fresh else _unlock(mirror)
    settings = ["-c", "http.followRedirects=false", "-c", f"http.userAgent={user_agent}",
                "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60",
                "-c", f"remote.origin.url={url}"]  # fmt: skip
    if rewrite is not None:
        settings += ["-c", f"url.{rewrite}/.insteadOf=https://{parts.netloc}/"]
        settings += ["-c", f"http.extraHeader=Host: {parts.netloc}"]
    if resolved is not None:
        settings += ["-c", f"http.curloptResolve={resolved}"]
    allow = "http" if rewrite is not None else "https"
    command = [*settings, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
               f"--filter={'blob:none' if trees else 'tree:0'}", "--", "origin", f"+HEAD:{HEAD_REF}"]  # fmt: skip
    try:
        said = _watched(command, mirror, allow, limits)
    except (TooLarge, RetryLater):
        if fresh:
            shutil.rmtree(mirror, ignore_errors=True)
        raise
    if said is not None:
        return None
    found = head(mirror)
    if (
        found is not None
    ):  # the one place where git may connect for a missing object: the root tree and one file
        with suppress(RetryLater):
            _watched([*settings, "cat-file", "-p", f"{found}:.mailmap"], mirror, allow, limits)
    return found


def version() -> tuple[int, ...]:
    """Return the release of git: major and minor number; zeros if it does not say."""
    found = re.search(rb"git version (\d{1,4})\.(\d{1,4})", _run(["version"], None)[1])
    return (int(found[1]), int(found[2])) if found is not None else (0, 0)


def head(mirror: Path) -> str | None:
    """Return the newest commit of a mirror: what we fetched last, else what its own HEAD names; None if empty.

    Raises SourceChanged if the directory is no git repository.
    """
    where = _git_dir(mirror)
    for ref in (HEAD_REF, "HEAD"):
        code, out = _run(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"], where)
        if code == 0 and _SHA.fullmatch(sha := out.decode("ascii", "replace").strip()):
            return sha
    return None


def is_ancestor(mirror: Path, old: str, new: str) -> bool:
    """Return whether `old` is still part of the history of `new`; False after a force-push or for no commit at all."""
    if not (_SHA.fullmatch(old) and _SHA.fullmatch(new)):
        return False
    with _lens(mirror) as lens:
        return _run(["merge-base", "--is-ancestor", old, new], *lens)[0] == 0


def commits(mirror: Path, base: str | None, head: str, *, until: int | None = None) -> list[str]:
    """Return the commits of `head` that `base` has not, oldest first, parents before children.

    until: seconds since 1970; only commits committed at or before it.
    """
    _check(head, *([base] if base else []))
    span = [head, *([f"^{base}"] if base else []), "--"]
    command = ["rev-list", "--topo-order", "--reverse", "--timestamp", *span]
    with _lens(mirror) as lens, _running(command, *lens) as process:
        assert process.stdout is not None
        rows = (line.split() for line in process.stdout)
        return [sha.decode() for stamp, sha in rows if until is None or int(stamp) <= until]


def blob(mirror: Path, head: str, path: str) -> bytes | None:
    """Return a file of a commit, None if it is not there or not at hand; never asks the network."""
    _check(head)
    with _lens(mirror) as lens:
        code, out = _run(["cat-file", "blob", f"{head}:{path}"], *lens)
        return out if code == 0 else None


def has_trees(mirror: Path, sha: str) -> bool:
    """Return whether the tree of a commit is at hand, so that touched paths can be told."""
    _check(sha)
    with _lens(mirror) as lens:
        return _run(["cat-file", "-e", f"{sha}^{{tree}}"], *lens)[0] == 0


def show(
    mirror: Path, shas: Sequence[str], *, paths: bool, mailmap: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield each commit as a dict with raw names and addresses, in the order given; one process for all.

    Keys: sha, parents, authored_at and committed_at (seconds since 1970), author, mapped, committer ((name,
    address) pairs), subject, trailers ([key, name, address]), paths (at most 40, None for merges or without trees),
    files (count of all, None likewise). mailmap: commit whose `.mailmap` maps authors, None for no mapping.
    """
    _check(*shas)
    fields = "%x00".join(
        gitlog.FIELDS if mailmap else [gitlog.UNMAPPED.get(field, field) for field in gitlog.FIELDS]
    )
    config = ["-c", f"mailmap.blob={mailmap}:.mailmap"] if mailmap else []
    command = [*config, "log", "-z", "--no-walk=unsorted", "--stdin", "--no-color", "--no-notes", "--no-renames",
               "--no-ext-diff", "--no-textconv", "--mailmap" if mailmap else "--no-mailmap", "--no-decorate",
               f"--format=tformat:%x00{fields}", "--name-only" if paths else "--no-patch"]  # fmt: skip
    with _lens(mirror) as lens, tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{sha}\n" for sha in shas).encode())
        asked.seek(0)
        with _running(command, *lens, stdin=asked) as process:
            assert process.stdout is not None
            yield from gitlog.commits(process.stdout, paths=paths)


def _create(mirror: Path) -> None:
    """Create an empty bare repository that knows itself to be partial, whole or not at all, without hooks."""
    shutil.rmtree(mirror, ignore_errors=True)
    mirror.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=mirror.parent, prefix=".new-"))
    code, _ = _run(["init", "--quiet", "--bare", "--template=", "--", str(beside)], None)
    if code != 0:
        raise SourceChanged(f"git cannot make a mirror (exit {code}); is there room on the disk?")
    (beside / "config").write_text(
        "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tpartialClone = origin\n"
        '[remote "origin"]\n\tpromisor = true\n',
        encoding="utf-8",
    )
    beside.replace(mirror)


def _unlock(mirror: Path) -> None:
    """Remove what a killed fetch left behind; one process at a time works on a mirror, its source's child."""
    for pattern in ("*.lock", "refs/sourcer/*.lock", "objects/pack/tmp_*", "objects/pack/*.lock"):
        for path in mirror.glob(pattern):
            path.unlink(missing_ok=True)


def _watched(command: list[str], mirror: Path, allow: str, limits: Limits) -> str | None:
    """Run git with the network, ending it at a limit; return None, or what it said if the remote has no HEAD yet.

    Raises TooLarge, and RetryLater if it was stopped or failed.
    """
    deadline, pause = time.monotonic() + limits.max_s, 0.02
    extra = {"GIT_ALLOW_PROTOCOL": allow, "GIT_NO_LAZY_FETCH": "0"}
    with tempfile.TemporaryFile() as heard:
        process = _spawn(command, mirror, extra, stdout=subprocess.DEVNULL, stderr=heard)
        try:
            while (running := process.poll() is None) or _size(mirror) > limits.max_bytes:
                if time.monotonic() > deadline or limits.is_stopped():
                    raise RetryLater("git was stopped before it had fetched everything")
                if _size(mirror) > limits.max_bytes:
                    raise TooLarge(
                        f"repository is above {limits.max_bytes // 1024**2} MiB; use the API for it"
                    )
                time.sleep(pause if running else 0)
                pause = min(0.5, pause * 1.5)
        finally:
            _end(process)
        if process.returncode == 0:
            return None
        heard.seek(0)
        said = heard.read(4096).decode("utf-8", "replace").strip()
    if "couldn't find remote ref" in said:
        return said
    raise RetryLater(
        f"git could not fetch (exit {process.returncode}): {said.rpartition(chr(10))[2][:120]!r}"
    )


def _size(directory: Path) -> int:
    """Return the bytes below a directory; files that vanish meanwhile count nothing."""
    total = 0
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 - called twice a second
            except FileNotFoundError:
                continue
    return total


def _git_dir(directory: Path) -> Path:
    """Return the repository in a directory: itself if bare, else its `.git`. Raises SourceChanged if neither."""
    for where in (directory, directory / ".git"):
        if (where / "objects").is_dir() and (where / "HEAD").is_file():
            return where.resolve()
    raise SourceChanged(
        f"{str(directory)!r} is no git repository: it has no objects and no HEAD; give a mirror"
    )


@contextmanager
def _lens(mirror: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield (an empty repository, the environment that lets it see the mirror's objects and nothing else)."""
    where = _git_dir(mirror)
    with tempfile.TemporaryDirectory(prefix="sourcer-lens-") as name:
        lens = Path(name)
        (lens / "refs").mkdir()
        (lens / "objects").mkdir()
        (lens / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        (lens / "config").write_text(
            "[core]\n\tbare = true\n\trepositoryformatversion = 0\n", encoding="ascii"
        )
        yield lens, {"GIT_OBJECT_DIRECTORY": str(where / "objects")}


def _environment() -> dict[str, str]:
    """Return the whole environment git gets: no home, no configuration, no prompt, no protocol."""
    return {
        "PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": os.devnull,
        "XDG_CONFIG_HOME": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true",
        "GIT_ALLOW_PROTOCOL": "", "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_PAGER": "cat",
        "GIT_GRAFT_FILE": os.devnull, "GIT_OPTIONAL_LOCKS": "0", "GIT_ATTR_NOSYSTEM": "1", "GIT_TEMPLATE_DIR": "",
    }  # fmt: skip


def _spawn(
    command: list[str], git_dir: Path | None, extra: dict[str, str], *, stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: int, stderr: IO[bytes] | int,
) -> subprocess.Popen[bytes]:  # fmt: skip
    """Start a git in a group of its own: the one place where a program of this module begins."""
    where = [] if git_dir is None else [f"--git-dir={git_dir}"]
    return subprocess.Popen(  # noqa: S603 - fixed words and checked names, no shell
        ["git", *where, *_SAFE, *command],  # noqa: S607 - the operator's PATH says which git, as for a shell
        env={**_environment(), **extra}, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True,
    )  # fmt: skip


def _run(command: list[str], git_dir: Path | None, extra: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Return (exit code, output) of one short command without the network."""
    process = _spawn(command, git_dir, extra or {}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        out, _ = process.communicate(timeout=120)
        return process.returncode, out
    finally:
        _end(process)


@contextmanager
def _running(
    command: list[str], git_dir: Path, extra: dict[str, str], stdin: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a reading command that streams. Raises SourceChanged if it did not end well after being read to its end."""
    with tempfile.TemporaryFile() as said:
        process = _spawn(
            command, git_dir, extra, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        )
        if hasattr(resource, "prlimit"):  # Linux; elsewhere only the caller's patience ends it
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (_READ_MAX_CPU_S, _READ_MAX_CPU_S))
        try:
            yield process
            if process.wait() != 0:
                said.seek(0)
                reason = said.read(200).decode("utf-8", "replace").strip()
                raise SourceChanged(f"git cannot read the history: {reason!r}; fetch the mirror again")
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a git and all it started, if they still run."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _check(*shas: str) -> None:
    """Raise SourceRefused unless every word is a full commit name, so that none is read as an option."""
    for sha in shas:
        if not _SHA.fullmatch(sha):
            raise SourceRefused(f"{sha[:60]!r} is no commit; expected 40 hexadecimal digits")
