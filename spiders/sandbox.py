"""Runs a reader's `read` on hostile bytes in a limited child: 10 s CPU, 15 s wall, 512 MiB, no network, no files.

One long-lived worker per engine, started when first needed and again after it died. What comes back over the pipe is
JSON that is validated like any other stranger's words.
"""

import base64
import contextlib
import importlib
import json
import os
import resource
import selectors
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from spiders import redact
from spiders.errors import BudgetSpent, RetryLater, SkipRecord, SourceChanged, SourceRefused, SpiderError
from spiders.records import (
    Claim,
    Counted,
    Cursor,
    Gone,
    Identity,
    Moved,
    Page,
    Provenance,
    Quarantined,
    Record,
    Signal,
    Task,
    Work,
)  # fmt: skip
from spiders.spec import Reader, SourceSpec

CPU_S, WALL_S, MEMORY_BYTES = 10, 15.0, 512 * 1024 * 1024  # TRUST §1, Parse
_REPLY_MAX_BYTES = 64 * 1024 * 1024
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What the engine binds into every provenance: source, reader as `module@version`, terms."""

    source: str
    reader: str
    terms: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader yielded for one page, sorted by sort."""

    records: tuple[Annotated[Record, Field(discriminator="type")], ...] = ()
    tasks: tuple[Task, ...] = ()
    cursor: Mapping[str, str] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)
    quarantined: tuple[Quarantined, ...] = ()


_TASK: TypeAdapter[Task] = TypeAdapter(Task)
_ERRORS: dict[str, type[SpiderError]] = {
    kind.__name__: kind for kind in (BudgetSpent, SkipRecord, SourceChanged, SourceRefused)
}


@cache
def _readings() -> TypeAdapter[Reading]:
    """Return what checks readings; built with the first, which most children never see."""
    return TypeAdapter(Reading)


def label_for(spec: SourceSpec, reader: Reader) -> Label:
    """Return what a source and its reader write into every provenance."""
    return Label(source=spec.name, reader=f"{spec.reader}@{reader.VERSION}", terms=spec.terms)


def read_page(reader: Reader, label: Label, task: Task, page: Page) -> Reading:
    """Return all that a reader says of a page, cleaned for keeping.

    Texts lose control characters, addresses and special categories; impossible dates become unknown; a record whose
    id cannot be stored is quarantined. Raises what the reader raises.
    """

    def via(url: str) -> Provenance:
        return Provenance(
            source=label.source, url=url, page=page.sha256, fetched_at=page.fetched_at, reader=label.reader,
            terms=label.terms,
        )  # fmt: skip

    records: list[Record] = []
    tasks: list[Task] = []
    cursor: dict[str, str] = {}
    counted: dict[str, int] = {}
    quarantined: list[Quarantined] = []
    for found in reader.read(task, page, via):
        match found:
            case Task():
                tasks.append(found)
            case Cursor():
                cursor[found.key] = found.value
            case Counted():
                what = redact.plain(found.what)[:100]
                counted[what] = counted.get(what, 0) + found.times
            case Quarantined():  # an error's message quotes what the page said
                quarantined.append(
                    Quarantined(
                        where=redact.plain(found.where)[:200], reason=redact.plain(found.reason)[:500]
                    )
                )
            case Identity() | Claim() | Work() | Signal() | Gone() | Moved() if _has_clean_ids(found):
                records.append(_clean(found, page.fetched_at))
            case Identity() | Claim() | Work() | Signal() | Gone() | Moved():
                quarantined.append(
                    Quarantined(
                        where=found.type, reason="id too long, with control characters or an e-mail address"
                    )
                )
            case _:
                raise SourceChanged(
                    f"reader {label.reader} yielded a {type(found).__name__}; expected a record"
                )
    return Reading(
        records=tuple(records),
        tasks=tuple(tasks),
        cursor=cursor,
        counted=counted,
        quarantined=tuple(quarantined),
    )


def _has_clean_ids(record: Record) -> bool:
    """Return whether every id of a record can be a key in any store, and neither id nor address names a mailbox."""
    ids: tuple[str, ...]
    match record:
        case Claim():
            ids = (record.left, record.right)
        case Signal():
            ids = (record.id, record.identity, record.work)
        case Work():
            ids = (record.id, record.url)
        case Moved():
            ids = (record.old, record.new, record.number)
        case _:
            ids = (record.id,)
    told = (*ids, record.via.url)
    return all(0 < len(one) <= 1_000 and one.isprintable() for one in ids) and not any(
        redact.has_address(one) for one in told
    )


def _clean(record: Record, fetched_at: datetime) -> Record:
    """Return a record fit to keep; the same object if there is nothing to change."""
    changed: dict[str, Any] = {}
    match record:
        case Identity():
            for name in ("handle", "affiliation", "location"):
                _put(changed, record, name, redact.plain)
            _put(changed, record, "name", redact.name)
            _put(changed, record, "summary", redact.text)
            if record.homepage is not None and redact.has_address(record.homepage):
                changed["homepage"] = None
            if any(redact.has_address(link) for link in record.links):
                changed["links"] = tuple(link for link in record.links if not redact.has_address(link))
        case Work():
            for name in ("title", "text", "venue"):
                _put(changed, record, name, redact.plain)
            for name in ("tags", "paths"):
                values = getattr(record, name)
                if (kept := tuple(redact.plain(value) for value in values)) != values:
                    changed[name] = kept
            if record.published_on is not None and not _is_day(record.published_on, fetched_at):
                changed["published_on"] = None
        case Signal():
            if record.occurred_at is not None and not _is_moment(record.occurred_at, fetched_at):
                changed["occurred_at"] = None
        case _:
            return record
    return replace(record, **changed) if changed else record


def _put(changed: dict[str, Any], record: Record, name: str, clean: Any) -> None:
    """Note a field whose cleaned text differs; text that is nothing once cleaned becomes unknown."""
    value = getattr(record, name)
    if value is not None and (kept := clean(value)) != value:
        changed[name] = kept if kept or name == "title" else None


def _is_moment(moment: datetime, fetched_at: datetime) -> bool:
    """Return whether something can have happened then: after 1990, at most a day ahead of the clock."""
    return moment.tzinfo is not None and _EARLIEST <= moment <= fetched_at + timedelta(days=1)


def _is_day(day: date, fetched_at: datetime) -> bool:
    """Return whether something can be dated so: after 1990, at most two years ahead (proceedings are)."""
    return _EARLIEST.date() <= day <= (fetched_at + timedelta(days=731)).date()


class Worker:
    """A limited child that reads pages with one reader module; restarted when it died."""

    def __init__(self, module: str, label: Label, *, wall_s: float = WALL_S) -> None:
        self._module = module
        self._label = label
        self._wall_s = wall_s
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, task: Task, page: Page) -> Reading:
        """Return what the reader says of a page.

        Raises SkipRecord if the worker died or took too long, SourceChanged if its reply is no reading, and whatever
        SpiderError the reader raised.
        """
        meta = {
            "task": _TASK.dump_python(task, mode="json"), "url": page.url, "status": page.status,
            "media_type": page.media_type, "fetched_at": page.fetched_at.isoformat(), "sha256": page.sha256,
            "etag": page.etag, "last_modified": page.last_modified, "next_url": page.next_url,
            "body": base64.b64encode(page.body).decode("ascii"),
        }  # fmt: skip
        line = json.dumps(meta).encode()
        reply = self._exchange(_LENGTH.pack(len(line)) + line)
        kind, _, rest = reply.partition(b"\n")
        if kind == b"ok":
            try:
                return _readings().validate_json(rest)
            except ValidationError as error:
                raise SourceChanged("the reading worker sent something that is no reading") from error
        message = rest.decode("utf-8", "replace")
        if kind == b"RetryLater":
            after, _, message = message.partition("\n")
            raise RetryLater(message, after_s=float(after) if after else None)
        raise _ERRORS.get(kind.decode("ascii", "replace"), SourceChanged)(message)

    def close(self) -> None:
        """End the worker."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def _exchange(self, message: bytes) -> bytes:
        """Return the reply to one message; the worker is gone if there is none in time."""
        process = (
            self._process if self._process is not None and self._process.poll() is None else self._start()
        )
        assert process.stdin is not None and process.stdout is not None
        deadline = time.monotonic() + self._wall_s
        reply = bytearray()
        unsent = memoryview(message)
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdin, selectors.EVENT_WRITE)
            ready.register(process.stdout, selectors.EVENT_READ)
            while len(reply) < _LENGTH.size or len(reply) < _LENGTH.size + _LENGTH.unpack_from(reply)[0]:
                events = ready.select(max(0.0, deadline - time.monotonic()))
                if not events or len(reply) > _REPLY_MAX_BYTES:
                    self.close()
                    raise SkipRecord(f"page took more than {self._wall_s:.0f} s to read or said too much")
                for key, _ in events:
                    try:
                        if key.fileobj is process.stdin:
                            unsent = unsent[os.write(process.stdin.fileno(), unsent[: 1 << 16]) :]
                            if not unsent:
                                ready.unregister(process.stdin)
                        elif part := os.read(process.stdout.fileno(), 1 << 16):
                            reply += part
                        else:
                            raise BrokenPipeError
                    except BrokenPipeError:
                        self.close()
                        raise SkipRecord(
                            "the reading worker died on this page (memory or time limit)"
                        ) from None
        return bytes(reply[_LENGTH.size :])

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a worker with an environment that holds no secret."""
        self.close()
        environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "LC_ALL": "C.UTF-8"}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "spiders.sandbox", self._module, json.dumps(asdict(self._label))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        return self._process


def serve(module: str, label: Label, asked: IO[bytes], told: IO[bytes]) -> None:
    """Answer pages until the pipe closes: the worker's whole life."""
    reader: Any = importlib.import_module(module)
    _readings()
    _lock_down()
    while len(head := asked.read(_LENGTH.size)) == _LENGTH.size:
        meta = json.loads(asked.read(_LENGTH.unpack(head)[0]))
        used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
        resource.setrlimit(resource.RLIMIT_CPU, (used + CPU_S, resource.RLIM_INFINITY))
        reply = _answer(reader, label, meta)
        told.write(_LENGTH.pack(len(reply)) + reply)
        told.flush()


def _answer(reader: Any, label: Label, meta: dict[str, Any]) -> bytes:
    """Return the reply to one page: `ok` and a reading, or an error's name and message."""
    task = _TASK.validate_python(meta.pop("task"))
    body, fetched_at = base64.b64decode(meta.pop("body")), datetime.fromisoformat(meta.pop("fetched_at"))
    try:
        reading = read_page(reader, label, task, Page(body=body, fetched_at=fetched_at, **meta))
        return b"ok\n" + _readings().dump_json(reading)
    except RetryLater as error:
        return f"RetryLater\n{'' if error.after_s is None else error.after_s}\n{error}".encode()
    except SpiderError as error:
        return f"{type(error).__name__}\n{error}".encode()
    except Exception as error:  # a reader's bug on hostile bytes costs this page, not the worker
        return f"SkipRecord\nreader failed with {type(error).__name__}".encode()


def _lock_down() -> None:
    """Give up memory, files, other programs and the network, as far as this system lets us."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    with contextlib.suppress(OSError, AttributeError):
        import ctypes  # only the worker needs it, not the engine that starts it

        libc = ctypes.CDLL(
            None, use_errno=True
        )  # an empty network namespace: C libraries cannot connect either
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    roots = tuple(str(Path(path).resolve()) for path in (*sys.path, sys.prefix, sys.base_prefix) if path)

    def guard(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            written = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if written or (isinstance(path, str) and not str(Path(path).absolute()).startswith(roots)):
                raise PermissionError("readers open no files")
        elif event.startswith(
            ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "pty.")
        ):
            raise PermissionError("readers open no connections and start no programs")

    sys.addaudithook(guard)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the engine decides when a worker ends
    serve(sys.argv[1], Label(**json.loads(sys.argv[2])), sys.stdin.buffer, sys.stdout.buffer)
