"""A night: every step is recorded, the second one is small, and trouble is told without losing the rest."""

import os
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sourcing import nightly
from sourcing.crawl import lock
from sourcing.errors import NotAllowed
from sourcing.nightly import Step
from sourcing.settings import Operator, Settings, load_specs
from spiders.archive import Archive
from storage import intake, runs, scores
from storage.engine import Store
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)


CHILD = textwrap.dedent(
    '''
    """A source's child without network: four repositories, each with three changes by one account."""
    import sys
    from datetime import UTC, datetime
    from spiders.records import *
    from spiders.wire import task_from_line, visit_to_line

    AT = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
    for line in sys.stdin:
        task = task_from_line(line)
        name = task.params["repository"]
        via = Provenance(source=task.source, url=task.url, page="0" * 64, fetched_at=AT, reader="r@1", terms="t")
        records = []
        for n in range(3):
            work = f"github:{name}#{n}"
            title = f"Add GRPO reward model training with PPO and DPO losses {n}"
            records.append(Work(id=work, kind=WorkKind.PULL_REQUEST, title=title, url=task.url, via=via,
                                part_of="github:orbit/trainer"))
            if sys.argv[1] == "well":
                number = sum(name.encode())
                records.append(Identity(id=f"github:{number}", kind=IdentityKind.PERSONAL, via=via, handle="h"))
                records.append(Signal(id=f"{work}:a", identity=f"github:{number}", work=work, via=via,
                                      kind=SignalKind.AUTHORED, occurred_at=AT))
        page = Page(url=task.url, status=200, media_type="x/y", fetched_at=AT, sha256="0" * 64, body=b"")
        visit = Visit(task=task, outcome=Outcome.OK, at=AT, page=page, records=tuple(records),
                      cost=Cost(requests=1))
        print(visit_to_line(visit), flush=True)
    '''
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an installation without any source that is on."""
    from sourcing.settings import config_root

    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    (tmp_path / "config" / "sources").mkdir(parents=True)
    for shipped in (config_root() / "sources").glob("*.toml"):
        (tmp_path / "config" / "sources" / shipped.name).write_text("enabled = false\n")
    (tmp_path / "config" / "specialisms").mkdir()
    look = '[look]\nrepositories = ["orbit/trainer"]\n'
    (tmp_path / "config" / "specialisms" / "post-training.toml").write_text(look)
    operator = Operator(controller="Example GmbH", contact="https://c.example")
    return Settings(home=tmp_path / "home", config_dir=tmp_path / "config", operator=operator)


def fill(store: Store, make: Any, keyer: PepperKeyer) -> None:
    numbers = range(1, 7)
    records = [make.identity("github:1001", handle="amina-o", name="Amina Okonjo")]
    for number in numbers:
        work = f"github:orbit/trainer#{number}"
        title = f"Add GRPO reward model training with PPO and DPO losses {number}"
        records += [make.work(work, title=title, part_of="github:orbit/trainer")]
        records += [make.signal("github:1001", work, occurred_at=NOW - timedelta(days=number))]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=NOW, run=None, keyer=keyer)


@pytest.mark.slow
def test_a_night_resolves_ranks_and_records_every_step(
    store: Store, settings: Settings, make: Any, keyer: PepperKeyer
) -> None:
    fill(store, make, keyer)
    report = nightly.run(store, settings, now=NOW, actor="operator")
    assert report.status == "done" and list(report.steps) == list(Step)
    with store.read() as tx:
        run = runs.get(tx, report.run)
        assert {step.name: step.status for step in run.steps} == dict.fromkeys(Step, "done")
        assert scores.ranked(tx)["post-training"][2] == 1
        before = scores.ranking(tx, "post-training", limit=10)
    text = nightly.summary(report)
    assert "1 people from 1 identities" in text and "post-training: 1 scored" in text and "Amina" not in text

    assert nightly.run(store, settings, now=NOW, actor="operator", steps=[Step.RESOLVE]).run != report.run
    nightly.rank(store, settings, now=NOW, run=None, only="post-training")
    with store.read() as tx:
        after = scores.ranking(tx, "post-training", limit=10)
    assert [(one.person, one.value) for one in after] == [(one.person, one.value) for one in before]


@pytest.mark.slow
def test_snapshots_are_swept(store: Store, settings: Settings, make: Any, keyer: PepperKeyer) -> None:
    fill(store, make, keyer)
    for day in range(4):
        (settings.home / "snapshots" / f"ranking-2026112{day}T021700").mkdir(parents=True)
    nightly.rank(store, settings, now=NOW + timedelta(days=9), run=None, only="post-training")
    assert len(list((settings.home / "snapshots").iterdir())) == settings.ranking.keep_snapshots


def test_pages_past_their_sources_days_are_swept(
    store: Store, settings: Settings, make: Any, keyer: PepperKeyer
) -> None:
    days = {spec.name: spec.keep_pages_days for spec in load_specs(settings)}
    short, long = "git_history", "conference_papers"
    assert days[short] < days[long]
    archive, digests = Archive(settings.home), {}
    for number, (source, age) in enumerate(
        [(short, days[short] + 1), (short, days[short] - 1), (long, days[short] + 1), (long, days[long] + 1)]
    ):
        digest, at = f"{number}" * 64, NOW - timedelta(days=age)
        archive.put(digest, b"page")
        digests[digest] = age < days[source]
        task = make.task(number, source=source)
        page = replace(make.visit(task=task).page, sha256=digest, fetched_at=at)
        with store.begin() as tx:
            visit = make.visit(make.identity(f"github:{number}", source=source), task=task, page=page, at=at)
            intake.take(tx, visit, now=NOW, run=None, keyer=keyer)
    unknown = archive.put("f" * 64, b"of a visit without records")
    old = (NOW - timedelta(days=max(days.values()) + 1)).timestamp()
    os.utime(unknown, (old, old))
    nightly.run(store, settings, now=NOW, actor="operator", steps=[Step.SWEEP])
    assert {digest: archive.path(digest).exists() for digest in digests} == digests
    assert not unknown.exists()


def test_a_failing_step_marks_the_run_and_frees_the_lock(store: Store, settings: Settings) -> None:
    assert settings.config_dir is not None
    (settings.config_dir / "specialisms" / "post-training.toml").write_text("titel = 1\n")
    with pytest.raises(Exception, match="titel"):
        nightly.run(store, settings, now=NOW, actor="operator", steps=[Step.RESOLVE, Step.RANK])
    with store.read() as tx:
        run = runs.last(tx, "nightly")
    assert run is not None and run.status == "failed" and run.detail["error"] == "ConfigError"
    with lock.holding(store, settings, now=NOW):
        pass


def test_no_night_without_somebody_who_answers_for_it(store: Store, settings: Settings) -> None:
    nobody = settings.model_copy(update={"operator": Operator()})
    with pytest.raises(NotAllowed, match="controller and contact"):
        nightly.run(store, nobody, now=NOW, actor="operator")
    assert nightly.run(store, nobody, now=NOW, actor="operator", steps=[Step.RESOLVE]).status == "done"


@pytest.mark.slow
def test_a_collapsed_source_holds_the_ranking_and_the_last_good_shortlist_stays(
    store: Store, settings: Settings
) -> None:
    """A child that is well for a night and then tells of works without anybody who did them."""
    assert settings.config_dir is not None
    (settings.config_dir / "sources" / "git_history.toml").write_text(
        f"[seeds]\nrepositories = {[f'orbit/r{n}' for n in range(4)]}\n[expect]\nsignals_min = 0\n"
    )
    script = settings.config_dir / "child.py"
    script.write_text(CHILD)

    def night(how: str, days: int) -> nightly.NightReport:
        command = [sys.executable, str(script), how]
        at = NOW + timedelta(days=days)
        return nightly.run(
            store, settings, now=at, actor="operator", child=lambda _: command, fixed_clock=True
        )

    assert night("well", 0).status == "done"
    with store.read() as tx:
        before = scores.ranking(tx, "post-training", limit=10)
    report = night("without-authors", 2)
    assert report.status == "partial" and report.steps[Step.RANK]["specialisms"] == []
    assert "12 works and nobody who did them" in report.steps[Step.RANK]["held"][0]
    assert "the shortlists of the last good run stay" in nightly.summary(report)
    with store.read() as tx:
        steps = {step.name: step.status for step in runs.get(tx, report.run).steps}
        assert scores.ranking(tx, "post-training", limit=10) == before and before
    assert (steps["crawl"], steps["rank"]) == ("partial", "skipped")
    assert night("without-authors", 4).status == "partial"  # a collapse is no new measure
    well = night("well", 6)
    assert well.status == "done" and well.steps[Step.RANK]["specialisms"]
