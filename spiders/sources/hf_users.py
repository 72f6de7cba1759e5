"""Who is behind an account of the Hugging Face hub, and which organisations it belongs to.

Source: https://huggingface.co/docs/hub/api (2026-11), `/api/users/{name}/overview`
Yields: Identity of the account and of its organisations, Claim (member, a wish about recruiting)
Cursor: none; the store names the accounts that claimed papers
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import fields, hub, machines, wishes
from spiders.errors import SkipRecord
from spiders.records import Claim, Counted, IdentityKind, Page, Quarantined, Task, Via, Yield

VERSION = 3

_KINDS: Final = {
    "user": IdentityKind.PERSONAL,
    "org": IdentityKind.ORGANISATION,
    "organization": IdentityKind.ORGANISATION,
}


class Seeds(BaseModel, extra="forbid"):
    """names: accounts to ask for by hand. hub_accounts: the store's."""

    names: list[str] = Field(default_factory=list)
    hub_accounts: list[hub.Account] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield each account."""
    yield from (hub.profile_task(name, None) for name in seeds.names if hub.is_name(name))
    yield from (hub.profile_task(one.name, one.id) for one in seeds.hub_accounts if one.is_whole)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield an account with its organisations."""
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
    if kind is IdentityKind.PERSONAL:
        said = (fields.text(table, name) for name in ("details", "fullname"))
        yield wishes.claim(account.id, wishes.strongest(wishes.wish(one) for one in said), seen)
    for place, row in enumerate(fields.each(table, "orgs")):
        try:
            group = hub.account(row, "id", IdentityKind.ORGANISATION, "name", seen)
        except SkipRecord as error:
            yield Quarantined(where=f"orgs {place}", reason=str(error))
            continue
        yield group
        yield Claim(left=account.id, right=group.id, kind="member", via=seen)
