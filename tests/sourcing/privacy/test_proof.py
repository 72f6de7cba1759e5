"""Control of an account or page is shown to a server that is really asked, and by nothing else it may answer."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest
from loopback import Loopback

from sourcing.privacy import cases, proof
from sourcing.privacy.proof import NotShown
from sourcing.settings import Settings
from spiders.door import Door
from storage import persons
from storage.cases import State
from storage.engine import Store

ACCOUNT, PAGE, ELSE = "api.github.com", "onavale.example", "else.example"
SUBJECTS = {ACCOUNT: "github:onavale", PAGE: f"https://{PAGE}/"}


class Internet(Loopback):
    """Every host answers the same; what it was asked is kept by host."""

    def __init__(self) -> None:
        self.status, self.body, self.is_slow = 200, b"", False
        self.asked: list[str] = []
        super().__init__()

    def answered(
        self, method: str, path: str, headers: dict[str, str], body: bytes, to: socket.socket
    ) -> bool:
        self.asked.append(headers["host"])
        length = len(self.body) + self.is_slow  # a slow one keeps its last byte until the asker goes away
        head = f"HTTP/1.1 {self.status} Said\r\nLocation: https://{ELSE}/\r\nContent-Length: {length}\r\n\r\n"
        to.sendall(head.encode() + self.body)
        return not self.is_slow or bool(to.recv(1))


@pytest.fixture
def internet() -> Iterator[Internet]:
    served = Internet()
    yield served
    served.close()


@pytest.fixture
def door(internet: Internet) -> Iterator[Door]:
    opened = Door(user_agent="sourcer", pins=dict.fromkeys((ACCOUNT, PAGE, ELSE), internet.pin))
    yield opened
    with suppress(OSError):
        opened.close()


@pytest.mark.row("P08")
@pytest.mark.parametrize("host", SUBJECTS)
def test_only_the_word_at_the_place_itself_shows_control(
    store: Store, settings: Settings, ona: str, now: datetime, internet: Internet, door: Door, host: str
) -> None:
    subject = SUBJECTS[host]
    other, opened = (
        cases.open_case(store, settings, kind="erasure", subject=subject, now=now) for _ in range(2)
    )
    word, wrong = cases.word(settings, opened.case), cases.word(settings, other.case)

    def says(said: str) -> bytes:
        account = {"id": 770077, "login": "onavale", "bio": said}
        return (json.dumps(account) if host == ACCOUNT else f"<p>{said}</p>").encode()

    read, hurried = proof.reader(door), proof.reader(door, caps=replace(proof.CAPS, total_s=0.5))
    refused: list[tuple[str, int, bytes, bool]] = [
        ("does not show", 200, says("nothing"), False),
        ("does not show", 200, says(wrong), False),
        ("302", 302, says(word), False),
        ("404", 404, says(word), False),
        ("could not be read", 200, says(word) + b" " * 2**20, False),
        ("could not be read", 200, says(word), True),
    ]
    if host == ACCOUNT:
        refused.append(("could not be read", 200, f"<html>{word}</html>".encode(), False))
    for why, internet.status, internet.body, internet.is_slow in refused:
        with pytest.raises(NotShown, match=why):
            cases.prove(store, settings, opened.case, read=hurried if internet.is_slow else read, now=now)
    with pytest.raises(NotShown, match="https"):
        read(f"http://{host}/")
    assert internet.asked == [host] * len(refused), "nobody was asked in another's place"
    assert cases.follow(store, settings, opened.token).state is State.ASKED
    internet.status, internet.body, internet.is_slow = 200, says(word), False
    proved = cases.prove(store, settings, opened.case, read=read, now=now)
    with store.read() as tx:
        is_held = ona in persons.get_many(tx, [ona])
    assert (proved.state, is_held) == ((State.DONE, False) if host == ACCOUNT else (State.PROVED, True))
