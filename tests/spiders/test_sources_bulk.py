"""Bulk files of papers: whole or not at all, nothing forbidden gets in, lists are never shifted."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spiders.clients import bulk
from spiders.errors import SourceChanged
from spiders.records import Claim, Counted, Identity, Page, Provenance, Task, Work, Yield
from spiders.sources import bulk_papers

AT = datetime(2026, 11, 23, tzinfo=UTC)


def read(pages: list[Page], kind: str = "paperlists") -> list[Yield]:
    def via(url: str) -> Provenance:
        return Provenance(
            source="x", url=url, page="0" * 64, fetched_at=AT, reader="x@1", terms="https://t.example"
        )

    return [
        found
        for page in pages
        for found in bulk_papers.read(Task(source="bulk_papers", kind=kind, url=page.url), page, via)
    ]


def paper(number: int, **over: Any) -> dict[str, Any]:
    plain = {
        "id": f"inv{number:04}", "title": f"Paper {number}", "status": "Poster", "abstract": "Ünïcode ✓",
        "author": "Mira Okafor;Bo Inv", "authorids": f"~Mira_Okafor9;~Bo_Inv{number}", "gender": "F;M",
        "site": f"https://openreview.net/forum?id=inv{number:04}", "rating": "3;8", "linkedin": "mira-inv;",
        "email": "mira@mail.example;", "reviews": "secret words of a reviewer",
    }  # fmt: skip
    return plain | over


def written(folder: Path, rows: Any, name: str = "colm2025.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(rows, ensure_ascii=False, indent=4), encoding="utf-8")
    return file


def test_every_paper_arrives_once_and_in_order(tmp_path: Path) -> None:
    file = written(tmp_path, [paper(n) for n in range(250)])
    pages = list(bulk.pages(file, "paperlists", fetched_at=AT))
    assert [len(json.loads(page.body)["papers"]) for page in pages] == [100, 100, 50]
    works = [found.id for found in read(pages) if isinstance(found, Work)]
    assert works == [f"openreview:inv{n:04}" for n in range(250)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_breaks_off_gives_no_page(tmp_path: Path, share: float) -> None:
    whole = written(tmp_path, [paper(n) for n in range(250)]).read_bytes()
    file = tmp_path / "cut.json"
    file.write_bytes(whole[: int((len(whole) - 1) * share)])
    with pytest.raises(SourceChanged, match=r"cut\.json breaks off .* at byte \d+: get the file again"):
        next(bulk.pages(file, "paperlists", fetched_at=AT))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"id": 1}', "begins otherwise"),
        (b"<html>not found</html>", "begins otherwise"),
        (b'[{"id": "a"}, 3]', "other than a record"),
        (b'[{"id": "a"},, {"id": ]', "breaks off"),
        (b'[{"id": "a"}] tail', "goes on after its end"),
        (b'[{"id": "\xff"}]', "not UTF-8"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(tmp_path: Path, body: bytes, why: str) -> None:
    file = tmp_path / "damaged.json"
    file.write_bytes(body)
    with pytest.raises(SourceChanged, match=rf"damaged\.json .*{why}.* byte \d+"):
        list(bulk.pages(file, "paperlists", fetched_at=AT))


def test_what_is_never_kept_never_enters_a_page(tmp_path: Path) -> None:
    rows = [paper(1, authorids="mira@mail.example;~Bo_Inv1", abstract="Write to mira@mail.example.")]
    pages = list(bulk.pages(written(tmp_path, rows), "paperlists", fetched_at=AT))
    body = b"".join(page.body for page in pages)
    for forbidden in (b"mail.example", b"secret words", b"mira-inv", b'"F;M"', b'"3;8"'):
        assert forbidden not in body
    counted = {found.what: found.times for found in read(pages) if isinstance(found, Counted)}
    assert counted["dropped_gender"] == counted["dropped_rating"] == counted["dropped_reviews"] == 1


def test_a_shorter_list_is_unknown_for_everybody(tmp_path: Path) -> None:
    rows = [paper(1, aff="Only One", orcid="0000-0099-0000-0008;;", homepage="https://github.com/mira-inv")]
    found = read(list(bulk.pages(written(tmp_path, rows), "paperlists", fetched_at=AT)))
    people = [one for one in found if isinstance(one, Identity)]
    assert all(
        (one.affiliation, one.orcid, one.homepage, one.links) == (None, None, None, ()) for one in people
    )
    assert not [one for one in found if isinstance(one, Claim)]
    counted = {one.what for one in found if isinstance(one, Counted)}
    assert {"misaligned_aff", "misaligned_orcid", "misaligned_homepage"} <= counted


def test_a_homepage_of_three_authors_is_their_labs(tmp_path: Path) -> None:
    lab, own = "https://marrow-lab-inv.github.io", "https://mira-inv.github.io/"
    rows = [paper(n, author=f"A{n} Inv;Mira Okafor", homepage=f"{lab};{own}") for n in range(3)]
    found = read(list(bulk.pages(written(tmp_path, rows), "paperlists", fetched_at=AT)))
    assert {one.right for one in found if isinstance(one, Claim)} == {"github-login:mira-inv"}
    assert lab not in {one.homepage for one in found if isinstance(one, Identity)}


@pytest.mark.parametrize(
    "status", ["Reject", "Withdraw", "Desk Reject", "Withdrawn submission", "Active", ""]
)
def test_only_accepted_papers_are_kept(tmp_path: Path, status: str) -> None:
    found = read(list(bulk.pages(written(tmp_path, [paper(1, status=status)]), "paperlists", fetched_at=AT)))
    assert not [one for one in found if isinstance(one, Work)]
    assert Counted(what="not_accepted") in found


ANTHOLOGY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<collection id="2025.acl"><volume id="long"><meta><month>July</month>'
    "<year>2025</year><venue>acl</venue></meta>{papers}</volume></collection>"
)


def _anthology(folder: Path, count: int) -> Path:
    rows = "".join(
        f'<paper id="{n}"><title>Paper {n}</title>'
        '<author id="mira-inv"><first>Mira</first><last>Okafor</last></author></paper>\n'
        for n in range(1, count + 1)
    )
    file = folder / "2025.acl.xml"
    file.write_text(ANTHOLOGY.format(papers=rows), encoding="utf-8")
    return file


def test_an_anthology_file_is_cut_into_pages_with_their_volume(tmp_path: Path) -> None:
    pages = list(bulk.pages(_anthology(tmp_path, 230), "acl", fetched_at=AT))
    works = [found for found in read(pages, "acl") if isinstance(found, Work)]
    assert len(pages) == 3
    assert [work.id for work in works] == [f"acl:2025.acl-long.{n}" for n in range(1, 231)]
    assert {work.venue for work in works} == {"ACL 2025"}


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_a_cut_xml_file_gives_no_page(tmp_path: Path, share: float) -> None:
    file = _anthology(tmp_path, 230)
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(SourceChanged, match=r"breaks off or is damaged .*get the file again"):
        next(bulk.pages(file, "acl", fetched_at=AT))


def test_entities_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "bomb.xml"
    file.write_text('<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd">]><collection>&a;</collection>')
    with pytest.raises(SourceChanged, match="document type"):
        next(bulk.pages(file, "acl", fetched_at=AT))


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceChanged, match="another format"):
        next(bulk.pages(_anthology(tmp_path, 3), "arxiv-oai", fetched_at=AT))
    with pytest.raises(SourceChanged, match="not a file"):
        next(bulk.pages(tmp_path / "nowhere.json", "paperlists", fetched_at=AT))
