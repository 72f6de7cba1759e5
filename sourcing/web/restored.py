"""A store that was brought back under a running server forgets again before the next answer (TRUST P23)."""

from threading import Lock

from sourcing.privacy import journal, restore
from sourcing.web.auth import Desk

_ALONE = Lock()


def caught_up(desk: Desk) -> None:
    """Do again what the list beside the store knows and the store does not; else one small query.

    Whoever asks meanwhile waits: nobody is shown who left.
    """
    if not journal.missing(desk.store, desk.settings):
        return
    with _ALONE:
        lines = journal.missing(desk.store, desk.settings)
        if lines:
            actor = desk.settings.operator.actor
            restore.catch_up(desk.store, desk.settings, lines, actor=actor, now=desk.now())
