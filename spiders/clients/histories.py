"""The lines of a git page: who stands behind a commit, and which work a commit is.

The page's format is `application/x-git-log+json`: a header, then one commit a line, oldest first; addresses
are keyed digests before the page exists.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from spiders.clients import machines, names
from spiders.errors import SkipRecord, SourceChanged
from spiders.records import Likeness, Mailbox, MailboxFlag, Provenance, Work, WorkKind, Zone

_SQUASH: Final = re.compile(r"^(?P<title>.*?)\s*\(#(?P<number>\d{1,9})\)\s*$")
MERGE: Final = re.compile(
    r"^Merge pull request #(?P<number>\d{1,9}) from (?P<owner>[\w.-]{1,100})[/:](?P<branch>\S{0,250})"
)
_SHA: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)  # git is younger; older moments are broken clocks
_TITLE_MAX: Final = 500
# A branch may live for weeks before it is merged, and a patch for weeks before it is applied.
_LATE: Final = timedelta(days=60)
_HOURS_KEPT: Final = timedelta(days=731)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An author, committer or trailer line. account: `github:ID` when its address names one.

    repository: where it was read; keeps lines without any address of two repositories apart.
    """

    repository: str
    name: str | None
    digest: str | None
    account: str | None
    login: str | None
    shared: bool
    machine: bool
    mailbox: Mailbox | None = None  # None on pages from before it was kept

    @property
    def id(self) -> str:
        """The identity of the line: one per spelling of name and mailbox."""
        name = unicodedata.normalize("NFKC", self.name or "").casefold()
        box = self.account or self.digest or self.login or self.repository
        return "git:" + hashlib.sha256(f"{name}\n{box}".encode()).hexdigest()[:32]

    def is_same(self, other: "Line") -> bool:
        """Whether two lines are evidently one person: the same account, mailbox or printed name."""
        return (
            self.id == other.id
            or (self.account is not None and self.account == other.account)
            or (self.digest is not None and self.digest == other.digest and not self.shared)
            or (self.name is not None and self.name.casefold() == (other.name or "").casefold())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where a page stands in its walk from base (None: from the beginning) to head.

    since: when base was last seen to be the head: all the page holds arrived later. None if that is not known.
    """

    repository: str
    base: str | None
    head: str
    skip: int
    count: int
    total: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit. number: its pull request, when its subject names one; is_merge: it has several parents.

    committed_at: None also for a date that cannot be: long before the commit arrived. note: `empty` if it is known
    to change no file, `back_dated` if it claims to be months older than its arrival or its committing.
    is_gone: the history was rewritten without it. brought_by: the subject of the merge of a pull request that brought
    it to the main line. is_imported: with the whole history of another project, of which it is no part then.
    is_foreign: that pull request came from another copy of the repository, or project, whose numbers its history may
    carry. is_copy: the same patch had come before it, under another name. hours: the month and zone of its author's
    clock, `2026-09 americas`; None if either is unknown, or the date not believed or past.
    """

    sha: str
    subject: str
    author: Line
    mapped: Line | None
    committer: Line
    committed_at: datetime | None
    is_merge: bool
    trailers: tuple[tuple[str, Line], ...]
    paths: tuple[str, ...]
    note: str | None = None
    is_gone: bool = False
    brought_by: str = ""
    is_imported: bool = False
    is_foreign: bool = False
    is_copy: bool = False
    hours: str | None = None

    @property
    def number(self) -> int | None:
        """The number of the pull request this commit brought in, None for a plain commit.

        A number inside a pull request from a fork is the fork's, so it names nothing here.
        """
        found = MERGE.match(self.subject) or (None if self.is_merge else _SQUASH.match(self.subject[:1_000]))
        if found is None or (self.is_foreign and int(found["number"]) != self.within):
            return None
        return int(found["number"])

    @property
    def within(self) -> int | None:
        """The number of the pull request whose true merge brought this commit in as one of its parts."""
        found = None if self.is_imported else MERGE.match(self.brought_by)
        return int(found["number"]) if found is not None else None

    @property
    def title(self) -> str:
        """The subject without its pull request number; of a merge its branch, all it says of itself."""
        if found := MERGE.match(self.subject):
            return re.sub(r"[-_/]+", " ", found["branch"]).strip() or f"Pull request #{found['number']}"
        found = _SQUASH.match(self.subject[:1_000])
        return (found["title"] if found is not None else self.subject) or self.subject

    def work(self, repository: str, via: Provenance) -> Work:
        """Return the work a commit is; the pull request it names, so that it meets the platform's record."""
        pull = f"https://github.com/{repository}/pull/{self.number}"
        return Work(
            id=f"git:{repository}@{self.sha}"
            if self.number is None
            else f"github:{repository}#{self.number}",
            kind=WorkKind.COMMIT if self.number is None else WorkKind.PULL_REQUEST,
            title=self.title,
            url=via.url if self.number is None else pull,
            paths=self.paths,
            published_on=self.committed_at.date() if self.committed_at is not None else None,
            part_of=f"github:{repository}"
            if self.number is not None or self.within is None
            else f"github:{repository}#{self.within}",
            via=via,
        )


def read_header(line: bytes) -> Header:
    """Return the first line of a page. Raises SourceChanged if it is none."""
    try:
        table = json.loads(line)
        names = [name for name in Header.__slots__ if name != "since"]
        since = datetime.fromisoformat(table["since"]) if table.get("since") is not None else None
        header = Header(**{name: table[name] for name in names}, since=since)
    except (ValueError, KeyError, TypeError) as error:
        raise SourceChanged(f"the git page does not begin with its header: {error!r}") from error
    if not all(isinstance(n, int) and n >= 0 for n in (header.skip, header.count, header.total)):
        raise SourceChanged("the header of the git page counts in something other than whole numbers")
    return header


def read_commit(line: bytes, header: Header, fetched_at: datetime) -> Commit:
    """Return one commit; a moment in the future of fetched_at, before 1990, or long before it arrived, is unknown.

    Raises SkipRecord if a mandatory field is missing or of another type.
    """
    try:
        table = json.loads(line)
        sha, subject = table["sha"], table["subject"]
        if not (isinstance(sha, str) and _SHA.fullmatch(sha) and isinstance(subject, str)):
            raise SkipRecord("sha or subject is of another type")
        mapped, repository = table["mapped"], header.repository
        written, committed = (_moment(table[name], fetched_at) for name in ("authored_at", "committed_at"))
        is_late = _is_before(committed, header.since)
        is_empty = table["files"] == 0 and len(table["parents"]) == 1
        is_old = is_late or _is_before(written, committed)
        brought_by = names.plain(table.get("brought_by"), _TITLE_MAX) or ""
        merge, is_imported = MERGE.match(brought_by), bool(table.get("imported", False))
        owner = repository.partition("/")[0]
        return Commit(
            sha=sha,
            subject=names.plain(subject, _TITLE_MAX) or "(no subject)",
            author=author_line(table["author"], repository),
            mapped=author_line(mapped, repository) if mapped is not None else None,
            committer=author_line(table["committer"], repository),
            committed_at=None if is_late else committed,
            is_merge=len(table["parents"]) > 1,
            trailers=tuple((str(key), author_line(who, repository)) for key, who in table["trailers"]),
            paths=tuple(str(path) for path in table["paths"] or ()),
            is_gone=bool(table.get("gone", False)),
            brought_by=brought_by,
            is_imported=is_imported,
            is_copy=bool(table.get("copy", False)),
            is_foreign=is_imported or (merge is not None and merge["owner"].casefold() != owner.casefold()),
            note="empty" if is_empty else "back_dated" if is_old else None,
            hours=_hours(table.get("zone"), None if is_old else written, fetched_at),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise SkipRecord(f"not a commit line: {type(error).__name__} {error}") from error


def _hours(zone: Any, written: datetime | None, fetched_at: datetime) -> str | None:
    """Return month and zone of a recent commit; what is older than two years says nothing of how somebody works now.

    A zone that is none of ours is unknown, as in pages from before zones were kept.
    """
    is_known = isinstance(zone, str) and zone in set(Zone)
    if not is_known or written is None or written < fetched_at - _HOURS_KEPT:
        return None
    return f"{written:%Y-%m} {zone}"


def author_line(table: Mapping[str, Any], repository: str) -> Line:
    """Return who an author line of a page is. Raises KeyError or TypeError if a field is missing or no text."""
    name, login = names.plain(table["name"], 200), cast(str | None, table["login"])
    return Line(
        repository=repository,
        name=name,
        digest=table["digest"],
        account=table["account"],
        login=login,
        shared=bool(table["shared"]),
        machine=machines.is_machine(name, login, machine=bool(table["machine"])),
        mailbox=_mailbox(table.get("mailbox")),
    )


def _mailbox(table: Mapping[str, Any] | None) -> Mailbox | None:
    if table is None:
        return None
    return Mailbox(
        local=table["local"],
        handles=tuple(str(one) for one in table["handles"]),
        host=table["host"],
        likeness=Likeness(table["likeness"]) if table["likeness"] is not None else None,
        flags=tuple(MailboxFlag(flag) for flag in table["flags"]),
        box=table.get("box"),  # pages from before these were kept have none of them
        spelt=table.get("spelt"),
        letters=table.get("letters"),
        label=table.get("label"),
        spelt_length=int(table.get("spelt_length", 0)),
        letters_length=int(table.get("letters_length", 0)),
    )


def _is_before(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment < other - _LATE


def _moment(text: str | None, fetched_at: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (
        found if _EARLIEST <= found <= fetched_at + timedelta(hours=2) else None
    )  # clocks differ by an hour or two
