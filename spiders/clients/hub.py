"""The Hugging Face hub: what its accounts are called, and the questions its readers share.

Source: https://huggingface.co/docs/hub/api, https://huggingface.co/docs/hub/rate-limits (2026-11)
An account's number is the hub's own 24-digit hexadecimal `_id`; names change hands.
"""

import re
from typing import Final
from urllib.parse import quote, urlencode

from pydantic import BaseModel

from spiders.clients import names
from spiders.clients.fields import Table, needed, text
from spiders.errors import SkipRecord
from spiders.records import Identity, IdentityKind, Provenance, Task

HOME: Final = "https://huggingface.co"
API: Final = f"{HOME}/api"
MODELS: Final = f"{API}/models?"
MODELS_A_PAGE: Final = 100
_NUMBER: Final = re.compile(r"[0-9a-f]{24}", re.A)
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?", re.A)
_FIELDS: Final = ("author", "createdAt", "lastModified", "library_name", "pipeline_tag", "private", "tags")


class Account(BaseModel, extra="forbid"):
    """An account the store wants to know more of. name: as last seen, names change hands."""

    id: str
    name: str

    @property
    def is_whole(self) -> bool:
        """Whether number and name are of the hub's shapes."""
        return _NUMBER.fullmatch(self.id) is not None and is_name(self.name)


def is_name(said: str) -> bool:
    """Whether a text can be the name of an account."""
    return _NAME.fullmatch(said) is not None


def number(table: Table, name: str) -> str | None:
    """Return an account's or repository's number, None without. Raises SkipRecord if it has another shape."""
    found = text(table, name)
    if found is not None and not _NUMBER.fullmatch(found):
        raise SkipRecord(f"{name} is no number of the hub")
    return found


def account(table: Table, key: str, kind: IdentityKind, handle: str, via: Provenance) -> Identity:
    """Return an account as other objects of the hub carry it.

    key: the field with its number. handle: the field with its name.
    Raises SkipRecord if number or name is missing or of another shape.
    """
    found, called = number(table, key), needed(table, handle)
    if found is None or not is_name(called):
        raise SkipRecord("an account without a number, or with an impossible name")
    full = names.person(text(table, "fullname"))
    return Identity(id=f"hf:{found}", kind=kind, handle=called, name=full, via=via)


def profile_task(called: str, found: str | None) -> Task:
    """Return the question for an account's profile. found: its number, None when only the name is known."""
    params = {"name": called, "id": found}
    url = f"{API}/users/{quote(called, safe='')}/overview"
    return Task(kind="profile", url=url, params=params)


def models_task(called: str, found: str | None) -> Task:
    """Return the question for the newest models of an account. found: its number, None for an organisation."""
    fields = [("expand[]", name) for name in _FIELDS]
    asked = [("author", called), ("sort", "lastModified"), ("direction", "-1"), ("limit", str(MODELS_A_PAGE))]
    params = {"author": called, "id": found, "limit": MODELS_A_PAGE}
    url = f"{MODELS}{urlencode([*asked, *fields])}"
    return Task(kind="models", url=url, params=params)
