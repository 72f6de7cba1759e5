"""Pairs of a night after others: what did not change since the last is taken over, what did is compared anew.

The outcome is that of `linkage.score` with the counts that were made when the file was: to the bit.
"""

import logging
from collections.abc import Collection, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from sourcing.resolve import bylines_renewed, keeping, linkage, renewing
from sourcing.resolve.columns import Digest
from sourcing.resolve.comparing import Blocked, Limits, Run, database_errors
from sourcing.resolve.counts import Fresh
from sourcing.resolve.linkage import Scored
from sourcing.resolve.mentions import Mention
from sourcing.resolve.models import Model
from sourcing.resolve.namesakes import Namesakes

if TYPE_CHECKING:
    import pyarrow as pa

_log: Final = logging.getLogger(__name__)
_RENEWED: Final[dict[str, ModuleType]] = {"authors": bylines_renewed}
"""Sets of columns that can be made for some rows alone, by name."""


def score(
    mentions: Sequence[Mention],
    model: Model,
    namesakes: Namesakes,
    digest: Digest,
    limits: Limits,
    folder: Path,
) -> tuple[list[Scored], tuple[Blocked, ...]]:
    """Return the pairs at or above the model's review threshold, by ids, and what each blocking rule found.

    folder: where the model's file lies; a file that cannot be used is written anew.
    """
    ordered = linkage.sided(mentions, model)
    path = keeping.place(folder, model)
    if not linkage.is_linkable(ordered, model):
        keeping.drop(path)
        return [], ()
    stamped = keeping.stamp(model, namesakes, digest)
    digests = [keeping.digest_of(one) for one in ordered]
    if path.is_file():
        try:
            with keeping.attached(path, model, limits) as run:
                if keeping.fits(run, stamped, len(ordered)) and _renewed(
                    run, ordered, digests, namesakes, digest
                ):
                    return keeping.pairs(run), keeping.blocked(run)
        except database_errors() as error:
            _log.warning("%s cannot be used and is written anew: %s", path.name, type(error).__name__)
    anew(ordered, digests, model, namesakes, digest, limits, path, stamped)
    with keeping.attached(path, model, limits) as run:
        return keeping.pairs(run), keeping.blocked(run)


def is_partial(model: Model) -> bool:
    """Whether a model's rows can be made for some mentions alone."""
    return model.column_set.name in _RENEWED


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What some mentions changed. reached: ids of all that stand together with them. pairs: of these, by ids.

    kept: ends, or raises, once the file has it.
    """

    reached: frozenset[str]
    pairs: list[Scored]
    blocked: tuple[Blocked, ...]
    kept: "Future[None]"


def change(
    mentions: Sequence[Mention],
    gone: Sequence[str],
    model: Model,
    namesakes: Namesakes,
    digest: Digest,
    limits: Limits,
    folder: Path,
    *,
    asked: Collection[str] | None,
    writer: Executor,
) -> Change | None:
    """Return what a model says after some mentions came, changed or went; None if its file does not fit any more.

    mentions: those that came or may have changed, of the model's families. gone: ids. asked: ids to report on, too;
    None = report on all. writer: finishes the file.
    """
    ordered = linkage.sided(mentions, model)
    path = keeping.place(folder, model)
    if not path.is_file():
        return None
    with ExitStack() as stack:
        run = stack.enter_context(keeping.attached(path, model, limits))
        digests = [keeping.digest_of(one) for one in ordered]
        changed = renewing.changed(run, [one.id for one in ordered], digests)
        places = [place for place, one in enumerate(ordered) if one.id in changed]
        known = renewing.known(run, gone)
        if not keeping.fits(run, keeping.stamp(model, namesakes, digest), renewing.size(run) + len(changed)):
            return None
        is_changed = bool(places or known)
        if is_changed:
            mine = [ordered[place] for place in places]
            if not _change(run, mine, [digests[place] for place in places], known, namesakes):
                return None
        if asked is None:
            reached, pairs = frozenset[str](), keeping.pairs(run)
        else:
            reached = renewing.reached(run, asked, touched=is_changed)
            pairs = keeping.pairs(run, "SEMI JOIN reached ON reached.rid = p.low")
        blocked = keeping.blocked(run)
        stack.pop_all()
        kept = writer.submit(_keep, run, is_changed=is_changed)
        return Change(reached=reached, pairs=pairs, blocked=blocked, kept=kept)


def _keep(run: Run, *, is_changed: bool) -> None:
    """Change a run's file and close it."""
    with run:
        if is_changed:
            _commit(run)


def anew(
    ordered: Sequence[Mention],
    digests: Sequence[bytes],
    model: Model,
    namesakes: Namesakes,
    digest: Digest,
    limits: Limits,
    path: Path,
    stamped: str,
) -> None:
    """Compare everything and write the file, beside its place and then there."""
    counts = Fresh()
    tables = _whole(ordered, model, namesakes, digest, counts)
    beside = path.with_suffix(".new")
    path.parent.mkdir(parents=True, exist_ok=True)
    keeping.drop(beside)
    with Run(keeping.identified(tables.pop("mention"), ordered, digests), model, limits, state=beside) as run:
        run.block()
        run.weigh(model.thresholds.review)
        keeping.write(run, stamped, counts, tables)
    keeping.drop(path)
    beside.replace(path)


def _whole(
    ordered: Sequence[Mention], model: Model, namesakes: Namesakes, digest: Digest, counts: Fresh
) -> "dict[str, pa.Table]":
    """Return every row as `mention`, and what later nights need beside."""
    renewed = _RENEWED.get(model.column_set.name)
    if renewed is not None:
        found: dict[str, pa.Table] = renewed.whole(ordered, namesakes, counts)
        return found
    mention = model.column_set.make(ordered, namesakes, digest, linkage.wanted(model), counts)
    return {"mention": mention, "token": keeping.tokens(counts)}


def _renewed(
    run: Run, ordered: Sequence[Mention], digests: Sequence[bytes], namesakes: Namesakes, digest: Digest
) -> bool:
    """Change the attached file to what is known now; False if it cannot be."""
    ids = [one.id for one in ordered]
    changed, gone = renewing.changed(run, ids, digests), renewing.gone(run)
    if not changed and not gone:
        return True
    if is_partial(run.model):
        places = [place for place, one in enumerate(ids) if one in changed]
        mine = [ordered[place] for place in places]
        if not _change(run, mine, [digests[place] for place in places], sorted(gone), namesakes):
            return False
    else:
        table = run.model.column_set.make(
            ordered, namesakes, digest, linkage.wanted(run.model), keeping.counts(run)
        )
        renewing.compare(run, keeping.identified(table, ordered, digests))
        renewing.renew(run)
    _commit(run)
    return True


def _change(
    run: Run,
    mentions: Sequence[Mention],
    digests: Sequence[bytes],
    gone: Sequence[str],
    namesakes: Namesakes,
) -> bool:
    """Find what some mentions that changed and some that are gone change; False if the file cannot say."""
    renewing.number(run, keeping.named([one.id for one in mentions]), keeping.named(gone))
    if not _RENEWED[run.model.column_set.name].renew(run, mentions, digests, namesakes):
        return False
    renewing.renew(run)
    return True


def _commit(run: Run) -> None:
    """Change the attached file to what was found, all of it or nothing."""
    renewed = _RENEWED.get(run.model.column_set.name)
    run.database.execute("BEGIN")
    renewing.commit(run)
    if renewed is not None:
        renewed.commit(run)
    run.database.execute("COMMIT")
