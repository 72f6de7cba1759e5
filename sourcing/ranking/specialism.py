"""A specialism: a pack, alone or with an overlay and a preset, validated and versioned.

`inference-performance+health-bio+enterprise-governance`: the role, then the field of application, then the hiring
context, each of the last two at most once. The look says what is on topic, the gates who is listed, the factors what
earns points. Weights sum to 100 in each order.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sourcing.errors import ConfigError, UnknownName
from sourcing.features.topic import Look
from sourcing.ranking import pack
from sourcing.ranking.pack import Factor, Gates, Kind

__all__ = ["Factor", "Gates", "Specialism", "load", "names", "read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialism:
    """What is wanted, in words, gates and weights.

    version: `slug@2+1f0c9a7e`: the numbers of its files, then a digest of everything that can move a score, so
    that two rankings of different content never carry the same version. adjacent: slugs, nearest first.
    overlay: what is on topic for `overlay_factors`; nobody is listed for that alone. factors: all that earn points,
    the pack's own first. overlay_factors: names of those that the overlay brought; their evidence is of its look.
    ranked: False = people are listed and not ordered. query: what a search for it adds, in the query language.
    """

    slug: str
    version: str
    title: str
    summary: str
    look: Look
    gates: Gates
    factors: tuple[Factor, ...]
    adjacent: tuple[str, ...] = ()
    overlay: Look | None = None
    overlay_factors: frozenset[str] = frozenset()
    ranked: bool = True
    query: str = ""


def load(name: str, roots: Sequence[Path]) -> Specialism:
    """Return the specialism of this name: its files in the first root, later roots' files laid over them.

    roots: configuration directories, each with `specialisms/`; a root may lack a file, but not all of them.
    Raises UnknownName, or ConfigError with file and key.
    """
    watched = _watched(roots)
    first, *more = name.split("+")
    table, path = pack.table(Kind.PACK, first, roots)
    chosen = read(first, table, where=str(path), watched=watched)
    overlays, presets = pack.found(Kind.OVERLAY, roots), pack.found(Kind.PRESET, roots)
    kinds = []
    for part in more:
        if part not in overlays and part not in presets:
            raise UnknownName("overlay or preset", part, {*overlays, *presets})
        kinds.append(Kind.OVERLAY if part in overlays else Kind.PRESET)
        one, path = pack.table(kinds[-1], part, roots)
        if kinds[-1] is Kind.OVERLAY:
            chosen = with_overlay(chosen, part, one, where=str(path), watched=watched)
        else:
            chosen = with_preset(chosen, part, one, where=str(path), roots=roots)
    if kinds != sorted(set(kinds)):
        raise ConfigError(
            f"specialism '{name}': expected pack+overlay+preset, an overlay and a preset once each"
        )
    return chosen


def names(roots: Sequence[Path]) -> list[str]:
    """Return what is ranked, sorted: every pack, and what a brief in `briefs/` puts together.

    Raises ConfigError for a brief that cannot be read.
    """
    asked = set[str]()
    for name in pack.found(Kind.BRIEF, roots):
        content, path = pack.table(Kind.BRIEF, name, roots)
        asked.add(pack.checked(pack.BriefFile, Kind.BRIEF, name, content, where=str(path)).name)
    return sorted({*pack.found(Kind.PACK, roots), *asked})


def read(
    slug: str, table: Mapping[str, Any], *, where: str, watched: frozenset[str] = frozenset()
) -> Specialism:
    """Return a pack from its table. where: the file as named in errors. Raises ConfigError with key.

    watched: repositories that other files list; they tell an independent project from somebody's own.
    """
    file = pack.checked(pack.PackFile, Kind.PACK, slug, table, where=where)
    pack.check_factors(file.factors, where)
    for order, total in pack.sums(file.factors):
        if abs(total - pack.WEIGHTS_SUM) > 1e-9:
            message = f"specialism '{slug}': {order} sum to {total:g}, expected {pack.WEIGHTS_SUM}"
            raise ConfigError(message, path=where)
    chosen = Specialism(
        slug=slug,
        version="",
        title=file.title,
        summary=file.summary,
        look=_look(file.look, where, watched),
        gates=file.gates,
        factors=file.factors,
        adjacent=file.adjacent,
        ranked=file.ranked,
    )
    return _stamped(chosen, str(file.version))


def with_overlay(
    chosen: Specialism,
    name: str,
    table: Mapping[str, Any],
    *,
    where: str,
    watched: frozenset[str] = frozenset(),
) -> Specialism:
    """Return a specialism in which evidence of a field earns the overlay's points, the others' share shrinking."""
    file = pack.checked(pack.OverlayFile, Kind.OVERLAY, name, table, where=where)
    pack.check_factors(file.factors, where)
    for order, total in pack.sums(file.factors):
        if total > pack.OVERLAY_MAX:
            message = f"overlay '{name}': {order} sum to {total:g}, expected at most {pack.OVERLAY_MAX}"
            raise ConfigError(message, path=where)
    both = {factor.name for factor in chosen.factors} & {factor.name for factor in file.factors}
    if both:
        message = f"overlay '{name}': '{min(both)}' is a factor of '{chosen.slug}', too; rename it"
        raise ConfigError(message, path=where, key="factors")
    (_, established), (_, rising) = pack.sums(file.factors)
    return _stamped(
        replace(
            chosen,
            slug=f"{chosen.slug}+{name}",
            title=f"{chosen.title}, {file.title[:1].lower()}{file.title[1:]}",
            overlay=_look(file.look, where, watched),
            factors=(
                *_summing(chosen.factors, pack.WEIGHTS_SUM - established, pack.WEIGHTS_SUM - rising),
                *file.factors,
            ),
            overlay_factors=frozenset(factor.name for factor in file.factors),
        ),
        f"{_numbers(chosen)}.{file.version}",
    )


def with_preset(
    chosen: Specialism, name: str, table: Mapping[str, Any], *, where: str, roots: Sequence[Path] = ()
) -> Specialism:
    """Return a specialism changed by the rules of a hiring context; what an overlay earns stays as it is."""
    file = pack.checked(pack.PresetFile, Kind.PRESET, name, table, where=where)
    for feature in file.times:
        pack.check_feature(feature, where, f"times.{feature}")
    look = chosen.look
    for other in file.keywords_of:
        content, path = pack.table(Kind.PACK, other, roots)
        words = pack.checked(pack.PackFile, Kind.PACK, other, content, where=str(path)).look.keywords
        look = replace(look, keywords=tuple(dict.fromkeys((*look.keywords, *words))))
    own = [
        _times(factor, file.times.get(factor.feature, 1.0))
        for factor in chosen.factors
        if factor.name not in chosen.overlay_factors
    ]
    field = [factor for factor in chosen.factors if factor.name in chosen.overlay_factors]
    if not all(total for _, total in pack.sums(own)):
        raise ConfigError(
            f"preset '{name}': leaves '{chosen.slug}' without any weight", path=where, key="times"
        )
    (_, established), (_, rising) = pack.sums(field)
    gates = file.gates.model_dump(exclude_none=True)
    changed = replace(
        chosen,
        slug=f"{chosen.slug}+{name}",
        title=f"{chosen.title} ({file.title})",
        look=look,
        gates=chosen.gates.model_copy(update=gates),
        factors=(*_summing(own, pack.WEIGHTS_SUM - established, pack.WEIGHTS_SUM - rising), *field),
        query=file.query,
    )
    return _stamped(changed, f"{_numbers(chosen)}.{file.version}")


def _times(factor: Factor, much: float) -> Factor:
    return factor.model_copy(update={"weight": factor.weight * much, "rising": factor.rising * much})


def _summing(factors: Sequence[Factor], weight: float, rising: float) -> tuple[Factor, ...]:
    """Return factors in the same proportions whose weights sum to this in each order; without weight they go."""
    (_, weights), (_, risings) = pack.sums(factors)
    scaled = (
        factor.model_copy(
            update={"weight": factor.weight * weight / weights, "rising": factor.rising * rising / risings}
        )
        for factor in factors
    )
    return tuple(factor for factor in scaled if factor.weight or factor.rising)


def _stamped(chosen: Specialism, numbers: str) -> Specialism:
    looks = [one and _plain(one) for one in (chosen.look, chosen.overlay)]
    moving = {
        "looks": looks,
        "gates": chosen.gates.model_dump(mode="json"),
        "factors": [factor.model_dump(mode="json") for factor in chosen.factors],
        "overlay_factors": sorted(chosen.overlay_factors),
        "ranked": chosen.ranked,
    }
    digest = hashlib.sha256(json.dumps(moving, sort_keys=True).encode()).hexdigest()[:8]
    return replace(chosen, version=f"{chosen.slug}@{numbers}+{digest}")


def _plain(look: Look) -> dict[str, Any]:
    fields = ("repositories", "paths", "arxiv", "venues", "keywords", "hints", "negative")
    return {
        **{name: list(getattr(look, name)) for name in fields},
        "shared": {name: list(parts) for name, parts in look.shared.items()},
        "watched": sorted(look.watched),
    }


def _numbers(chosen: Specialism) -> str:
    return chosen.version.rpartition("@")[2].partition("+")[0]


def _watched(roots: Sequence[Path]) -> frozenset[str]:
    """Return the repositories that any pack or overlay lists, lower case; a file that cannot be read lists none."""
    kinds = (Kind.PACK, Kind.OVERLAY)
    files = sorted(path for root in roots for kind in kinds for path in (root / kind).glob("*.toml"))
    states = ((path, path.stat()) for path in files)
    return _listed(tuple((path, state.st_mtime_ns, state.st_size) for path, state in states))


@lru_cache(maxsize=4)
def _listed(states: tuple[tuple[Path, int, int], ...]) -> frozenset[str]:
    """states: the files with what tells that they changed; a night loads many packs, and each needs all of them."""
    listed = set[str]()
    for path, _, _ in states:
        try:
            look = pack.LookFile.model_validate(
                tomllib.loads(path.read_text(encoding="utf-8")).get("look", {})
            )
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
            continue  # said when that file itself is loaded
        entries = (*look.repositories, *(entry for entry in look.paths if ":" in entry))
        listed.update(entry.partition(":")[0].lower() for entry in entries)
    return frozenset(listed)


def _look(look: pack.LookFile, where: str, watched: frozenset[str]) -> Look:
    whole, shared, fragments = set[str](), dict[str, tuple[str, ...]](), list[str]()
    for entry in (*look.repositories, *look.paths):
        repository, colon, prefixes = entry.partition(":")
        if not colon and entry in look.paths:
            fragments.append(entry)
            continue
        if not pack.REPOSITORY.fullmatch(repository):
            message = f"'{repository}' is no repository, expected 'owner/name'"
            raise ConfigError(message, path=where, key="look.repositories")
        if colon:
            parts = tuple(part.strip() for part in prefixes.split(",") if part.strip())
            if not parts:
                message = f"'{entry}' names no path after the colon"
                raise ConfigError(message, path=where, key="look.repositories")
            shared[repository.lower()] = (*shared.get(repository.lower(), ()), *parts)
        else:
            whole.add(repository.lower())
    return Look(
        repositories=tuple(sorted(whole)),
        shared={name: parts for name, parts in sorted(shared.items()) if name not in whole},
        paths=tuple(fragments),
        arxiv=look.arxiv,
        venues=look.venues,
        keywords=look.keywords,
        hints=look.hints,
        negative=look.negative,
        watched=watched | whole | shared.keys(),
    )
