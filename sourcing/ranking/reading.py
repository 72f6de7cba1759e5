"""What a night reads to rank everybody: all there is, or what belongs to those whom anything written since concerns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sourcing.features import facts, ledger, topic
from sourcing.features.base import Facts
from sourcing.features.begun import Files
from sourcing.features.fits import Fits
from sourcing.features.ledger import Known, Ledger
from sourcing.features.others import digest, digests
from sourcing.ranking import acts, closure
from storage import renewal

ROUNDS_MAX = 4  # times that more people are found to be concerned, before all are read
SHARE_MAX = 0.3  # of the people: above it reading all of them is as fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What was read. facts: of `people`, by digest, with some of others' that nothing may be said of; None = all.

    rings: sizes by moment and number, None if they follow from the facts. ledger: what to keep for the next night.
    """

    facts: Facts
    people: pa.Array | None
    rings: Mapping[int, Mapping[int, int]] | None
    ledger: Ledger

    def known_of(self, others: Collection[str]) -> set[str] | None:
        """Return the keys of people whose facts were read whole, and of those among others; None for everybody."""
        if self.people is None:
            return None
        keys = pa.array(sorted({*self.facts.names.people.to_pylist(), *others}), pa.string())
        return set(keys.filter(pc.is_in(digests(keys), self.people)).to_pylist())


def read(
    directory: Path,
    signals: ir.Table,
    works: ir.Table,
    asked: Sequence[facts.Asked],
    *,
    fits: Fits,
    known: Known | None,
) -> Night:
    """Return the facts of a snapshot. asked: all at one moment.

    known: of the snapshot that this one was built upon; None reads everything.
    """
    if known is not None:
        then = known.ledger
        found = _what_changed(directory, then, before=known.as_of, now=asked[0].as_of)
        people: pa.Array | None = pc.unique(pa.concat_arrays([found.people, digests(known.people)]))
        for _ in range(ROUNDS_MAX):
            if people is None or len(people) > SHARE_MAX * len(pc.unique(found.signals["person"])):
                break
            night, more = _of(people, signals, works, asked, fits=fits, then=then, found=found)
            if more is not None and pc.all(pc.is_in(more, people), min_count=0).as_py():
                return night
            people = None if more is None else pc.unique(pa.concat_arrays([people, more]))
    documents = topic.documents(works)
    gathered = facts.gather(signals, documents, asked, fits=fits)
    tables = ledger.of(gathered, acts.starts(gathered), acts.oldest(gathered))
    files = Files.of(gathered.basis.began, gathered.docs)
    made = Ledger(signals=ledger.signals_of(signals), works=ledger.works_of(documents), files=files, **tables)
    return Night(facts=gathered, people=None, rings=None, ledger=made)


def _what_changed(directory: Path, then: Ledger, *, before: datetime, now: datetime) -> closure.Written:
    newest = {name: renewal.parts(directory, name)[-1] for name in renewal.KEYS}
    tables = {name: ibis.memtable(pq.read_table(path)) for name, path in newest.items()}
    signals, works = ledger.signals_of(tables["signals"]), ledger.works_of(topic.documents(tables["works"]))
    return closure.written(then, signals, works, before=before, now=now)


def _of(
    people: pa.Array,
    signals: ir.Table,
    works: ir.Table,
    asked: Sequence[facts.Asked],
    *,
    fits: Fits,
    then: Ledger,
    found: closure.Written,
) -> tuple[Night, pa.Array | None]:
    """Return the facts of some people, and who else must be read for them to be right; None for everybody."""
    wanted = closure.reading(found, people)
    rows = _among(signals, signals.signal, wanted.signals)
    # the works themselves, before anything is made of their texts
    about = _among(works, works.work, wanted.documents)
    others = closure.apart(then, people, wanted.works)
    gathered = facts.gather(rows, topic.documents(about), asked, fits=fits, apart=others)
    tables = ledger.of(gathered, acts.starts(gathered), acts.oldest(gathered))
    now = closure.joined(then, tables, gathered, found, people=people, works=wanted.works)
    keys = digests(gathered.names.people).to_pylist()
    sizes = closure.rings(now.merges)
    rings = {0: {number: sizes[key] for number, key in enumerate(keys) if key in sizes}}
    more = closure.moved(then, now, gathered, people=people, works=wanted.works)
    return Night(facts=gathered, people=people, rings=rings, ledger=now), more


def _among(rows: ir.Table, name: ir.StringValue, wanted: pa.Array) -> ir.Table:
    keys = ibis.memtable(pa.table({"key": wanted}))
    return rows.semi_join(keys, digest(name) == keys.key).cache()
