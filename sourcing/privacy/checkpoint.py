"""Signed checkpoints of the audit log: kept elsewhere, they show that the log was cut short or written anew."""

import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sourcing.errors import BadInput
from sourcing.settings import Settings, pepper
from storage import audit
from storage.audit import Verdict
from storage.engine import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far the log was, and how it ended there. signature: made with the instance secret."""

    entries: int
    head: str
    at: str
    signature: str


def sign(store: Store, settings: Settings, path: Path, *, now: datetime) -> Checkpoint:
    """Write a checkpoint of the log's end into a file and return it. Raises BadInput if the log is not whole."""
    with store.read() as tx:
        verdict = audit.verify(tx)
    if not verdict.ok:
        raise BadInput(f"the log is not whole, nothing was signed: entry {verdict.bad}: {verdict.reason}")
    moment = now.isoformat()
    signature = _signature(settings, verdict.entries, verdict.head, moment)
    made = Checkpoint(entries=verdict.entries, head=verdict.head, at=moment, signature=signature)
    path.write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
    return made


def verify(store: Store, settings: Settings, path: Path | None) -> Verdict:
    """Return whether the log is whole, and goes on from a checkpoint if one is given.

    Raises BadInput for a file that is no checkpoint, or none of this installation.
    """
    checkpoint = None if path is None else load(settings, path)
    with store.read() as tx:
        return audit.verify(
            tx, checkpoint=None if checkpoint is None else (checkpoint.entries, checkpoint.head)
        )


def load(settings: Settings, path: Path) -> Checkpoint:
    """Return the checkpoint in a file. Raises BadInput."""
    try:
        found = Checkpoint(**json.loads(path.read_text(encoding="utf-8")))
        good = _signature(settings, found.entries, found.head, found.at)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(
            f"{str(path)!r} is no checkpoint; `sourcer privacy audit --sign FILE` writes one"
        ) from error
    if not hmac.compare_digest(good, str(found.signature)):
        raise BadInput(f"{str(path)!r} was not signed with this installation's secret, or was changed since")
    return found


def _signature(settings: Settings, entries: int, head: str, at: str) -> str:
    key = hmac.new(pepper(settings), b"audit checkpoint", sha256).digest()
    return hmac.new(key, f"{entries} {head} {at}".encode(), sha256).hexdigest()
