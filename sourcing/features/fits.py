"""Fits kept between nights: how a work fits a look depends on nothing but the two, so it is matched once.

Files below the home, by digests of content and look; deleting them is always safe.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from importlib import resources
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from sourcing.features import terms, topic

PARTS_MAX = 8  # files of single nights before all is written as one


class Fits:
    """The fits kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(
        self, docs: ir.Table, texts: ir.Table, looks: Sequence[topic.Look], *, is_whole: bool = True
    ) -> ir.Table:
        """Return what `topic.matched` does, matching only what was not matched before, and keep it.

        docs: numbered (see `numbers`); texts: the same with `head` and `body`, by name. is_whole: they are all there
        are, so that what is kept of others may go.

        How like a question's words a work is may depend on all other works, so nothing of looks with a wording is kept.
        """
        if any(look.wording is not None for look in looks):
            return topic.matched(docs, texts, looks).cache()
        names = [_name(look) for look in looks]
        parts = self._parts(names)
        if not parts:
            found = topic.matched(docs, texts, looks).cache()
            self._write(0, _kept(found, names), docs.select("doc").distinct())
            self._tell(names, 1)
            return found
        seen = ibis.memtable(pa.concat_tables([pq.read_table(self._file("seen", part)) for part in parts]))
        fresh = docs.anti_join(seen, "doc").cache()
        before = ibis.memtable(pa.concat_tables([pq.read_table(self._file("fits", part)) for part in parts]))
        places = terms.table(
            {"look": pa.string(), "spec": pa.int32()}, [(n, spec) for spec, n in enumerate(names)]
        )
        old = before.inner_join(places, "look").select("spec", "doc", "listed", "fit", "dropped")
        old = old.semi_join(docs, "doc")
        if not fresh.count().to_pyarrow().as_py():
            return old.cache()
        # by name and once: what a work is by its content is worked out from all of its text
        read = texts.semi_join(fresh.select(work="id"), "work").cache()
        new = topic.matched(fresh, read, looks).cache()
        found = old.union(new).cache()
        if len(parts) < PARTS_MAX or not is_whole:
            self._write(len(parts), _kept(new, names), fresh.select("doc").distinct())
            self._tell(names, len(parts) + 1)
        else:  # what is in no work any more is left out on this occasion
            (self._folder / "fits.json").unlink()
            every = docs.select("doc").distinct()
            self._write(0, _kept(found.semi_join(every, "doc"), names), every)
            self._tell(names, 1)
        return found

    def _parts(self, names: Sequence[str]) -> range:
        try:
            told = json.loads((self._folder / "fits.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return range(0)
        is_ours = told["program"] == _program() and set(names) <= set(told["looks"])
        return range(told["parts"]) if is_ours else range(0)

    def _file(self, what: str, part: int) -> Path:
        return self._folder / f"{what}-{part}.parquet"

    def _write(self, part: int, found: ir.Table, docs: ir.Table) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(found.to_pyarrow(), self._file("fits", part))
        pq.write_table(docs.to_pyarrow(), self._file("seen", part))

    def _tell(self, names: Sequence[str], parts: int) -> None:
        beside = self._folder / "fits.json.new"
        told = {"program": _program(), "looks": sorted(names), "parts": parts}
        beside.write_text(json.dumps(told), encoding="utf-8")
        beside.replace(self._folder / "fits.json")


def _kept(found: ir.Table, names: Sequence[str]) -> ir.Table:
    places = terms.table(
        {"look": pa.string(), "spec": pa.int32()}, [(n, spec) for spec, n in enumerate(names)]
    )
    return found.inner_join(places, "spec").select("look", "doc", "listed", "fit", "dropped")


def _name(look: topic.Look) -> str:
    """Return the digest of what decides a fit; which repositories others list does not."""
    return sha256(written(replace(look, watched=frozenset())).encode()).hexdigest()[:32]


def written(look: topic.Look) -> str:
    """Return a look as text, the same in every process."""
    return json.dumps(asdict(look), default=sorted, sort_keys=True)


def _program() -> str:
    """Return a digest of what matches and of what numbers content: another one's fits are none."""
    digest = sha256(duckdb.__version__.encode())
    for name in ("listings.py", "terms.py", "topic.py"):
        digest.update((resources.files("sourcing.features") / name).read_bytes())
    return digest.hexdigest()
