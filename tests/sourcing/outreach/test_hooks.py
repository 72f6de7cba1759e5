"""What there is to talk about: recent, of their own, with a link and a day; nothing where nothing is fresh (O1, U6)."""

from datetime import timedelta
from typing import Any

from sourcing import feedback
from sourcing.outreach import hooks
from sourcing.outreach.hooks import Hooks
from sourcing.outreach.wording import ALWAYS, Manner
from spiders.records import Gone, SignalKind, WorkKind
from storage import intake

REVIEWED, MERGED = SignalKind.REVIEWED, SignalKind.MERGED


def of(office: Any, *accounts: str) -> Hooks:
    with office.store.read() as tx:
        return hooks.of(tx, accounts, now=office.now, months=12)


def test_each_hook_has_a_link_a_day_and_a_question_and_the_deepest_of_the_freshest_comes_first(
    office: Any,
) -> None:
    one = office.person(1, "Ona Vale")
    office.did(
        one, 1, "Fuse int8 attention", days=10, paths=("csrc/attention/a.cu", "csrc/attention/b.cu", "x.py")
    )
    office.did(one, 2, "Evict cache blocks", days=9, kind=REVIEWED, note="changes_requested")
    office.did(one, 3, "Split the scheduler", days=8, kind=REVIEWED, note="approved")
    office.did(one, 4, "Tune the sampler", days=300)
    office.open()
    found = of(office, one)
    assert found.abstains is None and found.avoid == ALWAYS
    # at most two of one repository
    assert [(hook.manner, hook.title) for hook in found.hooks] == [
        (Manner.ASKED_CHANGES, "Evict cache blocks"),
        (Manner.PROPOSED, "Fuse int8 attention"),
    ]
    first, second = found.hooks
    assert first.url == "https://github.com/orbit/engine/pull/2" and first.source == "github_issues"
    assert first.on == (office.now - timedelta(days=9)).date() and first.asks.endswith("?")
    assert second.says == "Proposed “Fuse int8 attention” to orbit/engine, and it went in, in csrc/attention."
    assert any("right" in text for text in first.avoid)


def test_nothing_of_the_last_twelve_months_is_told_in_words_and_no_hook_is_made(office: Any) -> None:
    stale, silent = office.person(1, "Ona Vale"), office.person(2, "Ben Reed")
    office.did(stale, 1, "Fuse int8 attention", days=370)
    office.did(stale, 2, "Undated", days=None)
    office.did(silent, 3, "Advertisement", days=3, work_kind=WorkKind.POST, note="open_to_work")
    office.did(silent, 4, "Fix typo in README", days=3)
    office.did(silent, 5, "Of tomorrow", days=-2)
    office.did(silent, 6, "Without a link", days=2, url="javascript:alert(1)")
    office.open()
    old, nobody = of(office, stale), of(office, silent)
    assert (
        old.hooks == ()
        and old.abstains is not None
        and old.abstains.startswith("nothing fresh: the newest is of")
    )
    assert (office.now - timedelta(days=370)).date().isoformat() in old.abstains
    assert nobody.hooks == () and nobody.abstains is not None and "no public thread" in nobody.abstains


def test_what_was_taken_back_or_is_wrong_is_nothing_to_talk_about(office: Any) -> None:
    one = office.person(1, "Ona Vale")
    office.did(one, 1, "Fuse int8 attention", days=10)
    office.did(one, 2, "Evict cache blocks", days=9)
    office.did(
        one,
        "arxiv:1",
        "Paged Attention at Scale",
        days=8,
        work_kind=WorkKind.PAPER,
        url="https://arxiv.org/abs/1",
    )
    keys = office.open()
    feedback.wrong(
        office.store, keys[one], f"{'github:orbit/engine'}#2:authored:{one}", exclude=True, reason="not theirs",
        home=office.settings.home, roots=office.settings.roots, **office.by,
    )  # fmt: skip
    with office.store.begin() as tx:
        via = office.make.via(office.now, source="github_pulls")
        gone = [Gone(id=f"github:orbit/engine#1:authored:{one}", via=via)]
        intake.take(
            tx,
            office.make.visit(*gone, task=office.make.task(99)),
            now=office.now,
            run=None,
            keyer=office.keyer,
        )
    assert [hook.title for hook in of(office, one).hooks] == ["Paged Attention at Scale"]


def test_no_address_of_a_stranger_comes_along_in_a_title(office: Any) -> None:
    one = office.person(1, "Ona Vale")
    office.did(
        one, 1, "Use torch.compile, see https://evil.example/x evil.com/a bob@evil.io \u202enow", days=3
    )
    office.open()
    (hook,) = of(office, one).hooks
    assert hook.title == "Use torch.compile, see now"


def test_a_title_is_named_and_not_retold(office: Any) -> None:
    one = office.person(1, "Ona Vale")
    office.did(one, 1, "Rework “paged” attention " + "very " * 60, days=3)
    office.open()
    (hook,) = of(office, one).hooks
    assert len(hook.title) <= 90 and hook.title.endswith("…") and "“" not in hook.title
    assert hook.says.count("“") == 1
