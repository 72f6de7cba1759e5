"""The people of the invented world: who they are, what they own, and the cases planted among them."""

import random
from dataclasses import dataclass, field
from datetime import date

from invented.accounts import PEOPLE_FROM, Account
from invented.moments import BEGIN, at, stream
from invented.names import CULTURES, Name, draw, slug
from invented.vocabulary import SPECIALISMS

FOREVER = at(date(2100, 1, 1))
_PLACES = (
    "Tallinnby, EE",
    "Port Larrow",
    "Alderheim",
    "São Velho, BR",
    "नदीपुर",
    "霧港",
    "Remote",
    "Qasr Nahr",
    "Utrekt",
)
_LABS = (
    "Marrow Lab",
    "Northquay University",
    "Institute of Slow Machines",
    "Tessel Research",
    "Quietfield AI",
)
_KINDS = (("engineer", 38), ("researcher", 24), ("both", 16), ("maintainer", 8), ("newcomer", 14))


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """One human and everything that is theirs. `strength`: strong, regular, casual; moments in seconds."""

    key: str
    name: Name
    kind: str
    specialism: str
    strength: str
    account: Account | None = None
    emails: list[str] = field(default_factory=list)
    verified: list[str] = field(default_factory=list)
    git_lines: list[tuple[str, str]] = field(default_factory=list)  # (name, address), the usual one first
    web_email: str = ""  # what GitHub writes into squash commits
    paper_forms: list[tuple[str, str]] = field(
        default_factory=list
    )  # (forenames, key name), the usual one first
    homepage: str | None = None  # address of a page that is really theirs
    page_links_back: bool = True
    orcid: str | None = None
    openreview: str | None = None
    scholar: str | None = None
    affiliation: str | None = None
    active_from: int = 0
    active_until: int = FOREVER
    areas: list[int] = field(default_factory=list)
    role: str = "author"  # author, or reviewer for people who never commit
    opted_out: bool = False
    cases: list[str] = field(default_factory=list)

    @property
    def codes(self) -> bool:
        """Whether they take part in watched repositories."""
        return self.account is not None and self.kind != "researcher" and self.strength != "none"

    @property
    def publishes(self) -> bool:
        """Whether they write papers."""
        return self.kind in ("researcher", "both")


def orcid(number: int) -> str:
    """Return a well-formed ORCID iD from a block that is not given out to anybody."""
    digits = f"00000007{number:07d}"
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    digits += "X" if check == 10 else str(check)
    return "-".join(digits[at_ : at_ + 4] for at_ in range(0, 16, 4))


def paper_forms(name: Name) -> list[tuple[str, str]]:
    """Return how a name appears on papers, the most usual form first."""
    if not name.family:
        return [("", name.given)]
    short = " ".join(f"{part[0]}." for part in name.given.replace("-", " ").split())
    plain_given, _, plain_family = name.plain.rpartition(" ")
    last_word = name.family.split()[-1]
    forms = [(name.given, name.family), (short, name.family)]
    if " " not in name.family:
        forms.append((plain_given, plain_family))
    elif name.culture == "spanish":
        forms.append((name.given, name.family.split()[0]))  # second surnames are often left out
    else:
        forms.append(
            (f"{name.given} {' '.join(name.family.split()[:-1])}", last_word)
        )  # particle taken for a forename
    return list(dict.fromkeys(forms))


def person(seed: int, number: int, name: Name, *, kind: str, specialism: str, strength: str) -> Person:
    """Return person `number` with accounts and pages as usual for their kind."""
    rng = stream(seed, "person", number)
    handle = slug(name.plain)
    tag = f"{handle}-{number:x}"
    made = Person(key=f"w{number:05d}", name=name, kind=kind, specialism=specialism, strength=strength)
    made.areas = sorted(rng.sample(range(7), 3))
    made.affiliation = rng.choice(_LABS) if kind in ("researcher", "both") else None
    if kind != "researcher" or rng.random() < 0.5:
        made.account = _account(
            rng,
            made,
            number,
            f"{handle}-{number:x}" if rng.random() < 0.7 else f"{handle[:9].rstrip('-')}{number:03d}",
        )
        _addresses(rng, made, tag)
    made.paper_forms = paper_forms(name)
    if made.publishes:
        made.orcid = orcid(number) if rng.random() < 0.45 else None
        made.scholar = f"inv{number:06d}AAAAJ" if rng.random() < 0.6 else None
        made.openreview = (
            f"~{'_'.join(name.plain.replace('.', '').split())}{number % 3 + 1}"
            if rng.random() < 0.6
            else None
        )
    if rng.random() < (0.75 if made.publishes or strength == "strong" else 0.3):
        own_site = made.account is not None and rng.random() < 0.25
        made.homepage = (
            f"https://{made.account.login}.github.io/"
            if own_site and made.account
            else f"https://{tag}.pages.example/"
        )
        if made.account is not None and rng.random() < 0.85:
            made.account.website = _as_typed(rng, made.homepage)
        made.page_links_back = made.account is not None and rng.random() < 0.85
    if rng.random() < 0.1 and kind != "newcomer":
        made.active_until = at(date(2025, rng.randrange(1, 12), 15))
    if kind == "newcomer":
        made.active_from = at(date(2026, rng.randrange(5, 11), 1))
    return made


def _as_typed(rng: random.Random, address: str) -> str:
    """Return an address as people type it into a profile: with or without scheme and slash."""
    return rng.choice((address, address.rstrip("/"), address.removeprefix("https://").rstrip("/"), address))


def _account(rng: random.Random, made: Person, number: int, login: str) -> Account:
    created = at(BEGIN) - rng.randrange(86_400 * 300, 86_400 * 4_000)
    if made.kind == "newcomer":
        created = at(date(2026, rng.randrange(1, 5), rng.randrange(1, 28)), rng.randrange(86_400))
    what = made.specialism.replace("-", " ")
    bios = (
        f"I work on {what}.",
        f"{what} · tea · bicycles",
        None,
        "opinions mine",
        f"<b>{what}</b> enthusiast",
        None,
    )
    account = Account(
        id=PEOPLE_FROM + number * 37 + rng.randrange(37),
        login=login[:39].strip("-"),
        name=rng.choice((made.name.display, made.name.display, made.name.roman, made.name.given, None)),
        bio=rng.choice(bios),
        company=rng.choice((None, None, f"@{rng.choice(_LABS).split()[0].lower()}-labs", made.affiliation)),
        location=rng.choice((None, *_PLACES)),
        hireable=rng.random() < 0.1,
        created_at=created,
        updated_at=max(created, at(date(2026, rng.randrange(1, 11), 3), rng.randrange(86_400))),
        followers=int(rng.lognormvariate(3, 1.6)),
    )
    if rng.random() < 0.3:
        account.socials.append(
            ("MASTODON", f"https://social.pages.example/@{login}", f"@{login}@social.pages.example")
        )
    return account


def _addresses(rng: random.Random, made: Person, tag: str) -> None:
    account = made.account
    assert account is not None
    own, work = (
        f"{tag}@mail.example",
        f"{tag.split('-')[0]}.{account.id % 1_000}@corp{account.id % 9}.example",
    )
    made.emails, made.verified = [own, work], [own] if rng.random() < 0.25 else [own, work]
    made.web_email = rng.choice((own, account.noreply, account.noreply))
    name = made.name
    lines = [(name.roman, own), (rng.choice((name.display, name.plain, name.roman, name.roman)), work)]
    if rng.random() < 0.5:
        lines.append((account.login, account.noreply))
    if rng.random() < 0.15:
        lines.append((name.plain, f"{account.login}@laptop.local"))  # a mailbox nobody verified
    made.git_lines = lines


def crowd(seed: int, size: int, taken: set[str], first: int) -> list[Person]:
    """Return people number `first` to `size` - 1, unplanned. taken: plain names in use, extended here."""
    out = []
    for number in range(first, size):
        rng = stream(seed, "name", number)
        name = draw(rng, CULTURES[number % len(CULTURES)])
        for _ in range(8):  # unplanned namesakes are rare in small worlds and normal in big ones
            if name.plain not in taken:
                break
            name = draw(rng, CULTURES[number % len(CULTURES)])
        taken.add(name.plain)
        kind = rng.choices([kind for kind, _ in _KINDS], [weight for _, weight in _KINDS])[0]
        specialism = SPECIALISMS[number % 3] if rng.random() < 0.9 else "other"
        strength = {
            "maintainer": "strong",
            "both": "strong" if rng.random() < 0.5 else "regular",
            "engineer": rng.choices(("strong", "regular", "casual"), (1, 4, 5))[0],
            "newcomer": "casual",
            "researcher": "regular",
        }[kind]
        if specialism == "other":
            strength = "casual"
        out.append(person(seed, number, name, kind=kind, specialism=specialism, strength=strength))
    return out
