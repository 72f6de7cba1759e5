"""Tokens, keys and logins: used once, renewed once, given to their own host and kept nowhere."""

import json

import pytest
from questions import GITHUB, PAGE, task

from spiders.records import Outcome
from spiders.wire import visit_to_line


def test_a_revoked_token_stops_the_source_and_names_the_setting(engine_for, hostile, answer):
    hostile.scripts["/list"] = answer(b'{"message": "Bad credentials"}', 401)
    engine, _ = engine_for(auth=GITHUB, secrets={"SOURCER_GITHUB_TOKEN": "ghp_" + "y" * 30})
    first, second = engine.visit(task()), engine.visit(task("/else"))
    assert (first.outcome, second.outcome, len(hostile.log)) == (Outcome.REFUSED, Outcome.REFUSED, 1)
    assert "SOURCER_GITHUB_TOKEN" in first.detail and "yyyy" not in first.detail
    missing, _ = engine_for(auth=GITHUB)
    assert "set SOURCER_GITHUB_TOKEN" in missing.visit(task()).detail


def test_a_key_in_the_address_is_in_nothing_that_is_kept(engine_for, hostile, answer):
    key = "k/" + "z" * 20
    link = f'<https://api.example/list?page=2&api_key={key}>; rel="next", <https://api.example/>; rel="first"'
    hostile.scripts["/list?page=1&api_key=k%2F" + "z" * 20] = answer(
        json.dumps({"items": [{"id": "plain:1", "name": f"Mira {key}"}]}).encode(), Link=link
    )
    auth = {"secret": "SOURCER_PLAIN_KEY", "scheme": "query", "name": "api_key"}
    engine, _ = engine_for(auth=auth, secrets={"SOURCER_PLAIN_KEY": key})
    visit = engine.visit(task("/list?page=1"))
    assert (visit.outcome, visit.page.url) == (Outcome.OK, "https://api.example/list?page=1")
    assert visit.page.next_url == "https://api.example/list?page=2"
    assert "zzzz" not in visit_to_line(visit) and b"zzzz" not in visit.page.body
    missing = engine_for(auth=auth)[0].visit(task())
    assert (missing.outcome, "set SOURCER_PLAIN_KEY" in missing.detail) == (Outcome.REFUSED, True)
    hostile.scripts["/list"] = answer(PAGE)
    assert engine_for(auth={**auth, "required": False})[0].visit(task()).outcome is Outcome.OK


def test_a_key_in_a_header_stays_with_its_host(engine_for, hostile, answer):
    hostile.scripts |= {
        "/list": answer(b"", 302, Location="https://other.example/else"),
        "/else": answer(PAGE),
    }
    auth = {"secret": "SOURCER_PLAIN_KEY", "scheme": "header", "name": "X-Plain-Key"}
    engine, _ = engine_for(auth=auth, secrets={"SOURCER_PLAIN_KEY": "k" * 20})
    assert engine.visit(task()).outcome is Outcome.OK
    here, there = hostile.log
    assert (here.headers["x-plain-key"], "x-plain-key" in there.headers) == ("k" * 20, False)


LOGIN = {
    "secret": "SOURCER_PLAIN_PASSWORD", "scheme": "login", "user": "SOURCER_PLAIN_USER",
    "url": "https://api.example/login",
}  # fmt: skip
KNOWN = {"SOURCER_PLAIN_USER": "mira@recruiting.example", "SOURCER_PLAIN_PASSWORD": "p" * 12}


def test_a_login_is_made_once_and_renewed_once_when_its_token_is_refused(engine_for, hostile, answer):
    tokens = iter(("first-token", "second-token", "third-token"))
    valid = {"first-token"}

    def login(asked, connection):
        assert json.loads(asked.body) == {"id": "mira@recruiting.example", "password": "p" * 12}
        connection.sendall(answer(json.dumps({"token": next(tokens)}).encode()))

    def listed(asked, connection):
        is_known = asked.headers["authorization"].removeprefix("Bearer ") in valid
        connection.sendall(answer(PAGE) if is_known else answer(b'{"error": "first-token ran out"}', 401))

    hostile.scripts |= {"/login": login, "/list": listed}
    engine, waits = engine_for(auth=LOGIN, secrets=KNOWN)
    first, again = engine.visit(task()), engine.visit(task())
    assert (first.outcome, first.cost.requests, again.outcome, again.cost.requests) == (
        Outcome.OK,
        2,
        Outcome.OK,
        1,
    )
    valid.add("second-token")
    valid.remove("first-token")
    renewed = engine.visit(task())
    assert (renewed.outcome, renewed.cost.requests, waits) == (Outcome.OK, 3, [0.0])
    valid.clear()
    refused, left = engine.visit(task()), engine.visit(task())
    assert (refused.outcome, left.outcome, left.cost.requests) == (Outcome.REFUSED, Outcome.REFUSED, 0)
    assert "SOURCER_PLAIN_USER and SOURCER_PLAIN_PASSWORD" in refused.detail and "token" not in refused.detail
    assert len(hostile.asked("/login")) == 3


@pytest.mark.parametrize(
    ("said", "outcome"),
    [((403, b"{}"), Outcome.REFUSED), ((200, b"[]"), Outcome.REFUSED), ((503, b""), Outcome.LIMITED)],
)
def test_a_login_that_fails_asks_nothing_else(engine_for, hostile, answer, said, outcome):
    hostile.scripts["/login"] = answer(said[1], said[0])
    visit = engine_for(auth=LOGIN, secrets=KNOWN)[0].visit(task())
    assert (visit.outcome, hostile.asked("/list"), visit.cost.requests) == (outcome, [], 1)
    assert "p" * 12 not in visit.detail and "mira@" not in visit.detail


def test_one_feed_that_wants_credentials_stops_no_other(engine_for, hostile, answer):
    hostile.scripts |= {"/list": answer(b"", 401), "/fine": answer(PAGE)}
    engine, _ = engine_for(hosts=())
    assert engine.visit(task()).outcome is Outcome.REFUSED
    assert engine.visit(task(url="https://other.example/fine")).outcome is Outcome.OK
