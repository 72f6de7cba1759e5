"""Taking exports back: what a system lets go of, what a person has to do, and that it can be sent again."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from offices import Office, names

from sourcing.errors import BadInput, ConfigError
from sourcing.export import edited, mapping, order, recall, undo
from sourcing.export.edited import Line
from sourcing.export.plan import GONE_THERE
from sourcing.privacy import suppression
from spiders.errors import RetryLater
from storage import audit, exports, links
from storage.errors import Locked

BY_HAND = ("ashby", "greenhouse")


def of(*systems: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("office", systems, indirect=True)


def last(office: Office) -> str:
    with office.store.read() as tx:
        return exports.history(tx, limit=1)[0].id


def taken_back(office: Office, number: str) -> undo.Undone:
    return undo.undo(
        office.store, office.settings, number, actor="ana", now=office.now, door=office.door
    )  # fmt: skip


def test_what_an_export_made_is_withdrawn_where_the_system_can_and_listed_where_it_cannot(
    office: Office,
) -> None:
    keys = office.people(*names(3))
    office.send(keys)
    number = last(office)
    found = taken_back(office, number)
    if office.name in BY_HAND:
        assert found.withdrawn == 0 and office.system.keys == sorted(keys)
        assert {(one.person, one.external_id) for one in found.chores} == {
            (key, office.system.id_of(key)) for key in keys
        }
        return
    assert (found.withdrawn, found.chores, office.system.records) == (3, (), {})
    with office.store.read() as tx:
        assert exports.states(tx, number) == {"undone": 3} and audit.of_action(tx, "export.undo")
    with pytest.raises(BadInput, match="taken back"):
        taken_back(office, number)
    with pytest.raises(BadInput, match="every row"):
        order.left(office.store, office.settings, number, now=office.now)
    office.now += timedelta(minutes=1)
    assert office.plan(keys).counts["create"] == 3 and set(office.send(keys).values()) == {"ok"}
    assert office.system.keys == sorted(keys)


@of("hubspot")
def test_what_was_there_before_or_was_sent_again_since_is_left_to_a_person(office: Office) -> None:
    keys = office.people("Ona Quill", "Ida Marr")
    office.send(keys)
    first = last(office)
    office.now += timedelta(days=1)
    office.people("Ona Quill Vale", "Ida Marr")
    office.send(keys[:1])
    second = last(office)
    (chore,) = taken_back(office, second).chores
    assert chore.person == keys[0] and "was there before" in chore.what
    found = taken_back(office, first)
    assert found.withdrawn == 1 and office.system.keys == keys[:1]
    assert [second in one.what for one in found.chores] == [True]


@of("hubspot")
def test_who_opted_out_there_is_not_forgotten_by_taking_back(office: Office) -> None:
    (key,) = office.people("Ona Quill")
    office.send([key])
    number = last(office)
    with office.store.begin() as tx:
        held = links.of(tx, office.name, [key])[key]
        links.put(tx, [replace(held, state=links.OPTED_OUT)])
    assert [one.person for one in taken_back(office, number).chores] == [key]
    assert office.plan([key]).rows[0].reason == "opted out there"


@of("hubspot", "salesforce")
def test_what_was_decided_there_and_not_read_back_yet_is_seen_before_anything_is_taken_back(
    office: Office,
) -> None:
    opted, deleted, plain = keys = office.people(*names(3))
    office.send(keys)
    records = office.system.records
    by_key = {one.key: (at, one) for at, one in records.items()}
    by_key[opted][1].flags.add("optout")
    del records[by_key[deleted][0]]
    found = taken_back(office, last(office))
    assert [one.person for one in found.chores] == [opted] and office.system.keys == [opted]
    rows = {row.person: (row.action, row.reason) for row in office.plan(keys).rows}
    assert (
        rows[opted][1] == "opted out there" and rows[deleted][1] == GONE_THERE and rows[plain][0] == "create"
    )


@of("hubspot")
def test_what_is_being_sent_is_taken_back_only_when_that_is_over(office: Office) -> None:
    keys = office.people(*names(3))
    refused = []

    def wrapped(connector: Any) -> Any:
        send = connector.push

        def push(parcels: Any, *, message: str) -> Any:
            with pytest.raises(Locked, match="sending"):
                taken_back(office, last(office))
            refused.append(message)
            return send(parcels, message=message)

        connector.push = push
        return connector

    assert set(office.send(keys, wrapped).values()) == {"ok"} and refused
    assert taken_back(office, last(office)).withdrawn == 3 and office.system.records == {}


@of("hubspot")
def test_a_change_that_was_never_sent_leaves_nothing_to_do(office: Office) -> None:
    keys = office.people(*names(2))
    office.send(keys)
    office.now += timedelta(days=1)
    office.people(*(f"{one} Vale" for one in names(2)))

    def wrapped(connector: Any) -> Any:
        def push(parcels: Any, *, message: str) -> Any:
            raise RetryLater(60)

        connector.push = push
        return connector

    with pytest.raises(RetryLater):
        office.send(keys, wrapped)
    assert taken_back(office, last(office)).chores == ()


@of("hubspot", "salesforce", "lever", "greenhouse", "ashby")
def test_who_was_deleted_there_is_told_of_once_and_never_again(office: Office) -> None:
    keys = office.people("Ona Quill")
    office.send(keys)
    office.system.records.clear()
    suppression.add(
        office.store, office.settings, ["https://github.com/login-0"], reason="asked", now=office.now, actor="ana"
    )  # fmt: skip
    recall.sweep(office.store, office.settings)
    by: dict[str, Any] = {"actor": "ana", "now": office.now, "door": office.door}
    assert recall.deliver(office.store, office.settings, **by) == recall.Report(
        done={office.name: 1}, owed={}
    )
    assert recall.sweep(office.store, office.settings) == 0


@of("hubspot")
def test_files_go_with_their_export_unless_a_later_one_wrote_there(office: Office) -> None:
    keys = office.people("Ona Quill", "Ida Marr")
    first, path = _written(office, keys[:1])
    second, _ = _written(office, keys)
    found = taken_back(office, first)
    assert found.files == 0 and path.is_file() and "written again" in found.chores[0].what
    with office.store.begin() as tx:
        audit.append(
            tx, at=office.now, actor="ben", action="export.download", subject=second, detail={}
        )  # fmt: skip
    found = taken_back(office, second)
    assert found.files == 1 and list(path.parent.iterdir()) == []
    assert [one.what.split()[0] for one in found.chores] == ["ben"]
    assert _planned(office, keys).counts["create"] == 2, "what was taken back is new again"


@of("hubspot")
def test_a_mapping_is_changed_for_one_installation_and_given_back(office: Office) -> None:
    (key,) = office.people("Ona Quill")
    before = mapping.of(office.settings, office.name)
    rows = [
        Line(field=one.field, value="" if one.field == "city" else one.value, once=one.once)
        for one in edited.lines(before)
    ]
    rows.append(Line(field='a "quoted" feld', value="level", once=True))
    made = _saved(office, rows, before.version)
    assert made.version == before.version + 1 and made.url == before.url and "city" not in made.fields
    assert made.fields['a "quoted" feld'] == "level" and 'a "quoted" feld' in made.once
    held = office.plan([key]).rows[0]
    assert "city" not in held.changes and 'a "quoted" feld' in held.changes
    with pytest.raises(BadInput, match="by now"):
        _saved(office, rows, before.version)
    again = _saved(office, edited.lines(made), made.version)
    assert "city" not in again.fields, "what was taken out stays out"
    assert edited.reset(office.store, office.settings, office.name, actor="ana", now=office.now)
    assert mapping.of(office.settings, office.name) == before


@pytest.mark.parametrize(
    ("office", "field"),
    [
        ("hubspot", "sourcer_key"), ("hubspot", "hubspot_owner_id"), ("salesforce", "id"),
        ("salesforce", "sourcer_key__c"), ("ashby", "custom.key"), ("greenhouse", "custom.sourcer_key"),
        ("lever", "owner"),
    ],
    indirect=["office"],
)  # fmt: skip
def test_what_a_lead_is_known_by_and_what_recruiters_decide_is_no_field(office: Office, field: str) -> None:
    before = mapping.of(office.settings, office.name)
    with pytest.raises(ConfigError, match=f"'{field}' is no field to fill"):
        _saved(office, [*edited.lines(before), Line(field=field, value="org")], before.version)


@of("webhook")
def test_who_takes_leads_whole_has_nothing_to_choose(office: Office) -> None:
    before = mapping.of(office.settings, office.name)
    with pytest.raises(ConfigError, match="whole"):
        _saved(office, edited.lines(before), before.version)


@of("hubspot")
def test_a_plan_is_another_one_under_another_mapping_of_the_same_version(office: Office) -> None:
    keys = office.people("Ona Quill")
    before = mapping.of(office.settings, office.name)
    digests = []
    for value in ("level", "org"):
        _saved(office, [*edited.lines(before), Line(field="extra", value=value, once=True)], before.version)
        digests.append(office.plan(keys).digest)
        edited.reset(office.store, office.settings, office.name, actor="ana", now=office.now)
    assert digests[0] != digests[1]


@of("hubspot")
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([Line(field="Rank", value="rank")], "unknown value 'rank'"),
        ([Line(field="Score", value="score")] * 2, "is there twice"),
        ([Line(field="Sco\nre", value="score")], "visible characters"),
        ([Line(field="Score", value="")], "fields"),
        ([Line(field=str(at), value="score") for at in range(101)], "101 fields"),
    ],
)
def test_a_mistake_in_a_mapping_names_the_field(office: Office, rows: list[Line], said: str) -> None:
    version = mapping.of(office.settings, office.name).version
    with pytest.raises(ConfigError, match=said) as caught:
        _saved(office, rows, version)
    assert caught.value.key is not None and caught.value.key.startswith("fields")
    assert not edited.path_of(office.settings, office.name).exists()


def _saved(office: Office, rows: list[Line], version: int) -> mapping.Mapping:
    return edited.save(
        office.store, office.settings, office.name, rows, version=version, actor="ana", now=office.now
    )


def _planned(office: Office, keys: list[str]) -> Any:
    wanted = order.Order(keys=tuple(keys), specialism="post-training")
    return order.prepare(office.store, office.settings, wanted, now=office.now)


def _written(office: Office, keys: list[str]) -> tuple[str, Path]:
    prepared = _planned(office, keys)
    order.looked(office.store, prepared, actor="ana", now=office.now)
    number = order.send(office.store, office.settings, prepared, actor="ana", now=office.now)
    path = Path(prepared.destination)
    assert json.loads((path.parent / f"{path.name}.manifest.json").read_text())["export"] == number
    return number, path
