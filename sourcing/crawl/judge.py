"""What one answer means for the rest of a source's turn: counted, waited for, or the end of it."""

from datetime import timedelta

from sourcing.crawl.advice import sentence
from sourcing.crawl.child import Running
from sourcing.crawl.times import Times
from spiders.records import Outcome, Visit

LIMIT_S = 60.0  # TRUST F02: a limit without a time
_SETTLED = (Outcome.OK, Outcome.UNCHANGED, Outcome.NONE_YET, Outcome.GONE, Outcome.ROBOTS)


def judge(running: Running, visit: Visit, times: Times, *, wait_max_s: float) -> None:
    """Note an answer in the source's report; a limit holds the source, or ends its turn if it lasts too long.

    wait_max_s: longest wait inside a run. A wait past the run's own end is not waited for.
    """
    report = running.report
    if visit.outcome is Outcome.UNCHANGED:
        report.not_modified += 1
    elif visit.outcome is Outcome.LIMITED:
        report.limited += 1
        if running.spec.hosts:  # a source of anybody's hosts goes on: one host's limit is not everybody's
            wait_s = visit.retry_after_s if visit.retry_after_s is not None else LIMIT_S
            until = times.moment() + timedelta(
                seconds=wait_s
            )  # the longest of several: no answer shortens another's
            running.hold_until = max(until, running.hold_until or until)
            if wait_s > wait_max_s or times.is_late(wait_s):
                running.hold_until, report.stopped = None, "limited"
    elif visit.outcome not in _SETTLED:
        report.errors += 1
        report.detail = sentence(running.spec.name, visit)
        if visit.outcome is Outcome.REFUSED and running.spec.engine == "api" and running.spec.hosts:
            report.stopped = "refused"
