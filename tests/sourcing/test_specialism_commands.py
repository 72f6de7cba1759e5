"""`sourcer specialism`: packs, overlays, presets and briefs are listed, shown, checked; a draft is written once."""

import io
import json
import tomllib
from pathlib import Path

import pytest

from sourcing.__main__ import main
from sourcing.cli.exits import Code
from sourcing.settings import config_root


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A fresh installation in the current directory."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--quiet"]) == 0
    capsys.readouterr()
    return tmp_path


BRIEF = 'title = "T"\nspecialism = "mlops"\noverlay = "health-bio"\nlevels = ["senior"]\n'


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: Code = Code.DONE) -> str:
    assert main(list(arguments)) == code
    captured = capsys.readouterr()
    return captured.out if code is Code.DONE else captured.err


@pytest.mark.parametrize(
    ("kind", "count", "name"), [("overlays", 8, "health-bio"), ("presets", 6, "early-career")]
)
def test_parts_are_listed(
    desk: Path, capsys: pytest.CaptureFixture[str], kind: str, count: int, name: str
) -> None:
    rows = json.loads(said(capsys, "specialism", "list", "--kind", kind, "--json"))
    assert len(rows) == count and name in {row["name"] for row in rows}


def test_what_a_brief_puts_together_is_listed_with_the_packs(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / "briefs").mkdir(parents=True)
    (desk / "config" / "briefs" / "clinic.toml").write_text(BRIEF, encoding="utf-8")
    (desk / "sourcer.toml").write_text('home = "."\nconfig_dir = "config"\n', encoding="utf-8")
    (row,) = json.loads(said(capsys, "specialism", "list", "--kind", "briefs", "--json"))
    assert (row["specialism"], row["query"]) == ("mlops+health-bio", "level:senior")
    packs = json.loads(said(capsys, "specialism", "list", "--json"))
    assert len(packs) == 19 and "mlops+health-bio" in {pack["specialism"] for pack in packs}
    assert "level:senior" in said(capsys, "specialism", "show", "clinic")
    assert "mlops+health-bio" in said(capsys, "specialism", "validate", "config/briefs/clinic.toml")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("speech-audio", ["Speech and audio", "espnet/espnet", "vocoder", "nlp-retrieval", "rising"]),
        ("speech-audio+edge-mobile+bridge", ["Edge: code", "overlay: keywords", "has:papers"]),
        ("health-bio", ["Health: code", "DICOM"]),
        ("early-career", ["level:early"]),
    ],
)
def test_everything_about_one_is_shown(
    desk: Path, capsys: pytest.CaptureFixture[str], name: str, words: list[str]
) -> None:
    out = said(capsys, "specialism", "show", name)
    assert [word for word in words if word not in out] == []
    json.loads(said(capsys, "specialism", "show", name, "--json"))


@pytest.mark.parametrize("file", ["specialisms/mlops", "overlays/health-bio", "presets/bridge"])
def test_a_file_is_checked_as_what_its_folder_says(
    desk: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    path = config_root() / f"{file}.toml"
    assert json.loads(said(capsys, "specialism", "validate", str(path), "--json"))["valid"] is True
    broken = desk / file.partition("/")[0] / "broken.toml"
    broken.parent.mkdir()
    broken.write_text(path.read_text(encoding="utf-8") + "\ncolour = 1\n", encoding="utf-8")
    assert "broken.toml" in said(capsys, "specialism", "validate", str(broken), code=Code.NOT_READY)


def test_a_draft_is_written_once_and_is_valid(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk / "job.txt").write_text(
        "Speech engineer: streaming ASR, diarization, wake word, CTC.", encoding="utf-8"
    )
    said(capsys, "specialism", "new", "job.txt", "--out", "mine.toml")
    said(capsys, "specialism", "validate", "mine.toml")
    made = (desk / "mine.toml").read_text(encoding="utf-8")
    assert tomllib.loads(made)["adjacent"][0] == "speech-audio"
    assert "is there already" in said(
        capsys, "specialism", "new", "job.txt", "--out", "mine.toml", code=Code.FAILED
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("We need LoRA and DPO."))
    assert "Nearest" not in (out := said(capsys, "specialism", "new", "-")) and "post-training" in out
    assert "cannot read" in said(capsys, "specialism", "new", "nothing.txt", code=Code.FAILED)
