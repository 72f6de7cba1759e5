"""`sourcer crawl held`: a person decides what to believe of a source that lost too much."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sourcing.__main__ import main
from spiders.records import Gone
from storage import intake
from storage.engine import open_store


@pytest.mark.row("F34")
@pytest.mark.parametrize(("choice", "left"), [("--accept", 70), ("--refuse", 100)])
def test_a_person_accepts_or_refuses_what_vanished(
    choice: str,
    left: int,
    new_url: Callable[[], str],
    make,
    now,
    keyer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    url = new_url()
    assert main(["init", "--controller", "Example GmbH", "--contact", "https://c.example"]) == 0
    later = now + timedelta(days=1)
    works = [make.work(f"github:orbit/engine#{number}") for number in range(100)]
    gone = [Gone(id=f"github:orbit/engine#{number}", via=make.via(later)) for number in range(30)]
    store = open_store(url)
    for records, run in ((works, None), (gone, "crawl-1")):
        with store.begin() as tx:
            intake.take(tx, make.visit(*records, task=make.task(len(records))), now=now, run=run, keyer=keyer)
    capsys.readouterr()
    assert main(["--database", url, "crawl", "held", "--json"]) == 0
    (held,) = json.loads(capsys.readouterr().out)
    assert (held["run"], held["source"], held["known"], held["gone"]) == ("crawl-1", "git_history", 100, 30)
    assert main(["--database", url, "crawl", "held", choice, "git_histry"]) == 2
    assert "did you mean 'git_history'?" in capsys.readouterr().err
    assert main(["--database", url, "crawl", "held", choice, "git_history"]) == 0
    assert main(["--database", url, "crawl", "held", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("}")[2] or "[]") == []
    with store.read() as tx:
        shown = tx.exec_driver_sql("SELECT count(*) FROM work WHERE id NOT IN (SELECT id FROM withdrawal)")
        assert shown.scalar_one() == left
        assert tx.exec_driver_sql("SELECT action FROM audit").scalars().all()[-1].startswith("crawl.held.")
    store.close()
