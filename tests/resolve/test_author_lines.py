"""Author lines of histories: what is one person by the shipped model, what is asked, and what stays apart."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sourcing.resolve import author_lines, models, namesakes, neutral, printed
from sourcing.resolve.decide import Decided, decide
from sourcing.resolve.linkage import Limits
from sourcing.resolve.neutral import Bundle
from sourcing.resolve.probable import Linking
from sourcing.resolve.strangers import fits
from sourcing.settings import config_root

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROOT = config_root()
PRIOR = models.prior_shares([ROOT])
FIVE = ["Orla Quenby", "Torin Vasch", "Mirel Okpara", "Junko Hartwell", "Ilse Brandvik"]


def line(
    key: str, name: str | None, email: str | None, place: str = "zed/alpha", **more: Any
) -> dict[str, Any]:
    days = {"first_seen": more.pop("first", "2021-01-01"), "last_seen": more.pop("last", "2021-06-01")}
    return (
        {"record_id": key, "source": "git", "name": name, "email": email, "repos": [place], "commits": 5}
        | days
        | more
    )


def later(key: str, name: str, email: str | None, place: str = "zed/alpha") -> dict[str, Any]:
    return line(key, name, email, place, first="2024-01-01", last="2024-03-01")


def next_(key: str, name: str, email: str | None) -> dict[str, Any]:
    return line(key, name, email, first="2021-05-20", last="2022-01-01")


def decided(rows: list[dict[str, Any]]) -> tuple[Bundle, Decided]:
    bundle = neutral.bundle([neutral.Record(**row) for row in rows], now=NOW)
    shares = namesakes.count((name for one in bundle.mentions for name in one.names), PRIOR)
    linking = Linking(
        models=models.shipped([ROOT], "git"),
        namesakes=shares,
        digest=bundle.digest,
        limits=Limits(memory="500MB", threads=1),
    )
    return bundle, decide(bundle.known, bundle.mentions, linking)


def people(rows: list[dict[str, Any]]) -> list[set[str]]:
    bundle, found = decided(rows)
    groups = ({bundle.records[key] for key in one if key in bundle.records} for one in found.clusters.persons)
    return [group for group in groups if group]


TWO: dict[str, list[dict[str, Any]]] = {
    "sixty Daves": [line(f"d{n}", "Dave", f"x{n * 7919 % 1000}q{n}@host{n}.net") for n in range(60)],
    "Daves without a mailbox": [line(f"d{n}", "Dave", None) for n in range(20)],
    "common name elsewhere": [
        line("a", "Wei Zhang", "qzw81@aa-corp.com"),
        later("b", "Wei Zhang", "tiger@bb-corp.com", "yot/beta"),
    ],
    "common name in one repository": [
        line("a", "Wei Zhang", "qzw81@aa-corp.com"),
        later("b", "Wei Zhang", "tiger@bb-corp.com"),
    ],
    "family": [
        line("a", "Orla Quenby", "quenby@quenbyhome.org"),
        line("b", "Torin Quenby", "quenby@quenbyhome.org"),
    ],
    "team role box": [line(name, name, "core@zedteam.io") for name in FIVE],
    "team box": [line(name, name, "zedcrew@zedteam.io") for name in FIVE],
    "two at one keyboard": [line(name, name, "zedpair@zedteam.io") for name in FIVE[:2]],
    "initial between two surnames": [
        line("a", "Ana Kovar", "ana.kovar@nor.example"),
        line("b", "Ana K.", "anak@gmail.com"),
        line("c", "Ana Kest", "ana.kest@sud.example"),
    ],
    "siblings": [
        line("a", "Mirel Okpara", "mokpara@gmail.com"),
        line("b", "Marek Okpara", "marek.okpara@gmail.com"),
    ],
    "given name alone": [line("a", "Orla", None), line("b", "Orla Quenby", "orla.q@bb.org")],
    "john at two firms": [line("a", "john", "john@aa.com"), line("b", "John", "john@bb.com")],
    "linux at two hosts": [line("a", "Unknown", "linux@aa.com"), line("b", "No name", "linux@bb.com")],
    "root at localhost": [line("a", "root", "root@localhost"), line("b", "root", "root@localhost")],
    "no names": [line("a", "", None), line("b", "", None), line("c", "   ", "")],
    "no letters": [
        line("a", "🙂🙂", None),
        line("b", "🙂🙂", None),
        line("c", "=cmd()", "a@"),
        line("d", "=cmd()", "b"),
    ],
    "ten thousand letters": [line("a", "x" * 10_000, "y" * 5_000), line("b", "y" * 9_000, None)],
    "a rare name alone in two repositories": [
        line("a", "Orla Quenby", "oq1@aa.com"),
        later("b", "Orla Quenby", "zz9@bb.org", "yot/beta"),
    ],
}
ONE: dict[str, list[dict[str, Any]]] = {
    "new job": [line("a", "Orla Quenby", "orla.quenby@aa.com"), next_("b", "Orla Quenby", "oquenby@bb.org")],
    "handle and name": [line("a", "oquenby", "orla@quenby.dev"), line("b", "Orla Quenby", "orla@quenby.dev")],
    "handle of the name": [line("a", "oquenby", None), next_("b", "Orla Quenby", "orla.q@bb.org")],
    "login": [
        line("a", "okquen77", "123+okquen77@users.noreply.github.com"),
        next_("b", "okquen77", "orla.quenby@bb.org"),
    ],
    "order and accents": [line("a", "Quénby, Orla", "orla.q@bb.org"), line("b", "Orla Quenby", "oq@aa.com")],
    "given name on one mailbox": [
        line("a", "Orla", "zedcrew@zedteam.io"),
        line("b", "Orla Quenby", "zedcrew@zedteam.io"),
    ],
}


@pytest.fixture(scope="module")
def together() -> dict[str, list[set[str]]]:
    """Every scene resolved at once, each a world with hosts of its own."""
    rows = []
    for scene, listed in (TWO | ONE).items():
        for row in listed:
            box, at, host = (row["email"] or "").rpartition("@")
            own = (
                f"{scene.replace(' ', '')}-{host}"
                if host and host.endswith((".com", ".net", ".org", ".io"))
                else host
            )
            shared = host in ("gmail.com", "users.noreply.github.com")
            email = None if row["email"] is None else f"{box}{at}{host if shared else own}"
            rows.append(row | {"world": scene, "record_id": f"{scene}|{row['record_id']}", "email": email})
    groups: dict[str, list[set[str]]] = {scene: [] for scene in TWO | ONE}
    for one in people(rows):
        groups[min(one).partition("|")[0]].append(one)
    return groups


@pytest.mark.parametrize("scene", TWO)
def test_who_may_be_two_stays_two(scene: str, together: dict[str, list[set[str]]]) -> None:
    assert len(together[scene]) == len(TWO[scene])


@pytest.mark.parametrize("scene", ONE)
def test_who_is_evidently_one_is_one(scene: str, together: dict[str, list[set[str]]]) -> None:
    assert len(together[scene]) == 1


def test_likely_pairs_that_nothing_joins_are_asked_with_the_reason() -> None:
    for rows, why in (
        (
            [line(name, name, "zedpair@zedteam.io") for name in FIVE[:2]],
            "two unrelated full names on one mailbox",
        ),
        (
            [line("a", "Orla Quenby", "oq1@aa.com"), line("b", "Orla Quenby", "zz9@bb.org", "yot/beta")],
            "nothing that",
        ),
    ):
        _, found = decided(rows)
        asked = [edge for edge in found.edges.values() if edge.decided_by.startswith("model:git")]
        assert [why in edge.reasons[-1] for edge in asked] == [True] and asked[0].judgement == "unsure"


def test_an_account_is_one_whether_its_number_is_told_or_not() -> None:
    rows = [
        line("a", "Orla Quenby", "77+orla77@users.noreply.github.com"),
        later("b", "Orla Quenby", "orla77@users.noreply.github.com"),
    ]
    assert len(people(rows)) == 1 and len(people([row | {"world": row["record_id"]} for row in rows])) == 2


@pytest.mark.parametrize(
    ("raw", "words", "single", "nick"),
    [
        ("Quénby, Orla", ("orla", "quenby"), None, None),
        ("Orla (zedfox) Quenby", ("orla", "quenby"), None, "zedfox"),
        ("jan-meier", ("janmeier",), "janmeier", None),
        ("J.Quenby", ("j", "quenby"), None, None),
        ("Dr. Orla Quenby PhD", ("orla", "quenby"), None, None),
        ("Мира Окафор", ("mira", "okafor"), None, None),
        ("okquen77", ("okquen",), "okquen77", None),
        ("", (), None, None),
        ("a@b", ("a",), None, None),
    ],
)
def test_what_is_printed_as_a_name(
    raw: str, words: tuple[str, ...], single: str | None, nick: str | None
) -> None:
    found = printed.printed(raw)
    assert (found.words, found.single, found.nick) == (words, single, nick)


def test_no_handle_is_yielded_twice_and_a_full_name_yields_what_people_take() -> None:
    whole, short, cut = printed.printed("Orla van Quenby").handles()
    assert {"orlaquenby", "quenbyorla", "orlavanquenby"} <= whole and "oquenby" in short and "orlaq" in cut
    assert not (whole & short or whole & cut or short & cut)


def test_nothing_of_a_mailbox_stands_readable_in_the_table() -> None:
    row = line("a", "Orla Quenby", "starling9@moorland.net")
    bundle = neutral.bundle([neutral.Record(**row)], now=NOW)
    table = author_lines.table(bundle.mentions, namesakes.count([], PRIOR), bundle.digest)
    assert "starling" not in str(table.to_pylist()) and "moorland" not in str(table.to_pylist())
    assert table.column("local")[0].as_py() is not None


def test_names_that_fit_are_told_from_strangers() -> None:
    assert fits("orla quenby", "o quenby") and fits("orla quenby", "maria orla quenby vasch")
    assert not fits("orla quenby", "torin vasch") and not fits("o quenby", "o vasch")
