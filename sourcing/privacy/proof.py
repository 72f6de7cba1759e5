"""Showing that an account or a page is one's own: a word that only the asker knows is put there, and read by us.

Nobody sends papers. A GitHub account is read by its API and shows the word in its bio, company, blog or name; that is
its owner's. A homepage shows it anywhere in its text, and whoever runs the site, or may write on it, can put it there:
it says that somebody means it, not who they are, which an operator decides.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from sourcing.errors import BadInput
from spiders.door import Caps, Door, DoorClosed
from storage.subjects import Keyer

Read = Callable[[str], str]
"""Returns the text at an address. Raises NotShown if there is none."""

_GITHUB = re.compile(r"(?:github:|https?://(?:www\.)?github\.com/)@?([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))/?")
_PAGE = re.compile(r"https://[^\s/]+\.[^\s/]+(?:/[^\s]*)?")
_WHERE = ("bio", "company", "blog", "name", "location")
_SUBJECT_MAX = 300
_MIB = 1024 * 1024
CAPS = Caps(wire_bytes=_MIB, decoded_bytes=_MIB, total_s=5.0, redirects=0)
"""Strangers choose what is read: a page of text, from where it was said to be, while a visitor waits."""


class NotShown(BadInput):
    """The word is not there, or the address could not be read."""


def subject_of(text: str) -> str:
    """Return the one spelling of what somebody says is theirs: `github:login` or an address. Raises BadInput."""
    plain = text.strip()
    if match := _GITHUB.fullmatch(plain):
        return f"github:{match[1].lower()}"
    if len(plain) <= _SUBJECT_MAX and _PAGE.fullmatch(plain):
        return plain
    raise BadInput("give github:LOGIN, or the whole https address of your own homepage")


def word_of(keyer: Keyer, case: str) -> str:
    """Return the word that shows control for one request; nobody else can compute it."""
    return f"sourcer-{keyer.digest('nonce', case)[:24]}"


def show(subject: str, told: str, word: str) -> str | None:
    """Return the id of the account that shows the word; None for a page that does, which proves nobody.

    Raises NotShown.
    """
    if subject.startswith("github:"):
        return _account(subject, told, word)
    if word not in told:
        raise NotShown(f"{subject} does not show {word} yet; put it there and try again")
    return None


def address_of(subject: str) -> str:
    """Return the address that is read for a subject."""
    if subject.startswith("github:"):
        return f"https://api.github.com/users/{subject.removeprefix('github:')}"
    return subject


def reader(door: Door, *, caps: Caps = CAPS) -> Read:
    """Return what reads addresses through the one door, which refuses private networks and hostile answers."""

    def read(url: str) -> str:
        if not url.startswith("https://"):  # nobody on the way may write the word
            raise NotShown("the address is not https: make a new request with one that is")
        try:
            answer = door.send(url, caps=caps)
        except DoorClosed as error:
            raise NotShown(f"the address could not be read: {error}") from error
        if answer.status != HTTPStatus.OK:
            raise NotShown(f"the address answered {answer.status}; make it public and try again")
        return answer.body.decode("utf-8", "replace")

    return read


def began_before(opened_at: datetime, now: datetime, days: int) -> bool:
    """Return whether a request is too old to be proved."""
    return (now - opened_at).days >= days


def _account(subject: str, told: str, word: str) -> str:
    try:
        account = json.loads(told)
        number = int(account["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise NotShown("the account could not be read; try again later") from error
    if not any(word in str(account.get(name) or "") for name in _WHERE):
        raise NotShown(f"{subject} does not show {word} yet; put it into your bio and try again")
    return f"github:{number}"
