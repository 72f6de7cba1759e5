"""What must not stay: pages past their days, suppressed people, erasures cut short, rows nothing refers to."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from sourcing import jurisdictions
from sourcing.privacy import due, erase, files, journal, notices, suppression
from sourcing.settings import Settings, pepper
from spiders.archive import Archive
from spiders.spec import SourceSpec
from storage import audit, cases, expiry, exports, intake, people, selfreports, subjects, trim
from storage.engine import Store
from storage.errors import NotFound
from storage.expiry import Periods
from storage.subjects import PepperKeyer

EXPIRE = "privacy.expire"
UNLIST = "privacy.unlist"

MISSED = timedelta(
    days=30
)  # nights that may be missed before a page waits for the longest period of all sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep did. erasures: finished. hidden: people found to be on the list. pages: removed.

    expired: people past the time they may be kept. unlisted: places on shortlists that became free. overdue: people
    kept out because they were not told in time. leads: files of leads past their day. requests: of people about
    themselves, never proved. notices_due, requests_due: overdue or due soon (`due`).
    visits, tasks, facts, identities, runs: rows the store need not keep, see `storage.trim`.
    """

    erasures: int
    hidden: int
    expired: int
    unlisted: int
    overdue: int
    leads: int
    requests: int
    notices_due: int
    requests_due: int
    pages: int
    visits: int
    tasks: int
    facts: int
    identities: int
    runs: int


def sweep(
    store: Store, settings: Settings, specs: Sequence[SourceSpec], *, actor: str, now: datetime
) -> Swept:
    """Finish erasures, apply the suppression list to what is stored, remove what and whoever is past their days."""
    erasures = erase.resume(store, settings, actor=actor, now=now)
    hidden = suppression.reapply(store, settings, now=now, actor=actor)
    unlisted, expired = expire(store, settings, actor=actor, now=now)
    overdue = notices.keep_out(store, settings, actor=actor, now=now)
    leads = _sweep_leads(store, settings, now=now)
    selfreports.sweep(settings.home)
    journal.keep(store, settings)
    pages = _sweep_pages(store, settings, specs, now=now)
    own = {f"{spec.name}/{kind}": hours for spec in specs for kind, hours in spec.hours.items()}
    with store.begin() as tx:  # after the pages: the visits say whose they are
        requests = cases.remove_unproved(tx, now - timedelta(days=cases.PROVE_DAYS))
        trimmed = trim.trim(
            tx,
            now=now,
            keep_pages_days=max((spec.keep_pages_days for spec in specs), default=0),
            every_hours={spec.name: spec.every_hours for spec in specs} | own,
            run_days=settings.privacy.keep_log_days,
        )
        owed = due.soon(tx, settings, now=now)
    to_tell = sum(one.what is due.What.NOTICE for one in owed)
    return Swept(
        erasures=erasures,
        hidden=len(hidden),
        expired=expired,
        unlisted=unlisted,
        overdue=len(overdue),
        leads=leads,
        requests=requests,
        notices_due=to_tell,
        requests_due=len({one.subject for one in owed if one.what is not due.What.NOTICE}),
        pages=pages,
        **asdict(trimmed),
    )


def expire(store: Store, settings: Settings, *, actor: str, now: datetime) -> tuple[int, int]:
    """Let shortlists go of people and remove who is past their time; return how many of each.

    Whoever goes stays away until there is newer work of theirs: a crawl that finds the old again brings nobody back.
    Whoever wanted to be left alone stays away for good.
    Snapshots go with them; the next ranking writes new ones.
    """
    periods = periods_of(settings)
    rules = jurisdictions.duties(settings).rules
    keyer = PepperKeyer(pepper(settings))
    with store.begin() as tx:
        unlisted = expiry.unlist(tx, periods, now)
        if unlisted:
            audit.append(
                tx, at=now, actor=actor, action=UNLIST, subject="shortlists", detail={"places": unlisted}
            )
        over = expiry.due(tx, periods, rules, now)
        for_good = people.kept_away(tx, over)
    for key in over:  # a transaction each: other writers do not wait for all of them
        with store.begin() as tx:
            audit.append(tx, at=now, actor=actor, action=EXPIRE, subject=key)
            reason = subjects.ERASED if key in for_good else f"{subjects.PAST} {token_hex(8)}"
            with suppress(NotFound):  # merged or erased since
                subjects.erase(tx, key, now, keyer=keyer, reason=reason)
    if over:
        from storage import snapshot  # Parquet, which a crawl starts without

        snapshot.remove(settings.home)
    return unlisted, len(over)


def periods_of(settings: Settings) -> Periods:
    """Return how long people are kept, as the settings have it."""
    chosen = settings.privacy
    return Periods(
        pool_days=chosen.keep_pool_days,
        listed_days=chosen.keep_listed_days,
        contacted_days=chosen.keep_contacted_days,
    )


def _sweep_leads(store: Store, settings: Settings, *, now: datetime) -> int:
    """Remove the files of hand-overs past their day, unless a later one wrote the same file again."""
    until = now - timedelta(days=settings.privacy.keep_exports_days)
    with store.read() as tx:
        old = exports.before(tx, until)
    return files.remove_leads(settings.home, old)


def _sweep_pages(store: Store, settings: Settings, specs: Sequence[SourceSpec], *, now: datetime) -> int:
    """Remove pages by source; those no visit speaks of go after the longest period, by the file's own age."""
    archive, removed = Archive(settings.home), 0
    longest = timedelta(days=max((spec.keep_pages_days for spec in specs), default=0))
    for spec in specs:
        until = now - timedelta(days=spec.keep_pages_days)
        with store.read() as tx:
            old = intake.old_pages(tx, spec.name, since=now - longest - MISSED, until=until)
        removed += sum(archive.drop(sha) for sha in sorted(old))
    return removed + archive.sweep((now - longest).timestamp())
