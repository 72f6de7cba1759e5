"""TRUST T16, T17: one event is one line, and secrets do not reach it."""

import io
import json
import logging

import structlog

from spiders import logs


def test_control_characters_and_secrets_stay_out_of_a_line():
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        logs.set_up(secrets=["planted-secret"], stream=stream)
        logs.Log("x").info(
            "seen", login="bob\nERROR x\x1b[31m\u202e", note="planted-secret mira@pages.example"
        )
        logging.getLogger("library").warning("went to https://user:pw@host.example with Bearer abcdefghijkl")
        try:
            raise ValueError("planted-secret")
        except ValueError:
            logging.getLogger("library").exception("failed")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    first, second, _ = [json.loads(line) for line in lines]
    assert first["login"] == "bob\\u000aERROR x\\u001b[31m\\u202e"
    assert first["note"] == "[secret] [address removed]"
    assert "pw" not in second["event"] and "abcdefghijkl" not in second["event"]
    assert "planted-secret" not in stream.getvalue()
