"""Nights with changes: what is taken over and what is compared again makes up what comparing everything would."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

import storage.snapshot
from sourcing.errors import BadInput
from sourcing.resolve import evaluation, filed, keeping, linkage, models, namesakes, neutral, nights
from sourcing.resolve.comparing import Limits
from sourcing.resolve.decide import decide
from sourcing.resolve.ledger import Ledger, stamp
from sourcing.resolve.mentions import Mention
from sourcing.resolve.models import Model
from sourcing.resolve.probable import Linking
from sourcing.settings import config_root
from spiders.redact import Pepper

ROOT = config_root()
PRIOR = models.prior_shares([ROOT])
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LIMITS = Limits(memory="500MB", threads=1)
KEY = Pepper(secret=b"k" * 32)
SHARES = namesakes.count([], {})


_GIVEN = ("Mira", "Wei", "Tomas", "Ebba", "Jan", "Ruta")
_LAST = ("Okafor", "Zhang", "Lindqvist", "Sedlak", "Vandrell")
_WORDS = ("lantern", "folding", "meshes", "glacier", "kernels", "orchard", "tides", "copper")


def full_name(random: Random) -> str:
    """Return one of thirty full names."""
    return f"{random.choice(_GIVEN)} {random.choice(_LAST)}"


def bylines(random: Random, work: str, *, contact: bool = False) -> list[dict[str, Any]]:
    """Return the records of a paper. contact: some of its authors say more than a name."""
    names = sorted({full_name(random) for _ in range(random.randint(1, 5))})
    title = " ".join(random.sample(_WORDS, 3))
    return [
        {
            "record_id": f"{work}-{place}",
            "source": "papers",
            "name": one,
            "work": work,
            "coauthors": [other for other in names if other != one],
            "titles": [title],
            "affiliation": random.choice((None, "Lab North", "Lab South")),
            "domain": random.choice((None, "north.example", "south.example")),
            "orcid": f"0000-{digits(random)}" if contact and random.random() < 0.2 else None,
            "first_seen": f"20{random.randint(20, 24)}-07-01",
        }
        for place, one in enumerate(names)
    ]


def author_line(random: Random, key: str) -> dict[str, Any]:
    """Return the record of an author line of a history."""
    one = full_name(random)
    local = random.choice((one.replace(" ", ".").lower(), one.split()[0].lower(), "dev", one[0].lower()))
    return {
        "record_id": key,
        "source": "git",
        "name": random.choice((one, one.split()[0], one.replace(" ", "").lower())),
        "email": f"{local}@{random.choice(('mail', 'post'))}.example",
        "repos": [f"lab/{random.choice(_WORDS)}"],
        "commits": random.randint(1, 9),
    }


def digits(random: Random) -> str:
    """Return twelve digits in groups, of few values."""
    return f"000{random.randint(1, 3)}-0000-0000"


def shipped(called: str, cap: int) -> Model:
    """Return a shipped model that follows few of a key, so that keys often come to be shared by too many."""
    model = models.shipped([ROOT], called)[0]
    return model.model_copy(
        update={"block": tuple(one.model_copy(update={"cap": cap}) for one in model.block)}
    )


def bundle(rows: Sequence[dict[str, Any]]) -> neutral.Bundle:
    return neutral.bundle([neutral.Record.model_validate(row) for row in rows], now=NOW, key=KEY)


def mentions(rows: Sequence[dict[str, Any]]) -> tuple[Mention, ...]:
    return bundle(rows).mentions


def anew(found: Sequence[Mention], model: Model, folder: Path) -> Any:
    """Return what comparing everything gives with the counts that a file has."""
    with keeping.attached(keeping.place(folder, model), model, LIMITS) as run:
        counts = keeping.counts(run)
    return linkage.score(found, model, SHARES, bundle([]).digest, LIMITS, counts)


def night(found: Sequence[Mention], model: Model, folder: Path) -> Any:
    return nights.score(found, model, SHARES, bundle([]).digest, LIMITS, folder)


def records(random: Random, called: str, night: int, papers: int) -> dict[str, dict[str, Any]]:
    """Return records of one night by id: bylines, author lines, or both where a model looks at both."""
    rows = [author_line(random, f"g{night}-{n}") for n in range(2 * papers) if called != "authors"]
    if called != "git":
        rows += [row for n in range(papers) for row in bylines(random, f"w{random.randint(0, 60)}n{n}")]
    return {row["record_id"]: row for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("called", "papers", "cap", "count"),
    [("authors", 30, 14, 3), ("authors", 12, 400, 1), ("git", 12, 9, 1), ("across", 12, 6, 2)],
)
def test_nights_with_changes_find_what_comparing_everything_anew_finds(
    tmp_path: Path, called: str, papers: int, cap: int, count: int
) -> None:
    random, model = Random(cap), shipped(called, cap)
    have = records(random, called, 0, papers)
    assert night(mentions([*have.values()]), model, tmp_path)[0]
    for number in range(count):
        for key in random.sample(sorted(have), 3):
            del have[key]
        for key in random.sample(sorted(have), 3):
            have[key] = {**have[key], "name": full_name(random), "affiliation": "Lab East"}
        have |= records(random, called, number + 1, 2)
        found = mentions([*have.values()])
        assert night(found, model, tmp_path) == anew(found, model, tmp_path)
    found = found[1:]  # one leaves and nobody comes
    assert night(found, model, tmp_path) == anew(found, model, tmp_path)


@pytest.mark.slow
def test_the_order_in_which_records_come_changes_nothing(tmp_path: Path) -> None:
    random, model = Random(5), shipped("authors", 12)
    first, *batches = [records(random, "authors", number, papers) for number, papers in enumerate((25, 3, 3))]
    seen = []
    for name, order in (("one", (0, 1)), ("other", (1, 0)), ("at once", ())):
        have = dict(first)
        night(mentions([*have.values()]), model, tmp_path / name)
        for number in order:
            have |= {key: row for key, row in batches[number].items() if key not in first}
            night(mentions([*have.values()]), model, tmp_path / name)
        for batch in batches:
            have |= {key: row for key, row in batch.items() if key not in first}
        seen.append(night(mentions([*have.values()]), model, tmp_path / name))
    assert seen[0] == seen[1] == seen[2]


def test_weights_are_counted_anew_once_there_are_twice_as_many(tmp_path: Path) -> None:
    random, model = Random(6), shipped("authors", 400)
    first, more = records(random, "authors", 0, 10), records(random, "authors", 1, 30)
    night(mentions([*first.values()]), model, tmp_path)
    found = mentions([*(first | more).values()])
    plain = linkage.score(found, model, SHARES, bundle([]).digest, LIMITS)
    assert night(found, model, tmp_path) == plain


@pytest.mark.parametrize("harm", ["cut short", "no database", "other names", "other weights"])
def test_a_file_that_cannot_be_used_is_written_anew(tmp_path: Path, harm: str) -> None:
    random, model = Random(7), shipped("authors", 400)
    found = mentions([*records(random, "authors", 0, 20).values()])
    night(found[:-5], model, tmp_path)
    path = keeping.place(tmp_path, model)
    shares = SHARES
    if harm == "cut short":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif harm == "no database":
        path.write_text("{}", encoding="utf-8")
    elif harm == "other names":
        shares = namesakes.count([f"Mira {full_name(random)}" for _ in range(30)], {})
    else:
        model = model.model_copy(update={"prior": 1.0})
    digest = bundle([]).digest
    again = nights.score(found, model, shares, digest, LIMITS, tmp_path)
    assert again == linkage.score(found, model, shares, digest, LIMITS)


def test_what_the_linkage_keeps_goes_with_the_snapshots(tmp_path: Path) -> None:
    model = shipped("authors", 400)
    folder = keeping.folder(tmp_path)
    night(mentions([*records(Random(8), "authors", 0, 10).values()]), model, folder)
    assert keeping.place(folder, model).is_file()
    storage.snapshot.remove(tmp_path)
    assert not folder.exists()


def said(
    folder: Path, rows: Sequence[dict[str, Any]], chosen: Sequence[Model]
) -> list[tuple[str, str, bool]]:
    """Return what a whole run over records says with the counts of a folder."""
    with Ledger.open(folder, stamp(chosen, PRIOR), LIMITS) as ledger:
        key, shares = ledger.key, ledger.namesakes(PRIOR)
    whole = neutral.bundle([neutral.Record.model_validate(row) for row in rows], now=NOW, key=key)
    found = {}
    for model in chosen:
        if len(model.sides) == 1 and keeping.place(folder, model).is_file():
            with keeping.attached(keeping.place(folder, model), model, LIMITS) as run:
                counts = keeping.counts(run)
            found[model.name] = linkage.score(whole.mentions, model, shares, whole.digest, LIMITS, counts)
    linking = Linking(models=chosen, namesakes=shares, digest=whole.digest, limits=LIMITS, found=found)
    decided = decide(whole.known, whole.mentions, linking)
    return [(one.record_id, one.cluster, one.review) for one in evaluation.answers(whole, decided)]


def kept(folder: Path, chosen: Sequence[Model]) -> list[tuple[str, str, bool]]:
    with Ledger.open(folder, stamp(chosen, PRIOR), LIMITS) as ledger:
        return [(one.record_id, one.cluster, one.review) for one in ledger.answers()]


class Desk:
    """A folder that keeps what was resolved, and the records it should know."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.chosen = [model for model in models.shipped([ROOT]) if model.name in names]
        self.have: dict[str, dict[str, Any]] = {}

    def resolve(self, rows: Sequence[dict[str, Any]], *, add: bool = False) -> filed.Told:
        path = self.folder.parent / "in.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        out = self.folder.parent / "out.jsonl"
        told = filed.resolve(path, out, self.folder, self.chosen, PRIOR, now=NOW, limits=LIMITS, add=add)
        if not add:
            self.have = {}
        self.have |= {row["record_id"]: row for row in rows}
        return told

    def written(self) -> list[tuple[str, str, bool]]:
        lines = (self.folder.parent / "out.jsonl").read_text(encoding="utf-8").splitlines()
        return [
            (one["record_id"], one["cluster"], one.get("review", False)) for one in map(json.loads, lines)
        ]


@pytest.mark.slow
@pytest.mark.parametrize("names", [("authors",), ("authors", "git", "across")])
def test_a_file_that_grew_is_answered_as_if_it_were_new(tmp_path: Path, names: Sequence[str]) -> None:
    random, desk = Random(9), Desk(tmp_path / "state", names)
    rows = [row for n in range(40) for row in bylines(random, f"w{n}", contact=True)]
    if "git" in names:
        rows += [author_line(random, f"g{n}") for n in range(20)]
    desk.resolve(rows)
    assert desk.written() == said(desk.folder, rows, desk.chosen)
    changed = [{**rows[3], "name": full_name(random)}, {**rows[30], "affiliation": "Lab East"}]
    more = [row for n in range(40, 44) for row in bylines(random, f"w{n}", contact=True)]
    more.append({**rows[7], "record_id": "late", "name": full_name(random)})  # on a paper that is known
    told = desk.resolve([*changed, *more], add=True)
    assert told.records == len(desk.have) == len(rows) + len(more)
    whole = said(desk.folder, [*desk.have.values()], desk.chosen)
    assert kept(desk.folder, desk.chosen) == whole
    assert set(desk.written()) <= set(whole)
    assert {row["record_id"] for row in more} <= {record for record, _, _ in desk.written()}
    fewer = [row for number, row in enumerate(desk.have.values()) if number not in (2, 11)]
    told = desk.resolve(fewer)
    assert (told.new, told.gone) == (0, 2)
    assert (told.looked_at < len(fewer)) is ("git" not in names)  # across families a model looks at everybody
    assert desk.written() == said(desk.folder, fewer, desk.chosen)


def test_a_run_that_was_cut_short_is_not_built_on(tmp_path: Path) -> None:
    random, desk = Random(10), Desk(tmp_path / "state", ("authors",))
    rows = [row for n in range(20) for row in bylines(random, f"w{n}")]
    desk.resolve(rows)
    assert desk.resolve(rows).looked_at == 0
    ledger = Ledger.open(desk.folder, stamp(desk.chosen, PRIOR), LIMITS)
    with ledger, pytest.raises(KeyboardInterrupt), ledger.changing():
        raise KeyboardInterrupt
    again = desk.resolve(rows)
    assert again.looked_at == len(rows) and desk.written() == said(desk.folder, rows, desk.chosen)


def test_what_cannot_be_added_is_refused_and_what_was_known_stays(tmp_path: Path) -> None:
    random, desk = Random(11), Desk(tmp_path / "state", ("authors",))
    rows = [row for n in range(10) for row in bylines(random, f"w{n}")]
    with pytest.raises(BadInput, match="knows no records"):
        desk.resolve(rows[:1], add=True)
    desk.resolve(rows)
    for bad in ([*rows, rows[0]], [*rows, {**rows[0], "name": "Ruta Okafor"}]):
        with pytest.raises(BadInput, match="stands twice"):
            desk.resolve(bad)
    with pytest.raises(BadInput, match="expected one line each"):
        desk.resolve([{**rows[0], "name": "A B"}, {**rows[0], "name": "C D"}], add=True)
    told = desk.resolve(rows)
    assert (told.new, told.gone, told.looked_at) == (0, 0, 0)
    assert desk.written() == said(desk.folder, rows, desk.chosen)
