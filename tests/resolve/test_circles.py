"""Co-authors of co-authors at their limits: large teams, hubs, wide circles, when all is made anew and when some is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

from sourcing.resolve import columns_authors, keeping, linkage, models, namesakes, neutral, nights
from sourcing.resolve.comparing import Limits
from sourcing.resolve.crowds import CIRCLE_MAX, HUB, TEAM_MAX
from sourcing.resolve.mentions import Mention
from sourcing.settings import config_root
from spiders.redact import Pepper

MODEL = models.shipped([config_root()], "authors")[0]
LIMITS = Limits(memory="500MB", threads=1)
SHARES = namesakes.count([], {})
NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = Pepper(secret=b"k" * 32)
Row = dict[str, Any]
_PARTS = [start + vowel for start, vowel in product("bdfgklmnprstv", "aeiou")]
NAMES = [f"{one}{two}na {two}{one}lund".title() for one, two in product(_PARTS, _PARTS)]
ALONE, OTHERS = NAMES[:400], NAMES[400:1300]
BELOW = {"wide": 30, "hub": 80, "team": TEAM_MAX}
"""How many names are around Tove Brandt and around Ilse Hartog, and on the one paper of Odd Rasmus."""


def byline(work: str, name: str, coauthors: Sequence[str]) -> Row:
    return {
        "record_id": f"{work} {name}",
        "source": "papers",
        "name": name,
        "work": work,
        "coauthors": [*coauthors],
    }


def world(*, wide: int, hub: int, team: int) -> list[Row]:
    """Return records of Mira Okafor and of her co-authors with so many names around them, see `BELOW`.

    So many people write alone that a co-author of hers is rare enough to tell anybody apart.
    """
    others = iter(OTHERS)
    rows = [byline(f"alone {n}", name, ()) for n, name in enumerate(ALONE)]
    rows += [byline(f"mine {n}", "Mira Okafor", ("Tove Brandt", "Ilse Hartog")) for n in range(2)]
    rows.append(byline("mine 2", "Mira Okafor", ("Odd Rasmus",)))
    for name, around, most in (
        ("Tove Brandt", wide, 40),
        ("Ilse Hartog", hub, 40),
        ("Odd Rasmus", team - 1, 60),
    ):
        for n, first in enumerate(range(0, around, most)):
            rows.append(byline(f"{name} {n}", name, [*islice(others, min(most, around - first))]))
    return rows


def mentions(rows: Sequence[Row]) -> tuple[Mention, ...]:
    records = [neutral.Record.model_validate(row) for row in rows]
    return neutral.bundle(records, now=NOW, key=KEY).mentions


def made_anew(found: Sequence[Mention], counts: Any) -> dict[str, frozenset[str]]:
    """Return the circle of every mention as a whole run makes it."""
    ordered = linkage.sided(found, MODEL)
    circles = {}
    for places, one in columns_authors.worlds(ordered, SHARES, counts):
        names = one.words["name"]
        for place, near in zip(places, one.table(places)["co2"].to_pylist(), strict=True):
            circles[ordered[place].id] = frozenset(names[number] for number in near)
    return circles


def kept(folder: Path) -> tuple[dict[str, frozenset[str]], Any]:
    """Return the circle of every mention as a folder has it, and the counts there."""
    with keeping.attached(keeping.place(folder, MODEL), MODEL, LIMITS) as run:
        names = dict(
            run.database.execute("SELECT number, word FROM state.token WHERE kind = 'name'").fetchall()
        )
        rows = run.database.execute("SELECT id, co2 FROM state.mention").fetchall()
        return {key: frozenset(names[one] for one in near) for key, near in rows}, keeping.counts(run)


def size(circles: dict[str, frozenset[str]], work: str) -> int:
    return len(next(near for key, near in circles.items() if key.startswith(f"paper:{work}:")))


@pytest.mark.slow
def test_circles_keep_their_limits_whoever_makes_them(tmp_path: Path) -> None:
    steps: list[tuple[dict[str, int], int, int]] = [
        ({}, 110, TEAM_MAX - 1),
        ({"wide": 120}, CIRCLE_MAX, TEAM_MAX - 1),  # the most frequent of two hundred
        ({"hub": HUB + 40}, 30, TEAM_MAX - 1),  # Ilse Hartog tells nobody apart
        ({"team": TEAM_MAX + 1}, 110, 0),  # everybody was there
        ({}, 110, TEAM_MAX - 1),
    ]
    for change, two, one in steps:
        found = mentions(world(**(BELOW | change)))
        said = nights.score(
            found, MODEL, SHARES, neutral.bundle([], now=NOW, key=KEY).digest, LIMITS, tmp_path
        )
        circles, counts = kept(tmp_path)
        assert circles == made_anew(found, counts)
        assert (size(circles, "mine 0"), size(circles, "mine 2")) == (two, one)
        assert said == linkage.score(found, MODEL, SHARES, neutral.bundle([], now=NOW).digest, LIMITS, counts)
