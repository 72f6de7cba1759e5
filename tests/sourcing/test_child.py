"""What a source's child is started with."""

from pathlib import Path
from typing import Any

import pytest

from sourcing.crawl.child import child_arguments, child_environment
from sourcing.settings import Settings, load_specs

SECRETS = {
    "SOURCER_DATABASE": "postgresql://planted-database",
    "SOURCER_PEPPER": "planted-pepper-planted-pepper",
    "SOURCER_GITHUB_TOKEN": "planted-token",
    "SOURCER_OPENREVIEW_PASSWORD": "planted-password",
    "SOURCER_OPENREVIEW_USER_FILE": "/planted/user",
    "SOURCER_OPENALEX_KEY": "planted-key",
}
OWN = """
[auth]
secret = "SOURCER_OPENREVIEW_PASSWORD"
user = "SOURCER_OPENREVIEW_USER"
scheme = "login"
url = "https://arxiv.example/login"
"""


@pytest.mark.parametrize(
    ("source", "given"),
    [
        ("github_pulls", {"planted-token"}),
        ("git_history", set()),
        ("arxiv_papers", {"planted-password", "/planted/user"}),
    ],
)
def test_a_child_is_given_the_secrets_its_own_source_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, given: set[str]
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "arxiv_papers.toml").write_text(OWN)
    settings: Any = Settings(home=tmp_path / "home", config_dir=tmp_path)
    [spec] = load_specs(settings, [source])
    env = child_environment(settings, spec)
    planted = {value for value in env.values() if "planted" in value}
    assert planted == given | {"planted-pepper-planted-pepper"}
    assert not any("planted" in argument for argument in child_arguments(settings, spec))
    assert env["PATH"]
