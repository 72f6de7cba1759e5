"""The shipped sources: which are off until somebody says so, and what none of them may do."""

import tomllib
from pathlib import Path

import pytest

from spiders.errors import SourceChanged
from spiders.spec import SourceSpec, load_spec

CONFIG = Path(__file__).parents[2] / "config"
SPECS = {file.stem: load_spec(file) for file in sorted((CONFIG / "sources").glob("*.toml"))}
ACCEPTED_FIRST = {
    "hf_users", "openreview", "semantic_scholar", "stack_exchange", "crossref", "orcid_dump", "kaggle_dump",
}  # fmt: skip


def test_sources_whose_terms_must_be_accepted_are_off_until_the_day_is_written_down(tmp_path: Path) -> None:
    assert {name for name, spec in SPECS.items() if spec.accept} >= ACCEPTED_FIRST
    overlay = tmp_path / "overlay.toml"
    for name in sorted(ACCEPTED_FIRST):
        file = CONFIG / "sources" / f"{name}.toml"
        assert not load_spec(file).enabled
        overlay.write_text("enabled = true\n")
        with pytest.raises(SourceChanged, match=f"sourcer source enable {name} --accept-terms"):
            load_spec(file, overlay)
        overlay.write_text("enabled = true\naccepted_on = 2026-11-01\n")
        assert load_spec(file, overlay).enabled


def test_github_is_asked_by_api_and_git_only_and_arxiv_every_three_seconds() -> None:
    def hosts(engine: str) -> set[str]:
        return {host for spec in SPECS.values() if spec.engine == engine for host in spec.hosts}

    assert not {host for host in hosts("api") | hosts("site") if host in {"github.com", "www.github.com"}}
    assert hosts("git") <= {"github.com"}
    arxiv = [spec for spec in SPECS.values() if any(host.endswith("arxiv.org") for host in spec.hosts)]
    assert arxiv and all(spec.gap_s >= 3 for spec in arxiv) and len({_bucket(spec) for spec in arxiv}) == 1
    assert not [spec for spec in SPECS.values() if any("linkedin" in host for host in spec.hosts)]


def _bucket(spec: SourceSpec) -> str:
    return spec.bucket or spec.name


def test_what_is_not_offered_says_why_and_what_stands_in_for_it() -> None:
    table = tomllib.loads((CONFIG / "unavailable.toml").read_text(encoding="utf-8"))
    assert table.pop("title")
    assert {"dblp", "gh_archive", "papers_with_code"} <= set(table) and not set(table) & set(SPECS)
    for name, told in table.items():
        assert set(told) == {"title", "home", "state", "reason", "instead"}, name
        assert told["state"] in {"unavailable", "degraded"} and any(
            one in told["instead"] for one in SPECS
        ), name
