"""Which author lines of a history are a GitHub login's: by an address, by branches of pull requests, by spelling.

Owner files name logins, and histories name people. GitHub itself writes the login into the address it lends
(`mira@users.noreply.github.com`) and into the merge of a pull request (`from mira/branch`), whose last commit is most
often the owner's of the branch. But whoever sends a branch words all that is in it: merges, authors, trailers. Only
what was written on the main line counts, where nobody writes who may not push; a branch moved there without a merge
passes for such. That a login is spelt like a name or a mailbox, of whatever line, is worth a question.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from spiders import git, redact
from spiders.clients import machines, spellings
from spiders.clients.histories import MERGE
from spiders.clients.names import folded
from spiders.redact import Pepper

ADDRESS: Final = "owner_address"
BRANCH: Final = "owner_branch"
SPELLING: Final = "owner_spelling"

PULLS_MIN = 2  # pull requests of one login that end in somebody's commit: once may be a colleague's last push
PULLS_SHARE = 0.75  # … of the login's, and of that somebody's: who merges much also ends others' branches
SPELT_MIN = 5  # letters; shorter ones are shared by too many people (RESOLUTION §7)
SPELT_MAX = 3  # lines a login is asked about

_Line = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """An author line that may be a login's. how: ADDRESS, BRANCH or SPELLING. sha: the newest commit that says so.

    line: printed name and raw address; the latter must end in `spiders.redact`.
    """

    login: str
    how: str
    line: _Line
    sha: str


class Bearers:
    """What one history says of logins, read once. Costs three listings of the history."""

    def __init__(
        self, mirror: Path, head: str, repository: str, *, until: int | None, pepper: Pepper
    ) -> None:
        self._pepper = pepper
        self._newest: dict[_Line, str] = {}
        self._often = Counter[_Line]()
        self._pulls: defaultdict[str, Counter[_Line]] = defaultdict(Counter)
        self._pull: dict[tuple[str, _Line], str] = {}
        self._vouched: dict[
            _Line, str
        ] = {}  # by the newest commit that only the address's bearer can have made
        self._read(mirror, head, repository.partition("/")[0].lower(), until)
        self._lent: defaultdict[str, list[_Line]] = defaultdict(list)
        self._spelt: defaultdict[str, list[_Line]] = defaultdict(list)
        for line in sorted(self._newest, key=lambda line: (-self._often[line], line)):
            self._note(line)
        self._ends: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for login, lines in self._pulls.items():
            for line, times in lines.items():
                self._ends[_who(line)][login] += times

    def of(self, logins: Collection[str]) -> Iterator[Bearer]:
        """Yield what the history says of some logins, lower case; spellings only where nothing else is said."""
        for login in sorted(logins):
            sure = [
                *(
                    Bearer(login=login, how=ADDRESS, line=one, sha=self._vouched[one])
                    for one in self._lent[login]
                ),
                *self._ended(login),
            ]
            yield from sure or self._alike(login)

    def _read(self, mirror: Path, head: str, owner: str, until: int | None) -> None:
        tips: dict[str, _Line] = {}
        main = frozenset(git.main_line(mirror, head, until=until))
        for commit in git.show(mirror, git.commits(mirror, None, head, until=until), paths=False):
            sha, author, parents = commit["sha"], commit["author"], commit["parents"]
            if len(parents) < 2:
                tips[sha] = author
            self._see(author, sha)
            for line in self._others(commit):
                self._see(line, sha)
            if sha not in main:
                continue
            # who applies another's patch commits it; the platform makes merges in the name of who pressed the button
            if author == commit["committer"] or len(parents) == 2:
                self._vouched[author] = sha
            merge = MERGE.match(commit["subject"])
            login = merge["owner"].lower() if merge is not None else owner
            # a branch of the repository itself is anybody's who may push; a tip that is a merge is who pressed a button
            if len(parents) == 2 and login != owner and parents[1] in tips:
                tip = tips[parents[1]]
                self._pulls[login][tip] += 1
                self._pull[login, tip] = sha
                if self._lent_to(tip) == login:
                    self._vouched[tip] = sha

    @staticmethod
    def _others(commit: dict[str, Any]) -> Iterator[_Line]:
        yield commit["committer"]
        yield from ((name, address) for _, name, address in commit["trailers"])

    def _see(self, line: _Line, sha: str) -> None:
        self._newest[line] = sha
        self._often[line] += 1

    def _note(self, line: _Line) -> None:
        """Note which login a line's address is lent to, and how name and mailbox are spelt; machines bear none."""
        name, raw = line
        known = redact.address(self._pepper, raw)
        if machines.is_machine(name, known.login, machine=known.machine):
            return
        box = redact.canonical(raw).partition("@")[0].partition("+")[0]
        spelt = {spellings.unmarked(name), spellings.unmarked(box)}
        asked = {text for text in spelt if len(text) >= SPELT_MIN and text not in spellings.ROLES}
        lent = self._lent_to(line)
        if lent is not None:
            asked.add(spellings.unmarked(lent))
            if line in self._vouched:
                self._lent[lent].append(line)
        for text in asked:
            self._spelt[text].append(line)

    def _lent_to(self, line: _Line) -> str | None:
        """Return the login that a line's address is lent to; None of one that names its account, too, or no login."""
        known = redact.address(self._pepper, line[1])
        return known.login.lower() if known.login is not None and known.account is None else None

    def _ended(self, login: str) -> Iterator[Bearer]:
        """Yield the lines of the one person whose commits most of a login's pull requests end in."""
        people = Counter[str]()
        for line, times in self._pulls.get(login, Counter[_Line]()).items():
            people[_who(line)] += times
        for who, times in people.most_common(1):
            share = min(times / people.total(), times / self._ends[who].total())
            if times < PULLS_MIN or share < PULLS_SHARE:
                return
            for line in sorted(self._pulls[login]):
                if _who(line) == who:
                    yield Bearer(login=login, how=BRANCH, line=line, sha=self._pull[login, line])

    def _alike(self, login: str) -> Iterator[Bearer]:
        for line in self._spelt.get(spellings.unmarked(login), ())[:SPELT_MAX]:
            yield Bearer(login=login, how=SPELLING, line=line, sha=self._newest[line])


def _who(line: _Line) -> str:
    """Return what lines of one person have in common: the full name, in any spelling, else the address."""
    words = folded(line[0])
    return " ".join(sorted(words)) if len(words) > 1 else redact.canonical(line[1])
