"""What went wrong at a source, for the person who may do something about it: source, what, next step (TRUST §3)."""

from typing import assert_never

from spiders.records import Outcome, Visit


def sentence(source: str, visit: Visit) -> str:
    """Return what an answer without records means, and what to do about it."""
    said, name = visit.detail or f"the answer was {visit.outcome.value}", f"source {source!r}"
    return f"{said if said.startswith(name) else f'{name}: {said}'}; {_next_step(source, visit.outcome)}"


def look(source: str) -> str:
    """Return how a person looks at one answer of a source, the store untouched."""
    return f"look at it with `sourcer source test {source}`"


def stopped(source: str, why: str, waiting: int) -> str | None:
    """Return why a source did not finish though nothing went wrong, and what happens next; None for other reasons."""
    what = {
        "budget": "its requests for this run are used up: raise `requests_per_run` if that is too slow",
        "limited": "it asked for patience longer than a run waits",
        "time": "the time of this run was up: give it more with `--time`",
        "interrupted": "the run was interrupted",
    }.get(why)
    left = f"its {waiting} open questions wait" if waiting else "nothing is lost"
    return None if what is None else f"source {source!r}: {what}; {left} for the next run"


def _next_step(source: str, outcome: Outcome) -> str:
    match outcome:
        case Outcome.REFUSED:
            return f"put that right, then run `sourcer source test {source}`; it is asked again tomorrow"
        case Outcome.BLOCKED_ADDRESS:
            return "it is not asked for 30 days; correct the address if it stands in the seeds"
        case Outcome.TOO_LARGE:
            return "it is not asked for 30 days; raise `page_max_mb` of the source if it is wanted"
        case Outcome.WRONG_TYPE | Outcome.UNREADABLE:
            return f"it is asked again; if it stays so, {look(source)}"
        case Outcome.TIMEOUT | Outcome.BROKEN:
            return f"it is asked again by itself; if it stays so, {look(source)}"
        case (
            Outcome.OK
            | Outcome.UNCHANGED
            | Outcome.NONE_YET
            | Outcome.GONE
            | Outcome.ROBOTS
            | Outcome.LIMITED
        ):
            return "nothing to do: it is asked again when its time comes"
        case _:
            assert_never(outcome)
