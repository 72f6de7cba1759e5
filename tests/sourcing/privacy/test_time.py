"""Clocks: who must be told until when, how long anybody is kept, and what each jurisdiction adds."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from ona import take, visit

from sourcing import jurisdictions
from sourcing.errors import ConfigError, UnknownName
from sourcing.marking import hide, set_stage
from sourcing.privacy import notices as telling
from sourcing.privacy import retention, suppression
from sourcing.settings import Privacy, Settings, config_root
from storage import audit, lists, notices, people, persons, runs, search, statements
from storage.engine import Store
from storage.notices import Clock, Rules

DAY = timedelta(days=1)


def under(settings: Settings, *profiles: str, **more: Any) -> Settings:
    return settings.model_copy(update={"privacy": Privacy(profiles=profiles, **more)})


@pytest.fixture
def listed(store: Store, ona: str, now: datetime) -> str:
    """Ona on a shortlist since now, in the search."""
    with store.begin() as tx:
        search.reindex(tx, None)
        lists.create(tx, "role", actor="ana", now=now)
        lists.add(tx, "role", [ona], actor="ana", now=now)
    return ona


@pytest.mark.row("P04")
def test_whoever_is_not_told_in_time_is_shown_nowhere_until_somebody_says_so(
    store: Store, settings: Settings, listed: str, now: datetime
) -> None:
    (due,) = telling.due(store, settings, now=now)
    assert (due.person, due.due_at, due.is_overdue) == (listed, now + 30 * DAY, False)
    assert telling.keep_out(store, settings, actor="cron", now=now + 30 * DAY) == []
    late = now + 31 * DAY
    rules = jurisdictions.duties(settings).rules
    with store.read() as tx:  # an export asks the clock itself, whatever the night did
        assert notices.blocks(tx, [listed], rules=rules, now=late) == {
            listed: f"was to be told what is held by {now + 30 * DAY:%Y-%m-%d} and was not"
        }
    assert retention.sweep(store, settings, [], actor="cron", now=late).overdue == 1
    with store.read() as tx:
        assert people.is_hidden(tx, listed) and search.find(tx, None, specialism=None, limit=9) == []
    assert telling.keep_out(store, settings, actor="cron", now=late) == []
    telling.told(store, settings, listed, language=None, actor="ana", now=late)
    with store.read() as tx:
        assert not people.is_hidden(tx, listed) and notices.blocks(tx, [listed], rules=rules, now=late) == {}
        assert [one.detail for one in audit.of_action(tx, telling.ACTION)] == [{"language": "en"}]
    assert telling.due(store, settings, now=late) == []


@pytest.mark.row("P04", "P10")
def test_being_told_shows_nobody_again_who_objected(
    store: Store, settings: Settings, listed: str, now: datetime
) -> None:
    late = now + 31 * DAY
    assert telling.keep_out(store, settings, actor="cron", now=late) == [listed]
    added = suppression.add(store, settings, ["onavale"], reason="asked", now=late, actor="ana")
    assert added.hidden == (listed,) and telling.due(store, settings, now=late) == []
    telling.told(store, settings, listed, language=None, actor="ana", now=late)
    with store.read() as tx:
        assert people.kept_away(tx, [listed]) == {listed}


@pytest.mark.row("P04")
def test_a_late_notice_takes_no_recruiters_word_away(
    store: Store, settings: Settings, listed: str, now: datetime
) -> None:
    hide(store, listed, reason="rude", scope="everywhere", actor="ana", now=now)
    assert telling.keep_out(store, settings, actor="cron", now=now + 31 * DAY) == []
    telling.told(store, settings, listed, language=None, actor="ana", now=now + 31 * DAY)
    with store.read() as tx:
        assert people.is_hidden(tx, listed)


@pytest.mark.row("P04")
def test_a_first_contact_ends_the_time_to_tell(
    store: Store, settings: Settings, listed: str, now: datetime
) -> None:
    set_stage(store, listed, "contacted", actor="ana", reason="wrote", now=now + 3 * DAY)
    (due,) = telling.due(store, settings, now=now + 4 * DAY)
    assert due.due_at == now + 3 * DAY and due.is_overdue


@pytest.mark.row("P04", "P20")
def test_the_strict_profile_counts_from_the_collecting_and_hands_over_nobody_before(
    store: Store, settings: Settings, ona: str, now: datetime
) -> None:
    assert telling.due(store, settings, now=now) == []
    strict = under(settings, "eu-strict")
    rules = jurisdictions.duties(strict).rules
    assert ona in {one.person for one in telling.due(store, strict, now=now)}
    with store.read() as tx:
        assert ona in notices.blocks(tx, [ona], rules=rules, now=now)
    telling.told(store, strict, ona, language="de", actor="ana", now=now)
    with store.read() as tx:
        assert notices.blocks(tx, [ona], rules=rules, now=now) == {}
    assert retention.expire(store, strict, actor="cron", now=now + 31 * DAY)[1] == 0


@pytest.mark.row("P04")
@pytest.mark.parametrize(
    ("location", "language", "words"),
    [
        ("Berlin, Germany", "de", "speichert"),
        ("Lyon, France", "fr", "conserve"),
        ("nowhere known", "en", "holds"),
    ],
)
def test_a_notice_is_written_in_the_language_of_the_country_somebody_states(
    store: Store,
    settings: Settings,
    make: Any,
    now: datetime,
    keyer: Any,
    location: str,
    language: str,
    words: str,
) -> None:
    take(store, make.visit(make.identity("github:1", name="Ida Moss", location=location)), keyer, now)
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:1"})], now)
        key = persons.list_people(tx, limit=1)[0].key
        texts = telling.load(settings.roots)
        assert telling.languages_of(tx, [key], texts) == {key: language}
    text = telling.written(settings, language, page="https://sourcer.example/privacy")
    whole = " ".join((text.subject, *text.body))
    assert words in whole and "Example GmbH" in whole and "https://sourcer.example/privacy" in whole


def test_every_text_names_who_why_how_long_and_where_to_ask(settings: Settings) -> None:
    texts = telling.load([config_root()])
    assert len(texts) >= 8
    for language in texts:
        text = telling.written(settings, language, page="https://s.example/privacy")
        whole = " ".join(text.body)
        assert all(
            part in whole
            for part in ("Example GmbH", "https://c.example", "https://s.example/privacy", "12", "30")
        )
        assert settings.privacy.purpose in whole and settings.privacy.legal_basis in whole
    with pytest.raises(UnknownName):
        telling.written(settings, "xx", page="")


@pytest.mark.row("P05")
@pytest.mark.parametrize("profile", ["eu", "eu-strict"])
def test_nobody_is_past_their_time_in_any_of_25_months(
    store: Store, settings: Settings, make: Any, now: datetime, keyer: Any, profile: str
) -> None:
    """Ten people: published last so many months ago, one listed, one contacted; all are found again every month."""
    chosen = under(settings, profile)

    def crowd(at: datetime) -> Any:
        records: list[Any] = []
        for number in range(10):
            account, work = f"github:{number}", f"github:orbit/engine#{number}"
            day = now - number * 30 * DAY
            records += [
                make.identity(account, at=at, name=f"Person {number}", handle=f"p-{number}"),
                make.work(work, at=at),
                make.signal(account, work, at=at, occurred_at=day),
            ]
        return make.visit(*records, at=at)

    accounts = [f"github:{number}" for number in range(10)]
    begun: dict[str, datetime] = {}
    for month in range(26):
        at = now + month * 30 * DAY + DAY
        take(store, crowd(at), keyer, at)
        with store.begin() as tx:
            there = statements.identities(tx, accounts)
            persons.rebuild(tx, [frozenset({one}) for one in there], at)
            owners = persons.owners(tx, accounts)
            if month == 0:
                lists.create(tx, "role", actor="ana", now=at)
                lists.add(tx, "role", [owners["github:1"]], actor="ana", now=at)
                people.stage(tx, owners["github:2"], "contacted", actor="ana", reason="wrote", now=at)
                notices.put(tx, owners["github:2"], language="en", actor="ana", now=at)
                begun = dict.fromkeys(owners, at)
        retention.expire(store, chosen, actor="cron", now=at)
        with store.read() as tx:
            left = set(persons.owners(tx, accounts))
            on = lists.show(tx, "role").items
        assert all(at - begun[one] <= 365 * DAY or one in ("github:1", "github:2") for one in left), month
        assert all(at - item.added_at <= 180 * DAY for item in on)
        if profile == "eu-strict" and month > 1:
            assert left <= {"github:2"}
        assert left <= set(begun), "a crawl that finds the old again brings nobody back"
    assert left == set()


@pytest.mark.row("P05")
def test_somebody_past_their_time_comes_back_with_new_work_and_only_so(
    store: Store, settings: Settings, ona: str, make: Any, now: datetime, keyer: Any
) -> None:
    later = now + 400 * DAY
    assert retention.expire(store, settings, actor="cron", now=later)[1] >= 1
    take(store, visit(make, later), keyer, later)
    with store.read() as tx:
        assert statements.identities(tx, ["github:770077"]) == {}
    fresh = later + DAY
    new = make.visit(
        make.identity("github:770077", at=fresh, handle="onavale", name="Ona Quill Vale"),
        make.work("github:orbit/engine#9", at=fresh),
        make.signal("github:770077", "github:orbit/engine#9", at=fresh, occurred_at=fresh),
        at=fresh,
    )
    take(store, new, keyer, fresh)
    with store.read() as tx:
        assert set(statements.identities(tx, ["github:770077"])) == {"github:770077"}


@pytest.mark.row("P14", "P20")
def test_records_are_kept_as_long_as_the_strictest_profile_wants(
    store: Store, settings: Settings, now: datetime
) -> None:
    with pytest.raises(ConfigError, match="California"):
        jurisdictions.duties(under(settings, "eu", "california"))
    long = under(settings, "eu", "california", keep_log_days=1461)
    assert jurisdictions.duties(long).records_days == 1461
    for days in (1400, 500):
        with store.begin() as tx:
            runs.finish(
                tx,
                runs.start(tx, "crawl", now=now - days * DAY, actor="cron"),
                now=now,
                status="done",
                detail={},
            )
    assert retention.sweep(store, long, [], actor="cron", now=now).runs == 0
    assert retention.sweep(store, settings, [], actor="cron", now=now).runs == 2


@pytest.mark.row("P20")
@pytest.mark.parametrize(
    ("profile", "answer", "confirm", "review", "impact", "opt_out"),
    [
        ("eu", 30, 0, True, False, True),
        ("uk", 30, 0, True, False, True),
        ("new-york-city", 30, 0, True, True, False),
        ("california", 45, 14, True, False, True),
        ("colorado", 45, 0, True, True, True),
        ("illinois", 30, 0, True, False, True),
        ("connecticut", 45, 0, True, False, True),
    ],
)
def test_each_profile_has_its_timers_and_duties(
    settings: Settings,
    now: datetime,
    profile: str,
    answer: int,
    confirm: int,
    review: bool,
    impact: bool,
    opt_out: bool,
) -> None:
    found = jurisdictions.duties(under(settings, profile, keep_log_days=1461))
    assert jurisdictions.answer_by(found, now) == now + answer * DAY
    # the moment of the tests is a Sunday: ten business days end on a Friday, twelve days later
    assert jurisdictions.confirm_by(found, now) == (now + 12 * DAY if confirm else None)
    assert (found.human_review, found.impact_report, found.opt_out) == (review, impact, opt_out)


@pytest.mark.row("P20")
def test_new_york_hands_over_ten_business_days_after_the_notice(now: datetime) -> None:
    rules = Rules(notice_days=30, advance_business_days=10)
    assert notices.business_days_after(now, 10) == now + 12 * DAY
    assert not notices.is_overdue(Clock(person="p", collected_at=now), rules, now)
    with pytest.raises(UnknownName, match="new-york-city"):
        jurisdictions.duties(Settings(home=config_root(), privacy=Privacy(profiles=("new-york",))))


@pytest.mark.row("P20")
def test_a_new_yorker_may_be_handed_over_after_the_notice_and_ten_business_days(
    store: Store, settings: Settings, ona: str, now: datetime
) -> None:
    rules = jurisdictions.duties(under(settings, "new-york-city")).rules
    sentence = "is handed over 10 business days after being told, not before"
    with store.begin() as tx:
        assert notices.blocks(tx, [ona], rules=rules, now=now) == {ona: sentence}
        notices.put(tx, ona, language="en", actor="ana", now=now)
        assert notices.blocks(tx, [ona], rules=rules, now=now + 11 * DAY) == {ona: sentence}
        assert notices.blocks(tx, [ona], rules=rules, now=now + 12 * DAY) == {}
