"""What may happen to a request: one function per fault, and which of them a schedule draws from."""

import gzip
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime

from guild import as_json
from guild_server import GUILD, Asked, Exchange, Fault, Rule, head, rows_of

SILENCE_S = 240.0  # a server that says nothing; the other side gives up long before
CHALLENGE = b"<html><title>Just a moment...</title><form id='challenge-form'></form></html>"
ERROR_PAGE = b"<!DOCTYPE html><html><h1>Down for maintenance</h1></html>"


def status(code: int, body: bytes = b"{}", **headers: str) -> Fault:
    """Return a fault that is another answer."""
    return lambda exchange: exchange.instead(code, body, **headers)


def retry_at(exchange: Exchange) -> None:
    """Ask for two minutes of patience, as a date on the server's own clock."""
    until = exchange.asked_at + timedelta(seconds=120)
    exchange.instead(429, Retry_After=format_datetime(until, True))


def spent(seconds: int) -> Fault:
    """Return a fault that says the quota is used up until a moment of the server's own clock."""

    def fault(exchange: Exchange) -> None:
        reset = str(int(exchange.asked_at.timestamp()) + seconds)
        exchange.instead(403, X_RateLimit_Limit="5000", X_RateLimit_Remaining="0", X_RateLimit_Reset=reset)

    return fault


def silence(exchange: Exchange) -> None:
    """Say nothing until the other side gives up."""
    exchange.connection.settimeout(SILENCE_S)
    with suppress(OSError):
        exchange.connection.recv(1)


def drip(exchange: Exchange) -> None:
    """Send a byte at a time, each well within any wait for the next one."""
    exchange.raw(head(200, exchange.truth.headers, 10_000))
    exchange.connection.settimeout(0.05)
    for _ in range(int(SILENCE_S / 0.05)):
        exchange.raw(b" ")
        with suppress(TimeoutError):
            if exchange.connection.recv(1) == b"":
                return


def reset(exchange: Exchange) -> None:
    """Break off before any answer."""
    exchange.reset()


def reset_in_body(exchange: Exchange) -> None:
    """Break off in the middle of the body."""
    body = exchange.truth.body
    exchange.raw(head(200, exchange.truth.headers, len(body)) + body[: len(body) // 2])
    exchange.reset()


def cut_gzip(exchange: Exchange) -> None:
    """Send half of a compressed body, with the length of that half."""
    whole = exchange.truth.body
    body = whole if "Content-Encoding" in exchange.truth.headers else gzip.compress(whole)
    exchange.say(200, body[: len(body) // 2], Content_Encoding="gzip")


def cut_json(exchange: Exchange) -> None:
    """Send half of a plain body, with the length of that half."""
    rows, more = _table(exchange)
    whole = as_json(rows, **more)
    _plain(exchange, whole[: len(whole) // 2])


def cut_chunk(exchange: Exchange) -> None:
    """Send a chunk that is shorter than it says, and end."""
    headers = {**exchange.truth.headers, "Transfer-Encoding": "chunked"}
    sent = head(200, headers, 0).replace(b"Content-Length: 0\r\n", b"")
    exchange.raw(sent + b"400\r\n" + exchange.truth.body[:20])


def too_long(exchange: Exchange) -> None:
    """Promise more bytes than come."""
    body = exchange.truth.body
    exchange.raw(head(200, exchange.truth.headers, len(body) + 50) + body)


def too_short(exchange: Exchange) -> None:
    """Promise fewer bytes than come."""
    body = exchange.truth.body
    exchange.raw(head(200, exchange.truth.headers, len(body) - 10) + body)


def html(exchange: Exchange) -> None:
    """Answer 200 with a page for people."""
    exchange.instead(200, ERROR_PAGE, Content_Type="text/html; charset=utf-8")


def html_as_json(exchange: Exchange) -> None:
    """Answer 200 with a page for people and call it JSON."""
    exchange.instead(200, ERROR_PAGE)


def challenge(exchange: Exchange) -> None:
    """Ask for proof of being human."""
    exchange.instead(200, CHALLENGE, Content_Type="text/html")


def unasked_304(exchange: Exchange) -> None:
    """Say that nothing changed to somebody who has nothing to compare with."""
    exchange.raw(head(304, {"Date": exchange.truth.headers["Date"]}, 0))


def empty(exchange: Exchange) -> None:
    """Send no rows while the total says there are some; a list without a total keeps its rows."""
    rows, more = _table(exchange)
    _plain(exchange, as_json([] if "total" in more else rows, **more))


def repeated_rows(exchange: Exchange) -> None:
    """Send every row twice."""
    rows, more = _table(exchange)
    _plain(exchange, as_json([*rows, *rows], **more))


def other_order(exchange: Exchange) -> None:
    """Send the rows newest first."""
    rows, more = _table(exchange)
    _plain(exchange, as_json(rows[::-1], **more))


def other_etag(exchange: Exchange) -> None:
    """Send the same body under another validator."""
    exchange.say(ETag=f'W/"{exchange.asked.number}"')


def token_expired(exchange: Exchange) -> None:
    """Say that a paging token is too old; other questions are answered."""
    _plain(exchange, b'{"error": "token_expired"}') if "page=" in exchange.asked.path else exchange.say()


def _table(exchange: Exchange) -> tuple[list[dict[str, object]], dict[str, object]]:
    return ([], {}) if exchange.truth.status == 304 else rows_of(exchange.truth)


def _plain(exchange: Exchange, body: bytes) -> None:
    """Send a body uncompressed, without the validator of the true one."""
    if exchange.truth.status == 304:  # nothing new is nothing new, however it is said
        exchange.say()
        return
    exchange.instead(200, body)


FAULTS: dict[str, Fault] = {
    "429 with seconds": status(429, Retry_After="30"),
    "429 with a date": retry_at,
    "429 without a time": status(429),
    "403 secondary limit": status(403, b'{"message": "You have exceeded a secondary rate limit"}'),
    "403 quota spent": spent(600),
    "403 that is a no": status(403, b'{"message": "Resource not accessible"}'),
    "400": status(400),
    "500": status(500),
    "502": status(502, ERROR_PAGE, Content_Type="text/html"),
    "503": status(503, b""),
    "503 with seconds": status(503, b"", Retry_After="60"),
    "500 with a challenge": status(500, CHALLENGE, Content_Type="text/html"),
    "silence": silence,
    "reset": reset,
    "reset in the body": reset_in_body,
    "cut gzip": cut_gzip,
    "cut JSON": cut_json,
    "cut chunk": cut_chunk,
    "length too long": too_long,
    "length too short": too_short,
    "a page for people": html,
    "a page for people, called JSON": html_as_json,
    "challenge": challenge,
    "202": status(202, b""),
    "409": status(409),
    "304 unasked": unasked_304,
    "empty page": empty,
    "rows twice": repeated_rows,
    "other order": other_order,
    "other ETag": other_etag,
    "token expired": token_expired,
}
SLOW = frozenset({"silence"})


def schedule(seed: int, share: float, *, hosts: tuple[str, ...], note: Callable[[str], None]) -> Rule:
    """Return a rule by which request n meets a fault or none, by seed alone. note: hears of every fault dealt."""
    names = sorted(FAULTS)

    def rule(asked: Asked) -> Fault | None:
        if asked.host not in hosts:
            return None
        dice = random.Random(f"{seed} {asked.host} {asked.number}")
        if dice.random() >= share:
            return None
        name = dice.choice(names)
        note(f"{asked.host} #{asked.number} {asked.path}: {name}")
        return FAULTS[name]

    return rule


def first(times: int, fault: Fault, path: str = "", *, host: str = GUILD) -> Rule:
    """Return a rule by which the first requests that begin so meet a fault, and later ones do not."""
    left = [times]

    def rule(asked: Asked) -> Fault | None:
        if asked.host != host or not asked.path.startswith(path) or left[0] <= 0:
            return None
        left[0] -= 1
        return fault

    return rule


def always(fault: Fault, path: str = "", *, host: str = GUILD) -> Rule:
    """Return a rule by which every request that begins so meets a fault."""
    return lambda asked: fault if asked.host == host and asked.path.startswith(path) else None


CALM: Rule = first(0, reset)
"""Every request has its true answer."""
