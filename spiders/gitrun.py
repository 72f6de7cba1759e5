"""Starts git, and nothing else does: fixed settings, no home, no configuration, limits, an empty lens over a mirror.

Nothing a mirror's configuration, replacements or grafts say can change how it is read or run a program: what only
reads goes through an empty repository of our own that borrows the mirror's objects and knows no remote, so that a
missing object is an error and never a connection.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from spiders.errors import RetryLater, SourceChanged, SourceRefused

HEAD_REF = "refs/sourcer/head"
MIRROR_MAX_BYTES = 2 * 1024**3  # linux without trees is 470 MB (SOURCES §2.3)
FETCH_MAX_S, _READ_MAX_CPU_S = 1_800.0, 600
_MEMORY_MAX_BYTES = 3 * 512 * 1024**2  # of git's own, beside the mirror it maps; linux's commits take 0.6 GB
_RESOLVES = (2, 37)  # older ones ignore `http.curloptResolve` without a word and look the name up again
SHA = re.compile(r"[0-9a-f]{40}")
_SAFE = (
    "--no-replace-objects", "-c", "core.hooksPath=/dev/null", "-c", "protocol.file.allow=never",
    "-c", "protocol.ext.allow=never", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "credential.helper=", "-c", "submodule.recurse=false", "-c", "fetch.recurseSubmodules=false",
    "-c", "transfer.bundleURI=false", "-c", "log.showSignature=false", "-c", "log.showRoot=true",
    "-c", "i18n.logOutputEncoding=UTF-8", "-c", "core.quotePath=false",
    "-c", "advice.graftFileDeprecated=false",  # that there is no graft file is what we say
    "-c", "core.bigFileThreshold=8m",  # larger files are passed through, never held
)  # fmt: skip


class TooLarge(SourceRefused):
    """The repository is above the size we are willing to hold; it was removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may cost: bytes of the mirror, seconds, and whether somebody wants it to end."""

    max_bytes: int = MIRROR_MAX_BYTES
    max_s: float = FETCH_MAX_S
    is_stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """An https repository to fetch from. resolved: `host:port:address` already vetted by the door.

    rewrite: address standing in for the scheme and host, for pins. Connects only to the host of `url`.
    """

    url: str
    rewrite: str | None = None
    resolved: str | None = None
    user_agent: str = "sourcer"

    @property
    def settings(self) -> list[str]:
        """Return the settings of a fetch from here. Raises SourceRefused for what is no plain https address."""
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or not self.url.isascii():
            raise SourceRefused("only https addresses are fetched with git")
        if self.resolved is not None and (running := version()) < _RESOLVES:
            raise SourceRefused(
                f"git {'.'.join(map(str, running))} may leave the address that was checked: update it to 2.37 or later"
            )
        said = ["-c", "http.followRedirects=false", "-c", f"http.userAgent={self.user_agent}",
                "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60",
                "-c", f"remote.origin.url={self.url}"]  # fmt: skip
        if self.rewrite is not None:
            said += ["-c", f"url.{self.rewrite}/.insteadOf=https://{parts.netloc}/"]
            said += ["-c", f"http.extraHeader=Host: {parts.netloc}"]
        if self.resolved is not None:
            said += ["-c", f"http.curloptResolve={self.resolved}"]
        return said

    @property
    def protocol(self) -> str:
        """Return the one protocol git may speak: http only to a pin on this machine."""
        return "http" if self.rewrite is not None else "https"


def version() -> tuple[int, ...]:
    """Return the release of git: major and minor number; zeros if it does not say."""
    found = re.search(rb"git version (\d{1,4})\.(\d{1,4})", run(["version"], None)[1])
    return (int(found[1]), int(found[2])) if found is not None else (0, 0)


def head(mirror: Path) -> str | None:
    """Return the newest commit of a mirror: what we fetched last, else what its own HEAD names; None if empty.

    Raises SourceChanged if the directory is no git repository.
    """
    where = git_dir(mirror)
    for ref in (HEAD_REF, "HEAD"):
        code, out = run(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"], where)
        if code == 0 and SHA.fullmatch(sha := out.decode("ascii", "replace").strip()):
            return sha
    return None


def check(*shas: str) -> None:
    """Raise SourceRefused unless every word is a full commit name, so that none is read as an option."""
    for sha in shas:
        if not SHA.fullmatch(sha):
            raise SourceRefused(f"{sha[:60]!r} is no commit; expected 40 hexadecimal digits")


def create(mirror: Path) -> None:
    """Create an empty bare repository that knows itself to be partial, whole or not at all, without hooks."""
    shutil.rmtree(mirror, ignore_errors=True)
    mirror.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=mirror.parent, prefix=".new-"))
    code, _ = run(["init", "--quiet", "--bare", "--template=", "--", str(beside)], None)
    if code != 0:
        raise SourceChanged(f"git cannot make a mirror (exit {code}); is there room on the disk?")
    (beside / "config").write_text(
        "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tpartialClone = origin\n"
        '[remote "origin"]\n\tpromisor = true\n',
        encoding="utf-8",
    )
    beside.replace(mirror)


def unlock(mirror: Path) -> None:
    """Remove what a killed fetch left behind; one process at a time works on a mirror, its source's child."""
    for pattern in ("*.lock", "refs/sourcer/*.lock", "objects/pack/tmp_*", "objects/pack/*.lock"):
        for path in mirror.glob(pattern):
            path.unlink(missing_ok=True)


def fetch(
    remote: Remote, mirror: Path, words: Iterable[str], limits: Limits, *, asked: Iterable[str] | None = None
) -> bool:
    """Fetch into a mirror, made if there is none; return False if the remote has nothing yet.

    words: options and, after `--`, what to fetch. asked: object names given on its input instead.
    A mirror above its limit is removed. Raises TooLarge, RetryLater, SourceRefused.
    """
    settings = remote.settings
    fresh = not (mirror / "HEAD").is_file()
    create(mirror) if fresh else unlock(mirror)
    if asked is not None:  # a server takes the commit we have for all its files, and would send none of them
        settings = [*settings, "-c", "fetch.negotiationAlgorithm=noop"]
    command = [
        *settings,
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        *words,
    ]
    try:
        return watched(command, mirror, remote.protocol, limits, asked=asked) is None
    except (TooLarge, RetryLater) as error:
        if fresh or isinstance(error, TooLarge):
            shutil.rmtree(mirror, ignore_errors=True)
        raise


def watched(
    command: list[str], mirror: Path, protocol: str, limits: Limits, *, asked: Iterable[str] | None = None,
    is_lazy: bool = False,
) -> str | None:  # fmt: skip
    """Run git with the network, ending it at a limit; return None, or what it said if the remote has no HEAD yet.

    protocol: the only one it may speak. is_lazy: let it connect for an object it misses, and only then.
    Raises TooLarge, and RetryLater if it was stopped or failed.
    """
    deadline, pause = time.monotonic() + limits.max_s, 0.02
    extra = {"GIT_ALLOW_PROTOCOL": protocol, "GIT_NO_LAZY_FETCH": "0" if is_lazy else "1"}
    with tempfile.TemporaryFile() as heard, tempfile.TemporaryFile() as said_to:
        said_to.write("".join(f"{word}\n" for word in asked or ()).encode())
        said_to.seek(0)
        process = _spawn(command, mirror, extra, stdin=said_to, stdout=subprocess.DEVNULL, stderr=heard)
        try:
            while (running := process.poll() is None) or size(mirror) > limits.max_bytes:
                if time.monotonic() > deadline or limits.is_stopped():
                    raise RetryLater("git was stopped before it had fetched everything")
                if size(mirror) > limits.max_bytes:
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


def size(directory: Path) -> int:
    """Return the bytes below a directory; files that vanish meanwhile count nothing."""
    total = 0
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 - called twice a second
            except FileNotFoundError:
                continue
    return total


@contextmanager
def lens(mirror: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield (an empty repository, the environment that lets it see the mirror's objects and nothing else)."""
    where = git_dir(mirror)
    with tempfile.TemporaryDirectory(prefix="sourcer-lens-") as name:
        lens = Path(name)
        (lens / "refs").mkdir()
        (lens / "objects").mkdir()
        (lens / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        (lens / "config").write_text(
            "[core]\n\tbare = true\n\trepositoryformatversion = 0\n", encoding="ascii"
        )
        yield lens, {"GIT_OBJECT_DIRECTORY": str(where / "objects")}


def run(command: list[str], git_dir: Path | None, extra: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Return (exit code, output) of one short command without the network."""
    process = _spawn(command, git_dir, extra or {}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        out, _ = process.communicate(timeout=120)
        return process.returncode, out
    finally:
        _end(process)


@contextmanager
def running(
    command: list[str], git_dir: Path, extra: dict[str, str], stdin: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a reading command that streams. Raises SourceChanged if it did not end well after being read to its end."""
    with tempfile.TemporaryFile() as said:
        process = _spawn(
            command, git_dir, extra, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        )
        _limit(process, resource.RLIMIT_CPU, _READ_MAX_CPU_S)
        try:
            yield process
            if process.wait() != 0:
                said.seek(0)
                reason = said.read(200).decode("utf-8", "replace").strip()
                raise SourceChanged(f"git cannot read the history: {reason!r}; fetch the mirror again")
        finally:
            _end(process)


def git_dir(directory: Path) -> Path:
    """Return the repository in a directory: itself if bare, else its `.git`. Raises SourceChanged if neither."""
    for where in (directory, directory / ".git"):
        if (where / "objects").is_dir() and (where / "HEAD").is_file():
            return where.resolve()
    raise SourceChanged(
        f"{str(directory)!r} is no git repository: it has no objects and no HEAD; give a mirror"
    )


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
    process = subprocess.Popen(  # noqa: S603 - fixed words and checked names, no shell
        ["git", *where, *_SAFE, *command],  # noqa: S607 - the operator's PATH says which git, as for a shell
        env={**_environment(), **extra}, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True,
    )  # fmt: skip
    _limit(process, resource.RLIMIT_DATA, _MEMORY_MAX_BYTES)
    return process


def _limit(process: subprocess.Popen[bytes], limit: int, most: int) -> None:
    """Limit a git and all it will start; where the system cannot (it is no Linux) only patience ends it."""
    if hasattr(resource, "prlimit"):
        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(process.pid, limit, (most, most))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a git and all it started, if they still run."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
