"""A file of records resolved again: what did not change since the last run is not read as a record, nor compared.

The nightly's own deciding over those whom a change can reach: the records that changed, whoever a model's pairs lead
to from them, and all records of which rules could say anything. The answer is that of a whole run with the same counts.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sourcing.errors import BadInput
from sourcing.resolve import evaluation, keeping, namesakes, neutral, nights
from sourcing.resolve.comparing import Limits, warm
from sourcing.resolve.decide import Decided, decide
from sourcing.resolve.evaluation import Answer
from sourcing.resolve.ledger import Ledger, Row, digest_of, stamp
from sourcing.resolve.mentions import family_of
from sourcing.resolve.models import Model
from sourcing.resolve.neutral import Bundle, Record
from sourcing.resolve.probable import Linking
from spiders.records import IdentityKind
from storage.model import IdentityView

_NAMED = ("git:", "github:", "page:", "openreview:", "orcid:", "hf:", "scholar:", "dblp:")
"""What ids begin with that rules look up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a run did. new: lines that came or changed. gone: records. looked_at: records decided on.

    reading, resolving, writing: seconds: of the file; of everything between; of the answer.
    """

    records: int
    new: int
    gone: int
    looked_at: int
    clusters: int
    asked: int
    blocked: Mapping[str, Sequence[Mapping[str, object]]]
    reading: float
    resolving: float
    writing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What a file says beside what is known. new: (place, line, how a message names it), by place.

    kept: the places of known lines by digest; None if the file only adds. gone: records that it leaves out.
    """

    path: Path
    new: Sequence[tuple[int, str, object]]
    kept: Mapping[bytes, int] | None
    gone: Sequence[Row]

    def records(self) -> Iterator[tuple[int, str, Record]]:
        """Yield (place, line, record) of what is new. Raises BadInput for a record that stands twice."""
        read = _distinct(((line, where) for _, line, where in self.new), self.path)
        for (place, _, _), (record, line) in zip(self.new, read, strict=True):
            yield place, line, record


def _distinct(lines: Iterable[tuple[str, object]], path: Path) -> Iterator[tuple[Record, str]]:
    """Yield (record, line) of lines. Raises BadInput for a record that stands twice."""
    seen: set[str] = set()
    for line, where in lines:
        record = neutral.read_record(line, where)
        if record.record_id in seen:
            raise _twice(record.record_id, path)
        seen.add(record.record_id)
        yield record, line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one run works with."""

    ledger: Ledger
    models: Sequence[Model]
    prior: Mapping[str, float]
    now: datetime
    limits: Limits

    def decide(
        self, bundle: Bundle, shares: namesakes.Namesakes, found: Mapping[str, nights.Change]
    ) -> Decided:
        """Say who is who. found: what models said of these records already."""
        linking = Linking(
            models=self.models,
            namesakes=shares,
            digest=bundle.digest,
            limits=self.limits,
            state=self.ledger.folder,
            found={name: (one.pairs, one.blocked) for name, one in found.items()},
        )
        return decide(bundle.known, bundle.mentions, linking)


def resolve(
    records: Path,
    out: Path,
    folder: Path,
    models: Sequence[Model],
    prior: Mapping[str, float],
    *,
    now: datetime,
    limits: Limits,
    add: bool = False,
) -> Told:
    """Say who is who among the records of a file, with what a folder keeps of the run before, and write the answer.

    add: the file has only what is new or changed, and the answer only the records looked at. Raises BadInput.
    """
    started = time.monotonic()
    warm()
    with evaluation.uncollected(), Ledger.open(folder, stamp(models, prior), limits) as ledger:
        if add and not ledger.is_known:
            raise BadInput(f"{folder} knows no records to add to; run once with all of them, without --add")
        run = _Run(ledger=ledger, models=models, prior=prior, now=now, limits=limits)
        given = _read(records, ledger, add=add)
        at_read = time.monotonic()
        new, gone = len(given.new), len(given.gone)
        done = _changed(run, given) if ledger.fits else None
        if done is None:
            lines = _all(ledger, given)
            del given  # a large file: what is read goes
            done = _anew(run, lines, records)
        bundle, decided, answers = done
        at_resolved = time.monotonic()
        told = answers if add else list(ledger.answers())
        evaluation.write(out, told)
        return Told(
            records=ledger.size(),
            new=new,
            gone=gone,
            looked_at=len(bundle.records),
            clusters=len({one.cluster for one in told if not one.review}),
            asked=sum(one.review for one in told),
            blocked=decided.blocked,
            reading=round(at_read - started, 3),
            resolving=round(at_resolved - at_read, 3),
            writing=round(time.monotonic() - at_resolved, 3),
        )


def _read(path: Path, ledger: Ledger, *, add: bool) -> _Given:
    """Tell known lines from new ones by their digests alone."""
    known = set() if add else ledger.digests()
    kept: dict[bytes, int] = {}
    new: list[tuple[int, str, object]] = []
    for place, (text, where) in enumerate(neutral.iter_texts(path)):
        line = text.strip()
        digest = digest_of(line)
        if digest not in known:
            new.append((place, line, where))
        elif digest in kept:
            raise _twice(neutral.read_record(line, where).record_id, path)
        else:
            kept[digest] = place
    if not new and not kept:
        raise BadInput(f"no record in {path}; expected JSON Lines, one record a line")
    if add:
        return _Given(path=path, new=new, kept=None, gone=())
    gone = ledger.rows("SEMI JOIN given USING (digest)", digest=sorted(known - kept.keys()))
    return _Given(path=path, new=new, kept=kept, gone=gone)


def _twice(record: str, path: Path) -> BadInput:
    return BadInput(f"record {record!r} stands twice in {path}; expected one line each")


def _changed(run: _Run, given: _Given) -> tuple[Bundle, Decided, Sequence[Answer]] | None:
    """Resolve what a change can reach; None if it must be all."""
    ledger = run.ledger
    if given.kept is not None and not ledger.is_in_order(given.kept):
        return None  # the place among the bylines of a work is part of what a byline is called
    came = list(given.records())
    former = ledger.rows("SEMI JOIN given USING (record_id)", record_id=[one.record_id for _, _, one in came])
    if given.kept is not None and (stays := {row.digest for row in former} & given.kept.keys()):
        raise _twice(next(row.record_id for row in former if row.digest in stays), given.path)
    before = {row.record_id: row for row in [*given.gone, *former]}
    if ledger.has_doubled(ledger.size() - len(before) + len(came)):
        return None
    noted = _Noted(_touched(ledger, given, came, before))
    bundle = neutral.bundle(noted, now=run.now, key=ledger.key)
    rows = noted.rows(bundle)
    was = {row.id for row in before.values()} | set(ledger.ids([row.record_id for row in rows]))
    lost = sorted(was - {row.id for row in rows})
    ledger.stage(rows, sorted(before.keys() - {row.record_id for row in rows}))
    shares = ledger.namesakes(run.prior)
    found: dict[str, nights.Change] = {}
    with ledger.changing(), ThreadPoolExecutor(max_workers=1) as writer:  # a file is finished while we decide
        is_wide = _is_wide(run)
        for model in filter(nights.is_partial, run.models):
            asked = None if is_wide else ledger.speaking(model.sides)
            given_to = (model, shares, bundle.digest, run.limits, ledger.folder)
            change = nights.change(bundle.mentions, lost, *given_to, asked=asked, writer=writer)
            if change is None:
                return None
            found[model.name] = change
        reached = None if is_wide else {key for one in found.values() for key in one.reached}
        decided = _decided(run, shares, found, reached)
        for one in found.values():
            one.kept.result()
        return decided


def _touched(
    ledger: Ledger,
    given: _Given,
    came: Sequence[tuple[int, str, Record]],
    before: Mapping[str, Row],
) -> list[tuple[Record, str]]:
    """Return what is to be read as (record, line): what came, and the bylines of every work that gained or lost one.

    Those of a work are in their order: as in the file, or as they were, with what is added last.
    """
    works = {row.work for row in before.values()} | {record.work for _, _, record in came}
    found: list[tuple[tuple[bool, int], Record, str]] = []
    for place, line, record in came:
        old = before.get(record.record_id)
        stays = given.kept is None and old is not None and old.work == record.work and record.work is not None
        found.append(((not stays, old.place if stays and old is not None else place), record, line))
    for row in ledger.rows(
        "SEMI JOIN given USING (work)", work=sorted(one for one in works if one is not None)
    ):
        if row.record_id not in before:
            order = (False, row.place) if given.kept is None else (True, given.kept[row.digest])
            found.append((order, neutral.read_record(row.line, ledger.folder), row.line))
    found.sort(key=lambda one: one[0])
    return [(record, line) for _, record, line in found]


class _Noted:
    """Passes records on and remembers of each what is kept of it."""

    def __init__(self, read: Iterable[tuple[Record, str]]) -> None:
        self._read = read
        self._kept: list[tuple[str, str | None, bool, str]] = []

    def __iter__(self) -> Iterator[Record]:
        for record, line in self._read:
            work = record.work if record.source != "git" else None
            silent = all(one is None for one in (record.email, record.login, record.homepage, record.orcid))
            self._kept.append((record.record_id, work, silent, line))
            yield record

    def rows(self, bundle: Bundle) -> list[Row]:
        """Return the records as they are kept, once all were read into a bundle."""
        ids = {record: key for key, record in bundle.records.items()}
        return [
            Row(
                record_id=record,
                digest=digest_of(line),
                id=ids[record],
                work=work,
                place=int(ids[record].rpartition(":")[2]) if work is not None else 0,
                family=str(family_of(bundle.known.identities[ids[record]])),
                quiet=silent and not ids[record].startswith(_NAMED),
                line=line,
            )
            for record, work, silent, line in self._kept
        ]


def _is_wide(run: _Run) -> bool:
    """Whether a model looks at more of bylines than their pairs: then everybody is decided on."""
    families = run.ledger.families()
    partial = {family for model in run.models if nights.is_partial(model) for family in model.sides}
    return any(
        families >= set(model.sides)
        and partial & set(model.sides)
        and (not nights.is_partial(model) or model.strangers_max is not None)
        for model in run.models
    )


def _decided(
    run: _Run,
    shares: namesakes.Namesakes,
    found: Mapping[str, nights.Change],
    reached: Collection[str] | None,
) -> tuple[Bundle, Decided, Sequence[Answer]]:
    """Decide on those who are reached and those of whom rules could say anything; None: on everybody.

    Changes the ledger.
    """
    ledger = run.ledger
    looked, others = ledger.staged(reached)
    ids = {row.record_id: row.id for row in looked}
    records = (neutral.read_record(row.line, ledger.folder) for row in looked)
    bundle = _joined(neutral.bundle(records, now=run.now, key=ledger.key, ids=ids), others)
    decided = run.decide(bundle, shares, found)
    answers = list(evaluation.answers(bundle, decided))
    ledger.renew(answers, sorted(bundle.records.values()))
    return bundle, decided, answers


def _joined(bundle: Bundle, others: Mapping[str, str]) -> Bundle:
    """Return a bundle with bylines that say nothing rules look at: what models say of them is found already.

    others: record ids by id.
    """
    now = bundle.known.now
    views = {
        key: IdentityView(id=key, kind=IdentityKind.AUTHOR, first_seen=now, last_seen=now) for key in others
    }
    known = replace(bundle.known, identities={**bundle.known.identities, **views})
    return replace(bundle, known=known, records={**bundle.records, **others})


def _all(ledger: Ledger, given: _Given) -> Iterator[tuple[str, object]]:
    """Yield (line, how a message names it) of all records there are, in order, and let go of each."""
    listed: list[tuple[tuple[bool, int], str, object]] = [
        ((True, place), line, where) for place, line, where in given.new
    ]
    if ledger.is_known:
        replaced = {record.record_id for _, _, record in given.records()} if given.kept is None else set()
        for row in ledger.rows():
            if given.kept is None and row.record_id not in replaced:
                listed.append(((False, row.place), row.line, ledger.folder))
            elif given.kept is not None and row.digest in given.kept:
                listed.append(((True, given.kept[row.digest]), row.line, given.path))
    del given
    listed.sort(key=lambda one: one[0])
    listed.reverse()
    while listed:
        _, line, where = listed.pop()
        yield line, where


def _anew(
    run: _Run, lines: Iterator[tuple[str, object]], path: Path
) -> tuple[Bundle, Decided, Sequence[Answer]]:
    """Resolve all records there are, and keep what comes of it. Changes the ledger and the files of models."""
    ledger = run.ledger
    noted = _Noted(_distinct(lines, path))
    bundle = neutral.bundle(noted, now=run.now, key=ledger.key)
    names = {name for one in bundle.mentions for name in one.names}
    shares = namesakes.count(names, run.prior)
    with ledger.changing():
        for model in run.models:
            keeping.drop(keeping.place(ledger.folder, model))
        decided = run.decide(bundle, shares, {})
        answers = list(evaluation.answers(bundle, decided))
        ledger.fill(noted.rows(bundle), answers, shares)
    return bundle, decided, answers
