"""A team's sign-in service on loopback: who it vouches for comes in, and nobody else."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwk, jwt
from visiting import Visitor, make_desk

from sourcing import clock
from sourcing.access import Scope
from sourcing.settings import SignIn
from sourcing.web import admission
from sourcing.web.tries import Tries
from spiders.door import Door
from storage import audit

ISSUER = "https://login.example.org"
KEY = jwk.generate_key("EC", "P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
OTHER = jwk.generate_key("EC", "P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
SIGN_IN = SignIn(
    issuer=ISSUER,
    client_id="sourcer",
    domains=("example.org",),
    administrators=("ada@example.org",),
    managers=("mia@example.org",),
)


class Service:
    """An identity provider that gives what a test says. claims: laid over what is right."""

    def __init__(self, now: Any) -> None:
        self.now, self.claims, self.key, self.algorithm = now, {}, KEY, "ES256"
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, dict[str, str], dict[str, list[str]]]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say(service.told(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                service.asked.append((self.path, dict(self.headers), parse_qs(body)))
                self._say(service.exchange(parse_qs(body)))

            def _say(self, content: Any) -> None:
                body = json.dumps(content).encode()
                self.send_response(200 if content is not None else 400)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def pin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def told(self, path: str) -> Any:
        if path.endswith("openid-configuration"):
            return {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
                "more": 1,
            }
        return {"keys": [KEY.as_dict(private=False)]}

    def agree(self, url: str) -> dict[str, str]:
        """Be the person who says yes at the service's own page; return what the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.codes["c1"] = asked
        return {"code": "c1", "state": asked["state"]}

    def exchange(self, form: dict[str, list[str]]) -> Any:
        asked = self.codes.pop(form["code"][0], None)
        if asked is None:
            return None
        digest = sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        at = int(self.now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": asked["client_id"],
            "sub": "u-17",
            "email": "ana@example.org",
            "email_verified": True,
            "iat": at,
            "exp": at + 300,
            "nonce": asked["nonce"],
        }
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "k1"}
        return {"id_token": jwt.encode(header, claims, self.key, algorithms=[self.algorithm])}


@pytest.fixture
def service(now) -> Iterator[Service]:
    made = Service(now)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def nobody(settings, store, now, service: Service, monkeypatch) -> Iterator[Visitor]:
    monkeypatch.setenv("SOURCER_SIGN_IN_SECRET", "a secret of ours")
    web = settings.web.model_copy(update={"sign_in": SIGN_IN})
    door = Door(user_agent="sourcer", pins={"login.example.org": service.pin})
    desk = make_desk(settings.model_copy(update={"web": web}), store, now, door=door)
    yield Visitor(desk, scope=None)
    door.close()


def come_back(visitor: Visitor, service: Service, **changed: str) -> Any:
    there = visitor.get("/sign-in/team?next=/runs")
    assert there.status_code == 303
    brought = {**service.agree(there.headers["location"]), **changed}
    return visitor.get("/sign-in/back", params=brought)


def test_who_the_service_vouches_for_is_signed_in_under_a_name_without_an_address(
    nobody: Visitor, service: Service
) -> None:
    answer = come_back(nobody, service)
    assert answer.status_code == 200 and 'content="0; url=/runs"' in answer.text
    page = nobody.page("/runs")
    words = " ".join(page.text_content().split())
    assert re.search(r"Signed in as ana-[0-9a-f]{8}, may export", words), words
    (path, headers, form) = service.asked[0]
    assert path == "/token" and "a secret of ours" not in str(form)
    assert {name.lower(): value for name, value in headers.items()}["authorization"].startswith("Basic ")
    with nobody.desk.store.read() as tx:
        entry = audit.of_action(tx, "access.sign_in")[0]
    assert entry.actor.startswith("ana-") and "@" not in entry.actor and entry.detail["how"] == "oidc"


@pytest.mark.row("T21")
def test_who_may_less_than_at_sign_in_may_less_at_the_next_request(nobody: Visitor, service: Service) -> None:
    def listed(**lists: Any) -> None:
        web = nobody.desk.settings.web.model_copy(update={"sign_in": SIGN_IN.model_copy(update=lists)})
        nobody.desk.settings = nobody.desk.settings.model_copy(update={"web": web})

    come_back(nobody, service)
    assert "may export" in nobody.text("/runs")
    listed(managers=("ana@example.org",))
    assert "may read" in nobody.text("/runs")
    listed(domains=("example.net",))
    assert nobody.get("/runs").status_code == 303
    listed()
    assert nobody.get("/runs").status_code == 303, "what ended stays ended"


def test_two_people_are_never_one_in_the_log() -> None:
    lists = SIGN_IN.model_copy(update={"domains": ("example.org", "example.net"), "subjects": ("ana", "u/2")})
    said = [
        {"sub": "u-1", "email": "ana@example.org"},
        {"sub": "u-2", "email": "ana@example.net"},
        {"sub": "ana"},
        {"sub": "u-3", "email": "ana+x@example.org"},
        {"sub": "u-4", "email": "ana-x@example.org"},
        {"sub": "u/2"},
        *({"sub": f"long-{at}", "email": f"{'a' * 80}{at}@example.org"} for at in range(2)),
    ]
    actors = {admission.admitted({"email_verified": True, **one}, lists).actor for one in said}
    assert len(actors) == len(said) and "ana" not in actors and max(map(len, actors)) <= 64


@pytest.mark.row("T21")
def test_sign_ins_are_begun_thirty_times_a_minute_from_one_address(nobody: Visitor, now) -> None:
    assert {nobody.get("/sign-in/team").status_code for _ in range(30)} == {303}
    answer = nobody.get("/sign-in/team")
    assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 60
    nobody.desk.now = clock.fixed(now + timedelta(minutes=1))
    assert nobody.get("/sign-in/team").status_code == 303


@pytest.mark.parametrize(
    ("claims", "scope"),
    [
        ({"email": "ada@example.org"}, Scope.ADMIN),
        ({"email": "Mia@example.org"}, Scope.READ),
        ({}, Scope.EXPORT),
    ],
)
def test_lists_say_who_may_do_what(claims: dict[str, Any], scope: Scope) -> None:
    told = {"sub": "u", "email": "ana@example.org", "email_verified": True, **claims}
    assert admission.admitted(told, SIGN_IN).scope is scope


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@evil.example"},
        {"email": "eve@evil.example.org"},
        {"email": "ana@example.org", "email_verified": False},
        {"email": "ada@example.org", "email_verified": None},
        {"email": None},
    ],
)
def test_who_is_on_no_list_stays_out(claims: dict[str, Any]) -> None:
    with pytest.raises(admission.Refused):
        admission.admitted({"sub": "u-17", "email_verified": True, **claims}, SIGN_IN)


def test_a_number_of_the_service_may_be_listed_instead_of_an_address() -> None:
    listed = SIGN_IN.model_copy(update={"domains": (), "subjects": ("u-17",)})
    known = admission.admitted({"sub": "u-17"}, listed)
    assert known.actor.startswith("u-17-") and known.scope is Scope.EXPORT


@pytest.mark.row("T21")
def test_an_answer_that_is_not_for_us_now_lets_nobody_in(nobody: Visitor, service: Service) -> None:
    for claims in (
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": ["sourcer", "somebody-else"]},
        {"iss": "https://login.example.net"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
    ):
        service.claims, nobody.desk.tries = claims, Tries()
        assert come_back(nobody, service).status_code == 401, claims
        assert nobody.get("/runs").status_code == 303, claims


def test_an_answer_signed_by_somebody_else_lets_nobody_in(nobody: Visitor, service: Service) -> None:
    service.key = OTHER
    assert come_back(nobody, service).status_code == 401
    service.key, service.algorithm = jwk.import_key("a shared secret of enough bytes, 32", "oct"), "HS256"
    assert come_back(nobody, service).status_code == 401


def test_the_way_back_is_this_browsers_once_and_soon(nobody: Visitor, service: Service, now) -> None:
    assert come_back(nobody, service, state="another").status_code == 401
    there = nobody.get("/sign-in/team")
    brought = service.agree(there.headers["location"])
    stranger = Visitor(nobody.desk, scope=None)
    assert stranger.get("/sign-in/back", params=brought).status_code == 401
    assert nobody.get("/sign-in/back", params=brought).status_code == 200
    assert nobody.get("/sign-in/back", params=brought).status_code == 401

    late = Visitor(nobody.desk, scope=None)
    brought = service.agree(late.get("/sign-in/team").headers["location"])
    nobody.desk.now = clock.fixed(now + timedelta(minutes=11))
    assert late.get("/sign-in/back", params=brought).status_code == 401


def test_a_service_that_is_away_is_said(nobody: Visitor, service: Service) -> None:
    service.server.shutdown()
    service.server.server_close()
    answer = nobody.get("/sign-in/team")
    assert answer.status_code == 502 and "cannot be reached" in answer.text
