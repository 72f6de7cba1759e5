"""Accounts on the invented GitHub: numbers, node ids, profiles, bots and organisations."""

import base64
from dataclasses import dataclass, field
from datetime import date

from invented.moments import at, stream

PEOPLE_FROM = 910_000_000  # far above the numbers GitHub has given out, so no id is anybody's
OTHERS_FROM = 905_000_000
REPOSITORIES_FROM = 950_000_000
PULLS_FROM = 1_200_000_000
REVIEWS_FROM = 1_500_000_000
PULLS_PER_REPOSITORY = 50_000
GHOST = {"id": 10137, "login": "ghost"}  # what REST shows in place of a deleted account

_PREFIX = {
    "User": "U_kgDO",
    "Organization": "O_kgDO",
    "Bot": "BOT_kgDO",
    "Mannequin": "M_kgDO",
    "Repository": "R_kgDO",
}


def _packed(*numbers: int) -> str:
    raw = bytes([0x90 + len(numbers) + 1, 0]) + b"".join(
        b"\xce" + number.to_bytes(4, "big") for number in numbers
    )
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def node_id(kind: str, *numbers: int) -> str:
    """Return a global id in the shape GitHub uses: a prefix and base64 of a packed list of numbers."""
    if kind in _PREFIX:
        return _PREFIX[kind].split("_")[0] + "_" + _packed(*numbers)
    return {"PullRequest": "PR_", "PullRequestReview": "PRR_", "Commit": "C_", "Label": "LA_"}[
        kind
    ] + _packed(*numbers)


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """One GitHub account. `kind` is its GraphQL type name; `deleted` accounts answer 404 everywhere."""

    id: int
    login: str
    kind: str = "User"
    name: str | None = None
    bio: str | None = None
    readme: str | None = None  # of the repository that bears the login
    company: str | None = None
    location: str | None = None
    website: str | None = None
    hireable: bool = False
    socials: list[tuple[str, str, str]] = field(default_factory=list)  # provider, url, displayed name
    organisations: list[str] = field(default_factory=list)
    created_at: int = 0
    updated_at: int = 0
    followers: int = 0
    deleted: bool = False
    former_logins: list[str] = field(default_factory=list)

    @property
    def node(self) -> str:
        """The global id."""
        return node_id(self.kind, self.id)

    @property
    def noreply(self) -> str:
        """The address GitHub writes into web commits of people who hide their own."""
        return f"{self.id}+{self.rest_login}@users.noreply.github.com"

    @property
    def noreply_old(self) -> str:
        """The same before 2017: no number in it."""
        return f"{self.rest_login}@users.noreply.github.com"

    @property
    def rest_login(self) -> str:
        """The login as REST and git show it: bots carry a suffix that GraphQL leaves out."""
        return f"{self.login}[bot]" if self.kind == "Bot" else self.login


_BOTS = ("dependabot", "renovate", "pre-commit-ci", "patchwright", "copilot-swe-agent")
AGENTS = ("patchwright", "copilot-swe-agent")
"""Bots that write code on somebody's behalf."""

AGENT_TRAILERS = (
    "Co-authored-by: patchwright[bot] <905000003+patchwright[bot]@users.noreply.github.com>",
    "Co-Authored-By: Copilot <905000004+Copilot@users.noreply.github.com>",
    "co-authored-by: cursor[bot] <905000091+cursor[bot]@users.noreply.github.com>",
    "Co-authored-by: Draftmill Agent <agent@draftmill.example>",
)


def bots() -> list[Account]:
    """Return the machine accounts, agents included."""
    made = at(date(2019, 5, 1))
    return [
        Account(id=OTHERS_FROM + number, login=login, kind="Bot", created_at=made, updated_at=made)
        for number, login in enumerate(_BOTS)
    ]


def organisation(login: str, number: int, seed: int) -> Account:
    """Return the organisation that owns a watched repository."""
    rng = stream(seed, "organisation", login)
    made = at(date(2018 + number % 5, 3, 1), rng.randrange(86_400))
    return Account(
        id=OTHERS_FROM + 1_000 + number,
        login=login,
        kind="Organization",
        name=login.replace("-", " ").title(),
        created_at=made,
        updated_at=made,
    )
