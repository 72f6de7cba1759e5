"""What nights on the invented world left behind, for the tests that look at it."""

import contextlib
import io
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import invented
import launcher
import pytest

from storage import scores
from storage.engine import open_store
from storage.model import Points

SPECIALISMS = ("inference-performance", "post-training", "vision-multimodal")


class Nights:
    """What nights left behind. of: person key by identity. account: identity by the key of the invented truth.

    first: the store and the leads as the first night left them. log: what each night asked. plans: what `crawl plan`
    said before each night but the first.
    """

    def __init__(self, home: Path, truth: dict[str, Any], log: list[Any], plans: list[Any]) -> None:
        self.home, self.truth, self.log, self.plans = home, truth, log, plans
        self.first = home / "first"
        self.store = sqlite3.connect(home / "store.db")
        people = truth["people"].values() if isinstance(truth["people"], dict) else truth["people"]
        self.of = dict(self.store.execute("SELECT identity, person FROM person_identity"))
        self.account = {one["key"]: f"github:{one['github']['id']}" for one in people if one.get("github")}
        self.known = {one["key"]: one for one in people}

    def person(self, key: str) -> str | None:
        """Return the person of a key of the truth."""
        return self.of.get(self.account.get(key, ""))

    def case(self, name: str) -> list[str | None]:
        """Return the persons of a planted case."""
        return [self.person(key) for key in self.truth["cases"][name]["people"]]

    def ranking(self, specialism: str) -> list[str]:
        """Return the persons listed for a specialism, best first."""
        rows = self.store.execute(
            "SELECT person FROM score WHERE specialism = ? AND listed ORDER BY lower DESC, person",
            (specialism,),
        )
        return [person for (person,) in rows]

    def parts(self, person: str | None = None) -> dict[tuple[str, str], list[Points]]:
        """Return what earned each score, by specialism and person; of one person, or of everybody."""
        rows = self.store.execute(
            "SELECT specialism, person FROM score WHERE person = ? OR ? IS NULL", (person, person)
        )
        with (
            contextlib.closing(open_store(f"sqlite:///{self.home / 'store.db'}")) as store,
            store.read() as tx,
        ):
            return {(specialism, who): scores.points(tx, who, specialism) for specialism, who in rows}


def run_nights(home: Path) -> Nights:
    """Make an installation below `home`, let two nights run, export the leads after each, and crawl on a third.

    Before the second and the third it is asked what they will cost.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        log, plans = list[Any](), list[Any]()
        for day in (0, 1, 2):
            night = launcher.Night(home, day=invented.UNTIL + launcher.timedelta(days=day))
            with night.serving() as server:
                assert night.install() == 0
                if day:
                    plans.append(_told(night, "crawl", "plan", "--json"))
                # one planted feed is broken for good, which the night reports as partly done
                assert night.sourcer(*(["nightly"] if day < 2 else ["crawl", "run"])) == 5
                log.append(list(server.log))
                if day == 0:
                    (home / "first").mkdir()
                    _export(night, home / "first" / "leads.csv")
                    shutil.copy(home / "store.db", home / "first" / "store.db")
                elif day == 1:
                    _export(night, home / "leads.csv")
                    truth = json.loads((night.world.root / "truth.json").read_text())
    return Nights(home, truth, log, plans)


def _export(night: launcher.Night, path: Path) -> None:
    leads = ("export", "run", "--query", "", "--specialism", SPECIALISMS[0], "--to", "csv", "--yes")
    assert night.sourcer(*leads, "--dry-run") == 0  # nobody is handed over unseen
    assert night.sourcer(*leads, "--out", str(path)) == 0


def _told(night: launcher.Night, *words: str) -> Any:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert night.sourcer(*words) == 0
    return json.loads(out.getvalue())
