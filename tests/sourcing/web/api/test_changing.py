"""What a program does: once for a key, only on what it read, undone by its deed, and never a status without reason."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from visiting import let_end

from sourcing import marking
from sourcing.access import Scope
from sourcing.privacy import report, suppression
from storage import audit, exports, intake, persons, runs, subjects
from storage.errors import NotFound

SPEC = "inference-performance"


def test_a_person_is_changed_only_by_who_read_what_is_there(caller, town) -> None:
    path = f"/people/{town.keys[0]}"
    tag = caller.get(path).headers["etag"]
    wanted = {"stage": "reviewing", "tags": ["kernels", "call"], "reason": "asked for by the manager"}
    caller.ask("PATCH", path, 428, json=wanted)
    changed = caller.ask("PATCH", path, 200, json=wanted, headers={"if-match": tag}).json()
    assert changed["person"]["stage"] == "reviewing" and changed["person"]["tags"] == ["call", "kernels"]
    assert changed["etag"] == caller.get(path).headers["etag"] and len(changed["deeds"]) == 2
    caller.ask("PATCH", path, 412, json={"tags": []}, headers={"if-match": tag})
    assert caller.get(path).json()["tags"] == ["call", "kernels"]


def test_of_many_who_read_the_same_one_changes_it(caller, town) -> None:
    path = f"/people/{town.keys[0]}"
    headers = {"if-match": caller.get(path).headers["etag"]}

    def change(number: int) -> int:
        body = {"tags": [f"tag {number}"], "stage": "reviewing", "reason": "fits"}
        return caller.client.patch(f"/api/v1{path}", json=body, headers=headers).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(change, range(6))) == [200, *[412] * 5]
    assert len(caller.get(path).json()["tags"]) == 1


def test_a_change_that_is_refused_in_part_changes_nothing(caller, town) -> None:
    path = f"/people/{town.keys[0]}"
    read = caller.get(path)
    body = {"tags": ["kernels"], "stage": "reviewing"}
    caller.ask("PATCH", path, 403, json=body, headers={"if-match": read.headers["etag"]})
    assert caller.get(path).json() == read.json()


def test_hiding_takes_somebody_out_of_results_until_it_is_undone(caller, town) -> None:
    path = f"/people/{town.keys[0]}"
    tag = caller.get(path).headers["etag"]
    caller.get(f"{path}/score")
    body = {"hidden": True, "reason": "a colleague of ours"}
    changed = caller.ask("PATCH", path, 200, json=body, headers={"if-match": tag}).json()
    assert caller.get("/people").json()["total"] == len(town.keys) - 1
    caller.post(f"/acts/{changed['deeds'][0]}/undo")
    assert caller.get("/people").json()["total"] == len(town.keys)
    caller.post(f"/acts/{changed['deeds'][0]}/undo", status=422)


@pytest.mark.row("P11")
@pytest.mark.parametrize("body", [{"stage": "rejected"}, {"hidden": True}, {"stage": "hired", "reason": " "}])
def test_nobody_changes_a_status_without_a_reason(caller, town, body) -> None:
    path = f"/people/{town.keys[0]}"
    tag = caller.get(path).headers["etag"]
    answer = caller.client.patch(f"/api/v1{path}", json=body, headers={"if-match": tag})
    assert answer.status_code in (403, 422)
    assert caller.get(path).json()["marks"] == []


def test_a_request_sent_again_under_its_key_is_done_once(caller, town) -> None:
    path, key = f"/people/{town.keys[1]}/notes", {"idempotency-key": "7c2d"}
    first = caller.post(path, {"text": "met at a meetup"}, headers=key)
    again = caller.post(path, {"text": "met at a meetup"}, headers=key)
    assert first.content == again.content and again.headers["idempotent-replayed"] == "true"
    assert len(caller.get(f"/people/{town.keys[1]}/history").json()["deeds"]) == 1
    caller.post(path, {"text": "something else"}, 422, headers=key)
    other = town.caller()
    other.post(path, {"text": "something else"}, headers=key)


def test_a_key_under_which_nothing_was_done_can_be_used_again(caller, town) -> None:
    key = {"idempotency-key": "7c2d"}
    caller.post("/lists/role/items", {"people": town.keys[:1]}, 404, headers=key)
    caller.post("/lists", {"name": "role"})
    caller.post("/lists/role/items", {"people": town.keys[:1]}, headers=key)


def test_a_list_is_made_filled_and_read_in_its_order(caller, town) -> None:
    made = caller.post("/lists", {"name": "Staff inference", "specialism": SPEC, "query": "kernels"}).json()
    assert made["owner"] == caller.actor and made["size"] == 0
    caller.post("/lists", {"name": "Staff inference"}, 409)
    added = caller.post("/lists/Staff inference/items", {"people": [town.keys[5], town.keys[2]]}).json()
    assert added["people"] == 2
    top = {"query": "", "specialism": SPEC, "top": 3}
    caller.post("/lists/Staff inference/items", top)
    best = [one["person"] for one in caller.get(f"/people?spec={SPEC}").json()["people"][:3]]
    held = [one["person"] for one in caller.get("/lists/Staff inference").json()["items"]]
    wanted = [town.keys[5], town.keys[2], *best]
    assert held == list(dict.fromkeys(wanted))
    off = f"/lists/Staff inference/items/{town.keys[5]}"
    assert "say why" in caller.ask("DELETE", off, 403).text
    assert "you were not shown yet" in caller.ask("DELETE", f"{off}?reason=later", 403).text
    caller.get(f"/people/{town.keys[5]}/score?spec={SPEC}")
    caller.ask("DELETE", f"{off}?reason=later", 200)
    assert caller.get("/lists").json()["lists"][0]["size"] == len(held) - 1


def test_a_saved_search_shows_who_came_later_and_forgets_nobody_unseen(caller, town) -> None:
    caller.post("/searches", {"name": "mine", "query": "tag:new-one", "specialism": SPEC})
    path = f"/people/{town.keys[4]}"
    tag = caller.get(path).headers["etag"]
    caller.ask("PATCH", path, 200, json={"tags": ["new-one"]}, headers={"if-match": tag})
    for _ in range(2):  # to ask is not to show
        assert [one["person"] for one in caller.get("/searches/mine/new").json()["people"]] == [town.keys[4]]
    assert caller.get("/searches").json()["searches"][0]["new"] == 1
    assert caller.post("/searches/mine/seen", {"people": [town.keys[4]]}).json()["seen"] == 1
    assert caller.get("/searches/mine/new").json() == {"name": "mine", "new": 0, "people": []}


def test_an_export_is_planned_first_and_sends_what_was_planned(caller, town) -> None:
    caller.post("/lists", {"name": "../../role", "specialism": SPEC}, 422)
    caller.post("/lists", {"name": "role", "specialism": SPEC})
    caller.post("/lists/role/items", {"people": town.keys[:3]})
    order = {"shortlist": "role", "to": "ndjson"}
    caller.post("/exports", order, 403)
    plan = caller.post("/exports", {**order, "dry_run": True}, 200).json()
    assert all(row["why"] for row in plan["rows"])
    assert plan["export"] is None and plan["counts"]["create"] == 3 and plan["file"] == "role.ndjson"
    assert not (town.desk.settings.home / "exports").exists()
    sent = caller.post("/exports", order, headers={"idempotency-key": "1"}).json()
    assert caller.post("/exports", order, headers={"idempotency-key": "1"}).json() == sent
    assert len((town.desk.settings.home / "exports" / "role.ndjson").read_text().splitlines()) == 3
    assert [row["person"] for row in sent["rows"]] == town.keys[:3]
    rows = caller.get(f"/exports/{sent['export']}/rows?size=2").json()
    rest = caller.get(f"/exports/{sent['export']}/rows?cursor={rows['next']}").json()
    assert sorted(row["person"] for row in rows["rows"] + rest["rows"]) == sorted(town.keys[:3])
    assert [one["export"] for one in caller.get("/exports").json()["exports"]] == [sent["export"]]
    with town.desk.store.read() as tx:
        assert len(exports.history(tx, limit=10)) == 1


def test_two_people_are_one_and_two_again(caller, town) -> None:
    left, right = town.keys[6], town.keys[7]
    judged = caller.post(f"/people/{left}/merge", {"other": right, "reason": "the same talk"}).json()
    assert caller.get(f"/people/{right}").json()["person"] == judged["person"]
    caller.post(f"/acts/{judged['deed']}/undo")
    assert {caller.get(f"/people/{key}").json()["person"] for key in (left, right)} == {left, right}


@pytest.mark.row("P08")
def test_erasing_asks_for_the_key_twice_and_leaves_nothing_in_remembered_answers(caller, town) -> None:
    key = town.keys[8]
    caller.post(f"/people/{key}/notes", {"text": "met her"}, headers={"idempotency-key": "n"})
    assert caller.post(f"/privacy/{key}/erase", {"dry_run": True}, 200).json()["done"] is False
    caller.post(f"/privacy/{key}/erase", {}, 422)
    once = {"idempotency-key": "e"}
    report = caller.post(f"/privacy/{key}/erase", {"confirm": key}, headers=once).json()
    assert caller.post(f"/privacy/{key}/erase", {"confirm": key}, headers=once).json() == report
    assert report["done"] and report["suppressed"] > 0
    caller.get(f"/people/{key}", 404)
    assert caller.get("/suppressions").json()["suppressions"]
    with town.desk.store.read() as tx:
        assert subjects.has_suppressed(tx)
        with pytest.raises(NotFound):
            persons.get(tx, key)


def test_a_person_is_handed_what_is_held_and_where_it_went(caller, town) -> None:
    key = town.keys[9]
    caller.post("/lists", {"name": "role", "specialism": SPEC})
    caller.post("/lists/role/items", {"people": [key]})
    caller.post("/exports", {"shortlist": "role", "dry_run": True}, 200)
    sent = caller.post("/exports", {"shortlist": "role"}).json()["export"]
    answer = caller.post(f"/privacy/{key}/subject-export", status=200)
    told, held = answer.json(), {one["table"]: one["rows"] for one in answer.json()["held"]}
    assert told["person"] == key and [one["shortlist"] for one in held["shortlist_item"]] == ["role"]
    assert [one["id"] for one in held["export"]] == [sent]
    assert {one["specialism"] for one in told["scores"]} == {SPEC, "llm-rag-agents"} and held["signal"]
    desk = town.desk
    made = report.make(desk.store, desk.settings, key, actor="ana", now=desk.now())
    assert answer.text == report.as_json(made), "a key and a terminal hand over the same"
    notice = caller.post(f"/privacy/{key}/notice").json()
    began, due = town.desk.now(), town.desk.now() + timedelta(days=30)
    assert (
        notice["began_at"] == f"{began:%Y-%m-%dT%H:%M:%SZ}"
        and notice["due_at"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    )
    assert notice["sent_at"] is not None
    with town.desk.store.read() as tx:
        assert audit.verify(tx).ok and audit.of_action(tx, "privacy.subject_export")


def test_who_asked_not_to_be_approached_is_put_on_no_list(caller, town, make, keyer) -> None:
    wish = make.claim("github:1010", "recruiting: no", "opt_out")
    with town.desk.store.begin() as tx:
        intake.take(tx, make.visit(wish, task=make.task(2)), now=town.desk.now(), run=None, keyer=keyer)
    caller.post("/lists", {"name": "role"})
    caller.post("/lists/role/items", {"people": [town.keys[10]]}, 403)
    person = caller.get(f"/people/{town.keys[10]}").json()
    assert person["asked"] and person["scores"] == []
    assert town.keys[10] not in {one["person"] for one in caller.get("/people?size=100").json()["people"]}


def name_of(town, key: str) -> str:
    with town.desk.store.read() as tx:
        return str(persons.get(tx, key).name).split()[0]


@pytest.mark.row("P10")
@pytest.mark.parametrize("reason", [suppression.REASONS[0], "a letter of today"])
def test_who_is_kept_out_is_told_of_to_nobody_but_themselves(caller, town, reason) -> None:
    key = town.keys[11]
    caller.post("/lists", {"name": "role"})
    caller.post("/lists/role/items", {"people": [key]})
    tag = caller.get(f"/people/{key}").headers["etag"]
    suppression.add(
        town.desk.store, town.desk.settings, ["github:1011"], reason=reason,
        now=town.desk.now(), actor="ana",
    )  # fmt: skip
    for query in ("hidden:yes", "hidden:all", f"name:{name_of(town, key)}"):
        assert key not in caller.get(f"/people?size=100&q={query}").text
    for path in ("", "/score", "/evidence", "/history"):
        caller.get(f"/people/{key}{path}", 404)
    caller.ask("PATCH", f"/people/{key}", 404, json={"hidden": False}, headers={"if-match": tag})
    (item,) = caller.get("/lists/role").json()["items"]
    assert item["name"] is None and "not to be contacted" in item["note"]
    caller.post("/lists/role/items", {"people": [key]}, 403)
    told = caller.post(f"/privacy/{key}/subject-export", status=200).json()
    held = {one["table"]: one["rows"] for one in told["held"]}
    assert held["person"] and "hidden" in {one["kind"] for one in held["mark"]}


@pytest.mark.row("P08")
def test_a_request_is_made_listed_proved_and_answered_by_a_program(caller, town) -> None:
    made = caller.post(
        "/requests", {"kind": "correction", "subject": "github:ona", "request": "my name"}
    ).json()
    assert (made["state"], made["person"]) == ("asked", None) and "/privacy/requests/" in made["follow"]
    path = f"/requests/{made['id']}"
    assert [one["id"] for one in caller.get("/requests").json()["requests"]] == [made["id"]]
    town.caller(Scope.EXPORT).get("/requests", 403)
    caller.post(f"{path}/close", {"state": "done", "outcome": " "}, status=422)
    proved = caller.post(
        f"{path}/prove", {"person": town.keys[3], "reason": "wrote from their address"}
    ).json()
    assert (proved["state"], proved["person"]) == ("proved", town.keys[3])
    done = caller.post(f"{path}/close", {"state": "refused", "outcome": "it is right as it is"}).json()
    assert (done["state"], done["outcome"]) == ("refused", "it is right as it is")
    assert caller.get("/requests").json()["requests"] == []
    assert caller.get("/requests?answered=true").json()["requests"] == [caller.get(path).json()]
    with town.desk.store.read() as tx:
        assert {one.actor for one in audit.of_action(tx, "case.open")} == {caller.actor}
    wish, key = {"kind": "erasure", "subject": "github:ona"}, {"idempotency-key": "once"}
    gone = caller.post("/requests", wish, headers=key).json()
    assert "/privacy/requests/" in gone["follow"]
    again = caller.post("/requests", wish, headers=key).json()
    assert again == gone | {"follow": None}, "the way to somebody's request is not kept"
    caller.post(f"/requests/{gone['id']}/prove", {"person": town.keys[4], "reason": "a call"})
    caller.get(f"/people/{town.keys[4]}", 404)


def test_where_somebody_asks_not_to_be_approached_is_not_told_in_blind_mode(town, make, keyer) -> None:
    caller, key = town.caller(), town.keys[10]
    caller.post("/lists", {"name": "role", "specialism": SPEC})
    caller.post("/lists/role/items", {"people": [key, town.keys[0]]})
    wish = make.claim("github:1010", "recruiting: no", "opt_out")
    with town.desk.store.begin() as tx:
        intake.take(tx, make.visit(wish, task=make.task(2)), now=town.desk.now(), run=None, keyer=keyer)

    def told() -> list[str]:
        return [
            caller.get("/lists/role").text,
            caller.post("/exports", {"shortlist": "role", "dry_run": True}, 200).text,
        ]

    assert all(wish.via.url in text for text in told())
    settings = town.desk.settings
    town.desk.settings = settings.model_copy(update={"web": settings.web.model_copy(update={"blind": True})})
    for text in (*told(), caller.post("/lists/role/items", {"people": [key]}, 403).text):
        assert wish.via.url not in text


def test_a_tag_that_is_a_name_is_no_facet_in_blind_mode(town) -> None:
    open_, name = town.caller(), "Ona Quillmoor"
    key = town.keys[0]
    tag = open_.get(f"/people/{key}").headers["etag"]
    changed = open_.ask("PATCH", f"/people/{key}", 200, json={"tags": [name]}, headers={"if-match": tag})
    assert name in open_.get("/people?facets=true").json()["facets"]["tag"]
    settings = town.desk.settings
    town.desk.settings = settings.model_copy(update={"web": settings.web.model_copy(update={"blind": True})})
    blind = town.caller()
    (deed,) = changed.json()["deeds"]
    for text in (
        blind.get("/people?facets=true").text,
        blind.get(f"/people/{key}/history").text,
        blind.post(f"/acts/{deed}/undo").text,
    ):
        assert name not in text


def test_names_are_nowhere_in_blind_mode(town, make, keyer) -> None:
    blind = town.caller()
    own = replace(
        make.signal("github:1000", "github:orbit/engine#0", id="git:work-0-0"),
        via=replace(make.via(town.desk.now()), url="https://code.example/ona-0/patch"),
    )
    with town.desk.store.begin() as tx:
        intake.take(tx, make.visit(own, task=make.task(3)), now=town.desk.now(), run=None, keyer=keyer)
    marking.note(town.desk.store, town.keys[0], "ask Quillmoor", actor="ana", now=town.desk.now())
    assert "ona-0/patch" in blind.get(f"/people/{town.keys[0]}/score").text, "the test would notice"
    settings = town.desk.settings
    town.desk.settings = settings.model_copy(update={"web": settings.web.model_copy(update={"blind": True})})
    key = town.keys[0]
    blind.post("/lists", {"name": "role", "specialism": SPEC})
    blind.post("/lists/role/items", {"people": town.keys[:5]})
    reads = [
        "/people?facets=true",
        f"/people/{key}",
        f"/people/{key}/evidence",
        f"/people/{key}/score",
        f"/people/{key}/history",
        "/lists/role",
    ]
    texts = [blind.get(path).text for path in reads]
    texts.append(blind.post("/exports", {"shortlist": "role", "dry_run": True}, 200).text)
    for text in texts:
        assert "Quillmoor" not in text and "ona-0" not in text
        assert key in text


@pytest.mark.slow
def test_a_ranking_is_begun_and_told_as_a_run_with_its_end(caller, town, now, monkeypatch) -> None:
    ticks = count()
    monkeypatch.setattr(town.desk, "now", lambda: now + timedelta(seconds=next(ticks)))
    run = caller.post("/runs", {"kind": "rank", "specialism": SPEC}, 202).json()["run"]
    let_end(run)
    told = caller.get(f"/runs/{run}").json()
    assert told["status"] == "done" and told["started_at"] < told["finished_at"]
    assert [one["run"] for one in caller.get("/runs").json()["runs"]] == [run]
    caller.post("/runs", {"kind": "resolve"}, 422)


def test_a_crawl_is_begun_cancelled_and_gone_on_with_by_an_administrator(caller, town) -> None:
    writer = town.caller(Scope.EXPORT)
    run = caller.post("/runs", {"kind": "crawl", "sources": ["git_history"]}, 202).json()["run"]
    let_end(run)
    ended = caller.get(f"/runs/{run}").json()
    assert (ended["kind"], ended["status"], ended["detail"]["asked"]) == ("crawl", "failed", ["git_history"])
    assert caller.get(f"/runs/{run}/log").json() == {"run": run, "lines": []}
    with town.desk.store.begin() as tx:
        other = runs.start(tx, "crawl", now=town.desk.now(), actor="cron")
        runs.lock(tx, "crawl", "elsewhere:1:1", town.desk.now(), 3600)
    for path, body in (("/runs", {"kind": "crawl"}), (f"/runs/{run}/resume", None)):
        writer.post(path, body, 403)
        assert "locked" in caller.post(path, body, 409).json()["detail"]
    writer.post(f"/runs/{other}/cancel", status=403)
    writer.get(f"/runs/{other}/log", 403)
    stopped = caller.post(f"/runs/{other}/cancel", status=202).json()
    assert stopped == {"run": other, "status": "running"}
    assert caller.get(f"/runs/{other}").json()["stop_by"] == caller.actor
    caller.post(f"/runs/{run}/cancel", status=422)
    with town.desk.store.begin() as tx:
        runs.unlock(tx, "crawl", "elsewhere:1:1")
    going = caller.post(f"/runs/{run}/resume", status=202).json()["run"]
    assert caller.get(f"/runs/{going}").json()["detail"]["resumes"] == run
