"""Proceedings kept in git: two volumes of posts and an anthology of XML, as their own hosts of files keep them.

All of it follows from the papers on arXiv that no other proceedings took: every sixth is also in a volume of posts,
every sixth in the anthology, where people who have an ORCID give it and some have an id of the anthology's own.
The repositories grow month by month, so that a later world only adds to an earlier one.
"""

import json
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from functools import cached_property
from pathlib import Path
from xml.sax.saxutils import escape

from invented.archive import Archive
from invented.bare import Commit, write
from invented.moments import at
from invented.roster import Roster, Written, hexes, mark
from invented.truth import Truth

POSTS, ANTHOLOGY = "mlresearch/v999", "acl-org/acl-anthology"
SINCE = 2024
Files = Callable[[list[Written]], dict[str, str]]
_WRITING = threading.Lock()  # two servers of one world may share its folder
_written: dict[Path, str] = {}  # what each folder holds, as this process wrote it
_EDITOR = ("Volume Editors", "editors@press.example")


class Volumes:
    """The repositories below `root`, made when first asked for."""

    def __init__(self, archive: Archive, root: Path) -> None:
        self._archive, self._root = archive, root

    def folder(self, name: str) -> Path | None:
        """Return where a repository of proceedings is, None for any other name."""
        if name not in (POSTS, ANTHOLOGY):
            return None
        with _WRITING:
            return self._folders[name]

    @cached_property
    def _folders(self) -> dict[str, Path]:
        told = json.loads((self._root / "truth.json").read_text(encoding="utf-8"))
        known = {field: told[field] for field in Truth.__dataclass_fields__ if field in told}
        roster = Roster(Truth(**known), self._archive)
        papers = [
            paper for paper in roster.papers.values() if paper.venue is None and paper.day >= f"{SINCE}"
        ]
        made = {
            POSTS: _commits([one for one in papers if mark("volume", one.id) % 6 == 0], _posts),
            ANTHOLOGY: _commits(
                [one for one in papers if mark("volume", one.id) % 6 == 1],
                lambda all_: _anthology(roster, all_),
            ),
        }
        folders = {}
        for name, commits in made.items():
            folders[name] = self._root / "volumes" / f"{name.replace('/', '-')}.git"
            held = hexes(*(f"{one.message}{sorted(one.files.items())}" for one in commits))
            if _written.get(folders[name]) != held or not folders[name].exists():
                shutil.rmtree(folders[name], ignore_errors=True)
                write(folders[name], commits)
                _written[folders[name]] = held
        return folders


def _commits(papers: list[Written], files: Files) -> list[Commit]:
    """Return one commit a month, each with all files as they are then."""
    months: defaultdict[str, list[Written]] = defaultdict(list)
    for paper in sorted(papers, key=lambda one: (one.day, one.id)):
        months[paper.day[:7]].append(paper)
    commits: list[Commit] = []
    so_far: list[Written] = []
    for month in sorted(months):
        so_far += months[month]
        moment = at(date.fromisoformat(f"{month}-28"), 43_200)
        commits.append(
            Commit(
                author=_EDITOR, author_at=moment, committer=_EDITOR, committed_at=moment, message=f"Add {month}\n",
                files=files(so_far), parents=(len(commits),) if commits else (),
            )
        )  # fmt: skip
    return commits


def _posts(papers: list[Written]) -> dict[str, str]:
    """Return the posts of a volume, and files beside them that nobody wants."""
    files = {"_config.yml": "title: volume\n", "README.md": "# A volume of invented papers\n"}
    for paper in papers:
        number = f"{paper.keys[0]}p{mark('post', paper.id) % 10_000}"
        files[f"_posts/{paper.day}-{number}.md"] = _post(paper, number)
        files[f"assets/{number}/{number}.pdf"] = "%PDF-1.4 nothing to read\n"
    return files


def _post(paper: Written, number: str) -> str:
    authors = "".join(
        f"- given: {json.dumps(' '.join(name.split()[:-1]) or name, ensure_ascii=False)}\n"
        f"  family: {json.dumps(name.split()[-1], ensure_ascii=False) if ' ' in name else ''}\n"
        for name in paper.printed
    )
    half = len(paper.abstract) // 2
    cut = paper.abstract.find(" ", half)
    first, rest = paper.abstract[:cut].replace("'", "''"), paper.abstract[cut + 1 :].replace("'", "''")
    software = f"software: {paper.code}\n" if paper.code else ""
    return (
        f"---\ntitle: {json.dumps(paper.title, ensure_ascii=False)}\nopenreview: {hexes('forum', paper.id)[:10]}\n"
        f"abstract: '{first}\n  {rest}'\n{software}layout: inproceedings\n"
        f"series: Proceedings of Machine Learning Research\npublisher: PMLR\nid: {number}\nauthor:\n{authors}"
        f"date: {paper.day}\naddress: \ncontainer-title: Proceedings of the International Conference on Machine\n"
        f"  Learning\nvolume: '999'\nissued:\n  date-parts:\n  - {int(paper.day[:4])}\nextras: []\n---\n"
    )


def _anthology(roster: Roster, papers: list[Written]) -> dict[str, str]:
    """Return one collection a year, an old one, and files beside them."""
    years: defaultdict[str, list[Written]] = defaultdict(list)
    for paper in papers:
        years[paper.day[:4]].append(paper)
    files = {"data/xml/1999.old.xml": '<collection id="1999.old"/>', "bin/build.py": "print()\n"}
    for year, written in years.items():
        entries = "".join(_entry(roster, paper, number) for number, paper in enumerate(written, 1))
        files[f"data/xml/{year}.acl.xml"] = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<collection id="{year}.acl"><volume id="long"><meta>'
            f"<month>July</month><year>{year}</year><venue>acl</venue></meta>{entries}</volume></collection>\n"
        )
    return files


def _entry(roster: Roster, paper: Written, number: int) -> str:
    authors = ""
    for name, key in zip(paper.printed, paper.keys, strict=True):
        orcid = roster.truth.people[key]["orcid"] if mark("gives", key) % 2 else None
        own = f' id="{key}-inv"' if mark("curated", key) % 3 == 0 else ""
        given, _, family = name.rpartition(" ")
        number_ = f' orcid="{orcid}"' if orcid else ""
        authors += (
            f"<author{own}{number_}><first>{escape(given)}</first><last>{escape(family)}</last></author>"
        )
    return (
        f'<paper id="{number}"><title>{escape(paper.title)}</title>{authors}'
        f"<abstract>{escape(paper.abstract)}</abstract></paper>"
    )
