"""Dumps of people: only who is wanted leaves the file, and of them only what is public and ours to keep."""

import io
import json
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spiders.clients import dumps
from spiders.errors import SourceChanged

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
MIRA, TOVI, ONA = "0000-0007-0000-0010", "0000-0007-0000-0029", "0000-0007-0000-0037"
_SPACES = " ".join(
    f'xmlns:{name}="http://www.orcid.org/ns/{name}"'
    for name in (
        "record", "common", "person", "personal-details", "researcher-url", "external-identifier", "email",
        "address", "history", "activities", "employment", "education",
    )
)  # fmt: skip


def summary(number: str, *, history: str = "", doctype: str = "") -> bytes:
    """Return a record 3.0 of an invented person, with what must not leave it."""

    def employed(where: str, visible: str, more: str = "") -> str:
        return (
            f'<employment:employment-summary visibility="{visible}">{more}<common:organization>'
            f"<common:name>{where}</common:name></common:organization></employment:employment-summary>"
        )

    end = "<common:end-date><common:year>2019</common:year></common:end-date>"
    urls = "".join(
        f'<researcher-url:researcher-url visibility="{visible}"><researcher-url:url>https://{host}.example'
        "</researcher-url:url></researcher-url:researcher-url>"
        for visible, host in (("public", "mira"), ("limited", "hidden"))
    )
    jobs = (
        employed("Past Works", "public", end) + employed("Hidden", "limited") + employed("Tessel", "public")
    )
    return f"""{doctype}<record:record path="/{number}" {_SPACES}>
<common:orcid-identifier><common:path>{number}</common:path></common:orcid-identifier>
<history:history>{history}</history:history>
<person:person>
<person:name visibility="public"><personal-details:given-names>Mira</personal-details:given-names>
<personal-details:family-name>Okafor</personal-details:family-name></person:name>
<person:biography visibility="public"><personal-details:content>A hobby. No recruiters, please.
</personal-details:content></person:biography>
<email:emails><email:email visibility="public"><email:email>m@uni.example</email:email></email:email></email:emails>
<address:addresses><address:address visibility="public"><address:country>NO</address:country>
</address:address></address:addresses>
<researcher-url:researcher-urls>{urls}</researcher-url:researcher-urls>
</person:person>
<activities:activities-summary><activities:employments>{jobs}</activities:employments>
<activities:educations><education:education-summary visibility="public">1999</education:education-summary>
</activities:educations></activities:activities-summary></record:record>""".encode()


def orcid_file(path: Path, *records: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, body in records:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return path


def kaggle_file(path: Path, users: str, achievements: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta/Users.csv", users)
        archive.writestr("meta/UserAchievements.csv", achievements)
    return path


def people(file: Path, format: str, *wanted: str) -> list[dict[str, object]]:
    pages = dumps.pages(file, format, frozenset(wanted), fetched_at=NOW)  # type: ignore[arg-type]
    return [one for page in pages for one in json.loads(page.body)["people"]]


def test_of_an_orcid_file_only_public_facts_of_people_wanted_are_read(tmp_path: Path) -> None:
    gave_up = "<history:deactivation-date>2020</history:deactivation-date>"
    records = [
        (f"summaries/010/{MIRA}.xml", summary(MIRA)),
        (f"summaries/029/{TOVI}.xml", b"never opened"),
        (f"summaries/037/{ONA}.xml", summary(ONA, history=gave_up)),
    ]
    found = people(orcid_file(tmp_path / "f.tar.gz", *records), "orcid", MIRA, ONA)
    expected = {
        "orcid": MIRA,
        "name": "Mira Okafor",
        "wish": "no_recruiters",
        "urls": ["https://mira.example"],
        "ids": [],
    }
    assert found == [expected | {"employers": ["Tessel"]}, {"orcid": ONA, "is_given_up": True}]


def test_of_the_tables_of_kaggle_only_rows_of_people_wanted_are_read(tmp_path: Path) -> None:
    users = "Id,UserName,DisplayName,RegisterDate,Country\n1,MiraInv,Mira,1/1/2020,NO\n2,other,O,,\n"
    medals = "Id,UserId,AchievementType,Tier,TierAchievementDate,Points,TotalGold,TotalSilver,TotalBronze\n"
    medals += "1,1,Competitions,3,11/05/2024,99,1,2,3\n2,2,Competitions,4,,9,9,9,9\n"
    (found,) = people(kaggle_file(tmp_path / "f.zip", users, medals), "kaggle", "mirainv")
    assert {name: found[name] for name in ("Id", "UserName", "DisplayName")} == {
        "Id": "1", "UserName": "MiraInv", "DisplayName": "Mira",
    }  # fmt: skip
    assert set(found) == {"Id", "UserName", "DisplayName", "achievements"}
    medals_of = {"TotalGold": "1", "TotalSilver": "2", "TotalBronze": "3"}
    reached = {"AchievementType": "Competitions", "Tier": "3", "TierAchievementDate": "11/05/2024"}
    assert found["achievements"] == [reached | medals_of]


def test_a_file_that_is_no_dump_or_breaks_off_is_refused(tmp_path: Path) -> None:
    whole = orcid_file(
        tmp_path / "whole.tar.gz", (f"{MIRA}.xml", summary(MIRA) * 1), (f"{TOVI}.xml", b"x" * 99_999)
    )
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole.read_bytes()[:-40])
    entity = '<!DOCTYPE r [<!ENTITY e "x">]>'
    no_record = orcid_file(tmp_path / "none.tar.gz", ("readme.txt", b"hello"))
    hostile = orcid_file(tmp_path / "hostile.tar.gz", (f"{MIRA}.xml", summary(MIRA, doctype=entity)))
    renamed = orcid_file(tmp_path / "renamed.tar.gz", (f"{TOVI}.xml", summary(MIRA)))
    text = tmp_path / "text.zip"
    text.write_text("hello")
    columns = kaggle_file(tmp_path / "columns.zip", "Id,Name\n1,x\n", "Id\n")
    refused = [(cut, "orcid"), (no_record, "orcid"), (hostile, "orcid"), (renamed, "orcid"), (text, "orcid")]
    for file, format in [*refused, (text, "kaggle"), (columns, "kaggle"), (tmp_path, "kaggle")]:
        with pytest.raises(SourceChanged):
            people(file, format, MIRA, TOVI)
