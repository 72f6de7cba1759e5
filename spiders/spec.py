"""One `config/sources/*.toml`, read and validated."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from spiders.errors import SourceChanged
from spiders.records import Page, Request, Task, Via

Want = Literal[
    "github_accounts", "unlinked_commits", "homepages", "arxiv_papers", "fresh_papers", "orcids",
    "unanswered_orcids", "hub_accounts", "openreview_profiles", "stack_accounts", "kaggle_accounts",
]  # fmt: skip
"""Questions the store can raise itself; the answers are handed to `start` as seeds of the same name."""

_VARIABLE = r"^SOURCER_[A-Z0-9_]+$"


class Expect(BaseModel):
    """Bounds of a believable run; outside them the run is marked incomplete and not trusted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signals_min: int = Field(default=0, ge=0)
    unreadable_max: float = Field(default=0.05, ge=0, le=1)
    vanished_max: float = Field(default=0.05, ge=0, le=1)
    drop_max: float = Field(default=0.8, ge=0, le=1)  # share of its usual records a page may lose; 1 = any


class Auth(BaseModel):
    """Which credential a source asks for and how it is sent; the values themselves are never in a file.

    secret: the environment variable, or with `_FILE` the variable of a file, that holds it. name: of the header or
    query parameter. `login`: `user` and `secret` are posted to `url`, the token in the answer is sent from then on.
    required: without the credential the source is not asked at all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: str = Field(pattern=_VARIABLE)
    scheme: Literal["bearer", "header", "query", "login"] = "bearer"
    name: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    required: bool = True
    user: str | None = Field(default=None, pattern=_VARIABLE)
    url: str | None = Field(default=None, pattern=r"^https://")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.scheme in {"header", "query"} and self.name is None:
            raise ValueError(f"scheme {self.scheme!r} needs `name`, of the header or query parameter")
        wanted = 2 if self.scheme == "login" else 0
        if sum(value is not None for value in (self.user, self.url)) != wanted:
            raise ValueError("scheme 'login', and no other, needs `user` and `url`")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the variables the credential is made of."""
        return (self.secret,) if self.user is None else (self.user, self.secret)


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
    accept: bool = False  # the operator must accept the source's terms before it is asked
    accepted_on: date | None = None  # when the operator did, in the operator's own file
    auth: Auth | None = None  # the credential the engine adds
    hosts: tuple[
        str, ...
    ] = ()  # hosts an `api` or `git` source may ask; a `site` source is bounded by its seeds
    wants: tuple[Want, ...] = ()
    bucket: str | None = None  # sources that share one rate limit name the same bucket; default: the source
    every_hours: float = Field(default=24, gt=0)
    hours: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)  # the same by kind of task
    recurs: tuple[
        str, ...
    ] = ()  # kinds found on pages that come round by themselves: "not modified" names none
    requests_per_hour: int = Field(gt=0)
    requests_per_run: int = Field(gt=0)
    gap_s: float = Field(default=0, ge=0)  # least time between two requests
    pages_per_host: int = Field(default=200, gt=0)
    depth_max: int = Field(default=3, ge=0)
    page_max_mb: float | None = Field(default=None, gt=0, le=1024)  # MiB of one decoded answer; None = 16
    absent_days: float | None = Field(
        default=None, gt=0
    )  # 404 and 410 mean "not there yet": asked again then
    reserve: float = Field(
        default=0.2, ge=0, lt=1
    )  # share of a limit the source tells of that is left to people
    keep_pages_days: int = Field(default=14, ge=0)
    digest: tuple[
        str, ...
    ] = ()  # JSON pointers (`*` for any list index) to addresses: keyed digest before writing
    drop: tuple[str, ...] = ()  # JSON pointers to fields removed, and counted, before anything is written
    wish: tuple[str, ...] = ()  # JSON pointers to texts of which only the wish about recruiting is written
    expect: Expect = Expect()
    seeds: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_accepted(self) -> Self:
        if self.accept and self.enabled and self.accepted_on is None:
            raise ValueError(
                f"read {self.terms} and accept them with `sourcer source enable {self.name} --accept-terms`"
            )
        return self


def missing_secrets(spec: SourceSpec, find: Callable[[str], str | None]) -> tuple[str, ...]:
    """Return the variables of the credential without which a source cannot be asked; none if it is complete.

    find: a variable's value, or that of its file; None if neither is set.
    """
    if spec.auth is None or not spec.auth.required:
        return ()
    return tuple(name for name in spec.auth.secrets if find(name) is None)


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
        raise SourceChanged(f"{paths[0]}: {every_error(error)}") from error


def every_error(error: ValidationError, *under: str) -> str:
    """Return all that is wrong with a file, each with its key, so that one run tells everything. under: its table."""
    wrong = []
    for one in error.errors():
        where = ".".join(str(part) for part in (*under, *one["loc"])) or "the file"
        wrong.append(f"{where}: {one['msg'].removeprefix('Value error, ')}")
    return "; ".join(wrong)


def load_reader(spec: SourceSpec) -> Reader:
    """Return the reader module of a spec. Raises SourceChanged if there is none."""
    try:
        return cast(Reader, import_module(f"spiders.sources.{spec.reader}"))
    except ModuleNotFoundError as error:
        raise SourceChanged(
            f"source {spec.name!r}: no reader {spec.reader!r}; expected spiders/sources/{spec.reader}.py"
        ) from error


def started(spec: SourceSpec, reader: Reader, seeds: BaseModel, cursor: Mapping[str, str]) -> list[Task]:
    """Return the tasks a reader begins with, in its order, as tasks of this source."""
    return [replace(task, source=spec.name) for task in reader.start(seeds, cursor)]


def request_for(reader: Reader, task: Task) -> Request:
    """Return how to put a task to its source: the reader's own `ask`, or a plain GET of its address."""
    ask = getattr(reader, "ask", None)
    return cast(Request, ask(task)) if ask is not None else Request(url=task.url)
