"""Whatever is sent, every operation answers as its description says, and never with a mistake of ours."""

from functools import cache
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from visiting import BASE

from sourcing.crawl import lock
from sourcing.web import api
from sourcing.web.api.described import Described
from sourcing.web.api.runs import LOCK
from storage import runs

CASES = 6
MANY = {"sqlite": 200, "postgresql": 50}  # each case is the same on both
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]


def described() -> FastAPI:
    app = Described(openapi_url="/api/v1/openapi.json")
    app.include_router(api.router, prefix="/api/v1")
    return app


DESCRIPTION = described().openapi()
OPERATIONS = [(method.upper(), path) for path, each in DESCRIPTION["paths"].items() for method in each]
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
REAL = "what there is"  # stands in a path for the name of something that is there
NOUNS = sorted({path.split("/")[3] for _, path in OPERATIONS})


@pytest.fixture
def known(town, caller) -> dict[str, str]:
    """What there is of everything that stands in a path."""
    caller.post("/lists", {"name": "role", "specialism": "inference-performance"})
    added = caller.post("/lists/role/items", {"people": town.keys[:3]}).json()
    caller.post("/searches", {"name": "mine", "query": "kernels"})
    caller.post("/exports", {"shortlist": "role", "dry_run": True}, 200)
    export = caller.post("/exports", {"shortlist": "role"}).json()["export"]
    with town.desk.store.begin() as tx:  # a ranking and a crawl under way: none is begun for every case
        runs.lock(tx, lock.LOCK, "elsewhere:1:1", town.desk.now(), 60)
        run = runs.start(tx, "rank", now=town.desk.now(), actor="ana")
        runs.lock(tx, LOCK, run, town.desk.now(), 60)
    asked = caller.post("/requests", {"kind": "access", "subject": "github:somebody"}).json()
    return {"key": town.keys[0], "deed": added["deed"], "export": export, "run": run, "number": asked["id"]}


@cache
def invented(method: str, path: str, cases: int) -> list[tuple[Any, bool]]:
    """Return cases of one operation, right and wrong ones, and whether they ask for what there is.

    The same for both databases, as inventing them takes longest.
    """
    operation, found = SCHEMA[path][method], []
    there = dict.fromkeys(names_in(path), REAL)
    ways = [operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]
    if there:
        ways.append(operation.as_strategy(GenerationMode.POSITIVE, path_parameters=there))

    @settings(
        max_examples=cases,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(ways))
    def keep(case: Any) -> None:
        found.append((case, {*case.path_parameters.values()} == {REAL}))

    keep()
    return found


def names_in(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def tried(caller: Any, known: dict[str, str], method: str, path: str, cases: int) -> int:
    """Send cases of one operation, and return how many."""
    app, made = caller.client.app, invented(method, path, cases)
    headers = {"authorization": caller.client.headers["authorization"]}
    real = {
        name: known.get(name, "mine" if path.startswith("/api/v1/searches") else "role")
        for name in names_in(path)
    }
    with asgi.get_client(app) as session:
        for case, is_real in made:
            if is_real:
                case.path_parameters = dict(real)
            answer = case.call(base_url=BASE, headers=headers, app=app, session=session)
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            case.validate_response(answer, checks=CHECKS)
    return len(made)


def test_a_few_cases_of_every_operation_are_answered_as_described(caller, known) -> None:
    for method, path in OPERATIONS:
        assert tried(caller, known, method, path, CASES) >= CASES


@pytest.mark.slow
@pytest.mark.parametrize(
    "noun", [pytest.param(noun, marks=pytest.mark.xdist_group(f"cases of {noun}")) for noun in NOUNS]
)
def test_two_hundred_cases_of_every_operation_are_answered_as_described(caller, known, noun) -> None:
    many = MANY[caller.desk.store.dialect]
    for method, path in OPERATIONS:
        if path.split("/")[3] == noun:
            assert tried(caller, known, method, path, many) >= many


def test_every_operation_of_the_specification_is_there() -> None:
    wanted = {
        ("GET", "/people"), ("GET", "/people/{key}"), ("GET", "/people/{key}/evidence"), ("GET", "/people/{key}/score"),
        ("PATCH", "/people/{key}"), ("POST", "/people/{key}/notes"), ("POST", "/people/{key}/feedback"),
        ("POST", "/people/{key}/merge"), ("POST", "/people/{key}/split"), ("GET", "/lists"), ("POST", "/lists"),
        ("POST", "/lists/{name}/items"), ("GET", "/searches"), ("POST", "/searches"), ("GET", "/searches/{name}/new"),
        ("GET", "/specialisms"), ("POST", "/exports"), ("GET", "/exports/{export}/rows"), ("GET", "/runs"),
        ("POST", "/runs"), ("GET", "/suppressions"), ("POST", "/privacy/{key}/erase"),
        ("POST", "/privacy/{key}/subject-export"), ("POST", "/privacy/{key}/notice"),
        ("GET", "/requests"), ("POST", "/requests"), ("GET", "/requests/{number}"),
        ("POST", "/requests/{number}/prove"), ("POST", "/requests/{number}/close"),
    }  # fmt: skip
    assert {(method, f"/api/v1{path}") for method, path in wanted} - set(OPERATIONS) == set()


@pytest.mark.row("P11")
def test_every_status_in_the_description_comes_with_a_reason() -> None:
    """A body that can set a stage, hide or judge somebody has a field for the reason (the call has the person)."""
    schemas = DESCRIPTION["components"]["schemas"]
    deciding = {"stage", "hidden", "identities", "other"}
    bodies = [
        schemas[content["schema"]["$ref"].rpartition("/")[2]]
        for each in DESCRIPTION["paths"].values()
        for operation in each.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]
    ]
    found = [body["properties"] for body in bodies if deciding & set(body["properties"])]
    assert len(found) >= 3 and all("reason" in body for body in found)
