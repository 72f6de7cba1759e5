"""TRUST F01–F15 for the api engine: what each answer becomes, and what is asked again."""

import json
import socket
from email.utils import formatdate

import pytest
from questions import GITHUB, PAGE, task

from spiders.archive import Archive
from spiders.errors import SourceRefused
from spiders.records import (
    Counted,
    Identity,
    IdentityKind,
    Outcome,
    Quarantined,
    Request,
    Work,
    WorkKind,
)
from spiders.wire import visit_to_line


def test_a_page_becomes_records_with_provenance(engine_for, hostile, answer):
    who = {"id": "plain:1", "name": "Mi\x00ra\u202e", "bio": "I build. I am gay.", "avatar": "x"}
    body = json.dumps({"items": [{**who, "mail": "mira@pages.example"}]}).encode()
    hostile.scripts["/list"] = answer(body, ETag='"7"', Date=formatdate(usegmt=True))
    engine, _ = engine_for(digest=("/items/*/mail",), drop=("/items/*/avatar",))
    visit = engine.visit(task(lease=7))
    [who] = visit.records
    assert (visit.outcome, visit.task.lease, visit.page.etag) == (Outcome.OK, 7, '"7"')
    assert (who.name, who.summary) == ("Mira\u202e", "I build.")
    assert (who.via.source, who.via.reader, who.via.terms) == (
        "plain",
        "plain@1",
        "https://api.example/terms",
    )
    assert (who.via.page, visit.cost.requests) == (visit.page.sha256, 1)
    assert visit.counted == {"digested /items/*/mail": 1, "dropped /items/*/avatar": 1}
    kept = Archive(engine.kit.home).find(visit.page.sha256)
    assert kept == visit.page.body and b"mira@" not in kept and b"avatar" not in kept
    [asked] = hostile.log
    assert asked.headers["user-agent"].startswith("sourcer/test")


def test_a_conditional_request_that_matches_is_unchanged(engine_for, hostile, answer):
    hostile.scripts["/list"] = answer(b"", 304)
    visit = engine_for()[0].visit(task(etag='W/"7"', last_modified="Mon, 16 Nov 2026 00:00:00 GMT"))
    [asked] = hostile.log
    assert visit.outcome is Outcome.UNCHANGED
    assert (asked.headers["if-none-match"], asked.headers["if-modified-since"]) == (
        'W/"7"',
        "Mon, 16 Nov 2026 00:00:00 GMT",
    )


@pytest.mark.parametrize(
    ("said", "outcome", "requests"),
    [
        ((200, b"{}", {}), Outcome.OK, 1),
        ((202, b"", {}), Outcome.NONE_YET, 1),
        ((304, b"", {}), Outcome.BROKEN, 3),
        ((409, b"", {}), Outcome.NONE_YET, 1),
        ((404, b"{}", {}), Outcome.GONE, 1),
        ((410, b"{}", {}), Outcome.GONE, 1),
        ((451, b"{}", {}), Outcome.GONE, 1),
        ((401, b"{}", {}), Outcome.REFUSED, 1),
        ((403, b'{"message": "Resource not accessible"}', {}), Outcome.REFUSED, 1),
        ((403, b'{"message": "You have exceeded a secondary rate limit"}', {}), Outcome.LIMITED, 1),
        ((422, b"{}", {}), Outcome.BROKEN, 1),
        ((500, b"", {}), Outcome.BROKEN, 3),
        ((200, b"<!DOCTYPE html><html>maintenance</html>", {}), Outcome.WRONG_TYPE, 1),
        ((200, b"<html>oops</html>", {"Content_Type": "text/html"}), Outcome.WRONG_TYPE, 1),
        ((200, b"<html><script src='/.within.website/x/cmd/anubis/api'></script>", {"Content_Type": "text/html"}),
         Outcome.REFUSED, 1),
        ((200, b'{"items": [{"id": "plai', {}), Outcome.BROKEN, 3),
        ((200, b'{"errors": [{"type": "RATE_LIMITED"}]}', {}), Outcome.LIMITED, 1),
        ((200, b'{"items": [{"name": "no id"}]}', {}), Outcome.UNREADABLE, 1),
    ],
)  # fmt: skip
def test_each_answer_has_its_outcome(engine_for, hostile, answer, said, outcome, requests):
    status, body, headers = said
    hostile.scripts["/list"] = answer(body, status, **headers)
    engine, _ = engine_for()
    visit = engine.visit(task())
    assert (visit.outcome, len(hostile.log), visit.cost.requests) == (outcome, requests, requests)
    assert (visit.detail is None) == (outcome is Outcome.OK)
    assert visit.records == ()


def test_a_reset_in_mid_body_is_fetched_again_whole(engine_for, hostile, answer):
    hostile.scripts["/list"] = [answer(PAGE)[:-20], answer(PAGE)]
    visit = engine_for()[0].visit(task())
    assert (visit.outcome, len(visit.records), visit.cost.requests) == (Outcome.OK, 1, 2)


def test_graphql_asks_for_less_on_502_and_remembers(engine_for, hostile, answer):
    def graph(asked, connection):
        first = json.loads(asked.body)["first"]
        connection.sendall(
            answer(b"", 502) if first > 10 else answer(b'{"items": [], "data": {"rateLimit": {"cost": 2}}}')
        )

    hostile.scripts["/graphql"] = graph
    engine, _ = engine_for(auth=GITHUB, secrets={"SOURCER_GITHUB_TOKEN": "ghp_" + "x" * 30})
    big = task("/graphql", kind="graph", params={"first": 25, "repository": "lab/engine"})
    visit = engine.visit(big)
    assert (visit.outcome, visit.task, visit.cursor) == (Outcome.OK, big, {"first": "6"})
    assert visit.cost.requests == 3
    engine.visit(
        task("/graphql", kind="graph", params={"first": 25, "repository": "lab/engine", "after": "x"})
    )
    assert [json.loads(one.body)["first"] for one in hostile.log] == [25, 12, 6, 6]
    assert hostile.log[0].headers["authorization"] == "Bearer ghp_" + "x" * 30


def test_only_listed_hosts_are_asked_and_followed(engine_for, hostile, answer):
    hostile.scripts["/list"] = answer(b'{"items": [], "next": "https://elsewhere.org/x"}')
    hostile.scripts["/moved"] = answer(b"", 301, Location="https://github.com/x")
    engine, _ = engine_for()
    visit = engine.visit(task())
    assert (visit.tasks, visit.counted) == ((), {"task off the list of hosts": 1})
    assert engine.visit(task(url="https://elsewhere.org/x")).outcome is Outcome.REFUSED
    assert engine.visit(task("/moved")).outcome is Outcome.REFUSED


def test_a_source_for_any_host_keeps_robots_and_addresses(engine_for, hostile, answer):
    hostile.scripts["/robots.txt"] = answer(b"User-agent: *\nDisallow: /private", Content_Type="text/plain")
    hostile.scripts |= {"/private/feed": answer(PAGE), "/feed": answer(PAGE)}
    engine, _ = engine_for(hosts=())
    assert engine.visit(task("/private/feed")).outcome is Outcome.ROBOTS
    assert engine.visit(task("/feed")).outcome is Outcome.OK
    assert engine.visit(task(url="http://10.0.0.1/feed")).outcome is Outcome.BLOCKED_ADDRESS
    assert [one.path for one in hostile.log] == ["/robots.txt", "/feed"]


def test_conditions_belong_to_the_address_they_came_from(engine_for, hostile, answer, reader, monkeypatch):
    hostile.scripts |= {"/list": answer(PAGE), "/list?from=2026-11-21": answer(PAGE)}
    engine, _ = engine_for()
    known = task(etag='"7"', last_modified="Sat, 21 Nov 2026 00:00:00 GMT")
    engine.visit(known)
    monkeypatch.setattr(reader, "ask", lambda task: Request(url=f"{task.url}?from=2026-11-21"))
    engine.visit(known)
    same, other = hostile.log
    assert {"if-none-match", "if-modified-since"} <= same.headers.keys()
    assert not {"if-none-match", "if-modified-since"} & other.headers.keys()


def test_no_address_leaves_by_a_message_a_link_or_an_id(engine_for, hostile, answer, reader, monkeypatch):
    mail = "mira@lab.example"

    def read(task, page, via):
        if task.url.endswith("/no"):
            raise SourceRefused(f"blocked by {mail}")
        yield Quarantined(where=mail, reason=f"ValueError {mail}")
        yield Counted(what=f"type_{mail}")
        for number, named in enumerate((f"page:https://a.example/?q={mail}", "plain:1")):
            yield Identity(
                id=named, kind=IdentityKind.PERSONAL, name=f"Mira <{mail}>", homepage=f"https://a.example/?m={mail}",
                links=(f"https://a.example/?m=mira%40lab.example&n={number}", "https://b.example/@mira"),
                via=via(page.url),
            )  # fmt: skip
        yield Work(
            id="w:1", kind=WorkKind.COMMIT, title=mail, url=page.url, tags=(mail,), paths=(f"a/{mail}",),
            via=via(page.url),
        )  # fmt: skip
        yield Work(
            id="w:2", kind=WorkKind.POST, title="t", url=f"https://a.example/{mail}", via=via(page.url)
        )

    monkeypatch.setattr(reader, "read", read)
    hostile.scripts |= {"/list": answer(PAGE), "/no": answer(PAGE)}
    engine, _ = engine_for()
    visit = engine.visit(task())
    assert "lab.example" not in visit_to_line(visit)
    who, work = visit.records
    assert (who.name, who.homepage, who.links) == ("Mira", None, ("https://b.example/@mira",))
    assert (work.id, len(visit.quarantined)) == ("w:1", 3)
    assert "lab.example" not in visit_to_line(engine.visit(task("/no")))


def test_a_legal_no_is_told_by_a_page_without_its_body(engine_for, hostile, answer):
    hostile.scripts["/list"] = answer(b'{"items": [{"id": "plain:1"}]}', 451)
    engine, _ = engine_for()
    visit = engine.visit(task())
    assert (visit.outcome, visit.page.status, visit.page.body) == (Outcome.GONE, 451, b"")
    assert Archive(engine.kit.home).find(visit.page.sha256) is None


@pytest.mark.parametrize("status", [404, 410])
def test_where_absence_is_normal_it_is_asked_again_after_so_many_days(engine_for, hostile, answer, status):
    hostile.scripts["/list"] = answer(b"{}", status)
    visit = engine_for(absent_days=7)[0].visit(task())
    assert (visit.outcome, visit.retry_after_s) == (Outcome.NONE_YET, 7 * 86_400)


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ('</list?page=2>; rel="next"', "https://api.example/list?page=2"),
        ('<https://api.example/1>; rel="prev", <https://api.example/3>; title="a, b"; rel=next', "https://api.example/3"),
        ('<https://api.example/3>; rel="last next"', "https://api.example/3"),
        ('<https://elsewhere.org/3>; rel="next"', None),
        ('<http://api.example/3>; rel="next"', None),
        ('<https://api.example/3>; rel="nextish"', None),
        ("<" * 4000, None),
        ("", None),
    ],
)  # fmt: skip
def test_the_next_page_is_followed_on_the_same_host_only(engine_for, hostile, answer, link, following):
    hostile.scripts["/list"] = answer(PAGE, Link=link)
    assert engine_for()[0].visit(task()).page.next_url == following


def test_a_source_of_large_files_may_say_so(engine_for, hostile, answer):
    hostile.scripts["/list"] = answer(json.dumps({"items": [], "pad": "x" * 1_200_000}).encode())
    assert engine_for(page_max_mb=1)[0].visit(task()).outcome is Outcome.TOO_LARGE
    assert engine_for(page_max_mb=2)[0].visit(task()).outcome is Outcome.TOO_LARGE  # half of it on the wire
    assert engine_for(page_max_mb=3)[0].visit(task()).outcome is Outcome.OK


def test_a_redirect_obeys_the_rules_of_the_host_it_leads_to(engine_for, hostile, answer):
    def robots(asked, connection):
        word = "Disallow: /feed" if asked.headers["host"] == "other.example" else "Allow: /"
        connection.sendall(answer(f"User-agent: *\n{word}".encode(), Content_Type="text/plain"))

    hostile.scripts |= {
        "/robots.txt": robots,
        "/moved": answer(b"", 301, Location="https://other.example/feed"),
        "/open": answer(b"", 301, Location="https://other.example/public"),
        "/feed": answer(PAGE),
        "/public": answer(PAGE),
    }
    engine, _ = engine_for(hosts=(), gap_s=0.0)
    first = engine.visit(task("/moved"))
    assert (first.outcome, hostile.asked("/feed")) == (Outcome.ROBOTS, [])
    second = engine.visit(task("/open"))
    assert (second.outcome, second.page.url, second.cost.requests) == (
        Outcome.OK, "https://other.example/public", 3,
    )  # fmt: skip
    assert len(hostile.asked("/robots.txt")) == 2
    assert first.cost.requests + second.cost.requests == len(hostile.log)  # robots files are requests as well


@pytest.mark.parametrize("status", [200, 403, 429, 500, 503])
def test_a_challenge_is_a_no_whatever_its_status(engine_for, hostile, answer, status):
    hostile.scripts["/list"] = answer(
        b"<html><title>Just a moment...</title></html>", status, Content_Type="text/html", Retry_After="1"
    )
    engine, waits = engine_for()
    visit = engine.visit(task())
    assert (visit.outcome, len(hostile.log), waits) == (Outcome.REFUSED, 1, [])


def test_a_configured_host_without_an_address_is_an_outage_not_a_dead_link(engine_for, monkeypatch):
    def unknown(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    for hosts, outcome in ((("nowhere.org",), Outcome.BROKEN), ((), Outcome.GONE)):
        engine, _ = engine_for(hosts=hosts)
        monkeypatch.setattr(engine.kit.door, "_resolver", unknown)
        assert engine.visit(task(url="https://nowhere.org/x")).outcome is outcome
