"""Level bands from what people did: two different kinds inside 36 months, or unknown; never from what they are."""

import random
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from snapshots import AS_OF, ENGINE, World, pack

from sourcing.features import facts
from sourcing.ranking import acts, banded
from sourcing.ranking import level as bands
from sourcing.ranking.level import Act, Band, Level

PACK = pack()
HIGH = (Band.SENIOR, Band.STAFF, Band.LEAD)
REGULARS = [f"r{number}" for number in range(12)]


def levels(world: World, directory: Path) -> Mapping[str, Level]:
    """Return everybody's level in the invented specialism."""
    world.write(directory)
    with facts.snapshot(directory, spill=directory / "spill") as (signals, docs):
        gathered = facts.gather(signals, docs, [facts.Asked(look=PACK.look, as_of=AS_OF)])
        found = banded.of(acts.gather(gathered, [PACK.look], as_of=AS_OF))
    people = gathered.names.people.take(found.keys % banded.PEOPLE_MAX).to_pylist()
    return {person: found.one(place, gathered.names.signals) for place, person in enumerate(people)}


def project(world: World, *, years: int = 6) -> None:
    """Give the watched project a history, so that beginnings in it can be seen."""
    for month in range(years * 12):
        world.change(REGULARS[month % len(REGULARS)], days=5 + month * 30)


def named(
    world: World, person: str, role: str, *, area: str = "", days: float = 400, repo: str = ENGINE
) -> None:
    """Name somebody in an owner file. area: with the colon, as `:/engine/`; role: may end in `_until`."""
    work = f"github:{repo}{area}"
    world.works.setdefault(work, {
        "work": work, "kind": "repository", "title": work, "paths": [], "tags": [],
        "part_of": f"github:{repo}" if area else None,
    })  # fmt: skip
    world.sign(person, work, "maintains", AS_OF - timedelta(days=days), note=role, source="owner_files")


def released(world: World, person: str, number: int) -> None:
    for one in range(number):
        work = f"github:{ENGINE}:release:{person}-{one}"
        world.works[work] = {
            "work": work, "kind": "package", "title": work, "paths": [], "tags": [], "part_of": f"github:{ENGINE}",
        }  # fmt: skip
        world.sign(person, work, "released", AS_OF - timedelta(days=20 + one * 60), source="github_releases")


def served(
    world: World, person: str, note: str, *, kind: str = "maintains", venue: str = "MLSys 2026"
) -> None:
    work = f"event:{venue.lower().replace(' ', '-')}"
    world.works[work] = {
        "work": work,
        "kind": "talk",
        "title": venue,
        "paths": [],
        "tags": [],
        "venue": venue,
    }
    world.sign(person, work, kind, AS_OF - timedelta(days=190), note=note, source="committee_pages")


def maintainer(world: World, person: str, draw: random.Random) -> None:
    """Work as maintainers do, each in their own mix: for years, on others' changes, named or releasing."""
    for month in range(draw.randint(18, 40)):
        for _ in range(draw.randint(0, 3)):
            world.change(person, days=month * 30 + draw.uniform(1, 29))
        for _ in range(draw.randint(0, 3)):
            work = world.change(draw.choice(REGULARS), days=month * 30 + draw.uniform(1, 29))
            act = draw.choice(("reviewed", "reviewed", "merged"))
            note = draw.choice(("approved", "commented")) if act == "reviewed" else None
            world.change(person, days=month * 30 + draw.uniform(0, 1), kind=act, work=work, note=note)
    if draw.random() < 0.7:
        named(world, person, draw.choice(("maintainer", "codeowner")), area=draw.choice(("", ":/engine/")))
    if draw.random() < 0.3:
        released(world, person, draw.randint(1, 6))


def newcomer(world: World, person: str, draw: random.Random) -> None:
    """Begin as newcomers do: a few changes, sometimes very many in a few weeks, sometimes a review or a paper."""
    for _ in range(draw.choice((2, 4, 6, 60))):
        title = draw.choice(
            ("Fix typo in docs", "Rework the block allocator", "Fix regression in the scheduler")
        )
        world.change(person, days=draw.uniform(1, 150), title=title)
    for _ in range(draw.randint(0, 2)):
        work = world.change(draw.choice(REGULARS), days=draw.uniform(1, 100))
        world.change(person, days=draw.uniform(0, 1), kind="reviewed", work=work, note="approved")
    if draw.random() < 0.2:
        world.paper(person, title="Paged attention", position=1, venue="arXiv", days=90)


@pytest.mark.slow
def test_of_thirty_newcomers_none_is_senior_and_of_thirty_maintainers_few_are_unknown(tmp_path: Path) -> None:
    """SPECIALISMS, checks on packs: no newcomer in senior or above, at most three maintainers unknown."""
    world, draw = World(), random.Random(5)
    project(world)
    for number in range(30):
        maintainer(world, f"m{number:02}", draw)
        newcomer(world, f"n{number:02}", draw)
    found = levels(world, tmp_path)
    old = [found[f"m{number:02}"].band for number in range(30) if f"m{number:02}" in found]
    new = [found[f"n{number:02}"].band for number in range(30) if f"n{number:02}" in found]
    assert 30 - sum(band is not Band.UNKNOWN for band in old) <= 3
    assert sum(band in HIGH for band in old) >= 25 and Band.EARLY not in old
    assert not any(band in HIGH for band in new) and new.count(Band.EARLY) >= 10


@pytest.mark.slow
def test_each_reason_counts_its_evidence_and_names_its_signals(tmp_path: Path) -> None:
    world = World()
    project(world)
    for month in range(30):
        world.change("maia", days=10 + month * 30)
        work = world.change(REGULARS[month % 12], days=12 + month * 30)
        world.change("maia", days=11 + month * 30, kind="merged", work=work)
    named(world, "maia", "codeowner", area=":/engine/")
    found = levels(world, tmp_path)["maia"]
    assert found.band is Band.SENIOR and {one.kind for one in found.grounds} == {
        "ownership",
        "review",
        "code",
    }
    signals = {one["signal"]: one for one in world.signals}
    for ground in found.grounds:
        assert ground.evidence and {signals[one]["person"] for one in ground.evidence} == {"maia"}
    assert "code: changes on topic in 30 different months, over 29 months" in found.reasons


@pytest.mark.slow
def test_much_of_one_kind_is_unknown_however_much(tmp_path: Path) -> None:
    """Never from a number of commits alone; and an owner of a project of their own is nobody's maintainer."""
    world = World()
    project(world)
    for day in range(600):
        world.change("busy", days=2 + day * 1.8)
    for month in range(30):
        world.change(
            "alone", days=10 + month * 30, repo="alone/toy", own=True, title="Paged attention KV cache"
        )
    named(world, "alone", "maintainer", repo="alone/toy")
    found = levels(world, tmp_path)
    assert (
        found["busy"].band is Band.UNKNOWN and found["busy"].reasons[0] == "fewer than two kinds of evidence"
    )
    assert found.get("alone", bands.of([])).band is Band.UNKNOWN


@pytest.mark.slow
def test_what_lies_behind_36_months_or_ended_before_them_counts_no_more(tmp_path: Path) -> None:
    world = World()
    project(world, years=9)
    for month in range(40):
        world.change("veteran", days=1_150 + month * 30)
        work = world.change(REGULARS[month % 12], days=1_152 + month * 30)
        world.change("veteran", days=1_151 + month * 30, kind="merged", work=work)
    named(world, "veteran", "maintainer", days=2_000)
    named(world, "veteran", "maintainer_until", days=1_200)
    assert levels(world, tmp_path / "gone").get("veteran", bands.of([])).band is Band.UNKNOWN
    named(world, "veteran", "maintainer", days=1_000)  # named again, to this day
    released(world, "veteran", 1)
    assert levels(world, tmp_path / "back")["veteran"].band is Band.SENIOR


@pytest.mark.slow
def test_who_leads_is_told_by_chairs_and_steering_groups_of_the_field(tmp_path: Path) -> None:
    world = World()
    project(world)
    for person, venue in (("chair", "MLSys 2026"), ("elsewhere", "Roses 2026")):
        served(world, person, "general_chair", venue=venue)
        for number in range(3):
            world.paper(person, title=f"Paged attention {number}", position=4, of=4)
    served(world, "only", "program_chair")
    named(world, "council", "maintainer", area=":@example-org/steering-council")
    released(world, "council", 5)
    found = levels(world, tmp_path)
    assert found["chair"].band is Band.LEAD and found["council"].band is Band.LEAD
    assert "chairing: general or programme chair of a venue" in found["chair"].reasons
    assert found["elsewhere"].band is Band.UNKNOWN, "a chair of another field says nothing of this one"
    assert found["only"].band is Band.UNKNOWN


@pytest.mark.slow
def test_early_needs_seen_beginnings(tmp_path: Path) -> None:
    """Where a history begins with somebody, or older work of theirs is known, nobody saw them begin."""
    world = World()
    project(world)
    for days in (20, 50, 100):
        world.change("begun", days=days)
        world.change("known", days=days)
    world.change("known", days=3_000, repo="else-org/thing", title="Water roses")
    found = levels(world, tmp_path / "seen")
    assert found["begun"].band is Band.EARLY and found["known"].band is Band.UNKNOWN
    fresh = World()
    for days in (20, 50, 100, 101, 105):
        fresh.change("first", days=days)
        fresh.change(REGULARS[0], days=days)
    assert levels(fresh, tmp_path / "unseen")["first"].band is Band.UNKNOWN


@pytest.mark.parametrize(
    ("what", "band"),
    [
        ({"code": (9, 9, 330), "reviews": (6, 3, 90)}, Band.MID),
        ({"code": (20, 18, 700), "reviews": (6, 3, 90)}, Band.MID),
        ({"code": (20, 18, 700), "repairs": (3, 2, 90)}, Band.SENIOR),
        ({"newcomers": (3, 3, 90), "decisions": (60, 14, 700)}, Band.UNKNOWN),  # both are reviewing
        ({"papers_first": (2, 2, 300), "organises": (1, 1, 0)}, Band.SENIOR),
        ({"papers_last": (3, 3, 300), "area_chairs": (1, 1, 0)}, Band.STAFF),
        ({"owns_project": (1, 1, 0), "releases": (5, 4, 300)}, Band.STAFF),
        ({"steers": (1, 1, 0), "releases": (1, 1, 0)}, Band.SENIOR),
        ({"begins": (1, 1, 0), "fixes": (3, 2, 40)}, Band.EARLY),
        ({"begins": (1, 1, 0), "fixes": (9, 9, 330), "code": (9, 9, 330)}, Band.UNKNOWN),  # more than early
        ({}, Band.UNKNOWN),
    ],
)
def test_a_band_is_the_highest_that_two_kinds_speak_for(
    what: dict[str, tuple[int, int, int]], band: Band
) -> None:
    found = bands.of(
        Act(what=name, amount=amount, months=months, days=days, people=9)
        for name, (amount, months, days) in what.items()
    )
    assert found.band is band
    assert band is Band.UNKNOWN or len({ground.kind for ground in found.grounds}) >= bands.KINDS_MIN


def test_what_the_next_band_needs_is_named() -> None:
    found = bands.of([Act(what="code", amount=20, months=9, days=330)])
    assert "mid needs two kinds of evidence inside 36 months; not seen: review" in (
        bands.missing(found) or ""
    )
