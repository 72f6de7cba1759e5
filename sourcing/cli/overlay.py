"""The operator's own file of a source: switched on and off there, everything else in it stays as it is."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sourcing.errors import ConfigError, NotAllowed, UnknownName
from sourcing.settings import FILE, Settings, file_in_use, load_specs, load_unavailable, spec_paths
from spiders.spec import SourceSpec, merge

FOLDER = "config"
_TABLE = re.compile(r"\s*\[")


def spec_as_off(settings: Settings, name: str) -> SourceSpec:
    """Return a source as its files have it, but switched off: so it can be read before its terms are accepted.

    Raises UnknownName, NotOffered, ConfigError.
    """
    paths = spec_paths(settings, name)
    if not paths:
        if name in load_unavailable(settings):
            load_specs(settings, [name])  # raises, with the reason
        raise UnknownName("source", name, _known(settings))
    table: dict[str, Any] = {}
    for path in paths:
        table = merge(table, _read(path))
    try:
        return SourceSpec.model_validate({"name": name, **table, "enabled": False})
    except ValueError as error:
        raise ConfigError(
            "the source's file is broken; `sourcer config validate` says how", path=paths[-1]
        ) from error


def place(settings: Settings, name: str, *, config: Path | None) -> tuple[Path, Path | None]:
    """Return the operator's file of a source, and the sourcer.toml that must first name its folder; None if it does.

    config: the sourcer.toml given on the command line. Raises ConfigError if there is none to name a folder in.
    """
    if settings.config_dir is not None:
        return settings.config_dir / "sources" / f"{name}.toml", None
    file = file_in_use(config)
    if file is None:
        raise ConfigError(f"no {FILE} to name your own configuration in; write one with `sourcer init`")
    return file.resolve().parent / FOLDER / "sources" / f"{name}.toml", file


def with_keys(text: str, values: Mapping[str, bool | date | str], *, path: Path) -> str:
    """Return a TOML text in which some keys at the top have other values; comments and everything else stay.

    Raises ConfigError if that cannot be done without touching something else.
    """
    before = _parsed(text, path)
    lines = text.splitlines(keepends=True)
    for key, value in values.items():
        _put(lines, key, value)
    after = "".join(lines)
    if _parsed(after, path) != {**before, **values}:
        wanted = ", ".join(f"{key} = {_toml(value)}" for key, value in values.items())
        raise ConfigError(
            f"cannot change the file without touching more; set there by hand: {wanted}", path=path
        )
    return after


def write(path: Path, text: str) -> None:
    """Write a file of the operator's whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def may_be_on(spec: SourceSpec, *, is_accepted: bool) -> None:
    """Raise NotAllowed for a source whose terms nobody has accepted."""
    if spec.accept and spec.accepted_on is None and not is_accepted:
        raise NotAllowed(
            "P21",
            f"source {spec.name!r} is on only once its terms are accepted: read {spec.terms}, then "
            f"`sourcer source enable {spec.name} --accept-terms`",
        )


def _put(lines: list[str], key: str, value: bool | date | str) -> None:
    """Set a key before the first table: in its own line, else in that of its commented form, else as a new line."""
    end = next((at for at, line in enumerate(lines) if _TABLE.match(line)), len(lines))
    said = f"{key} = {_toml(value)}"
    for pattern in (rf"{key}\s*=\s*(?:\"[^\"\n]*\"|[^\s#]+)", rf"#\s*{key}\s*=\s*(?:\"[^\"\n]*\"|[^\s#]+)"):
        for at, line in enumerate(lines[:end]):
            if re.match(pattern, line):
                lines[at] = re.sub(pattern, lambda _: said, line, count=1)
                return
    at = next((at for at in range(end, 0, -1) if lines[at - 1].strip()), 0)
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    lines.insert(at, said + "\n")


def _toml(value: bool | date | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else f'"{value}"'


def _read(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("cannot read the file; mend it or remove it", path=path) from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"cannot read the file: {error}; mend it or remove it", path=path) from error


def _known(settings: Settings) -> list[str]:
    return sorted({path.stem for root in settings.roots for path in (root / "sources").glob("*.toml")})
