"""A CRM's file warns and blocks and nothing readable of it is kept; links to lists open as long as meant."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from sourcing import crm, known, lists, resolve, shares
from sourcing.errors import BadInput, ConfigError, NotAllowed
from sourcing.export import mapping, plan, policy
from sourcing.export.lead import Occasion
from sourcing.query import parse
from sourcing.settings import Settings, pepper
from spiders import redact
from storage import audit, intake, persons, search
from storage.engine import Store
from storage.errors import NotFound
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
BY: dict[str, Any] = {"actor": "ana", "now": NOW}
MAP = """
title = "Invented CRM"
system = "crm"
identifiers = ["E-mail", "Profile"]
ref = "Id"
contacted = "Last contact"
off_limits = "Status"
off_limits_values = ["Client", "Own staff"]
"""
ROWS = """Id,Name,E-mail,Profile,Last contact,Status
1,Amina Secret,amina@corp.example,,2026-03-02,
2,Bruno Secret,,https://github.com/user2,,
3,Chiara Secret,,https://github.com/user3,,client
4,Later Secret,later@corp.example,,,
5,Nobody Secret,,,,
"""


@pytest.fixture
def office(
    store: Store, make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Store, Settings, Path]:
    """A store with four people, and a CRM's file that knows three of them and somebody who comes later."""
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests of a CRM")
    settings = Settings(home=tmp_path)
    people = [
        make.identity(
            "github:1", handle="user1", name="Amina Okonjo", emails=(mail(settings, "amina@corp.example"),)
        ),
        make.identity("github:2", handle="user2", name="Bruno Falk"),
        make.identity("github:3", handle="user3", name="Chiara Moss"),
        make.identity("github:4", handle="user4", name="Dov Reed", affiliation="@Orbit Labs GmbH"),
    ]
    take(store, make, settings, people)
    (tmp_path / "map.toml").write_text(MAP)
    (tmp_path / "crm.csv").write_text(ROWS)
    return store, settings, tmp_path


def mail(settings: Settings, address: str) -> str:
    digest = redact.address(redact.Pepper(secret=pepper(settings)), address).digest
    assert digest is not None
    return digest


def take(store: Store, make: Any, settings: Settings, records: list[Any]) -> None:
    keyer = PepperKeyer(pepper(settings))
    with store.begin() as tx:
        intake.take(tx, make.visit(*records, task=make.task(len(records))), now=NOW, run=None, keyer=keyer)
    resolve.run(store, now=NOW, run=None, keyer=keyer)


def key_of(store: Store, number: int) -> str:
    with store.read() as tx:
        return persons.find_by_identity(tx, f"github:{number}").key


def warned(store: Store) -> dict[int, list[tuple[str, str]]]:
    keys = {number: key_of(store, number) for number in range(1, 5)}
    with store.read() as tx:
        found = known.badges(tx, list(keys.values()))
    return {
        number: [(str(one.kind), one.text) for one in found[key]]
        for number, key in keys.items()
        if key in found
    }


def read(office: tuple[Store, Settings, Path]) -> crm.Imported:
    store, settings, path = office
    return crm.read(store, settings, path / "crm.csv", crm.load_map(path / "map.toml"), **BY)


def test_who_is_in_a_crm_is_known_here_and_nothing_readable_of_the_file_is_kept(
    office: tuple[Store, Settings, Path], make: Any
) -> None:
    store, settings, _ = office
    done = read(office)
    assert (done.rows, done.unread, done.people) == (5, 1, 3)
    assert warned(store) == {
        1: [("contacted before", "in crm, contacted 2026-03-02")],
        2: [("in CRM", "in crm")],
        3: [("off limits", "off limits in crm: client")],
    }
    with store.read() as tx:
        found = {one.person for one in search.find(tx, parse("in:crm"), specialism=None, limit=9)}
        wrote = {one.person for one in search.find(tx, parse("contacted:yes"), specialism=None, limit=9)}
        told = "\n".join(
            str(tuple(row))
            for name in inspect(tx).get_table_names()
            for row in tx.execute(text(f'SELECT * FROM "{name}"'))
        )
    assert found == {key_of(store, number) for number in (1, 2, 3)} and wrote == {key_of(store, 1)}
    assert "Secret" not in told and "corp.example" not in told
    later = make.identity(
        "github:9", handle="later", name="Later", emails=(mail(settings, "later@corp.example"),)
    )
    take(store, make, settings, [later])
    assert crm.match(store, settings) == 4
    (office[2] / "crm.csv").write_text("Id,Name,E-mail,Profile,Last contact,Status\n")
    assert read(office).people == 0 and warned(store) == {}, "a newer file replaces the older one"


def test_off_limits_are_blocked_at_export_and_lifting_needs_a_reason(
    office: tuple[Store, Settings, Path],
) -> None:
    store, settings, path = office
    read(office)
    own = known.limit(store, person=key_of(store, 2), organisation=None, reason="own staff", **BY)
    house = known.limit(store, person=None, organisation="orbit labs", reason="client", **BY)
    keys = [key_of(store, number) for number in range(1, 5)]

    def planned() -> list[str]:
        target = plan.Target(
            connector="csv", destination=str(path / "x.csv"), what="all",
            fields=mapping.load("generic", settings.roots), policy=policy.load(settings.roots),
        )  # fmt: skip
        occasion = Occasion(specialism="inference", now=NOW, keep_days=180, notice_days=30)
        with store.read() as tx:
            found = plan.plan(tx, keys, target, occasion, keyer=PepperKeyer(pepper(settings)))
        return [row.reason if row.action == "blocked" else str(row.action) for row in found.rows]

    limited = ["create", "off limits: own staff", "off limits in crm: client", "off limits: client"]
    assert planned() == limited
    with pytest.raises(NotAllowed, match="say why"):
        known.lift(store, own, reason="", **BY)
    assert known.lift(store, own, reason="left us", **BY) and known.lift(
        store, house, reason="no client", **BY
    )
    assert planned() == ["create", "create", "off limits in crm: client", "create"]
    with pytest.raises(BadInput, match="name a person or an organisation"):
        known.limit(store, person=None, organisation=" . ", reason="x", **BY)
    with store.read() as tx:
        assert [one.action for one in audit.entries(tx, limit=20)].count("limits.lift") == 2


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (MAP.replace('"Profile"', '"Web"'), "no column 'Web'; it has: Id, Name"),
        (MAP + 'colour = "red"', "colour"),
        (MAP.replace('system = "crm"', 'system = "The CRM"'), "system"),
        ("title = [", "cannot read the mapping"),
    ],
    ids=["column", "key", "system", "broken"],
)
def test_a_mapping_that_does_not_fit_changes_nothing(
    office: tuple[Store, Settings, Path], table: str, says: str
) -> None:
    read(office)
    before = warned(office[0])
    (office[2] / "map.toml").write_text(table)
    with pytest.raises((BadInput, ConfigError), match=says):
        read(office)
    assert warned(office[0]) == before


def test_a_link_opens_what_was_meant_until_it_expires_or_is_taken_back(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists.create(store, "Staff Eng", specialism=None, **BY)
    made = shares.make(store, settings, "Staff Eng", days=14, blind=True, notes=False, **BY)

    def opened(token: str, *, days: float = 0) -> bool:
        try:
            shares.open_(store, settings, token, now=NOW + timedelta(days=days))
        except NotFound as error:
            assert "does not open any more" in str(error)
            return False
        return True

    assert opened(made.token) and opened(made.token, days=13.9) and not opened(made.token, days=14)
    assert not opened(made.share.id) and not opened("")
    assert not opened(made.token[:-1] + ("A" if made.token[-1] != "A" else "B")) and not opened("é.\x00")
    with store.read() as tx:
        assert [(one.views, one.blind) for one in shares.ls(tx, "Staff Eng")] == [(2, True)]
        assert [one.actor for one in audit.of_action(tx, "share.view")] == [f"share:{made.share.id}"] * 2
        assert made.token.partition(".")[2] not in str(audit.entries(tx, limit=20))
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("SOURCER_PEPPER", "the pepper of another instance")
        assert not opened(made.token)
    shares.revoke(store, made.share.id, actor="ben", now=NOW)
    assert not opened(made.token)
    with pytest.raises(BadInput, match="1 to 90 days"):
        shares.make(store, settings, "Staff Eng", days=91, blind=True, notes=False, **BY)
