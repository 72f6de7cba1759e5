"""What people whose ORCID is known already say of themselves in ORCID's yearly public file.

Source: https://info.orcid.org/documentation/integration-guide/working-with-bulk-data/ (2026-11), record 3.0
Yields: Identity, Claim (profile_link, a wish about recruiting), Gone for records that were given up
Cursor: none; a file is imported whole (`sourcer import people --format orcid`)
"""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel

from spiders.clients import fields, links, names, wishes
from spiders.errors import SkipRecord
from spiders.records import Claim, Counted, Gone, Identity, IdentityKind, Page, Quarantined, Task, Via, Yield

VERSION = 2
ACCEPTS = frozenset({"application/x-orcid+json"})

_LINKS_MAX: Final = 20


class Seeds(BaseModel, extra="forbid"):
    """Nothing: the file is named on the command line."""


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield no task: this source is imported, never crawled."""
    yield from ()


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the people of a page that `spiders.clients.dumps` cut. Raises SourceChanged for another shape."""
    for place, row in enumerate(fields.listed(fields.table_of(page), "people")):
        try:
            yield from list(_person(fields.as_table(row, "people"), via))
        except SkipRecord as error:
            yield Quarantined(where=f"person {place}", reason=str(error))


def _person(row: fields.Table, via: Via) -> Iterator[Yield]:
    number = links.orcid(fields.needed(row, "orcid"))
    if number is None:
        raise SkipRecord("orcid is none")
    seen, who = via(f"https://orcid.org/{number}"), f"orcid:{number}"
    if row.get("is_given_up") is True:
        yield Gone(id=who, via=seen)
        return
    told = [*_texts(row, "urls"), *(fields.text(one, "url") for one in fields.each(row, "ids"))]
    addresses = dict.fromkeys(found for said in told if (found := links.canonical(said)) is not None)
    kept = [one for one in addresses if not links.is_left_out(one)][:_LINKS_MAX]
    if len(kept) < len(addresses):
        yield Counted(what="link_left_out", times=len(addresses) - len(kept))
    own = {links.canonical(said) for said in _texts(row, "urls")} & set(kept)
    pages = [one for one in kept if one in own and links.account(one) is None]
    yield Identity(
        id=who,
        kind=IdentityKind.AUTHOR,
        name=names.person(fields.text(row, "name")),
        orcid=number,
        homepage=pages[0] if len(pages) == 1 else None,  # of several, none is said to be the one
        affiliation=next(
            (place for said in _texts(row, "employers") if (place := names.plain(said, 300))), None
        ),
        links=tuple(one for one in kept if pages != [one]),
        via=seen,
    )
    yield wishes.claim(who, wishes.of_word(fields.text(row, "wish")), seen)
    accounts = {found for one in kept if (found := links.account(one)) is not None}
    logins = sorted(found for found in accounts if found.startswith("github-login:"))
    pages_of = {login for one in pages if (login := links.github_pages_login(one)) is not None}
    logins = logins or sorted(f"github-login:{login}" for login in pages_of)
    if len(logins) == 1:
        yield Claim(left=who, right=logins[0], kind="profile_link", via=seen)
    elif logins:
        yield Counted(what="several_accounts")


def _texts(row: fields.Table, name: str) -> list[str]:
    """Return the texts of a list, blanks left out. Raises SkipRecord for another type."""
    found = row.get(name)
    if not isinstance(found, list) or not all(one is None or isinstance(one, str) for one in found):
        raise SkipRecord(f"{name} is missing or of another type")
    return [one for one in found if one]
