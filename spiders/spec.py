"""One `config/sources/*.toml`, read and validated."""

import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spiders.errors import SourceChanged
from spiders.records import Page, Request, Task, Via

Want = Literal["github_accounts", "unlinked_commits", "homepages"]
"""Questions the store can raise itself; the answers are handed to `start` as seeds of the same name."""


class Expect(BaseModel):
    """Bounds of a believable run; outside them the run is marked incomplete and not trusted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signals_min: int = Field(default=0, ge=0)
    unreadable_max: float = Field(default=0.05, ge=0, le=1)
    vanished_max: float = Field(default=0.05, ge=0, le=1)


class SourceSpec(BaseModel):
    """What a source is, how fast it may be asked, on what basis, and what a believable run looks like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    reader: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    engine: Literal["api", "site", "git"]
    home: str
    terms: str
    purpose: str = Field(min_length=1)
    basis: str = Field(min_length=1)
    balance: str = Field(min_length=1)
    enabled: bool = True
    auth: Literal["github"] | None = None  # whose token the engine adds; the token itself is never in a file
    hosts: tuple[
        str, ...
    ] = ()  # hosts an `api` or `git` source may ask; a `site` source is bounded by its seeds
    wants: tuple[Want, ...] = ()
    bucket: str | None = None  # sources that share one rate limit name the same bucket; default: the source
    every_hours: float = Field(default=24, gt=0)
    requests_per_hour: int = Field(gt=0)
    requests_per_run: int = Field(gt=0)
    gap_s: float = Field(default=0, ge=0)  # least time between two requests
    pages_per_host: int = Field(default=200, gt=0)
    depth_max: int = Field(default=3, ge=0)
    keep_pages_days: int = Field(default=14, ge=0)
    digest: tuple[
        str, ...
    ] = ()  # JSON pointers (`*` for any list index) to addresses: keyed digest before writing
    drop: tuple[str, ...] = ()  # JSON pointers to fields removed, and counted, before anything is written
    expect: Expect = Expect()
    seeds: dict[str, Any] = Field(default_factory=dict)


class Reader(Protocol):
    """The module a spec's `reader` names: `spiders/sources/<reader>.py`. It may also define `ask`."""

    VERSION: int
    Seeds: type[BaseModel]

    def start(self, seeds: Any, cursor: Mapping[str, str]) -> Any:
        """Yield the tasks to begin with. seeds: a `Seeds`. cursor: what earlier visits left, by key."""
        ...

    def read(self, task: Task, page: Page, via: Via) -> Any:
        """Yield what the page says: records, tasks, cursors, counts, quarantined records."""
        ...


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` laid on top: tables merge, everything else is replaced."""
    out = dict(base)
    for key, value in over.items():
        old = out.get(key)
        out[key] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return out


def load_spec(*paths: Path) -> SourceSpec:
    """Return the spec in the first file with the later ones laid over it; missing later files are ignored.

    Raises SourceChanged naming file and key if the TOML is broken, a key is unknown or a value is out of range.
    """
    table: dict[str, Any] = {}
    for number, path in enumerate(paths):
        if number and not path.is_file():
            continue
        try:
            table = merge(table, tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SourceChanged(f"cannot read {path}: {error}; mend the file or remove it") from error
    try:
        return SourceSpec.model_validate({"name": paths[0].stem, **table})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SourceChanged(f"{paths[0]}: {where}: {first['msg']}") from error


def load_reader(spec: SourceSpec) -> Reader:
    """Return the reader module of a spec. Raises SourceChanged if there is none."""
    try:
        return cast(Reader, import_module(f"spiders.sources.{spec.reader}"))
    except ModuleNotFoundError as error:
        raise SourceChanged(
            f"source {spec.name!r}: no reader {spec.reader!r}; expected spiders/sources/{spec.reader}.py"
        ) from error


def request_for(reader: Reader, task: Task) -> Request:
    """Return how to put a task to its source: the reader's own `ask`, or a plain GET of its address."""
    ask = getattr(reader, "ask", None)
    return cast(Request, ask(task)) if ask is not None else Request(url=task.url)
