"""Deciding about withdrawals that were too many at once to be believed."""

from datetime import datetime
from enum import StrEnum

from sourcing.errors import UnknownName
from storage import audit, vanish
from storage.engine import Store


class Verdict(StrEnum):
    """What a person says of them: it is so, or it is not."""

    ACCEPT = "accept"
    REFUSE = "refuse"


def decide(store: Store, source: str, verdict: Verdict, *, actor: str, now: datetime) -> int:
    """Withdraw what a source took back, or keep it and ask again; return how many. Writes the audit log.

    Raises UnknownName for a source of which nothing waits.
    """
    with store.begin() as tx:
        waiting = vanish.waiting(tx)
        known = {one.source for one in waiting}
        if source not in known:
            raise UnknownName("source with held withdrawals", source, known)
        detail = {one.run: one.gone for one in waiting if one.source == source}
        audit.append(tx, at=now, actor=actor, action=f"crawl.held.{verdict}", subject=source, detail=detail)
        return vanish.accept(tx, source) if verdict is Verdict.ACCEPT else vanish.refuse(tx, source, now=now)
