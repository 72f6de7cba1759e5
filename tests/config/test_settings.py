"""Who wins among flag, variable, file and default, and that what is shipped is right."""

import os
import tomllib
from pathlib import Path

import pytest

from sourcing import settings
from sourcing.crawl.seeds import check_seeds
from sourcing.errors import ConfigError, NoCredentials
from sourcing.ranking import specialism


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))


def test_everything_shipped_is_valid() -> None:
    found = settings.Settings(home=Path("/nowhere"))
    specs = settings.load_specs(found)
    assert {"git_history", "github_people", "github_pulls", "arxiv_papers", "homepages"} <= {
        spec.name for spec in specs
    }
    for spec in specs:
        check_seeds(spec)
    for slug in specialism.names(found.roots):
        specialism.load(slug, found.roots)


def test_defaults_name_every_setting_and_every_file_has_a_title() -> None:
    root = settings.config_root()
    table = tomllib.loads((root / "defaults.toml").read_text())
    text = (root / "defaults.toml").read_text()
    for name, field in settings.Settings.model_fields.items():
        assert name in table or f"# {name} = " in text, name
        inner = getattr(field.annotation, "model_fields", {})
        for key in inner:
            assert key in table[name] or f"# {key} = " in text, key
    for path in root.rglob("*.toml"):
        assert "title" in tomllib.loads(path.read_text()), path.name


def test_the_stronger_place_wins_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "user" / "sourcer").mkdir(parents=True)
    (tmp_path / "user" / "sourcer" / "sourcer.toml").write_text(
        "[crawl]\nbatch = 2\nchildren_max = 2\nlease_minutes = 2\n"
    )
    (tmp_path / "sourcer.toml").write_text("[crawl]\nbatch = 3\nchildren_max = 3\n")
    monkeypatch.setenv("SOURCER_CRAWL__BATCH", "5")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    found = settings.load(cwd=deep, flags={"database": "sqlite:///flag.db"})
    crawl = found.crawl
    assert (crawl.batch, crawl.children_max, crawl.lease_minutes, crawl.wanted_limit) == (5, 3, 2, 2000)
    assert found.database_url == f"sqlite:///{deep / 'flag.db'}"
    assert found.home == tmp_path / ".sourcer"
    places = settings.layers(cwd=deep)
    assert settings.origin(places, "crawl.batch") == "environment"
    assert settings.origin(places, "crawl.children_max") == str(tmp_path / "sourcer.toml")
    assert settings.origin(places, "crawl.wanted_limit") == "defaults"


def test_relative_paths_start_at_the_file_that_states_them(tmp_path: Path) -> None:
    (tmp_path / "sourcer.toml").write_text('home = "run"\nconfig_dir = "mine"\ndatabase = "sqlite:///x.db"\n')
    (tmp_path / "deep").mkdir()
    found = settings.load(cwd=tmp_path / "deep")
    assert (found.home, found.config_dir) == (tmp_path / "run", tmp_path / "mine")
    assert found.database_url == f"sqlite:///{tmp_path / 'x.db'}"


def test_an_overlay_changes_one_key_and_adds_a_source(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "git_history.toml").write_text('[seeds]\nrepositories = ["orbit/engine"]\n')
    shipped = settings.config_root() / "sources" / "git_history.toml"
    (tmp_path / "sources" / "our_mirror.toml").write_text(shipped.read_text())
    found = settings.Settings(home=tmp_path, config_dir=tmp_path)
    specs = {spec.name: spec for spec in settings.load_specs(found)}
    assert specs["git_history"].seeds["repositories"] == ["orbit/engine"]
    assert (
        specs["git_history"].terms == specs["our_mirror"].terms
        and specs["our_mirror"].reader == "git_history"
    )


def test_secrets_come_from_a_variable_or_its_file_and_never_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.secret("SOURCER_GITHUB_TOKEN") is None
    (tmp_path / "token").write_text("planted\n")
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN_FILE", str(tmp_path / "token"))
    assert settings.secret("SOURCER_GITHUB_TOKEN") == "planted"
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN_FILE", str(tmp_path / "missing"))
    with pytest.raises(NoCredentials, match="SOURCER_GITHUB_TOKEN_FILE"):
        settings.secret("SOURCER_GITHUB_TOKEN")
    (tmp_path / "sourcer.toml").write_text('pepper = "planted"\n')
    with pytest.raises(ConfigError, match="SOURCER_PEPPER") as caught:
        settings.load(cwd=tmp_path)
    assert "planted" not in str(caught.value)
