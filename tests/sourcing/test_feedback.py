"""Evidence that is wrong counts no more at once, as the next ranking would have it, and counts again when undone."""

from pathlib import Path
from typing import Any

import pytest
from scenes import ENGINE, PACK, TOY, VERA, WIM, XENIA, Scene, line

from sourcing import feedback, history
from sourcing.errors import BadInput, NotAllowed
from storage import feedback as stored
from storage import persons, scores
from storage.model import Score

LOOK = ", ".join(f'"{word}"' for word in PACK.look.keywords)
FACTORS = "".join(
    f'[[factors]]\nname = "{one.name}"\nfeature = "{one.feature}"\nweight = {one.weight}\nhalf = {one.half}\n'
    for one in PACK.factors
)


@pytest.fixture
def scene(store: Any, make: Any, now: Any, keyer: Any, tmp_path: Path) -> Scene:
    return Scene(store, make, now, keyer, tmp_path)


@pytest.fixture
def roots(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "config" / "specialisms"
    folder.mkdir(parents=True)
    text = (
        f'title = "{PACK.title}"\nsummary = "{PACK.summary}"\nversion = 1\n'
        f'[look]\nrepositories = ["{ENGINE}"]\nkeywords = [{LOOK}]\n{FACTORS}'
    )
    (folder / "inference.toml").write_text(text)
    return [folder.parent]


def figures(one: Score) -> tuple[Any, ...]:
    parts = [(part.factor, round(part.points, 9), part.evidence) for part in one.points]
    return (round(one.value, 9), round(one.lower, 9), one.level, one.listed, parts)


@pytest.mark.slow
def test_excluded_evidence_counts_no_more_at_once_and_again_when_it_is_undone(
    scene: Scene, roots: list[Path], keyer: Any
) -> None:
    scene.take(
        [
            *scene.pull(TOY, 900, VERA, days=9, by=[WIM, XENIA]),
            *scene.commits(TOY, "t", line(WIM), [7, 8]),
        ]
    )
    before = scene.ranked()[VERA]
    with scene.store.read() as tx:
        key = persons.find_by_identity(tx, VERA).key
        strangers = {
            one: scores.get(tx, persons.find_by_identity(tx, one).key, PACK.slug) for one in (WIM, XENIA)
        }
    signal = before.points[0].evidence[0]
    deed = feedback.wrong(
        scene.store, key, signal, exclude=True, reason="not their work", actor="ana", now=scene.now,
        home=scene.home, roots=roots,
    )  # fmt: skip
    with scene.store.read() as tx:
        after = scores.get(tx, key, PACK.slug)
        told = stored.of(tx, [key])[key]
    assert after.value < before.value
    shown = {one for part in after.points for one in part.evidence}
    assert signal in told[0].signals and shown.isdisjoint(told[0].signals)
    with scene.store.read() as tx:
        assert {
            one: scores.get(tx, persons.find_by_identity(tx, one).key, PACK.slug) for one in strangers
        } == strangers
    scene.visits += 1
    assert figures(scene.ranked()[VERA]) == figures(after), "the next ranking says the same"
    way = history.Way(home=scene.home, roots=roots, keyer=keyer)
    assert deed is not None
    history.undo(scene.store, deed, actor="ben", now=scene.now, way=way)
    with scene.store.read() as tx:
        assert figures(scores.get(tx, key, PACK.slug)) == figures(before)
    with pytest.raises(BadInput, match="undone already"):
        history.undo(scene.store, deed, actor="ben", now=scene.now, way=way)


@pytest.mark.slow
def test_reported_evidence_still_counts_and_what_is_no_evidence_is_refused(
    scene: Scene, roots: list[Path]
) -> None:
    before = scene.ranked()[VERA]
    with scene.store.read() as tx:
        key, other = (persons.find_by_identity(tx, one).key for one in (VERA, WIM))
    call: dict[str, Any] = {"actor": "ana", "now": scene.now, "home": scene.home, "roots": roots}
    signal = before.points[0].evidence[0]
    feedback.wrong(scene.store, key, signal, exclude=False, reason="looks odd", **call)
    with scene.store.read() as tx:
        assert scores.get(tx, key, PACK.slug).value == before.value and stored.excluded(tx) == set()
    for person, about in ((other, signal), (key, "github:merged:nothing")):
        with pytest.raises(BadInput, match="is no evidence about"):
            feedback.wrong(scene.store, person, about, exclude=True, reason="no", **call)
    with pytest.raises(NotAllowed, match="say why"):
        feedback.wrong(scene.store, key, signal, exclude=True, reason=" ", **call)
