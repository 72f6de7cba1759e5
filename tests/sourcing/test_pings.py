"""A service that notices silence is told of each night, and nothing it does or is not stops one."""

import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sourcing import nightly, pings
from sourcing.nightly import Step
from sourcing.settings import Settings
from sourcing.timetable import Pings
from spiders.door import Door
from storage.engine import Store

SECRET = "0f8c-secret-of-the-check"


class Watch:
    """An invented service: what it was sent, and the status it answers with."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.status = 200
        self.pin = ""


@pytest.fixture
def watch() -> Iterator[Watch]:
    told = Watch()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.heard.append((self.path.rpartition("/")[2], body.decode()))
            self.send_response(told.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.pin = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


def told_of(settings: Settings, base: str) -> Settings:
    addresses = {name: f"{base}/{SECRET}/{name}" for name in ("start", "success", "fail")}
    return settings.model_copy(update={"pings": Pings(**addresses)})


@pytest.mark.parametrize(
    ("status", "heard"),
    [("done", "success"), ("partial", "success"), ("interrupted", "fail"), (None, "fail")],
)
def test_begin_and_end_are_told_and_a_warning_is_a_success(
    settings: Settings, watch: Watch, status: str | None, heard: str
) -> None:
    door, said = Door(user_agent="sourcer", pins={"watch.example": watch.pin}), []
    try:
        with pings.around(
            told_of(settings, "https://watch.example"), "r-1", door=door, say=said.append
        ) as ended:
            if status is None:
                raise RuntimeError("a fault of ours")
            ended(status)
    except RuntimeError:
        assert status is None
    finally:
        door.close()
    assert watch.heard == [("start", "r-1: running"), (heard, f"r-1: {status or 'failed'}")] and said == []


def test_a_service_in_trouble_is_told_of_by_its_setting_never_by_its_address(
    settings: Settings, watch: Watch
) -> None:
    watch.status = 500
    door, said = Door(user_agent="sourcer", pins={"watch.example": watch.pin}), []
    with pings.around(told_of(settings, "https://watch.example"), "r-1", door=door, say=said.append) as ended:
        ended("done")
    door.close()
    assert [line.partition(" ")[0] for line in said] == ["pings.start", "pings.success"]
    assert "500" in said[0] and SECRET not in "".join(said)


def test_an_address_inside_is_never_asked_and_the_night_goes_on(
    store: Store, settings: Settings, watch: Watch, now: datetime
) -> None:
    report = nightly.run(store, told_of(settings, watch.pin), now=now, actor="operator", steps=[Step.SWEEP])
    assert (report.status, watch.heard) == ("done", [])
    text = nightly.summary(report)
    assert "look: pings.start was not told" in text and "pings.success" in text and SECRET not in text
