"""Settings: flag > environment > nearest sourcer.toml > user config > defaults; secrets from the environment only."""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from sourcing.analytics.engine import Analytics
from sourcing.errors import ConfigError, NoCredentials, NotAllowed, NotOffered, UnknownName
from sourcing.limits import Outreach, Team
from sourcing.timetable import Pings, Schedule
from spiders.errors import SourceChanged
from spiders.settings import PEPPER_MIN_BYTES
from spiders.spec import SourceSpec, load_spec, merge

FILE = "sourcer.toml"
_PLAIN = {"SOURCER_CONTACT": "contact", "SOURCER_CONTROLLER": "controller", "SOURCER_ACTOR": "actor"}
_PATHS = ("home", "config_dir")


class Operator(BaseModel):
    """Who answers for the collecting."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    controller: str | None = None
    contact: str | None = None
    actor: str = Field(default="operator", pattern=r"^[A-Za-z0-9._:-]{1,64}$")


class Crawl(BaseModel):
    """How much is asked at once and how long anything is waited for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    children_max: int = Field(default=4, ge=1, le=16)
    batch: int = Field(default=4, ge=1, le=64)
    lease_minutes: float = Field(default=60, gt=0)
    wait_max_minutes: float = Field(default=20, ge=0)
    silent_minutes: float = Field(default=45, gt=0)
    wanted_limit: int = Field(default=2000, ge=0)
    wanted_ttl_days: float = Field(default=30, gt=0)


class Linkage(BaseModel):
    """What making probable links may use, and whether it is done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    memory: str = Field(default="4GB", pattern=r"^[1-9][0-9]{0,4}(MB|GB)$")
    threads: int = Field(default=2, ge=1, le=64)


class Ranking(BaseModel):
    """How many past rankings and their snapshots are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_runs: int = Field(default=60, ge=2, le=1000)
    keep_snapshots: int = Field(default=2, ge=1, le=100)


class SignIn(BaseModel):
    """A team's sign-in service (OpenID Connect), and who of those it knows may come in as what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(default="", pattern=r"^(https?://.+)?$")
    client_id: str = ""
    domains: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    administrators: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()


class Web(BaseModel):
    """Where the pages are served, and to whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8722, ge=0, le=65535)
    public_url: str = Field(default="", pattern=r"^(https?://[^/\s]+)?$")
    idle_hours: float = Field(default=8, gt=0, le=24)
    blind: bool = False
    mcp: bool = False
    sign_in: SignIn = SignIn()


class Privacy(BaseModel):
    """What people are promised: why they are looked for, for how long, under which laws."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: str = "finding people for engineering and research roles by the work they published"
    legal_basis: str = "legitimate interest (GDPR Art. 6(1)(f))"
    balancing: str = (
        "only public technical work is read, nothing private or sensitive; anybody may object at any time and is left "
        "alone; nobody is turned down by a score"
    )
    profiles: tuple[str, ...] = Field(default=("eu",), min_length=1)
    human_review: bool = False
    keep_exports_days: int = Field(default=180, ge=1, le=730)
    notice_days: int = Field(default=30, ge=1, le=30)
    keep_pool_days: int = Field(default=365, ge=1, le=365)
    keep_listed_days: int = Field(default=180, ge=1, le=180)
    keep_contacted_days: int = Field(default=730, ge=1, le=730)
    keep_log_days: int = Field(default=400, ge=183, le=3650)


class Unavailable(BaseModel):
    """A source that is known and not offered. instead: the sources that stand in for it, in words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    home: str
    state: Literal["unavailable", "degraded"]
    reason: str
    instead: str


class Settings(BaseSettings):
    """Everything one installation may choose; paths are absolute."""

    model_config = SettingsConfigDict(
        env_prefix="SOURCER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    title: str = ""
    home: Path
    database: str = ""
    config_dir: Path | None = None
    operator: Operator = Operator()
    crawl: Crawl = Crawl()
    linkage: Linkage = Linkage()
    analytics: Analytics = Analytics()
    ranking: Ranking = Ranking()
    privacy: Privacy = Privacy()
    outreach: Outreach = Outreach()
    team: Team = Team()
    web: Web = Web()
    schedule: Schedule = Schedule()
    pings: Pings = Pings()

    @field_validator("database")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("expected sqlite:///PATH or postgresql://…")
        return value

    @property
    def database_url(self) -> str:
        """Return the store's address: the one set, else `store.db` below home."""
        return self.database or f"sqlite:///{self.home / 'store.db'}"

    @property
    def roots(self) -> list[Path]:
        """Return the directories of configuration, shipped first, the operator's own last."""
        return [config_root(), *([self.config_dir] if self.config_dir is not None else [])]


def config_root() -> Path:
    """Return the shipped configuration: the copy inside the wheel, else the checkout's `config/`."""
    packaged = Path(str(resources.files("sourcing"))) / "config"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[1] / "config"


def find_file(start: Path) -> Path | None:
    """Return the nearest sourcer.toml going up from `start`; None if there is none."""
    return next((at / FILE for at in (start, *start.parents) if (at / FILE).is_file()), None)


def file_in_use(config: Path | None = None, cwd: Path | None = None) -> Path | None:
    """Return the sourcer.toml that is read: the given one, that of SOURCER_CONFIG, else the nearest; None without.

    Raises ConfigError for a given one that is not there.
    """
    chosen = config or _from_environment("SOURCER_CONFIG")
    if chosen is not None and not chosen.is_file():
        raise ConfigError("no such configuration file; write one with `sourcer init`", path=chosen)
    return chosen or find_file(cwd or Path.cwd())


def layers(
    *, config: Path | None = None, flags: Mapping[str, Any] | None = None, cwd: Path | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """Return what each place says, strongest first: flags, environment, sourcer.toml, user config, defaults.

    Relative paths become absolute from the directory of the file that states them; flags and variables from `cwd`.
    Raises ConfigError naming the file that cannot be read.
    """
    here = cwd or Path.cwd()
    nearest = file_in_use(config, here)
    user = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "sourcer" / FILE
    out = [("flag", _anchored(dict(flags or {}), here)), ("environment", _anchored(_environment(), here))]
    out += [
        (str(path), _anchored(_read(path), path.parent))
        for path in (nearest, user)
        if path and path.is_file()
    ]
    base = nearest.parent if nearest is not None else here
    return [*out, ("defaults", _anchored(_read(config_root() / "defaults.toml"), base.resolve()))]


def load(
    *, config: Path | None = None, flags: Mapping[str, Any] | None = None, cwd: Path | None = None
) -> Settings:
    """Return the settings in force. Raises ConfigError naming place and key."""
    found = layers(config=config, flags=flags, cwd=cwd)
    table: dict[str, Any] = {}
    for _, layer in reversed(found):
        table = merge(table, layer)
    try:
        return Settings(**table)
    except ValidationError as error:
        first = error.errors()[0]
        parts = tuple(str(part) for part in first["loc"])
        place = next((name for name, layer in found if _has(layer, parts)), "settings")
        raise ConfigError(
            _sentence(first["type"], first["msg"], parts), path=place, key=".".join(parts)
        ) from error


def origin(found: list[tuple[str, dict[str, Any]]], key: str) -> str:
    """Return the place that decides a dotted key: `flag`, `environment`, a file or `defaults`."""
    return next((name for name, layer in found if _has(layer, tuple(key.split(".")))), "defaults")


def load_specs(settings: Settings, only: list[str] | None = None) -> list[SourceSpec]:
    """Return the sources by name, each shipped file with the operator's own laid over it.

    only: names to load; None = all. Raises UnknownName for a name without a file, NotOffered for one we know and do not
    ask, ConfigError for a broken file.
    """
    paths: dict[str, list[Path]] = {}
    for root in settings.roots:
        for path in sorted((root / "sources").glob("*.toml")):
            paths.setdefault(path.stem, []).append(path)
    for name in only or ():
        if name not in paths:
            if (known := load_unavailable(settings).get(name)) is not None:
                raise NotOffered(name, state=known.state, reason=known.reason, instead=known.instead)
            raise UnknownName("source", name, paths)
    try:
        return [load_spec(*paths[name]) for name in sorted(paths) if not only or name in only]
    except SourceChanged as error:
        raise ConfigError(str(error)) from error


def load_unavailable(settings: Settings) -> dict[str, Unavailable]:
    """Return the sources that are known and not offered, by name. Raises ConfigError for a broken file."""
    table: dict[str, Any] = {}
    for path in (root / "unavailable.toml" for root in settings.roots):
        table = merge(table, _read(path)) if path.is_file() else table
    try:
        return {name: Unavailable.model_validate(table[name]) for name in sorted(table) if name != "title"}
    except ValidationError as error:
        raise ConfigError(error.errors()[0]["msg"], path="unavailable.toml", key=error.title) from error


def spec_paths(settings: Settings, name: str) -> list[Path]:
    """Return the files a source is read from, shipped first."""
    return [path for root in settings.roots if (path := root / "sources" / f"{name}.toml").is_file()]


def secret(name: str) -> str | None:
    """Return a secret from `NAME`, or from the file that `NAME_FILE` names; None if neither is set.

    Raises NoCredentials if the file cannot be read; the message holds the variable, never the value.
    """
    if value := os.environ.get(name, "").strip():
        return value
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise NoCredentials(f"{name}_FILE names a file that cannot be read; correct the variable") from error


def pepper(settings: Settings) -> bytes:
    """Return the instance secret: SOURCER_PEPPER (or _FILE), else the file `pepper` below home.

    Raises ConfigError if there is none, or a short one: without it no address can be digested and nobody suppressed.
    """
    path = settings.home / "pepper"
    value = secret("SOURCER_PEPPER")
    try:
        found = (value if value is not None else path.read_text(encoding="utf-8").strip()).encode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "no instance secret; run `sourcer init` or set SOURCER_PEPPER_FILE", path=path
        ) from error
    if len(found) < PEPPER_MIN_BYTES:
        where = path if value is None else "SOURCER_PEPPER"
        raise ConfigError(
            f"the instance secret has {len(found)} bytes, expected {PEPPER_MIN_BYTES} or more; restore the one this "
            "store was made with, or for a new store remove it and run `sourcer init`",
            path=where,
        )
    return found


def require_operator(settings: Settings) -> None:
    """Raise NotAllowed unless it is said who collects, what for, on which basis, and why that is fair to people."""
    asked = (
        ("operator", settings.operator, ("controller", "contact")),
        ("privacy", settings.privacy, ("purpose", "legal_basis", "balancing")),
    )
    for table, chosen, names in asked:
        missing = [name for name in names if not (getattr(chosen, name) or "").strip()]
        if missing:
            raise NotAllowed(
                "P02", f"no crawl without {' and '.join(missing)}; set it under [{table}] in {FILE}"
            )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the file: {error}; mend it or remove it", path=path) from error


def _environment() -> dict[str, Any]:
    table = dict(EnvSettingsSource(Settings)())
    plain = {key: os.environ[name] for name, key in _PLAIN.items() if os.environ.get(name)}
    return merge({"operator": plain}, table) if plain else table


def _from_environment(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None


def _anchored(table: dict[str, Any], base: Path) -> dict[str, Any]:
    for key in _PATHS:
        if isinstance(table.get(key), str | Path):
            table[key] = (base / Path(table[key]).expanduser()).resolve()
    url = table.get("database")
    if isinstance(url, str) and url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        table["database"] = f"sqlite:///{(base / url.removeprefix('sqlite:///')).resolve()}"
    return table


def _has(table: Mapping[str, Any], parts: tuple[str, ...]) -> bool:
    for part in parts:
        if not isinstance(table, Mapping) or part not in table:
            return False
        table = table[part]
    return True


def _sentence(kind: str, message: str, parts: tuple[str, ...]) -> str:
    if kind != "extra_forbidden":
        return message.removeprefix("Value error, ")
    tables: dict[str, type[BaseModel]] = {
        "operator": Operator,
        "crawl": Crawl,
        "linkage": Linkage,
        "analytics": Analytics,
        "privacy": Privacy,
        "outreach": Outreach,
        "team": Team,
        "web": Web,
        "schedule": Schedule,
        "pings": Pings,
    }
    model = tables.get(parts[0], Settings) if len(parts) > 1 else Settings
    if "token" in parts[-1] or "pepper" in parts[-1]:
        variable = f"SOURCER_{parts[-1].upper()}"
        return f"secrets are never written in files; set {variable} or {variable}_FILE"
    near = get_close_matches(parts[-1], model.model_fields, n=1)
    return f"unknown key {parts[-1]!r}" + (f" (did you mean {near[0]!r}?)" if near else "; remove it")
