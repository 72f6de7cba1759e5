"""Nobody is approached twice within the cool-down, whoever does it and for whichever role (O3)."""

from datetime import timedelta
from typing import Any

import pytest

from sourcing import history, lists, marking, touches
from sourcing.errors import NotAllowed
from sourcing.export import order
from sourcing.export.order import Order
from sourcing.limits import Outreach
from sourcing.touches import Approach
from storage import audit, exports, known
from storage import lists as shortlists
from storage import people as marks
from storage.model import Export, ExportRow

LIMITS = Outreach(cool_down_days=90, person_cap=2, person_cap_days=365, sender_cap=2, sender_cap_days=7)
ROLE, OTHER = "Kernel engineer, Berlin", "Research engineer"


def approach(office: Any, *, what: str | None = None, actor: str = "ana", days: float = 0) -> Approach:
    return Approach(what=what, actor=actor, now=office.now + timedelta(days=days), limits=LIMITS)


def write(office: Any, key: str, *, anyway: bool = False, **about: Any) -> str | None:
    return touches.contacted(office.store, key, approach(office, **about), reason="wrote", anyway=anyway)


def left_alone(tx: Any, office: Any, people: list[str], what: str | None) -> dict[str, str]:
    return touches.cooling(tx, people, what=what, now=office.now, limits=LIMITS, export=True)


def sent(office: Any, what: str, key: str, shortlist: str | None = None) -> None:
    """Hand somebody over for something. shortlist: for which role, None = for none."""
    with office.store.begin() as tx:
        rows = (ExportRow(person=key, action="create", payload="0" * 64),)
        number = f"export-{what[:5]}"
        exports.put(
            tx,
            Export(
                id=number, what=what, connector="csv", destination="x.csv", actor="ben", at=office.now,
                counts={"create": 1}, rows=rows, shortlist=shortlist,
            ),
        )  # fmt: skip


@pytest.fixture
def people(office: Any) -> list[str]:
    """Three people, the first two on both roles."""
    accounts = [office.person(number, f"Ona Vale {number}") for number in range(1, 5)]
    keys = office.open()
    found = [keys[one] for one in accounts]
    for role in (ROLE, OTHER):
        office.role(role, *found[:2])
    return found


def test_a_second_touch_inside_the_window_is_refused_across_roles_and_senders(
    office: Any, people: list[str]
) -> None:
    one = people[0]
    write(office, one, what=ROLE)
    for about in ({"what": ROLE}, {"what": OTHER}, {"actor": "ben"}, {"actor": "ben", "days": 89}):
        with pytest.raises(NotAllowed, match="not again before 2027-02-20") as refused:
            write(office, one, **about)
        assert refused.value.rule == "O3"
    assert write(office, one, days=91) is not None


def test_a_stage_of_contact_is_a_touch_and_is_refused_like_one_until_it_is_undone(
    office: Any, people: list[str]
) -> None:
    one = people[0]
    by = {"actor": "ana", "now": office.now}
    deed = lists.set_stage(
        office.store,
        ROLE,
        one,
        "contacted",
        reason="wrote",
        guard=touches.guard("contacted", LIMITS, **by),
        **by,
    ).deed
    guard = touches.guard("contacted", LIMITS, what=OTHER, **by)
    lists.set_stage(office.store, OTHER, one, "reviewing", reason="looks right", **by)
    with pytest.raises(NotAllowed, match="contacted 2026-11-22 for 'Kernel engineer, Berlin' by ana"):
        lists.set_stage(office.store, OTHER, one, "contacted", reason="wrote", guard=guard, **by)
    assert touches.guard("replied", LIMITS, **by) is None
    assert deed is not None
    way = history.Way(home=office.settings.home, roots=office.settings.roots, keyer=office.keyer)
    history.undo(office.store, deed, way=way, **by)
    assert (
        lists.set_stage(office.store, OTHER, one, "contacted", reason="wrote", guard=guard, **by).people == 1
    )


def test_who_was_handed_over_for_a_role_is_written_to_for_that_role_alone(
    office: Any, people: list[str]
) -> None:
    first, second, third, _ = people
    for key in (first, second):
        sent(office, ROLE, key, ROLE)
    sent(office, "query: kernels", third)
    with office.store.read() as tx:
        assert not left_alone(tx, office, people, ROLE)
        other = left_alone(tx, office, people, OTHER)
    assert set(other) == {first, second} and "exported 2026-11-22 for 'Kernel engineer" in other[first]
    with pytest.raises(NotAllowed, match="exported"):
        write(office, first, what=OTHER)
    write(office, first, what=ROLE)
    write(office, third)
    with office.store.read() as tx:  # what changed may still be told where it was told before
        assert first not in left_alone(tx, office, [first], ROLE)
        assert first in left_alone(tx, office, [first], OTHER) and not left_alone(tx, office, [first], None)


def test_a_role_that_is_closed_still_keeps_another_one_away(office: Any, people: list[str]) -> None:
    first = people[0]
    sent(office, ROLE, first, ROLE)
    with office.store.begin() as tx:
        shortlists.delete_list(tx, ROLE)
        assert set(left_alone(tx, office, people, OTHER)) == {first}


def test_one_deed_writes_to_no_more_people_than_a_sender_may(office: Any, people: list[str]) -> None:
    about = approach(office)
    with pytest.raises(NotAllowed, match="ana wrote to 2 people"):
        touches.contacted(office.store, people[:3], about, reason="wrote")
    assert touches.contacted(office.store, people[:2], about, reason="wrote") is not None


def test_a_plan_blocks_a_hand_over_for_another_role_and_says_why(office: Any, people: list[str]) -> None:
    first, second, *_ = people
    write(office, first, what=ROLE)
    settings = office.settings.model_copy(update={"outreach": LIMITS})
    asked = Order(shortlist=OTHER), Order(shortlist=ROLE), Order(query="", specialism="inference-performance")
    other, same, query = (order.prepare(office.store, settings, one, now=office.now) for one in asked)
    rows = {row.person: row for row in other.rows}
    assert (
        rows[first].action == "blocked" and "contacted 2026-11-22 for 'Kernel engineer" in rows[first].reason
    )
    assert rows[second].action == "create"
    assert all(row.action == "create" for row in (*same.rows, *query.rows))


def test_caps_hold_per_person_and_per_sender_and_an_overruled_one_is_in_the_log(
    office: Any, people: list[str]
) -> None:
    first, second, third, fourth = people
    write(office, first)
    write(office, first, days=100, actor="ben")
    with pytest.raises(NotAllowed, match="approached 2 times in 365 days"):
        write(office, first, days=200, actor="ida")
    assert write(office, first, days=200, actor="ida", anyway=True) is not None
    write(office, second)
    with pytest.raises(NotAllowed, match="ana wrote to 2 people in 7 days"):
        write(office, third)
    assert write(office, third, days=8) is not None and write(office, fourth, actor="ben") is not None
    with office.store.read() as tx:
        anyway = [one.detail["anyway"] for one in audit.of_action(tx, "person.contacted")]
    assert anyway.count(True) == 1


def test_what_another_system_says_counts_and_undoing_a_contact_brings_the_stages_back(
    office: Any, people: list[str]
) -> None:
    one, elsewhere = people[0], people[1]
    with office.store.begin() as tx:
        said = known.Known(
            person="", system="crm", state="contacted", ref=None, contacted_on=office.now.date(), reason=None,
            at=office.now,
        )  # fmt: skip
        known.put(tx, [([office.keyer.digest("id", "github:2")], said)], system="crm")
        known.match(tx, office.keyer)
    with pytest.raises(NotAllowed, match="contacted elsewhere 2026-11-22 by crm"):
        write(office, elsewhere)
    marking.set_stage(office.store, one, "reviewing", reason="looks right", **office.by)
    deed = write(office, one, what=ROLE)
    assert deed is not None
    way = history.Way(home=office.settings.home, roots=office.settings.roots, keyer=office.keyer)
    assert history.undo(office.store, deed, way=way, **office.by).text == f"written to on {ROLE!r}"
    with office.store.read() as tx:
        assert marking.stage_of(marks.marks(tx, one)) == "reviewing"
        assert shortlists.show(tx, ROLE).items[0].stage is None
        assert touches.of(tx, one, now=office.now, limits=LIMITS) == ()


def test_nobody_says_they_wrote_to_who_asked_to_be_left_alone_or_without_a_reason(office: Any) -> None:
    quiet, plain = office.person(1, "Ona Vale"), office.person(2, "Ben Reed")
    office.records.append(office.make.claim(quiet, quiet, "opt_out_line", source="github_people"))
    keys = office.open()
    with pytest.raises(NotAllowed) as refused:
        write(office, keys[quiet], anyway=True)
    assert refused.value.rule == "O4"
    with pytest.raises(NotAllowed) as refused:
        touches.contacted(office.store, keys[plain], approach(office), reason=" ")
    assert refused.value.rule == "P11"
