"""What else happens while months pass: people rename themselves, leave, ask to be left alone and change their minds.

Applied to a finished archive, so that no history that was already written changes. Drawn day by day from one
stream: a later last day only adds. Only people without a planted case take part.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from invented.archive import Archive
from invented.moments import DAY_S, at, iso, stream
from invented.pages import split
from invented.papers import Paper
from invented.people import Person
from invented.repositories import Repository

BIO_WISH = "Not looking for a job: no recruiters, please."
PAGE_WISH = "<p>Recruiters: please do not contact me.</p>\n"
RENAMED = "-next"
"""What a watched repository's name ends in after it was renamed."""

_RATES = {  # events a day in a world of 2,000 people
    "account_renamed": 1.0,
    "account_deleted": 0.5,
    "bio_wish": 0.7,
    "page_wish": 0.5,
    "page_gone": 0.5,
    "paper_withdrawn": 0.4,
    "paper_revised": 2.0,
    "wish_lifted": 0.3,
}
_LEAST = 0.34  # so that a small world sees each of them within three days
_REPOSITORIES_RENAMED = {2: 3, 9: 6}  # day: number of the watched repository
_HISTORY_REWRITTEN = {3: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened on a day. who: person key, paper id or repository number. facts: old and new names."""

    on: str
    kind: str
    who: str
    facts: dict[str, str]


def rewritten_at(repo: Repository, begins: date, until: date) -> int | None:
    """Return when a watched repository's last commits were rewritten and force-pushed; None if they were not."""
    for day, number in _HISTORY_REWRITTEN.items():
        on = begins + timedelta(days=day)
        if repo.number == number and repo.kind == "watched" and on <= until:
            return at(on, DAY_S // 3)
    return None


class Life:
    """Draws and applies the events of the days after `begins`."""

    def __init__(
        self,
        archive: Archive,
        *,
        seed: int,
        size: int,
        people: list[Person],
        repos: list[Repository],
        papers: list[Paper],
    ) -> None:
        self.archive, self.rng = archive, stream(seed, "life")
        self.scale = size / 2_000
        self.repos = {repo.number: repo for repo in repos if repo.kind == "watched"}
        keepers = {repo.owner for repo in repos}
        plain = [one for one in people if not one.cases and one.account is not None]
        movers = [one for one in plain if one.codes and one.account and one.account.login not in keepers]
        movers = [one for one in movers if not (one.homepage or "").endswith(".github.io/")]
        self.movers = self._shuffled(movers)
        paged = [one for one in plain if one.homepage and one.account and one.account.website]
        self.paged = self._shuffled([one for one in paged if one.page_links_back and one.codes])
        self.papers = self._shuffled([one for one in papers if one.on_arxiv and one.deleted_at is None])
        self.wishing: list[tuple[str, Person, date]] = []
        self.events: list[Event] = []
        self.busy: set[str] = set()

    def _shuffled(self, pool: list[Any]) -> list[Any]:
        pool = list(pool)
        self.rng.shuffle(pool)
        return pool

    def live(self, begins: date, until: date) -> list[Event]:
        """Apply every event of the days after `begins` up to `until` and return them, oldest first."""
        acts: dict[str, Callable[[date], None]] = {
            "account_renamed": self._rename,
            "account_deleted": self._leave,
            "bio_wish": self._wish_in_bio,
            "page_wish": self._wish_on_page,
            "page_gone": self._close_page,
            "paper_withdrawn": self._withdraw,
            "paper_revised": self._revise,
            "wish_lifted": self._lift,
        }
        for number in range(1, (until - begins).days + 1):
            on = begins + timedelta(days=number)
            if number in _REPOSITORIES_RENAMED:
                self._move(on, self.repos[_REPOSITORIES_RENAMED[number]])
            for kind, usual in _RATES.items():
                rate = max(_LEAST, usual * self.scale)
                for _ in range(int(rate * number) - int(rate * (number - 1))):
                    acts[kind](on)
        return self.events

    def _note(self, on: date, kind: str, who: str, **facts: str) -> None:
        self.events.append(Event(on=on.isoformat(), kind=kind, who=who, facts=facts))

    def _next(self, pool: list[Person]) -> Person | None:
        """Return somebody of a pool to whom nothing has happened yet; None once a small world is used up."""
        while pool:
            one = pool.pop()
            if one.key not in self.busy:
                self.busy.add(one.key)
                return one
        return None

    def _account(self, who: Person, on: date, change: Callable[[dict[str, Any]], None]) -> None:
        assert who.account is not None
        doc = self.archive.doc("SELECT doc FROM account WHERE id = ?", who.account.id)
        assert doc is not None
        change(doc)
        doc["updated_at"] = iso(at(on, self.rng.randrange(DAY_S)))
        self.archive.change(
            "UPDATE account SET login = ?, doc = ? WHERE id = ?", doc["login"], json.dumps(doc), doc["id"]
        )

    def _rename(self, on: date) -> None:
        who = self._next(self.movers)
        if who is None or who.account is None:
            return
        old, new = who.account.login, f"{who.account.login[:30]}-{self.rng.randrange(16**4):04x}"
        self._account(who, on, lambda doc: doc.update(login=new, former_logins=[*doc["former_logins"], old]))
        self._note(on, "account_renamed", who.key, old=old, new=new, id=str(who.account.id))

    def _leave(self, on: date) -> None:
        who = self._next(self.movers)
        if who is None or who.account is None:
            return
        self._account(who, on, lambda doc: doc.update(deleted=True))
        self.archive.change("DELETE FROM email WHERE account = ?", who.account.id)
        self._note(on, "account_deleted", who.key, id=str(who.account.id))

    def _wish_in_bio(self, on: date) -> None:
        who = self._next(self.movers)
        if who is None or who.account is None:
            return
        self._account(who, on, lambda doc: doc.update(bio=f"{doc['bio'] or ''} {BIO_WISH}".strip()))
        self.wishing.append(("bio", who, on))
        self._note(on, "bio_wish", who.key, id=str(who.account.id))

    def _wish_on_page(self, on: date) -> None:
        who = self._next(self.paged)
        if who is None or who.account is None or who.homepage is None:
            return
        self._page(who.homepage, on, lambda body: body.replace("</body>", f"{PAGE_WISH}</body>"))
        self.wishing.append(("page", who, on))
        self._note(on, "page_wish", who.key, id=str(who.account.id), url=who.homepage)

    def _lift(self, on: date) -> None:
        """Take back the oldest wish that is at least a day old."""
        if not self.wishing or self.wishing[0][2] == on:
            return
        where, who, _ = self.wishing.pop(0)
        assert who.account is not None
        if where == "bio":
            self._account(
                who, on, lambda doc: doc.update(bio=doc["bio"].replace(BIO_WISH, "").strip() or None)
            )
        else:
            assert who.homepage is not None
            self._page(who.homepage, on, lambda body: body.replace(PAGE_WISH, ""))
        self._note(on, "wish_lifted", who.key, id=str(who.account.id))

    def _page(self, address: str, on: date, change: Callable[[str], str]) -> None:
        host, path = split(address)
        doc = self.archive.doc("SELECT doc FROM page WHERE host = ? AND path = ?", host, path)
        assert doc is not None
        doc["body"] = change(doc["body"])
        doc["etag"] = f'"{hashlib.sha256(doc["body"].encode()).hexdigest()[:16]}"'
        doc["modified"] = at(on, self.rng.randrange(DAY_S))
        self.archive.change(
            "UPDATE page SET doc = ? WHERE host = ? AND path = ?", json.dumps(doc), host, path
        )

    def _close_page(self, on: date) -> None:
        who = self._next(self.paged)
        if who is None or who.homepage is None:
            return
        host, path = split(who.homepage)
        self.archive.change("DELETE FROM page WHERE host = ? AND path = ?", host, path)
        self._note(on, "page_gone", who.key, url=who.homepage)

    def _paper(self, paper: Paper, on: date, change: Callable[[dict[str, Any]], None]) -> None:
        doc = self.archive.doc("SELECT doc FROM paper WHERE id = ?", paper.id)
        assert doc is not None
        change(doc)
        self.archive.change(
            "UPDATE paper SET stamp = ?, doc = ? WHERE id = ?", on.isoformat(), json.dumps(doc), paper.id
        )

    def _withdraw(self, on: date) -> None:
        if not self.papers:  # a small world is used up
            return
        paper = self.papers.pop()
        self._paper(paper, on, lambda doc: doc.update(deleted=True))
        self._note(on, "paper_withdrawn", paper.id)

    def _revise(self, on: date) -> None:
        if not self.papers:
            return
        paper = self.papers.pop()
        title = f"{paper.title} (Extended)"
        moment = at(on, self.rng.randrange(DAY_S))
        self._paper(paper, on, lambda doc: doc.update(title=title, versions=[*doc["versions"], moment]))
        self._note(on, "paper_revised", paper.id, title=title)

    def _move(self, on: date, repo: Repository) -> None:
        """Rename a watched repository; its old name leads on to the new one."""
        new = f"{repo.owner}/{repo.name}{RENAMED}"
        doc = self.archive.doc("SELECT doc FROM repository WHERE id = ?", repo.id)
        assert doc is not None
        doc.update(name=f"{repo.name}{RENAMED}", full_name=new)
        self.archive.change(
            "UPDATE repository SET name = ?, doc = ? WHERE id = ?", new, json.dumps(doc), repo.id
        )
        self.archive.change("INSERT INTO former VALUES (?, ?)", repo.full_name, repo.id)
        self._note(on, "repository_renamed", str(repo.number), old=repo.full_name, new=new, id=str(repo.id))


def as_rows(events: list[Event]) -> list[dict[str, Any]]:
    """Return events as plain JSON types."""
    return [asdict(event) for event in events]
