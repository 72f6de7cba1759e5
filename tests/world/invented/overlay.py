"""The product's configuration for an invented world: seeds that name it, and rates a test can wait for."""

import json
from collections.abc import Mapping
from pathlib import Path

from invented import elsewhere, gatherings
from invented.archive import Archive
from invented.pages import ATOM, PROCEEDINGS, RSS
from invented.truth import Truth
from invented.vocabulary import VENUES
from invented.volumes import POSTS, SINCE

SETS = (
    "cs:cs:LG",
    "cs:cs:CL",
    "cs:cs:DC",
    "cs:cs:CV",
    "cs:cs:PF",
    "cs:cs:AI",
    "cs:cs:AR",
    "cs:cs:MM",
    "stat:stat:ML",
    "eess:eess:IV",
)
_RATES = """enabled = true
accepted_on = 2026-11-01
requests_per_hour = 360000
requests_per_run = 1000000
gap_s = 0.0

[expect]
signals_min = 0

[seeds]
"""


def _toml(table: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    match value:
        case list():
            return f"[{', '.join(_value(one) for one in value)}]"
        case dict():
            return f"{{ {', '.join(f'{json.dumps(key)} = {_value(one)}' for key, one in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)


def _odd_histories(truth: Truth, archive: Archive) -> list[str]:
    """Return repositories worth a look for their trouble: forged, padded, empty, and the code of papers."""
    watched = {name for names in truth.repositories.values() for name in names}
    names = [name for (name,) in archive.rows("SELECT name FROM repository ORDER BY id LIMIT 200")]
    odd = ("/fast-serve-toy", "/daily-progress", "/empty-start")
    return [name for name in names if name not in watched and (name.endswith(odd) or "-paper-code-" in name)]


def write_config(truth: Truth, root: Path, directory: Path) -> Path:
    """Write `sources/*.toml` and `specialisms/*.toml` below `directory` and return it."""
    archive = Archive(root / "world.sqlite")
    try:
        watched = [name for names in truth.repositories.values() for name in names]
        farmed = [name for case in truth.cases.values() for name in case["facts"].get("farmed", ())]
        feeds = archive.rows(
            "SELECT host, path FROM page WHERE json_extract(doc, '$.type') IN (?, ?) ORDER BY host", RSS, ATOM
        )
        sources: dict[str, dict[str, object]] = {
            "git_history": {
                "repositories": watched + _odd_histories(truth, archive) + farmed,
                "paths": True,
            },
            "github_people": {},
            "github_pulls": {"repositories": watched + farmed},
            "arxiv_papers": {"sets": list(SETS), "since": "2024-01-01"},
            "conference_papers": {
                "pages": [f"https://{PROCEEDINGS}/{folder}/index.html" for folder in VENUES]
            },
            "homepages": {"pages": ["https://marrowlab.pages.example/"]},
            "blog_feeds": {"feeds": [f"https://{host}{path}" for host, path in feeds][:40]},
            "pmlr": {"volumes": [POSTS.rpartition("/")[2]]},
            "acl_anthology": {"since": SINCE},
            **elsewhere.seeds(truth, archive),
            **gatherings.seeds(watched),
        }
    finally:
        archive.close()
    for folder in ("sources", "specialisms"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for name, seeds in sources.items():
        (directory / "sources" / f"{name}.toml").write_text(_RATES + _toml(seeds), encoding="utf-8")
    for slug, names in truth.repositories.items():
        (directory / "specialisms" / f"{slug}.toml").write_text(
            "[look]\n" + _toml({"repositories": names}), encoding="utf-8"
        )
    return directory
