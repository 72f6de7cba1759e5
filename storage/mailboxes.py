"""A mailbox as the value of a statement: one line of JSON, the same for the same mailbox."""

import json
from dataclasses import asdict

from spiders.records import Likeness, Mailbox, MailboxFlag


def to_text(box: Mailbox) -> str:
    """Return a mailbox as text; what is unknown is left out."""
    known = {name: value for name, value in asdict(box).items() if value not in (None, (), 0)}
    return json.dumps(known, sort_keys=True, separators=(",", ":"))


def from_text(text: str) -> Mailbox:
    """Return the mailbox of a text as `to_text` wrote it. Raises ValueError, KeyError or TypeError for another."""
    table = json.loads(text)
    likeness = table.get("likeness")
    return Mailbox(
        local=table.get("local"),
        handles=tuple(table.get("handles", ())),
        host=table.get("host"),
        likeness=None if likeness is None else Likeness(likeness),
        flags=tuple(MailboxFlag(flag) for flag in table.get("flags", ())),
        box=table.get("box"),
        spelt=table.get("spelt"),
        letters=table.get("letters"),
        label=table.get("label"),
        spelt_length=table.get("spelt_length", 0),
        letters_length=table.get("letters_length", 0),
    )
