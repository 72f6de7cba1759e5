"""Invented author lines that go with invented bylines: the same people, spelled as histories spell them."""

import json
from pathlib import Path
from random import Random
from typing import Any


def lines(bylines: Path, many: int, seed: int) -> list[dict[str, Any]]:
    """Return author lines of people who write papers, at most so many. bylines: records as `mentions.write` writes."""
    random = Random(seed)
    with bylines.open(encoding="utf-8") as file:
        names = sorted({json.loads(line)["name"] for line in file})
    random.shuffle(names)
    found: list[dict[str, Any]] = []
    for name in names:
        for _ in range(random.randint(1, 4)):
            if len(found) == many:
                return found
            found.append(_line(f"g{len(found)}", name, names, random))
    return found


def _line(key: str, name: str, names: list[str], random: Random) -> dict[str, Any]:
    first, last = name.split()[0], name.split()[-1]
    given, family = first.lower(), last.lower()
    spelled = random.choice(
        [
            name, name, name, f"{first} {last[0]}.", f"{first[0]}. {last}", given + family[0], first,
            _slipped(name, random),
        ]
    )  # fmt: skip
    mailbox = random.choice(
        [
            None, f"{given}.{family}@{family}.dev", f"{given}{family}@mail.example", f"{given[0]}{family}@firm.example",
            f"{random.randint(1, 9999)}+{given}{family}@users.noreply.github.com",
            f"{given}{random.randint(1, 99)}@school{random.randint(0, 9)}.example",
        ]
    )  # fmt: skip
    year = random.randint(2012, 2024)
    return {
        "record_id": key, "source": "git", "name": spelled, "email": mailbox, "commits": random.randint(1, 50),
        "repos": [f"zed/part-{random.randint(0, 200)}"], "coauthors": random.sample(names, 2),
        "first_seen": f"{year}-01-01", "last_seen": f"{year + random.randint(0, 2)}-06-01",
    }  # fmt: skip


def _slipped(name: str, random: Random) -> str:
    """Return a name with two letters swapped."""
    place = random.randrange(len(name) - 1)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
