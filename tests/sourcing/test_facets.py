"""Facets: place, hours, languages, frameworks, targets; what they find and that they move no score."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from scenes import HONEST, Scene, line
from sqlalchemy import delete, select

from sourcing import facets, people, resolve, vocabulary
from sourcing.settings import config_root
from spiders.records import WorkKind
from storage import persons, search, sources
from storage.engine import Store
from storage.query import Field, FieldName
from storage.tables import search_facet, search_read
from storage.traces import Made

ROOTS = [config_root()]
WORDS = vocabulary.load(ROOTS)


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("csrc/attention/paged.cu", "cuda"),
        ("include/engine/cache.h", "cpp"),
        ("src/lib.rs", "rust"),
        ("engine/kv.py", "python"),
        ("engine/ops/triton/flash.py", "triton"),
        ("engine/triton_kernels.py", "triton"),
        ("docs/triton/readme.md", None),
        ("app/page.tsx", "typescript"),
        ("demo/Try It.ipynb", "notebook"),
        ("Makefile", None),
        (".gitignore", None),
        ("pyproject.toml", None),
        ("a/b.PY", "python"),
        ("", None),
    ],
)
def test_a_file_has_a_language_by_its_ending(path: str, language: str | None) -> None:
    assert WORDS.languages.of(path) == language


@pytest.mark.parametrize(
    ("text", "frameworks", "targets"),
    [
        ("Fix torch.compile under FSDP", {"pytorch"}, {"distributed"}),
        ("jaxlib: lower to StableHLO on TPU", {"jax", "xla"}, {"tpu"}),
        ("Run the tflite model on a Raspberry Pi", set(), {"edge"}),
        ("Helm chart for k8s", set(), {"kubernetes"}),
        ("Handle the edge case of an ajax torchlight", set(), set()),
        ("deploy/eks/main.tf", set(), {"cloud"}),
    ],
)
def test_words_name_frameworks_and_targets_as_whole_words(
    text: str, frameworks: set[str], targets: set[str]
) -> None:
    assert (WORDS.frameworks.of(text), WORDS.targets.of(text)) == (frameworks, targets)


def test_a_repository_stands_for_its_framework() -> None:
    assert WORDS.frameworks.of_repository("Triton-Lang/triton-something") == {"triton"}
    assert WORDS.frameworks.of_repository("somebody/else") == frozenset()


def test_the_lists_are_versioned_and_every_slug_fits_a_facet() -> None:
    assert min(WORDS.languages.version, WORDS.frameworks.version, WORDS.targets.version) >= 1
    assert all(len(field) <= 16 for field in facets.FIELDS)


def made(now: datetime, number: int, paths: Iterable[str] = (), title: str = "Change") -> Made:
    at = now - timedelta(days=number)
    return Made(
        person="p_a", work=f"github:o/n#{number}", kind=WorkKind.PULL_REQUEST, titles=(title,), paths=tuple(paths),
        tags=(), repository="github:o/n", at=at, url=f"https://code.example/{number}", commits=1,
    )  # fmt: skip


def test_shares_are_of_works_that_tell_and_links_are_the_newest(now: datetime) -> None:
    works = [made(now, number, ["a/x.cu", "a/y.py"]) for number in range(1, 5)]
    works += [made(now, 5, ["README.md"]), made(now, 6, ["b.rs"])]
    found = {(one.kind, one.value): one for one in facets.craft(works, WORDS)}
    cuda = found["lang", "cuda"]
    assert (cuda.share, cuda.works, cuda.is_facet) == (pytest.approx(2 / 5), 4, True)
    assert cuda.links == tuple(f"https://code.example/{number}" for number in (1, 2, 3))
    assert not found["lang", "rust"].is_facet  # one work is a trial
    assert found["layer", "core"].share == pytest.approx(3 / 5)
    assert found["layer", "library"].share == pytest.approx(2 / 5)
    assert sum(one.share for (kind, _), one in found.items() if kind == "lang") == pytest.approx(1)


@pytest.fixture
def scene(store: Store, make, now, keyer, tmp_path) -> Scene:
    """Three engineers, in Berlin, in some Cambridge and nowhere; the clock of the first stands in Europe."""
    made = Scene(store, make, now, keyer, tmp_path)
    months = [f"2026-{number:02d} europe-africa" for number in range(5, 11)]
    made.take(
        [
            make.identity(HONEST[0], source="github_people", location="Berlin, Germany 🇩🇪"),
            make.identity(line(HONEST[0]), hours=tuple(months)),
            make.identity(HONEST[1], source="github_people", location="Cambridge"),
            make.identity(HONEST[2], source="github_people", location="/dev/null"),
        ]
    )
    many = [20 + number * 7 for number in range(25)]
    made.take(made.commits("example-org/serving-engine", "h", line(HONEST[0]), many))
    return made


def written(scene: Scene, one: str) -> set[tuple[str, str]]:
    with scene.store.read() as tx:
        person = persons.find_by_identity(tx, one)
        assert person is not None
        words, table = vocabulary.load(ROOTS), facets.places.load(ROOTS)
        rows = facets.rows(tx, [person.key], words=words, table=table, now=scene.now)
        return {(field, value) for _, field, value in rows}


@pytest.mark.slow
def test_place_hours_and_language_are_found_by_and_move_no_score(scene: Scene, make) -> None:
    before = scene.ranked()
    assert facets.refresh(scene.store, None, roots=ROOTS, now=scene.now) > 0
    first, second, third = (written(scene, one) for one in HONEST)
    assert {("country", "de"), ("region", "de-be"), ("city", "berlin"), ("hub", "berlin")} <= first
    assert {("hours", "europe-africa"), ("lang", "python")} <= first
    assert ("ambiguous_place", "cambridge, us-ma") in second
    assert not {field for field, _ in second} & {"country", "city", "hub"}
    assert {field for field, _ in third} <= {"lang", "framework", "target"}
    with scene.store.read() as tx:
        berlin = search.find(tx, Field(name=FieldName("city"), value="berlin"), specialism=None, limit=9)
    assert [one.person for one in berlin] == [before[HONEST[0]].person]
    swapped = {HONEST[0]: "Nairobi", HONEST[1]: "Osaka", HONEST[2]: "Lima, Peru"}
    later = scene.now + timedelta(minutes=1)
    scene.take(
        make.identity(
            one, at=later, source="github_people", location=place, affiliation=f"University {number}",
            name=f"Other Person{number}", handle=f"other{number}",
        )
        for number, (one, place) in enumerate(swapped.items())
    )  # fmt: skip
    after = scene.ranked()
    facets.refresh(scene.store, None, roots=ROOTS, now=scene.now)
    assert ("country", "ke") in written(scene, HONEST[0]) and ("country", "de") not in written(
        scene, HONEST[0]
    )
    for one in HONEST:
        assert replace(after[one], run=None) == replace(before[one], run=None)


def test_a_split_and_a_withdrawn_source_take_their_places_along(scene: Scene) -> None:
    resolve.run(scene.store, now=scene.now, run=None, keyer=scene.keyer)
    facets.refresh(scene.store, None, roots=ROOTS, now=scene.now)
    given = {"actor": "ana", "now": scene.now, "keyer": scene.keyer}
    one = scene.person(HONEST[0])
    people.merge(scene.store, one, scene.person(HONEST[2]), reason="same page", **given)
    assert ("city", "berlin") in stored(scene, HONEST[2])
    people.split(scene.store, one, [HONEST[2], line(HONEST[2])], reason="two people after all", **given)
    assert ("city", "berlin") in stored(scene, HONEST[0])
    assert ("city", "berlin") not in stored(scene, HONEST[2])
    with scene.store.begin() as tx:
        sources.forget_source(tx, "github_people")
    assert not [pair for pair in stored(scene, HONEST[0]) if pair[0] in facets.FIELDS]


@pytest.mark.slow
def test_a_night_reads_only_whom_it_changed_and_finds_what_reading_everybody_does(
    scene: Scene, make, tmp_path: Path
) -> None:
    """What people state, write and lose, twins, time that passes, and the lists themselves."""
    resolve.run(scene.store, now=scene.now, run=None, keyer=scene.keyer)

    def read(now: datetime, roots=ROOTS) -> int:
        number = facets.refresh(scene.store, None, roots=roots, now=now)
        with scene.store.begin() as tx:
            left = rows_of(tx)
            tx.execute(delete(search_read))
        facets.refresh(scene.store, None, roots=roots, now=now)
        with scene.store.read() as tx:
            assert rows_of(tx) == left
        return number

    def rows_of(tx) -> list[tuple[str, str, str]]:
        return sorted(tuple(row) for row in tx.execute(select(search_facet)))

    everybody = read(scene.now)
    later = scene.now + timedelta(days=1)
    assert (read(scene.now), read(later)) == (0, 0)
    with scene.store.read() as tx:
        fixed = rows_of(tx)
    again = make.identity(HONEST[0], at=later, source="github_people", location="Berlin, Germany 🇩🇪")
    scene.take([again])
    assert read(later) == 0  # said again is not said anew
    scene.take([make.identity(HONEST[1], at=later, source="github_people", location="Osaka")])
    assert read(later) == 1
    scene.take(scene.commits("example-org/serving-engine", "m", line(HONEST[2]), [3, 5, 7]))
    resolve.run(scene.store, now=later, run=None, keyer=scene.keyer)
    assert read(later) == 1
    with scene.store.begin() as tx:
        sources.forget_source(tx, "github_people")
    assert read(later) > 0
    assert read(later + timedelta(days=36 * 31)) > 0  # nobody wrote anything recently
    with scene.store.read() as tx:
        assert {row[1] for row in rows_of(tx)}.isdisjoint({"lang", "city"}) and fixed
    vocabularies = tmp_path / "roots" / "vocabulary"
    vocabularies.mkdir(parents=True)
    (vocabularies / "frameworks.toml").write_text(
        'title = "Ours"\nversion = 2\n[quiet]\ntitle = "Quiet"\nwords = ["quiet"]\n'
    )
    assert read(scene.now, [*ROOTS, tmp_path / "roots"]) == everybody


def stored(scene: Scene, one: str) -> set[tuple[str, str]]:
    with scene.store.read() as tx:
        rows = tx.execute(select(search_facet).where(search_facet.c.person == scene.person(one)))
        return {(row.field, row.value) for row in rows}
