"""Tells services that notice silence when a night begins, is done, or fails; what they answer changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sourcing.settings import Settings

if TYPE_CHECKING:
    from spiders.door import Door

_ANSWER_MAX_BYTES, _PATIENCE_S = 64 * 1024, 10.0
_FINE: Final = frozenset({"done", "partial"})  # partly done is a warning, no failure (PRODUCT §7)

Told = Callable[[str], None]
"""Takes how a night ended, as a run's status."""


class Moment(StrEnum):
    """When somebody is told; also the name of the setting with the address."""

    START = "start"
    SUCCESS = "success"
    FAIL = "fail"


@contextmanager
def around(
    settings: Settings, run: str, *, door: "Door | None" = None, say: Callable[[str], None] = lambda _: None
) -> Iterator[Told]:
    """Tell that a run begins, and how it ended: as it is told, or as failed if what is inside raises or says nothing.

    The id of the run and its status are all that is sent. An address that is not public, or does not answer within ten
    seconds, is told to `say` and stops nothing. door: None = one of our own.
    """
    status = "failed"

    def ended(how: str) -> None:
        nonlocal status
        status = how

    _tell(settings, Moment.START, f"{run}: running", door, say)
    try:
        yield ended
    finally:
        _tell(settings, Moment.SUCCESS if status in _FINE else Moment.FAIL, f"{run}: {status}", door, say)


def _tell(
    settings: Settings, moment: Moment, text: str, door: "Door | None", say: Callable[[str], None]
) -> None:
    url: str = getattr(settings.pings, moment)
    if not url:
        return
    from spiders.door import (
        Caps,
        Door,
        DoorClosed,
    )  # and with it all of HTTP: a night that tells nobody does without

    caps = Caps(
        wire_bytes=_ANSWER_MAX_BYTES, decoded_bytes=_ANSWER_MAX_BYTES, total_s=_PATIENCE_S, redirects=0
    )
    own = door or Door(user_agent="sourcer")
    headers = {"content-type": "text/plain; charset=utf-8"}
    try:
        status = own.send(url, method="POST", headers=headers, content=text.encode(), caps=caps).status
        trouble = None if 200 <= status < 300 else f"answered with {status}"
    except DoorClosed as error:
        trouble = str(error)
    finally:
        if door is None:
            own.close()
    if trouble is not None:  # the address is a secret of sorts: the setting is named instead
        say(f"pings.{moment} was not told: {trouble}; correct it in sourcer.toml or empty it")
