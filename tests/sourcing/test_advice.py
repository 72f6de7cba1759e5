"""What a person reads of trouble at a source: its name, what happened, what to do."""

import pytest

from sourcing.crawl.advice import sentence, stopped
from spiders.records import Outcome

TROUBLE = [
    Outcome.REFUSED, Outcome.BLOCKED_ADDRESS, Outcome.TOO_LARGE, Outcome.WRONG_TYPE, Outcome.UNREADABLE,
    Outcome.TIMEOUT, Outcome.BROKEN,
]  # fmt: skip


@pytest.mark.parametrize("outcome", TROUBLE)
@pytest.mark.parametrize("detail", ["answer 418", "source 'github_pulls' refused with 403", None])
def test_trouble_is_told_with_its_source_and_the_next_step(
    make, outcome: Outcome, detail: str | None
) -> None:
    words = sentence("github_pulls", make.visit(outcome=outcome, detail=detail))
    assert words.count("source 'github_pulls'") == 1 and words.startswith("source 'github_pulls'")
    assert (detail or outcome.value) in words
    assert "`sourcer source test github_pulls`" in words or "is not asked for 30 days" in words


@pytest.mark.parametrize("why", ["budget", "limited", "time", "interrupted"])
def test_what_was_left_for_later_is_told_as_such(why: str) -> None:
    words = stopped("github_pulls", why, 1_200)
    assert words is not None and words.startswith("source 'github_pulls'") and "for the next run" in words
    assert stopped("github_pulls", "refused", 0) is None
