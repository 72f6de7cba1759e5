"""Runs and sources: budgets, reasons, what is next, and deciding what vanished."""

from datetime import timedelta

import pytest
import town
from visiting import Visitor, let_end

from sourcing.access import Scope
from sourcing.web.desk import Desk
from spiders.records import Gone
from storage import audit, intake, runs, vanish


@pytest.fixture
def people(desk: Desk, make, now, keyer) -> list[str]:
    return town.fill(desk.store, make, now, keyer, desk.settings)


def test_each_source_shows_its_budget_its_terms_and_when_it_is_next(visitor: Visitor, people) -> None:
    page = visitor.page("/runs")
    rows = {one.cssselect(".key")[0].text: one for one in page.cssselect("table.sources tbody tr")}
    assert set(rows) == {"git_history"}
    text = " ".join(rows["git_history"].text_content().split())
    assert "never" in text and "now" in text and "1 request / 1 s" in text and "terms" in text
    assert "switched off" in visitor.text("/runs")
    off = visitor.page("/runs?off=true").cssselect("table.sources tbody tr")
    assert len(off) > 20


def test_what_a_source_used_stands_against_what_it_may(visitor: Visitor, people, make, now, keyer) -> None:
    from dataclasses import replace

    from spiders.records import Cost

    visit = make.visit(make.identity("github:5"), task=make.task(7))
    with visitor.desk.store.begin() as tx:
        run = runs.start(tx, "crawl", now=now, actor="cron")
        spent = replace(visit, cost=Cost(requests=500, bytes=5_000_000, seconds=60.0))
        intake.take(tx, spent, now=now, run=run, keyer=keyer)
    text = visitor.text("/runs")
    assert "500 / 600" in text and "near its budget" in text


def test_a_run_tells_its_steps_what_went_wrong_and_what_is_left(visitor: Visitor, people) -> None:
    with visitor.desk.store.read() as tx:
        run = runs.last(tx, "nightly")
    assert run is not None
    assert f"/runs/{run.id}" in visitor.get("/runs").text
    text = visitor.text(f"/runs/{run.id}")
    for words in (
        "partial",
        "answer was cut short",
        "70 requests",
        "60 people from 60 identities",
        "sourcer nightly",
    ):
        assert words in text, words
    steps = [
        one.cssselect(".strong")[0].text for one in visitor.page(f"/runs/{run.id}").cssselect(".steps li")
    ]
    assert steps == ["crawl", "resolve", "rank"]
    assert visitor.get("/runs/nothing").status_code == 404


def test_runs_are_paged_by_their_place(visitor: Visitor, now) -> None:
    with visitor.desk.store.begin() as tx:
        for number in range(30):
            run = runs.start(tx, "crawl", now=now - timedelta(hours=number), actor="cron")
            runs.finish(tx, run, now=now, status="done")
    seen: list[str] = []
    at = "/runs"
    while at:
        page = visitor.page(at)
        seen += [one.text for one in page.cssselect('th a[href^="/runs/"]')]
        after = page.cssselect("a[rel=next]")
        at = after[0].get("href") if after else ""
    assert len(seen) == len(set(seen)) == 30
    for broken in ("x", "2026-01-01~a", "~", "2026-01-01T00:00:00~"):
        assert visitor.get("/runs", params={"before": broken}).status_code == 422, broken


def test_the_plan_asks_nobody(visitor: Visitor) -> None:
    text = visitor.text("/runs/plan")
    assert "git_history" in text and "requests" in text


def test_only_an_administrator_decides_what_vanished(desk: Desk, make, now, keyer) -> None:
    with desk.store.begin() as tx:
        brought = [make.identity(f"github:{number}") for number in range(400)]
        intake.take(tx, make.visit(*brought), now=now, run=None, keyer=keyer)
        run = runs.start(tx, "crawl", now=now, actor="cron")
        gone = [Gone(id=f"github:{number}", via=make.via(now)) for number in range(300)]
        intake.take(tx, make.visit(*gone, task=make.task(9)), now=now, run=run, keyer=keyer)
    admin, other = Visitor(desk), Visitor(desk, actor="ben", scope=Scope.EXPORT)
    with desk.store.read() as tx:
        waiting = vanish.waiting(tx)
    assert waiting, "the scene holds nothing"
    assert "an administrator decides" in other.text("/runs")
    fields = {"source": "git_history", "verdict": "refuse"}
    assert other.post("/runs/held", fields).status_code == 403
    page = admin.follow(admin.post("/runs/held", fields)).text
    assert "300 kept" in page and "Vanished at once" not in page
    with desk.store.read() as tx:
        entry = audit.of_action(tx, "crawl.held.refuse")[0]
    assert (entry.actor, entry.subject) == ("ana", "git_history")
    assert admin.post("/runs/held", fields).status_code == 404


def test_a_crawl_is_begun_cancelled_and_gone_on_with_from_the_page(desk: Desk, now) -> None:
    admin, other = Visitor(desk), Visitor(desk, actor="ben", scope=Scope.EXPORT)
    assert not other.page("/runs").cssselect("form.run-begin, .run-acts")
    fields = {"kind": "crawl", "source": "git_history"}
    assert other.post("/runs/begin", fields).status_code == 403
    begun = admin.post("/runs/begin", fields).headers["location"]
    let_end(begun.rpartition("/")[2])
    page = admin.page(begun)
    assert "ended with code 0" in page.text_content()
    (resume,) = page.cssselect(f"form[action='{begun}/resume']")
    assert "No log is kept" in admin.text(f"{begun}/log")
    going = admin.post(resume.get("action")).headers["location"]
    assert going != begun and f"goes on where {begun.rpartition('/')[2]} ended" in admin.text(going)
    let_end(going.rpartition("/")[2])  # until then it keeps others out
    with desk.store.begin() as tx:
        lost = runs.start(tx, "nightly", now=now - timedelta(minutes=1), actor="cron")
        runs.lock(tx, "crawl", "elsewhere:1:1", now, 60)
    (cancel,) = admin.page(f"/runs/{lost}").cssselect(f"form[action='/runs/{lost}/cancel']")
    answer = admin.follow(admin.post(cancel.get("action"))).text
    assert "Asked to stop" in answer and "asked to stop by ana" in answer
