"""Who gets in, for how long, and what they may do."""

from datetime import timedelta

import pytest
from visiting import Visitor, make_desk, routes

from sourcing import access, clock
from sourcing.access import Scope
from sourcing.errors import BadInput
from sourcing.web.desk import Desk
from storage import access as rows
from storage import audit
from storage.errors import NotFound

COOKIE = "sourcer_session"


ABOUT_ONESELF = {  # whoever may be held here asks without signing in
    "/privacy",
    "/privacy/requests",
    "/privacy/requests/{asked}",
    "/privacy/requests/{asked}/prove",
    "/privacy/requests/{asked}/report/file",
}


def link_of(desk: Desk) -> str:
    return access.make_link(desk.store, actor="ana", scope=Scope.ADMIN, now=desk.now())


@pytest.mark.row("T21")
def test_a_link_lets_in_once_and_for_ten_minutes(desk: Desk, now) -> None:
    nobody = Visitor(desk, scope=None)
    link = link_of(desk)
    first = nobody.get(f"/sign-in?link={link}&next=/runs")
    assert first.status_code == 200
    assert 'content="0; url=/runs"' in first.text
    cookie = first.headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE) and "httponly" in cookie and "samesite=strict" in cookie
    assert nobody.get("/runs").status_code == 200
    again = Visitor(desk, scope=None).get(f"/sign-in?link={link}")
    assert (again.status_code, "set-cookie" in again.headers) == (401, False)

    late = link_of(desk)
    desk.now = clock.fixed(now + timedelta(minutes=10))
    assert Visitor(desk, scope=None).get(f"/sign-in?link={late}").status_code == 401


def test_a_link_leads_nowhere_else(desk: Desk) -> None:
    for to in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = Visitor(desk, scope=None).get("/sign-in", params={"link": link_of(desk), "next": to})
        assert 'content="0; url=/"' in answer.text, to


@pytest.mark.row("T21")
def test_a_session_ends_after_eight_hours_without_use_and_after_a_week_in_any_case(desk: Desk, now) -> None:
    idle, busy = Visitor(desk), Visitor(desk, actor="ben")
    for hours in range(0, 24 * 7 + 1, 7):
        desk.now = clock.fixed(now + timedelta(hours=hours))
        status = busy.get("/runs").status_code
        assert status == (200 if hours < 24 * 7 else 303), hours
    desk.now = clock.fixed(now + timedelta(hours=8))
    answer = idle.get("/runs?limit=5")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fruns%3Flimit%3D5"


@pytest.mark.row("T21")
def test_each_sign_in_begins_a_new_session_and_ends_the_one_before(desk: Desk) -> None:
    visitor = Visitor(desk)
    before = visitor.client.cookies[COOKIE]
    visitor.get(f"/sign-in?link={link_of(desk)}")
    after = [one.value for one in visitor.client.cookies.jar if one.value != before]
    assert after
    stale = Visitor(desk, scope=None)
    stale.client.cookies.set(COOKIE, before)
    assert stale.get("/runs").status_code == 303


def test_signing_out_ends_the_session_on_the_server(visitor: Visitor) -> None:
    secret = visitor.client.cookies[COOKIE]
    assert visitor.post("/sign-out").headers["location"] == "/sign-in"
    visitor.client.cookies.set(COOKIE, secret)
    assert visitor.get("/runs").status_code == 303


@pytest.mark.row("T21")
def test_secrets_are_kept_as_digests_only(desk: Desk) -> None:
    visitor = Visitor(desk)
    key, secret = access.create_key(desk.store, "bot", scope=Scope.READ, days=1, actor="ana", now=desk.now())
    cookie = visitor.client.cookies[COOKIE]
    with desk.store.read() as tx:
        found = rows.find_key(tx, key.id)
        assert found is not None and secret not in str(found)
        assert rows.find_session(tx, cookie) is None
        written = str(audit.entries(tx, limit=100))
    assert secret not in written and cookie not in written
    assert [entry for entry in ("access.sign_in", "access.key") if entry not in written] == []


def test_a_key_opens_the_api_until_it_ends_or_is_revoked(desk: Desk, now) -> None:
    def who(secret: str, at) -> access.Who | None:
        return access.find_by_key(desk.store, secret, now=at, blind=False)

    _, ending = access.create_key(desk.store, "a", scope=Scope.READ, days=90, actor="ana", now=now)
    lasting, secret = access.create_key(desk.store, "b", scope=Scope.WRITE, days=None, actor="ana", now=now)
    found = who(secret, now)
    assert found is not None and (found.actor, found.scope) == (f"key:{lasting.id}", Scope.WRITE)
    assert who(ending, now + timedelta(days=89)) is not None
    assert who(ending, now + timedelta(days=90)) is None
    assert who(secret[:-1] + ("A" if secret[-1] != "A" else "B"), now) is None
    access.revoke_key(desk.store, lasting.id, actor="ana", now=now)
    assert who(secret, now) is None
    with pytest.raises(NotFound):
        access.revoke_key(desk.store, lasting.id, actor="ana", now=now)


def test_wrong_secrets_are_slowed_down_by_address_and_sessions_are_not(desk: Desk, now) -> None:
    signed_in, guesser = Visitor(desk), Visitor(desk, scope=None)
    for _ in range(5):
        assert guesser.get("/sign-in?link=wrong").status_code == 401
    answer = guesser.get(f"/sign-in?link={link_of(desk)}")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert signed_in.get("/runs").status_code == 200
    desk.now = clock.fixed(now + timedelta(minutes=1))
    assert guesser.get(f"/sign-in?link={link_of(desk)}").status_code == 200


def test_who_may_only_look_changes_nothing_but_their_own_settings(desk: Desk) -> None:
    manager = Visitor(desk, actor="mia", scope=Scope.READ)
    assert manager.get("/runs").status_code == 200
    settings = manager.post("/settings/theme", {"theme": "dark", "back": "/runs"})
    assert settings.headers["location"] == "/runs"
    assert 'data-theme="dark"' in manager.get("/runs").text
    assert manager.who is not None
    allowed = [
        (method, path)
        for method, path in routes()
        if method != "GET"
        and path not in ABOUT_ONESELF
        and not path.startswith(("/settings", "/sign-", "/api/"))
        if manager.client.request(method, filled(path), data={"_csrf": manager.who.csrf}).status_code != 403
    ]
    assert allowed == []


def test_what_leaves_or_cannot_come_back_needs_more_than_the_right_to_write(desk: Desk) -> None:
    writer, exporter = (Visitor(desk, actor=one.value, scope=one) for one in (Scope.WRITE, Scope.EXPORT))
    leaving = [path for method, path in routes() if method == "POST" and path in {"/exports"}]
    final = [path for method, path in routes() if method == "POST" and path.endswith("/erase")]
    assert leaving and final
    for path in leaving + [one for one in final if not one.startswith("/api/")]:
        assert writer.post(filled(path)).status_code == 403, path
    for path in (one for one in final if not one.startswith("/api/")):
        assert exporter.post(filled(path)).status_code == 403, path


def test_every_page_but_the_way_in_wants_a_sign_in(desk: Desk) -> None:
    nobody = Visitor(desk, scope=None)
    public = {"/sign-in", "/sign-in/team", "/sign-in/back", "/sign-out", "/healthz", "/readyz", "/metrics"}
    asked = [(method, path) for method, path in routes() if path not in public | ABOUT_ONESELF]
    asked = [(method, path) for method, path in asked if not path.startswith("/shared/")]
    assert len(asked) > 60
    let_in = [
        (method, path, status)
        for method, path in asked
        if (status := nobody.client.request(method, filled(path)).status_code) not in {303, 401}
    ]
    assert let_in == []


def filled(path: str) -> str:
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def test_settings_keep_what_was_chosen_and_refuse_two_meanings_of_a_key(visitor: Visitor) -> None:
    form = {"theme": "light", "density": "compact", "shortcut": ["next", "previous"], "key": ["m", "p"]}
    page = visitor.follow(visitor.post("/settings", form)).text
    assert (
        'data-theme="light"' in page and 'data-density="compact"' in page and 'data-shortcuts="off"' in page
    )
    assert "&#34;next&#34;: &#34;m&#34;" in page
    for keys in (["j", "j"], ["", "k"], ["ab", "k"], ["g", "k"]):
        answer = visitor.post("/settings", {**form, "key": keys})
        assert answer.status_code == 422 and 'role="alert"' in answer.text, keys


def test_names_are_hidden_from_everybody_who_did_not_choose_if_the_installation_says_so(settings, store, now):
    blind = settings.model_copy(update={"web": settings.web.model_copy(update={"blind": True})})
    visitor = Visitor(make_desk(blind, store, now))
    assert "Show names" in visitor.get("/runs").text
    visitor.post("/settings/blind", {"blind": "false"})
    assert "Hide names" in visitor.get("/runs").text


def test_an_actor_is_a_name_the_audit_log_can_hold(desk: Desk) -> None:
    with pytest.raises(BadInput):
        access.begin_session(
            desk.store, actor="ana@example.org", scope=Scope.READ, how="oidc", now=desk.now()
        )


def test_who_looks_at_a_person_is_written_down_unless_it_is_the_owner(desk: Desk, visitor: Visitor) -> None:
    assert visitor.who is not None
    access.seen(desk.store, visitor.who, "p_1", owner="ana", now=desk.now())
    access.seen(desk.store, visitor.who, "p_2", owner="operator", now=desk.now())
    with desk.store.read() as tx:
        views = [(one.actor, one.subject) for one in audit.of_action(tx, "person.view")]
    assert views == [("ana", "p_2")]
