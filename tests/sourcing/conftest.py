"""An installation whose one source is read by a child that needs no network."""

import os
from pathlib import Path

import pytest
from crawling import CHILD, NAMES

from sourcing.settings import Settings, config_root, load


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    (tmp_path / "child.py").write_text(CHILD)
    overlay = tmp_path / "config" / "sources"
    overlay.mkdir(parents=True)
    for shipped in (config_root() / "sources").glob("*.toml"):
        text = "enabled = false\n"
        if shipped.stem == "git_history":
            text = f"[seeds]\nrepositories = {list(NAMES)}\n[expect]\nsignals_min = 0\n"
        (overlay / shipped.name).write_text(text)
    (tmp_path / "sourcer.toml").write_text(
        'home = "."\nconfig_dir = "config"\n[operator]\ncontroller = "Example GmbH"\ncontact = "https://c.example"\n'
    )
    return tmp_path


@pytest.fixture
def settings(home: Path) -> Settings:
    return load(config=home / "sourcer.toml")
