"""Outages: servers that fail, stay silent, cannot be found or are not who they say."""

import socket
import ssl
import threading
import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial

import pytest
from guild_faults import CALM, FAULTS, SILENCE_S, always, drip, first, silence
from guild_nights import NOW
from guild_server import CALM_REQUESTS, GUILD, NEIGHBOUR
from impatient import HURRY_S, Impatient

from spiders.door import CONNECT_TIMEOUT_S, Caps, Door
from spiders.records import Outcome


@pytest.mark.row("F05")
@pytest.mark.parametrize("name", ["500", "502", "503"])
def test_a_burst_of_twenty_failures_costs_twenty_requests(nights, clean, server, name):
    server.rule = first(20, FAULTS[name])
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    assert report["guild"].errors and "'guild'" in report["guild"].detail and name in report["guild"].detail
    assert all(one.cost.requests <= 5 for one in nights.visits)
    assert len(server.asked()) <= 9  # three questions in vain, three tries each: then the host is left alone
    waits = nights.waits["guild"]
    assert len(set(waits)) == len(waits) and min(waits) >= 0.5
    assert nights.next_due() - NOW >= timedelta(seconds=60)
    nights.nights_until_quiet()
    assert nights.digests() == clean()
    assert len(server.asked()) == CALM_REQUESTS + 20


@pytest.mark.row("F05")
def test_a_host_that_fails_three_times_is_left_alone(nights, clean, server):
    server.rule = always(FAULTS["409"], "/members/")
    assert not nights.night()["guild"].is_partial
    server.rule, before = always(FAULTS["500"]), len(server.asked())
    report = nights.later(minutes=65)
    nights.assert_neighbour_is_whole(report)
    assert len(server.asked()) == before + 9  # of six questions, three were asked, three times each
    assert sum("left alone" in (one.detail or "") for one in nights.said()) >= 1
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F06")
@pytest.mark.parametrize("fault", [silence, drip], ids=["silence", "a byte at a time"])
def test_an_answer_that_takes_too_long_is_cut_off_and_asked_for_again(nights, clean, server, fault):
    server.rule = always(fault, "/members/1")
    nights.door = partial(Impatient, hurried=("/members/1",))
    began = time.monotonic()
    report = nights.night()
    assert time.monotonic() - began < SILENCE_S
    nights.assert_neighbour_is_whole(report)
    [cut] = nights.said(path="/members/1")
    assert (cut.outcome, cut.cost.requests) == (Outcome.TIMEOUT, 3)
    assert "'guild'" in report["guild"].detail
    server.rule, nights.door = CALM, Door
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F06")
def test_a_host_that_takes_no_connection_is_asked_again_later(nights, clean, server):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nights.pins = {GUILD: f"http://127.0.0.1:{port}", NEIGHBOUR: server.pin}
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    [failed] = nights.said()
    assert (failed.outcome, failed.cost.requests) == (Outcome.BROKEN, 3)
    assert "connection failed" in report["guild"].detail
    nights.pins = None
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.fixture
def unreachable():
    """A port whose host never says whether it takes connections."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(4):  # more than the queue holds: who comes now is not answered
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield full.getsockname()[1]


@pytest.mark.row("F06")
def test_a_connection_that_is_not_made_in_time_is_given_up_and_tried_again(
    nights, clean, server, unreachable
):
    nights.pins = {GUILD: f"http://127.0.0.1:{unreachable}", NEIGHBOUR: server.pin}
    nights.door = partial(Impatient, hurried=(GUILD,))
    began = time.monotonic()
    report = nights.night()
    assert 3 * HURRY_S <= time.monotonic() - began < 3 * CONNECT_TIMEOUT_S
    nights.assert_neighbour_is_whole(report)
    [failed] = nights.said()
    assert (failed.outcome, failed.cost.requests) == (Outcome.TIMEOUT, 3)
    assert "no answer in time (ConnectTimeout)" in report["guild"].detail
    nights.pins, nights.door = None, Door
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F06")
def test_no_one_answer_may_wait_longer_than_the_trust_page_says():
    with Door(user_agent="sourcer/test").client() as client:
        assert (client.timeout.connect, client.timeout.read, Caps().total_s) == (10.0, 20.0, 60.0)


def unknown(kind):
    def resolver(host, port):
        raise socket.gaierror(kind, "no answer")

    return resolver


@pytest.mark.row("F20")
def test_a_name_server_that_fails_is_asked_again(nights, clean, server):
    nights.pins, nights.resolver = {NEIGHBOUR: server.pin}, unknown(socket.EAI_AGAIN)
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    assert {one.outcome for one in nights.said()} == {Outcome.BROKEN} and server.asked() == []
    nights.pins = None
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F20")
def test_a_name_nobody_knows_is_a_dead_link_after_two_answers_a_day_apart(nights, server):
    nights.more = {"hosts": []}  # a source of anybody's hosts
    nights.pins, nights.resolver = {NEIGHBOUR: server.pin}, unknown(socket.EAI_NONAME)
    nights.assert_neighbour_is_whole(nights.night())
    states = [nights.left()[0][2]]
    for hours in (12, 13, 24, 24):
        nights.later(hours=hours)
        states.append(nights.left()[0][2])
    assert states == ["parked", "parked", "gone", "gone", "gone"]
    assert [one.outcome for one in nights.said()] == [Outcome.GONE] * 2 and server.asked() == []


class Encrypted(Door):
    """A door whose way to one name leads to a loopback port, with TLS as for anybody."""

    port = 0

    def client(self):
        client = super().client()
        pool = client._transport._pool
        usual = pool._network_backend.connect_tcp

        def connect_tcp(host, port, timeout=None, local_address=None, socket_options=None):
            if host != GUILD:
                return usual(host, port, timeout, local_address, socket_options)
            return pool._network_backend._plain.connect_tcp("127.0.0.1", Encrypted.port, timeout)

        pool._network_backend.connect_tcp = connect_tcp
        return client


class Impostor:
    """Takes TLS connections with a certificate nobody vouches for, or answers them in plain text."""

    def __init__(self, certificate):
        self.heard = []
        self.certificate = certificate
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join(5)
        self.listener.close()

    def accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with suppress(OSError), connection:
            if self.certificate is not None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.certificate)
                with context.wrap_socket(connection, server_side=True) as wrapped:
                    self.heard.append(wrapped.recv(4096))
            else:
                self.heard.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for the guild's own name, signed by nobody."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, GUILD)])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(NOW - timedelta(days=9000)).not_valid_after(NOW + timedelta(days=9000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(GUILD)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.row("F21")
@pytest.mark.parametrize("is_certified", [True, False], ids=["a certificate of nobody's", "plain text"])
def test_a_host_that_cannot_prove_its_name_is_told_nothing(nights, clean, server, certificate, is_certified):
    impostor = Impostor(certificate if is_certified else None)
    Encrypted.port = impostor.port
    nights.pins, nights.door = {NEIGHBOUR: server.pin}, Encrypted
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    [failed] = nights.said()
    assert failed.outcome is Outcome.BROKEN and "'guild'" in report["guild"].detail
    assert not any(b"GET" in heard for heard in impostor.heard) and server.asked() == []
    impostor.close()
    nights.pins, nights.door = None, Door
    nights.nights_until_quiet()
    assert nights.digests() == clean()
