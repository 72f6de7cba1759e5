"""What no request gets past and no answer goes without."""

import pytest
from visiting import BASE, Visitor

from sourcing.access import Scope
from sourcing.errors import NotAllowed
from sourcing.settings import SignIn
from sourcing.web import serving
from sourcing.web.desk import Desk

THEME = {"theme": "dark"}
OWN = {"sec-fetch-site": "same-origin", "origin": BASE}


def send(visitor: Visitor, headers: dict[str, str], *, csrf: str | None = None) -> int:
    assert visitor.who is not None
    token = visitor.who.csrf if csrf is None else csrf
    status: int = visitor.client.post(
        "/settings/theme", data={**THEME, "_csrf": token}, headers=headers
    ).status_code
    return status


@pytest.mark.row("T20")
def test_another_site_cannot_make_a_browser_change_anything(desk: Desk) -> None:
    visitor = Visitor(desk)
    assert send(visitor, OWN) == 303
    assert send(visitor, {}) == 303  # an old browser says neither, and has brought the token
    for headers in (
        {**OWN, "sec-fetch-site": "cross-site"},
        {**OWN, "sec-fetch-site": "same-site"},
        {**OWN, "origin": "https://evil.example"},
        {**OWN, "origin": "http://127.0.0.1:9999"},
        {**OWN, "origin": "null"},
        {**OWN, "origin": "http://["},
    ):
        assert send(visitor, headers) == 403, headers


@pytest.mark.row("T20")
def test_a_form_without_the_token_of_this_sign_in_changes_nothing(desk: Desk) -> None:
    visitor, other = Visitor(desk), Visitor(desk, actor="ben", scope=Scope.WRITE)
    assert other.who is not None
    assert send(visitor, OWN, csrf="") == 403
    assert send(visitor, OWN, csrf=other.who.csrf) == 403
    assert 'data-theme="auto"' in visitor.get("/runs").text
    assert visitor.who is not None
    by_script = visitor.client.post(
        "/settings/theme", data=THEME, headers={**OWN, "x-csrf-token": visitor.who.csrf}
    )
    assert by_script.status_code == 303


def test_text_that_no_store_keeps_is_refused_before_it_gets_there(desk: Desk) -> None:
    visitor = Visitor(desk)
    for path in ("/people/%00", "/lists/%00", "/shared/%00.x", "/people?search=%00", "/runs/a%00"):
        assert visitor.get(path).status_code == 400, path
    assert visitor.post("/lists", {"name": "a\0b"}).status_code == 422


def test_an_address_nobody_can_read_leads_to_today(desk: Desk) -> None:
    visitor = Visitor(desk)
    assert visitor.get("/sign-in?next=//[").status_code == 200
    answer = visitor.post("/settings/theme", {**THEME, "back": "http://["})
    assert answer.status_code == 303 and answer.headers["location"] == "/"


def test_names_of_others_that_lead_here_are_refused(desk: Desk) -> None:
    visitor = Visitor(desk)
    for host in ("evil.example", "127.0.0.1.evil.example", "", "[", "sourcer"):
        assert visitor.get("/runs", headers={"host": host}).status_code == 421, host
    for host in ("localhost:8722", "[::1]:8722", "127.0.0.1"):
        assert visitor.get("/healthz", headers={"host": host}).status_code == 200, host


def test_a_program_is_refused_in_problem_details_like_everywhere_in_the_api(desk: Desk) -> None:
    visitor = Visitor(desk)
    strange = visitor.get("/api/v1/runs", headers={"host": "evil.example"})
    unkept = visitor.get("/api/v1/runs?a%00b=1")
    for status, answer in ((421, strange), (400, unkept)):
        assert answer.status_code == answer.json()["status"] == status
        assert answer.headers["content-type"] == "application/problem+json"
    assert visitor.get("/runs?a%00b=1").headers["content-type"].startswith("text/plain")


@pytest.mark.row("T13")
def test_every_answer_forbids_what_pages_of_ours_never_do(desk: Desk) -> None:
    visitor = Visitor(desk)
    for path in ("/", "/runs", "/nothing", "/sign-in", "/healthz", "/api/v1/openapi.json", "/static/x/y"):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy, path
        assert headers["x-content-type-options"] == "nosniff", path
        assert "frame-ancestors 'none'" in policy and headers["x-frame-options"] == "DENY", path


@pytest.mark.row("T13")
def test_pages_hold_no_script_style_or_handler_of_their_own(desk: Desk) -> None:
    visitor = Visitor(desk)
    for path in ("/", "/runs", "/settings", "/help", "/nothing"):
        page = visitor.get(path).text
        assert "<style" not in page and " style=" not in page and " onclick" not in page, path
        assert "<script>" not in page, path


@pytest.mark.row("T21")
def test_other_machines_are_let_in_only_where_a_team_signs_in_over_https(settings) -> None:
    serving.check_bind(settings, "127.0.0.1")
    with pytest.raises(NotAllowed, match="public_url"):
        serving.check_bind(settings, "0.0.0.0")
    sign_in = SignIn(issuer="https://login.example.org", client_id="sourcer")
    half = settings.web.model_copy(update={"sign_in": sign_in, "public_url": "http://s.example.org"})
    with pytest.raises(NotAllowed, match="https"):
        serving.check_bind(settings.model_copy(update={"web": half}), "0.0.0.0")
    whole = half.model_copy(update={"public_url": "https://s.example.org"})
    serving.check_bind(settings.model_copy(update={"web": whole}), "0.0.0.0")


def test_a_body_without_end_is_not_read(desk: Desk) -> None:
    visitor = Visitor(desk, scope=None)
    long = visitor.client.post("/settings/theme", content=b"x" * 16, headers={"content-length": "99999999"})
    assert long.status_code == 413
    endless = visitor.client.post("/settings/theme", content=iter([b"x"] * 4))
    assert endless.status_code == 411
