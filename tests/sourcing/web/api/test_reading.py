"""What a program reads: people, evidence, scores, lists, runs; with cursors, ETags and errors that say where."""

import pytest
from visiting import Visitor

from sourcing.access import Scope
from storage import audit

SPEC = "inference-performance"


def test_pages_go_on_and_back_over_everybody_once(caller, town) -> None:
    seen, cursor, pages = [], "", []
    while cursor is not None:
        path = f"/people?spec={SPEC}&size=25" + (f"&cursor={cursor}" if cursor else "")
        page = caller.get(path).json()
        pages.append([one["person"] for one in page["people"]])
        assert [one["rank"] for one in page["people"]] == list(
            range(len(seen) + 1, len(seen) + len(pages[-1]) + 1)
        )
        seen += pages[-1]
        cursor, back = page["next"], page["previous"]
    assert sorted(seen) == sorted(town.keys) and page["total"] == len(town.keys)
    assert [
        one["person"] for one in caller.get(f"/people?spec={SPEC}&cursor={back}").json()["people"]
    ] == pages[-2]


def test_a_person_has_a_score_that_its_parts_sum_to_and_evidence_that_opens(caller, town) -> None:
    key = town.keys[3]
    person = caller.get(f"/people/{key}").json()
    assert person["name"] and [one["specialism"] for one in person["scores"]] == [SPEC, "llm-rag-agents"]
    (score,) = caller.get(f"/people/{key}/score?spec={SPEC}").json()["scores"]
    assert sum(part["points"] for part in score["factors"]) == pytest.approx(score["score"], abs=1e-9)
    evidence = caller.get(f"/people/{key}/evidence?spec={SPEC}").json()["evidence"]
    named = {signal for part in score["factors"] for signal in part["evidence"]}
    assert named == {one["signal"] for one in evidence} and all(one["url"] for one in evidence)


def test_evidence_comes_in_pages_newest_first(caller, town) -> None:
    path = f"/people/{town.keys[2]}/evidence?order=newest&size=2"
    first = caller.get(path).json()
    rest = caller.get(f"{path}&cursor={first['next']}").json()
    days = [one["occurred_at"] for one in (*first["evidence"], *rest["evidence"])]
    assert len(days) == first["total"] == 3 and days == sorted(days, reverse=True) and rest["next"] is None


def test_only_the_fields_asked_for_are_sent(caller) -> None:
    (first, *_) = caller.get("/people?fields=score,rank").json()["people"]
    assert set(first) == {"person", "score", "rank"}


def test_an_answer_somebody_holds_is_not_sent_again(caller, town) -> None:
    for path in ("/people", f"/people/{town.keys[0]}", "/lists", "/specialisms", "/runs", "/searches"):
        tag = caller.get(path).headers["etag"]
        again = caller.get(path, 304, headers={"if-none-match": f'"other", W/{tag}'})
        assert again.content == b"" and again.headers["etag"] == tag
    before = caller.get("/lists").headers["etag"]
    caller.post("/lists", {"name": "role"})
    assert caller.get("/lists", headers={"if-none-match": before}).headers["etag"] != before


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/people?q=kernels nope:x", 400, "column 9"),
        ("/people?limit=5", 422, "unknown parameter"),
        ("/people?q=a&q=b", 422, "given twice"),
        ("/people?cursor=nonsense", 422, "no cursor"),
        ("/people?spec=nonsense", 404, "unknown specialism"),
        ("/people?fields=email", 404, "unknown field"),
        ("/people/p_nobody", 404, "p_nobody"),
        ("/lists/none", 404, "none"),
        ("/lists?x=1", 422, "known: none"),
        ("/nothing", 404, "no page"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_that_says_why(caller, path, status, says) -> None:
    answer = caller.get(path, status)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and says in problem["detail"] and problem["next"]


def test_a_query_that_cannot_be_read_names_its_column(caller) -> None:
    assert caller.get('/people?q=paged "attention', 400).json()["column"] == 7


def test_nobody_reads_without_a_key_and_nobody_does_more_than_the_key_may(town) -> None:
    stranger = Visitor(town.desk, scope=None)
    assert stranger.get("/api/v1/people").status_code == 401
    reader = town.caller(Scope.READ)
    reader.get("/people")
    for path, body in (("/lists", {"name": "x"}), (f"/people/{town.keys[0]}/notes", {"text": "x"})):
        reader.post(path, body, 403)
    writer = town.caller(Scope.WRITE)
    writer.post("/exports", {"query": "", "specialism": SPEC, "dry_run": True}, 403)
    writer.post(f"/privacy/{town.keys[0]}/erase", {"dry_run": True}, 403)
    writer.get("/suppressions", 403)


def test_a_look_at_a_person_by_a_key_is_in_the_audit_log(caller, town) -> None:
    caller.get(f"/people/{town.keys[0]}")
    with town.desk.store.read() as tx:
        found = [one.subject for one in audit.of_action(tx, "person.view") if one.actor == caller.actor]
    assert found == [town.keys[0]]


def test_facets_and_the_histogram_count_the_same_people(caller, town) -> None:
    page = caller.get(f"/people?spec={SPEC}&facets=true").json()
    assert sum(page["histogram"]) == page["total"] == len(town.keys)
    assert sum(page["facets"]["country"].values()) == len(town.keys)
    for value, count in page["facets"]["level"].items():
        assert caller.get(f"/people?spec={SPEC}&q=level:{value}").json()["total"] == count
