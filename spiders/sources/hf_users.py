"""Who is behind an account of the Hugging Face hub, and which organisations it belongs to.

Source: https://huggingface.co/docs/hub/api (2026-11), `/api/users/{name}/overview`
Yields: Identity of the account and of its organisations, Claim (member), Task (hf_models)
Cursor: none; accounts come from the papers they claimed, or by name
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import fields, hub, machines
from spiders.errors import SkipRecord
from spiders.records import Claim, Counted, IdentityKind, Page, Quarantined, Task, Via, Yield

VERSION = 1

_KINDS: Final = {
    "user": IdentityKind.PERSONAL,
    "org": IdentityKind.ORGANISATION,
    "organization": IdentityKind.ORGANISATION,
}


class Seeds(BaseModel, extra="forbid"):
    """names: accounts to ask for by hand; the others come from papers."""

    names: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield each account named by hand."""
    yield from (hub.profile_task(name, None) for name in seeds.names if hub.is_name(name))


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield an account with its organisations, and the question for its models."""
    try:
        yield from list(_profile(task, fields.table_of(page), via))
    except SkipRecord as error:
        yield Quarantined(where="profile", reason=str(error))


def _profile(task: Task, table: fields.Table, via: Via) -> Iterator[Yield]:
    known, told = task.params["id"], hub.number(table, "_id")
    called = fields.needed(table, "user")
    if (known and told and known != told) or (not told and called.lower() != task.params["name"].lower()):
        yield Counted(what="name_changed_hands")
        return
    if not known and not told:
        yield Counted(what="account_without_number")
        return
    kind = _KINDS.get(fields.needed(table, "type"))
    if kind is None:
        yield Counted(what="account_of_unknown_type")
        return
    seen = via(f"{hub.HOME}/{called}")
    if machines.is_machine(None, called):
        kind = IdentityKind.BOT
    account = hub.account({**table, "_id": told or known}, "_id", kind, "user", seen)
    yield replace(account, summary=fields.text(table, "details"))
    for place, row in enumerate(fields.each(table, "orgs")):
        try:
            group = hub.account(row, "id", IdentityKind.ORGANISATION, "name", seen)
        except SkipRecord as error:
            yield Quarantined(where=f"orgs {place}", reason=str(error))
            continue
        yield group
        yield Claim(left=account.id, right=group.id, kind="member", via=seen)
    models = table.get("numModels")
    if isinstance(models, int) and models > 0 and kind is IdentityKind.PERSONAL:
        yield hub.models_task(called, told or known)
