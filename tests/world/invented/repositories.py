"""Which repositories exist: the watched projects, and the small ones people keep for themselves."""

from dataclasses import dataclass, field
from datetime import date

from invented.accounts import REPOSITORIES_FROM, node_id
from invented.moments import at, stream
from invented.people import Person
from invented.vocabulary import ENGINES, SPECIALISMS, TOYS

_MORE = (
    "ashgrove",
    "coldbrook",
    "dustlane",
    "elderpath",
    "fogbell",
    "greyharbor",
    "hillwire",
    "ironfern",
    "junipertap",
    "kilnstone",
    "larkspan",
    "mossgate",
    "nettlecore",
    "owlbridge",
    "pinewell",
    "quartzrow",
    "rustfield",
    "saltmill",
    "thistledown",
    "umberline",
    "vinehouse",
    "willowrun",
    "yarrowkit",
    "zinccove",
)
_TAIL = {"inference-performance": "serve", "post-training": "tune", "vision-multimodal": "vision"}


FARMED = ("back_dated", "bought_stars", "empty_commits", "fork_only", "ring")
"""Cases of people with nothing but made-up activity."""


@dataclass(slots=True, kw_only=True, eq=False)
class Repository:
    """One repository. kind: watched, code (of a paper), toy, fork, empty, padded, forged, site, or farmed.

    Farmed ones: backdated, starred, emptied, copied, ring.
    """

    number: int
    owner: str  # login
    name: str
    kind: str
    specialism: str
    description: str
    topics: tuple[str, ...] = ()
    language: str | None = "Python"
    stars: int = 0
    created_at: int = 0
    former: str | None = None  # full name before it was renamed
    parent: str | None = None  # full name of what it was forked from
    crew: list[tuple[Person, int]] = field(default_factory=list)  # people and how often they turn up
    maintainers: list[Person] = field(default_factory=list)
    wild_dates: bool = False  # holds commits of 1970 and of the future

    @property
    def id(self) -> int:
        """The number GitHub gave it."""
        return REPOSITORIES_FROM + self.number

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def folder(self) -> str:
        """Where its bare repository lies below the world's root."""
        return f"git/{self.number // 1_000:03d}/{self.number:06d}.git"

    @property
    def node(self) -> str:
        """The global id."""
        return node_id("Repository", self.id)


def watched_count(size: int) -> int:
    """Return how many projects are watched: 8 for a hundred people, growing slowly."""
    return max(8, round(8 * (size / 100) ** 0.35))


def _watched(seed: int, size: int) -> list[Repository]:
    out = []
    for number in range(watched_count(size)):
        specialism, place = SPECIALISMS[number % 3], number // 3
        if place < 3:
            owner, name, says, topics, language = ENGINES[specialism][place]
        else:
            stem = _MORE[(place - 3) % len(_MORE)] + ("" if place - 3 < len(_MORE) else str(place))
            owner, name = f"{stem}-org", f"{stem}-{_TAIL[specialism]}"
            says, topics, language = (ENGINES[specialism][place % 3][column] for column in (2, 3, 4))
        rng = stream(seed, "watched", number)
        out.append(
            Repository(
                number=number,
                owner=owner,
                name=name,
                kind="watched",
                specialism=specialism,
                description=says,
                topics=tuple(topics.split()),
                language=language,
                stars=rng.randrange(400, 30_000),
                created_at=at(date(2022 + number % 2, rng.randrange(1, 12), 5), rng.randrange(86_400)),
                wild_dates=number == 1,
            )
        )
    out[4].former = "oakrollout/rollout-old"
    return out


def _staff(seed: int, projects: list[Repository], people: list[Person]) -> None:
    """Give each project its people: strong ones of its specialism mostly, and passers-by."""
    by_topic = {topic: [repo for repo in projects if repo.specialism == topic] for topic in SPECIALISMS}
    for person in people:
        if not person.codes:
            continue
        rng = stream(seed, "staff", person.key)
        own = by_topic.get(person.specialism) or projects
        if person.strength == "strong":
            homes = rng.sample(own, min(len(own), 1 + (rng.random() < 0.4)))
            weight = 12 if person.kind == "maintainer" else 8
        elif person.strength == "regular":
            homes, weight = rng.sample(own, 1), 3
        else:
            homes, weight = rng.sample(projects, rng.randrange(1, 3)), 1
        for repo in homes:
            repo.crew.append((person, weight))
            if person.strength == "strong":
                repo.maintainers.append(person)
    for repo in projects:
        spare = [
            person
            for person in people
            if person.codes
            and person.strength != "casual"
            and person.role == "author"
            and person.specialism == repo.specialism
        ]
        rng = stream(seed, "spare", repo.number)
        while len({person.key for person in repo.maintainers if person.role == "author"}) < 2:
            person = rng.choice(spare)
            repo.crew.append((person, 6))
            repo.maintainers.append(person)


def _personal(seed: int, size: int, people: list[Person], first: int) -> list[Repository]:
    """Return repositories people keep for themselves, the planted ones first."""
    out: list[Repository] = []

    def add(person: Person, name: str, kind: str, says: str, **more: object) -> None:
        assert person.account is not None
        rng = stream(seed, "personal", len(out))
        out.append(
            Repository(
                number=first + len(out),
                owner=person.account.login,
                name=name,
                kind=kind,
                specialism=person.specialism,
                description=says,
                crew=[(person, 1)],
                **{
                    "created_at": at(date(2023, rng.randrange(1, 12), 7), rng.randrange(86_400)),
                    "stars": rng.randrange(12),
                    **more,
                },  # type: ignore[arg-type]
            )
        )

    planted = {case: person for person in people for case in person.cases}
    impostor = next(person for person in people if "impostor" in person.cases and person.strength == "none")
    add(impostor, "fast-serve-toy", "forged", "Serving engine from scratch", topics=("inference",))
    add(planted["padded"], "daily-progress", "padded", "Progress every day", stars=5_000)
    add(planted["padded"], "empty-start", "empty", "Soon", language=None)
    coders = [person for person in people if person.account is not None and not person.account.deleted]
    coders = [person for person in coders if not set(person.cases) & set(FARMED)]
    authors = [person for person in coders if person.kind == "both"]
    wanted = max(17, round(size * 0.17))
    rng = stream(seed, "who keeps what")
    for turn in range(wanted - 3):
        if turn % 3 == 0 and authors:
            person = authors[(turn // 3) % len(authors)]
            add(person, f"{person.specialism.split('-')[0]}-paper-code-{turn}", "code", "Code of a paper")
            continue
        person = rng.choice(coders)
        if turn % 7 == 1:
            add(
                person,
                "quillserve",
                "fork",
                "Serving engine for language models",
                parent="quillserve/quillserve",
            )
        elif turn % 7 == 4 and person.account:
            add(person, f"{person.account.login}.github.io", "site", "My page", language="HTML")
        else:
            name, says, _, _ = TOYS[turn % len(TOYS)]
            add(person, name, "toy", says, language=rng.choice(("Python", "Jupyter Notebook", "Shell")))
    add(
        planted["back_dated"],
        "swiftcache",
        "backdated",
        "Cache for serving",
        created_at=at(date(2026, 11, 10)),
    )
    add(planted["bought_stars"], "blazeserve", "starred", "Serving engine", stars=9_000)
    add(planted["empty_commits"], "steadypace", "emptied", "Serving, step by step")
    add(planted["fork_only"], "quillserve", "copied", "Serving engine", parent="quillserve/quillserve")
    ring = [person for person in people if "ring" in person.cases]
    for place, person in zip(("outer", "inner"), ring, strict=False):
        add(person, f"{place}-serve", "ring", "Serving engine", stars=2_000)
        out[-1].crew, out[-1].maintainers = [(member, 1) for member in ring], list(ring)
    seen: set[str] = set()
    return [repo for repo in out if not (repo.full_name.lower() in seen or seen.add(repo.full_name.lower()))]  # type: ignore[func-returns-value]


def repositories(seed: int, size: int, people: list[Person]) -> list[Repository]:
    """Return every repository, watched projects first, staffed."""
    projects = _watched(seed, size)
    _staff(seed, projects, people)
    return projects + _personal(seed, size, people, len(projects))
