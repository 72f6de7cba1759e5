"""Neutral records of a file as the identities, claims and mentions a store would hold of them.

A record is `{record_id, source, name, …}`, unknown values `null`. Addresses pass the same intake as a crawl's, under a
throw-away key; records of two worlds get two keys and are never compared.
"""

import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sourcing.errors import BadInput
from sourcing.resolve.edges import Known
from sourcing.resolve.mentions import Mention, of_identities
from spiders import redact
from spiders.clients import mailboxes
from spiders.clients.names import plain
from spiders.records import IdentityKind, Mailbox
from spiders.redact import Pepper
from storage.model import ClaimRow, IdentityView
from storage.surroundings import Surroundings

_LINE_MAX: Final = 4_000_000  # characters; a line of a hundred thousand co-authors is no record
_NAME_MAX: Final = 200
_LISTED_MAX: Final = 2_000
_NO_URLS: Final[Mapping[str, str]] = {}
_Value = TypeVar("_Value", bound=Hashable)


class Record(BaseModel):
    """One record; `null` is unknown, of a list too. Fields beyond these are somebody else's and are left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    record_id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    world: str | None = None
    name: str | None = None
    aliases: list[str] | None = None
    email: str | None = None
    login: str | None = None
    homepage: str | None = None
    orcid: str | None = None
    affiliation: str | None = None
    affiliations: list[str] | None = None
    domain: str | None = None
    domains: list[str] | None = None
    coauthors: list[str] | None = None
    titles: list[str] | None = None
    repos: list[str] | None = None
    venue: str | None = None
    venues: list[str] | None = None
    work: str | None = None
    keywords: str | None = None
    position: str | None = None
    commits: int | None = None
    first_seen: date | None = None
    last_seen: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a file says. records: record id by identity id. digest: under the key its mailboxes were digested with."""

    known: Known
    mentions: tuple[Mention, ...]
    records: Mapping[str, str]
    key: Pepper

    def digest(self, kind: str, value: str) -> str:
        """Return the keyed digest of a value of a kind."""
        return mailboxes.key(self.key, kind, value)


def load_records(path: Path) -> Iterator[Record]:
    """Yield the records of a JSON Lines file. Raises BadInput naming the line."""
    seen: set[str] = set()
    for line, where in iter_texts(path):
        record = read_record(line, where)
        if record.record_id in seen:
            raise BadInput(f"record {record.record_id!r} stands twice in {path}; expected one line each")
        seen.add(record.record_id)
        yield record
    if not seen:
        raise BadInput(f"no record in {path}; expected JSON Lines, one record a line")


def read_record(line: str, where: object) -> Record:
    """Return the record of a line. where: as a message names it. Raises BadInput."""
    try:
        return Record.model_validate_json(line)
    except ValidationError:  # again with a parser that says what is wrong, and takes a little more for JSON
        return _record(_table(line, where), where)


def iter_lines(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield (table, place) of every line of a JSON Lines file. Raises BadInput."""
    for line, where in iter_texts(path):
        yield _table(line, where), str(where)


class _Where:
    """A line of a file, written out only where something is wrong with it."""

    __slots__ = ("_number", "_path")

    def __init__(self, path: Path, number: int) -> None:
        self._path, self._number = path, number

    def __str__(self) -> str:
        return f"{self._path}, line {self._number}"


def iter_texts(path: Path) -> Iterator[tuple[str, object]]:
    """Yield (line, place as a message names it) of every line that is not empty. Raises BadInput."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                where = _Where(path, number)
                if len(line) > _LINE_MAX:
                    raise BadInput(
                        f"{where}: longer than {_LINE_MAX:,} characters; expected one record a line"
                    )
                if line.strip():
                    yield line, where
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"cannot read {path}: {type(error).__name__}; expected a JSON Lines file in UTF-8"
        ) from error


def _table(line: str, where: object) -> dict[str, Any]:
    try:
        table = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: no whole JSON; expected one record a line") from error
    if not isinstance(table, dict):
        raise BadInput(f"{where}: expected a JSON object")
    return table


def bundle(
    records: Iterable[Record],
    *,
    now: datetime,
    key: Pepper | None = None,
    ids: Mapping[str, str] | None = None,
) -> Bundle:
    """Return the records as a store would hold them. key: for the digests; None = a new one, forgotten at the end.

    ids: of identities by record, where they were given before; others' follow from the records of one work, in order.
    """
    made = _Made(key or Pepper(secret=secrets.token_bytes(32)), now, ids or {})
    for record in records:
        made.take(record)
    made.attribute()
    identities = {one.id: one for one in made.identities}
    of_records = (one for one in made.identities if one.id in made.records)
    mentions = of_identities(of_records, made.around, made.worlds)
    return Bundle(
        known=Known(identities=identities, claims=tuple(made.claims), now=now),
        mentions=tuple(mentions),
        records=made.records,
        key=made.key,
    )


def _record(table: dict[str, Any], where: object) -> Record:
    given = {name: value for name, value in table.items() if value is not None}
    try:
        return Record.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadInput(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


class _Made:
    """Identities as they arise from records."""

    def __init__(self, key: Pepper, now: datetime, ids: Mapping[str, str]) -> None:
        self.key = key
        self._ids = ids
        self.now = now
        self.identities: list[IdentityView] = []
        self.claims: list[ClaimRow] = []
        self.records: dict[str, str] = {}
        self.around: dict[str, Surroundings] = {}
        self.worlds: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._accounts: set[str] = set()
        self._named: list[tuple[str, str, str | None, str | None]] = []
        self._bearers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._peppers: dict[str, Pepper] = {}
        self._called: dict[str, str | None] = {}  # what is kept of a printed name
        self._topics: dict[str, tuple[str, ...]] = {}
        self._sites: dict[str, str | None] = {}
        self._same: dict[Any, Any] = {}  # equal values kept once: a name stands on many bylines

    def take(self, record: Record) -> None:
        """Add one record under an id of the form its source uses in a store."""
        one = self._id(record)
        world = self._one(record.world or "")
        self.records[one] = record.record_id
        self.worlds[one] = world
        names = self._names(record)
        emails: tuple[str, ...] = ()
        boxes: tuple[Mailbox, ...] = ()
        if record.email is not None:
            known = redact.address(self._pepper(world), record.email)
            emails = (known.digest,) if known.digest is not None and not known.shared else ()
            boxes = (mailboxes.mailbox(self.key, record.email, names[0] if names else None),)
            self._account(one, world, known.account, known.login)
        if record.login is not None:
            self._account(one, world, None, record.login)
        is_git = record.source == "git"
        affiliations = dict.fromkeys(
            [*([record.affiliation] if record.affiliation else []), *(record.affiliations or ())]
        )
        self.identities.append(
            IdentityView(
                id=one,
                kind=IdentityKind.PERSONAL if is_git or record.source == "github" else IdentityKind.AUTHOR,
                handles=(record.login,) if record.login is not None else (),
                names=names,
                emails=emails,
                mailboxes=boxes,
                orcids=(record.orcid,) if record.orcid is not None else (),
                homepages=(record.homepage,) if record.homepage is not None else (),
                affiliations=self._one(tuple(affiliations)),
                source=self._one(record.source),
                urls=_NO_URLS,
                first_seen=self._one(_moment(record.first_seen, self.now)),
                last_seen=self._one(_moment(record.last_seen, self.now)),
            )
        )
        self.around[one] = self._around(record)

    def _around(self, record: Record) -> Surroundings:
        titles = record.titles or ()
        same = self._same.setdefault
        venue = [record.venue] if record.venue else []
        places = {*(record.repos or ()), *(record.venues or ()), *venue}
        sites = {self._site(host) for host in (record.domain, *(record.domains or ())) if host}
        return Surroundings(
            coauthors=tuple([same(name, name) for name in sorted((record.coauthors or ())[:_LISTED_MAX])]),
            titles=self._one(tuple(sorted(titles[:_LISTED_MAX]))),
            places=self._one(tuple(sorted(places))),
            topics=self._listed(record.keywords or ""),
            role=self._one(record.position),
            size=record.commits if record.commits is not None else max(len(titles), 1),
            works=(self._one(record.work),) if record.work is not None else (),
            domains=self._one(tuple(sorted(site for site in sites if site))),
            first=self._one(record.first_seen),
            last=self._one(record.last_seen),
        )

    def _one(self, value: _Value) -> _Value:
        """Return the first value that was equal to this one."""
        found: _Value = self._same.setdefault(value, value)
        return found

    def _names(self, record: Record) -> tuple[str, ...]:
        kept: list[str] = []
        for raw in (record.name, *(record.aliases or ())):
            if raw is None:
                continue
            if raw not in self._called:
                self._called[raw] = plain(redact.name(raw), _NAME_MAX)
            name = self._called[raw]
            if name is not None and name not in kept:
                kept.append(self._one(name))
        return self._one(tuple(kept))

    def _listed(self, keywords: str) -> tuple[str, ...]:
        found = self._topics.get(keywords)
        if found is None:
            words = {word.strip() for word in keywords.split(";") if word.strip()}
            found = self._topics[keywords] = tuple(sorted(words))
        return found

    def _site(self, host: str) -> str | None:
        if host not in self._sites:
            self._sites[host] = mailboxes.registrable(host)
        return self._sites[host]

    def _pepper(self, world: str) -> Pepper:
        """Return the key of a world: one mailbox in two of them must have two digests."""
        found = self._peppers.get(world)
        if found is None:
            secret = hashlib.sha256(self.key.secret + world.encode("utf-8", "replace")).digest()
            found = self._peppers[world] = Pepper(secret=secret)
        return found

    def _id(self, record: Record) -> str:
        if record.record_id in self._ids:
            return self._ids[record.record_id]
        if record.source == "git":
            return f"git:{record.record_id}"
        if record.work is not None:
            place = self._places[record.work] = self._places.get(record.work, 0) + 1
            return f"paper:{record.world or ''}{record.work}:{place}"
        return f"{record.source}:{record.record_id}"

    def _account(self, one: str, world: str, account: str | None, login: str | None) -> None:
        """Note the account that an address or a login of an identity names."""
        if account is None and login is None:
            return
        self._named.append((one, world, account, login))
        if account is not None and login is not None:
            self._bearers[world, login.casefold()].add(account)

    def attribute(self) -> None:
        """Add the accounts that were named, once all are, and the claims whose they are.

        A login without a number is the account that bears it elsewhere in its world, if one alone does.
        """
        for one, world, account, login in self._named:
            bearers = self._bearers.get((world, login.casefold()), set()) if login is not None else set()
            known = account or (min(bearers) if len(bearers) == 1 else None)
            named = known or f"github:{world}/{(login or '').casefold()}"
            if named not in self._accounts:
                self._accounts.add(named)
                self.identities.append(
                    IdentityView(
                        id=named,
                        kind=IdentityKind.PERSONAL,
                        handles=(login,) if login is not None else (),
                        first_seen=self.now,
                        last_seen=self.now,
                    )
                )
            self.claims.append(
                ClaimRow(left=one, right=named, kind="noreply", source="file", url="", seen_at=self.now)
            )


def _moment(day: date | None, now: datetime) -> datetime:
    return now if day is None else datetime.combine(day, time(), UTC)
