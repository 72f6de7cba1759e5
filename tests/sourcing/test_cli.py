"""The command line: exit codes, one sentence per trouble, data on stdout, nothing heavy behind --help."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sourcing.__main__ import main
from sourcing.cli.exits import Code, code_for
from sourcing.cli.output import visible
from sourcing.cli.root import hoisted
from sourcing.cli.search import listing
from sourcing.people import Hit, Reason


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A fresh installation in the current directory."""
    assert main(["init", "--controller", "Example GmbH", "--contact", "https://c.example"]) == 0
    capsys.readouterr()
    return tmp_path


def test_help_is_quick_and_imports_no_crawler_web_orm_or_analytics() -> None:
    heavy = (
        "sqlalchemy",
        "scrapy",
        "twisted",
        "httpx",
        "duckdb",
        "ibis",
        "pyarrow",
        "github",
        "feedparser",
        "fastapi",
    )
    code = (
        "import sys\nfrom sourcing.__main__ import main\n"
        f"code = main(['--help'])\nsys.stderr.write(str([m for m in {heavy!r} if m in sys.modules]))\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]")
    for noun in (
        "init",
        "doctor",
        "crawl",
        "import",
        "resolve",
        "rank",
        "search",
        "list",
        "person",
        "export",
        "nightly",
    ):
        assert f"\n  {noun} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["frobnicate"], 2, "No such command"),
        (["--json", "--csv", "run", "list"], 2, "choose one of"),
        (["source", "show", "githb"], 2, "did you mean 'github_pulls'?"),
        (["crawl", "run", "githb"], 2, "unknown source 'githb'; known: acl_anthology"),
        (["crawl", "run", "--time", "soon"], 2, "write 90s, 45m or 3h"),
        (["crawl", "run", "github_pulls"], 4, "set SOURCER_GITHUB_TOKEN"),
        (["search", "nme:ana"], 2, "column 1: unknown field 'nme'; did you mean name:?"),
        (
            ["search", "x", "--specialism", "inferense-performance"],
            2,
            "did you mean 'inference-performance'?",
        ),
        (["rank", "run", "--specialism", "cooking"], 2, "unknown specialism 'cooking'"),
        (["rank", "explain", "p_nobody"], 1, "no person 'p_nobody'"),
        (["person", "show", "p_nobody"], 1, "no person 'p_nobody'"),
        (["person", "stage", "p_nobody", "interwiewing"], 2, "unknown stage"),
        (["person", "hide", "p_nobody"], 2, "say why"),
        (["privacy", "erase", "p_nobody", "--yes"], 1, "no person 'p_nobody'"),
        (["privacy", "dnc", "add", "not an identifier"], 1, "nothing was added"),
        (["privacy", "forget", "git_history", "--yes"], 3, "sourcer source disable git_history"),
        (["list", "show", "Trainers"], 1, "no shortlist 'Trainers'; known: none"),
        (["export", "run", "Trainers", "--query", "x"], 2, "a shortlist or --query"),
        (
            ["export", "run", "--query", "", "--to", "telex", "--specialism", "post-training"],
            2,
            "unknown connector",
        ),
        (["export", "run", "--query", "", "--specialism", "post-training", "--yes"], 1, "nothing to export"),
        (["import", "git", "nowhere", "--name", "orbit/engine"], 1, "is not a directory"),
        (["import", "papers", "nowhere.json", "--format", "paperlists"], 1, "is not a file"),
        (
            ["import", "papers", "x", "--format", "bibtex"],
            2,
            "unknown format 'bibtex'; known: acl, arxiv-oai",
        ),
        (["config", "get", "crawl.bach"], 2, "did you mean 'crawl.batch'?"),
        (["run", "show", "nightly-1"], 1, "no run 'nightly-1'"),
        (["nightly", "--only", "sleep"], 2, "unknown step 'sleep'"),
        (["--config", "missing.toml", "run", "list"], 3, "no such configuration file"),
        (["--database", "mysql://x", "run", "list"], 3, "expected sqlite:///"),
        (["--database", "sqlite:///missing.db", "run", "list"], 3, "sourcer db upgrade"),
        (["specialism", "validate", "missing.toml"], 3, "cannot read the file"),
    ],
)
def test_trouble_is_one_sentence_and_the_right_exit_code(
    desk: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert words in err and "Traceback" not in err
    if code != Code.CREDENTIALS:
        assert out == ""


def test_a_source_is_given_up_after_its_counts_were_shown(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dry-run", "privacy", "forget", "crossref"]) == 0
    assert "statement" in capsys.readouterr().out
    assert main(["privacy", "forget", "crossref", "--yes"]) == 0
    assert main(["privacy", "audit"]) == 0
    assert "privacy.forget" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("sourcer.toml", "[operator", "cannot read the file"),
        ("sourcer.toml", "contact = 'x'", "unknown key 'contact'"),
        ("sourcer.toml", "[operator]\ncontakt = 'x'", "did you mean 'contact'?"),
        ("sourcer.toml", "github_token = 'planted'", "set SOURCER_GITHUB_TOKEN or SOURCER_GITHUB_TOKEN_FILE"),
        ("sources/github_pulls.toml", "every_hours = 'often'", "every_hours"),
        ("sources/github_pulls.toml", "titel = 'x'", "titel"),
        ("sources/github_pulls.toml", "a = = b", "mend the file or remove it"),
        ("specialisms/post-training.toml", "a = = b", "cannot read specialism 'post-training'"),
    ],
)
def test_bad_toml_names_file_and_key_and_loses_nothing(
    desk: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, words: str
) -> None:
    path = desk / file if file == "sourcer.toml" else desk / "config" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if file != "sourcer.toml":
        (desk / "sourcer.toml").write_text('home = "."\nconfig_dir = "config"\n')
    path.write_text(text)
    before = (desk / "store.db").read_bytes()
    assert main(["config", "validate"]) == Code.NOT_READY
    err = capsys.readouterr().err
    assert (
        words in err
        and path.name in err.replace("'post-training'", "post-training.toml")
        and "planted" not in err
    )
    assert (desk / "store.db").read_bytes() == before


def test_weights_that_do_not_sum_to_100_say_what_they_sum_to(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sourcing.settings import config_root

    text = (config_root() / "specialisms" / "post-training.toml").read_text()
    at = text.index("\nweight = ")
    (desk / "post-training.toml").write_text(text[:at] + "\nweight = 1\n" + text[text.index("\n", at + 1) :])
    assert main(["specialism", "validate", "post-training.toml"]) == Code.NOT_READY
    assert "expected 100" in capsys.readouterr().err


def test_an_unsuitable_database_is_not_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "list"]) == Code.NOT_READY
    assert "sourcer" in capsys.readouterr().err
    (tmp_path / "text.db").write_text(
        "this is no database, not at all, but it is long enough to be read as a header"
    )
    assert main(["--database", f"sqlite:///{tmp_path / 'text.db'}", "run", "list"]) == Code.NOT_READY


def test_nothing_is_collected_before_somebody_answers_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--no-input"]) == 0
    capsys.readouterr()
    for command in (["crawl", "run"], ["nightly"]):
        assert main(command) == Code.NOT_READY
        assert "no crawl without controller and contact" in capsys.readouterr().err


def test_init_keeps_what_is_there_and_its_secret_is_its_owners(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = (desk / "pepper").read_text()
    assert (desk / "pepper").stat().st_mode & 0o777 == 0o600 and len(secret) >= 32
    assert main(["init", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["made"] == []
    assert (desk / "pepper").read_text() == secret
    assert main(["config", "show"]) == 0
    assert secret.strip() not in capsys.readouterr().out


@pytest.mark.parametrize("how", ["--json", "--ndjson", "--csv", "--table"])
def test_data_come_in_four_forms_before_or_after_the_command(
    desk: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    assert main([how, "source", "list", "--fields", "source,engine"]) == 0
    first = capsys.readouterr().out
    assert main(["source", "list", how, "--fields=source,engine"]) == 0
    assert capsys.readouterr().out == first
    head = {
        "--json": "[\n",
        "--ndjson": '{"source": "acl',
        "--csv": "source,engine\r\n",
        "--table": "source  ",
    }
    assert first.startswith(head[how])


def test_an_unknown_field_is_named_and_a_missing_value_is_an_empty_cell(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["source", "list", "--fields", "source,enginee"]) == Code.USAGE
    assert "unknown field 'enginee'" in capsys.readouterr().err
    assert main(["crawl", "status", "--csv"]) == 0
    header, first = capsys.readouterr().out.split("\r\n")[:2]
    assert dict(zip(header.split(","), first.split(","), strict=True))["last_run"] == ""
    assert main(["version", "--json", "--fields", "migration"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"migration"}


def test_a_terminal_too_narrow_for_a_table_gets_lines(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["source", "list"])
    whole = capsys.readouterr().out
    monkeypatch.setattr("sourcing.cli.output.terminal_width", lambda: 60)
    main(["source", "list"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, whole.splitlines())) > 60
    assert max(map(len, lines[: lines.index("source            dblp")])) <= 60
    assert lines[:2] == ["source            acl_anthology", "engine            git"]


def test_reasons_are_wrapped_and_links_are_not() -> None:
    link = "https://example.org/" + "x" * 80
    reason = Reason(text="3 merged changes on topic " * 5, points=4.0, links=(link,))
    hit = Hit(
        rank=1, person="p_1", name="عمر", specialism="s", score=40.0, lower=30.0, upper=60.0,
        confidence=0.75, level="mid",
        reasons=(reason,),
    )  # fmt: skip
    head, *rest = listing([hit], width=60).splitlines()
    assert "عمر" in head and f"              {link}" in rest
    assert all(len(line) <= 60 for line in rest if link not in line) and len(rest) > 3


def test_what_follows_two_dashes_is_nobodys_flag() -> None:
    assert hoisted(["search", "--json", "--", "--csv"]) == ["--json", "search", "--", "--csv"]
    assert hoisted(["run", "list", "--config", "a.toml"]) == ["--config", "a.toml", "run", "list"]


def test_no_source_can_write_on_a_terminal() -> None:
    assert visible("bob\nERROR \x1b[31mx\u202e\u2066") == "bob\\nERROR \\u001b[31mx\\u202e\\u2066"
    assert visible("Zoë 名前 عمر") == "Zoë 名前 عمر"


def test_a_full_disk_is_74_whatever_it_hides_behind() -> None:
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as error:
            raise RuntimeError("while writing") from error
    except RuntimeError as error:
        assert code_for(error) == Code.DISK
    from storage.errors import StoreFull

    assert code_for(StoreFull("no space left for the store")) == Code.DISK
    assert code_for(ValueError("a bug")) is None


def test_the_installed_command_answers_with_the_same_codes(tmp_path: Path) -> None:
    def sourcer(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sourcing", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert sourcer("version").returncode == Code.DONE
    assert sourcer("frobnicate").returncode == Code.USAGE
    behind = sourcer("run", "list")
    assert behind.returncode == Code.NOT_READY and behind.stderr.startswith("sourcer: ")


def test_a_shell_is_given_completions(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    assert "_SOURCER_COMPLETE" in capsys.readouterr().out
    env = {**os.environ, "_SOURCER_COMPLETE": "complete_bash", "COMP_WORDS": "sourcer cra", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "sourcing"], env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["crawl"]


@pytest.mark.slow
def test_every_judgement_prints_the_command_that_undoes_it(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = desk / "papers.json"
    paper = {
        "id": "a1",
        "title": "Paged attention",
        "author": "Amina Okonjo;Tomas Lindqvist",
        "status": "Poster",
    }
    paper["authorids"] = "~Amina_Okonjo1;~Tomas_Lindqvist1"
    history.write_text(json.dumps([paper]))
    assert main(["import", "papers", str(history), "--format", "paperlists"]) == 0
    assert main(["resolve", "run"]) == 0
    one, other = "openreview:~Amina_Okonjo1", "openreview:~Tomas_Lindqvist1"
    for command in ("apart", "merge"):
        capsys.readouterr()
        assert main(["resolve", command, one, other]) == 0
        (undo,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("undo: "))
        assert main(undo.removeprefix("undo: sourcer ").split()) == 0
        assert main(["resolve", "explain", one, other]) == 0
        assert "nothing was decided" in capsys.readouterr().err
