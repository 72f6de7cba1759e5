"""Opting out of being profiled: somebody is scored and ranked no more, and is not forgotten by it (TRUST P20).

Lists and searches still show them, without a score and behind everybody who has one; nights leave them out.
"""

from datetime import datetime

from sourcing import rescoring
from sourcing.marking import given
from sourcing.settings import Settings
from storage import audit, persons, unscored
from storage import people as marks
from storage.engine import Store

OUT, IN = "privacy.opt_out", "privacy.opt_in"


def opt_out(store: Store, key: str, *, reason: str, actor: str, now: datetime) -> None:
    """Score a person no more, at once, and take them out of the rankings that are kept.

    Writes the audit log; changes mark, score, points, flag, ranking_row and the orders. Raises NotFound, NotAllowed
    without a reason.
    """
    why = given(reason)
    with store.begin() as tx:
        living = persons.resolve_key(tx, key)
        audit.append(tx, at=now, actor=actor, action=OUT, subject=living, detail={})
        marks.unscore(tx, living, actor=actor, reason=why, now=now)
        unscored.leave_out(tx, [living])


def opt_in(store: Store, settings: Settings, key: str, *, reason: str, actor: str, now: datetime) -> None:
    """Score a person again who asks for it; the scores are made anew at once.

    Writes the audit log and marks. Raises NotFound, NotAllowed without a reason.
    """
    given(reason)
    with store.begin() as tx:
        living = persons.resolve_key(tx, key)
        audit.append(tx, at=now, actor=actor, action=IN, subject=living, detail={})
        marks.score_again(tx, living)
    rescoring.again(store, living, home=settings.home, roots=settings.roots)
