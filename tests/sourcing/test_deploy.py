"""What is shipped for servers: every file that is copied is there, every command, setting and port is ours."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from sourcing import units
from sourcing.cli.root import hoisted, tree
from sourcing.settings import load
from sourcing.timetable import Schedule
from sourcing.units import Form, Place
from sourcing.web.serving import check_bind

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "config" / "deploy"
DEFAULTS = tomllib.loads((ROOT / "config" / "defaults.toml").read_text())
PORT = DEFAULTS["web"]["port"]
INVENTED = {
    "DATABASE_PASSWORD": "invented1", "SOURCER_CONTROLLER": "Example GmbH", "SOURCER_CONTACT": "https://c.example",
    "SOURCER_WEB__PUBLIC_URL": "https://sourcer.example", "SOURCER_WEB__SIGN_IN__CLIENT_ID": "sourcer",
    "SOURCER_WEB__SIGN_IN__ISSUER": "https://login.example",
}  # fmt: skip


def steps() -> list[tuple[str, str]]:
    """The Containerfile's instructions with what they are given; lines that go on are joined."""
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def given(instruction: str) -> list[str]:
    return [rest for name, rest in steps() if name == instruction]


def compose() -> dict[str, Any]:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


def objects(name: str) -> dict[str, Any]:
    return {one["kind"]: one for one in yaml.safe_load_all((DEPLOY / name).read_text())}


def parses(words: Sequence[str]) -> None:
    """A command line of ours is understood, down to its last word."""
    command = typer.main.get_command(tree())
    context = command.make_context("sourcer", hoisted(list(words)))
    while hasattr(command, "commands"):
        name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert inner is not None, name
        command, context = inner, inner.make_context(name, rest, parent=context)


def test_each_step_of_the_container_is_a_shell_line_and_copies_what_is_there() -> None:
    for line in given("RUN"):
        assert subprocess.run(["sh", "-n", "-c", line], check=False).returncode == 0, line
    copied = [line.split()[:-1] for line in given("COPY") if not line.startswith("--from")]
    assert copied and all((ROOT / name).exists() for names in copied for name in names)
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    needed = {*packed["only-include"], "pyproject.toml", "README.md", "LICENSE"}
    assert needed <= {name for names in copied for name in names}
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {rule[1:] for rule in rules if rule.startswith("!")}
    assert "*" in rules and sent == {
        name if name.startswith("tests/") else name.partition("/")[0] for names in copied for name in names
    }


def test_what_operators_put_beside_the_files_is_neither_packed_nor_sent_nor_kept(tmp_path: Path) -> None:
    for name in ("pyproject.toml", ".gitignore", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    planted = ["config/deploy/.env", "config/deploy/secrets/pepper", "config/.env.local", "sourcing/.env"]
    fine = ["config/defaults.toml", "config/deploy/compose.yaml", "sourcing/model.py", "tests/world/town.py"]
    for name in (*planted, *fine):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("planted")
    for has_git_rules in (True, False):  # a build in a container has no .gitignore
        for builder in (WheelBuilder, SdistBuilder):
            packed = {
                Path(one.path).relative_to(tmp_path)
                for one in builder(str(tmp_path)).recurse_included_files()
            }
            assert set(map(Path, fine)) <= packed and not set(map(Path, planted)) & packed, builder
        if has_git_rules:
            (tmp_path / ".gitignore").unlink()
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    kept = subprocess.run(
        ["git", "-C", tmp_path, "ls-files", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert set(fine) <= set(kept) and not set(planted) & set(kept)
    rules = (ROOT / ".dockerignore").read_text().splitlines()  # the last that fits counts
    assert rules.index("!config") < min(rules.index("**/.env*"), rules.index("config/deploy/secrets"))


def test_the_container_runs_as_nobody_special_from_pinned_packages_and_says_whether_it_lives() -> None:
    (user,) = given("USER")
    assert user == f"{units.USER_ID}:{units.USER_ID}"
    assert all(re.fullmatch(r"[a-z]+:[\w.-]+( AS \w+)?", base) for base in given("FROM"))
    installs = [line for line in given("RUN") if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)
    assert given("EXPOSE") == [str(PORT)] and f"127.0.0.1:{PORT}/readyz" in given("HEALTHCHECK")[0]
    (entry,), (command,) = (map(json.loads, given(name)) for name in ("ENTRYPOINT", "CMD"))
    assert entry[0] in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    parses([*entry[1:], *command])


def test_what_the_container_installs_is_what_was_tested() -> None:
    def pins(path: Path) -> dict[str, str]:
        blocks = re.split(
            r"\n(?=\S)", path.read_text()
        )  # where a package is needed may differ, never which it is
        return {block.split("==")[0]: re.sub(r" ; .*", "", block.strip()) for block in blocks}

    tested, installed = pins(ROOT / "requirements.txt"), pins(DEPLOY / "requirements.txt")
    assert {name for name in installed if tested.get(name) != installed[name]} == set()
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = {re.split(r"[\[<>=~! ]", line)[0].lower() for line in declared} | {"hatchling"}
    assert wanted <= {name.split("[")[0] for name in installed}
    assert "pytest" in tested and "pytest" not in installed


def test_every_variable_is_one_we_read(home: Path) -> None:
    told = "".join(path.read_text() for path in DEPLOY.iterdir() if path.name != "requirements.txt")
    names = set(re.findall(r"\bSOURCER_\w+", told)) - {"SOURCER_CONFIG"}
    assert len(names) > 12
    documented = (ROOT / "config" / "README.md").read_text()
    for name in names:
        setting = name.removeprefix("SOURCER_").lower().replace("__", ".")
        is_setting = setting in {"home", "database"} or f"`{setting}`" in documented
        is_operator = f"`operator.{setting}`" in documented
        is_secret = f"`{name.removesuffix('_FILE')}`" in documented
        assert is_setting or is_operator or is_secret, name


def test_the_composed_services_are_ours_and_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = compose()["services"]
    for name in ("upgrade", "web", "nightly"):
        parses(services[name]["command"])
        assert services[name]["read_only"] is True and services[name]["cap_drop"] == ["ALL"]
        build = services[name]["build"]
        assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Containerfile"
    assert services["web"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    waits = {name: set(one.get("depends_on", ())) for name, one in services.items()}
    assert waits == {"database": set(), "upgrade": {"database"}, "web": {"upgrade"}, "nightly": {"upgrade"}}
    assert {one.partition(":")[0] for name in services for one in services[name]["volumes"]} == set(
        compose()["volumes"]
    )
    assert set(services["web"]["secrets"]) == set(compose()["secrets"])
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    for name, value in services["web"]["environment"].items():
        monkeypatch.setenv(name, filled(value))
    settings = load(cwd=tmp_path)
    assert settings.database_url == "postgresql://sourcer:invented1@database/sourcer"
    check_bind(settings, settings.web.host)


def filled(value: str) -> str:
    """A value with what `.env` would say, or its default, in the place of each variable."""
    return re.sub(
        r"\$\{(\w+):([?-])([^}]*)\}",
        lambda found: INVENTED.get(found[1], found[3] if found[2] == "-" else ""),
        value,
    )


@pytest.mark.parametrize("form", [Form.SYSTEMD, Form.K8S])
def test_shipped_units_are_what_the_command_prints(form: Form, now: datetime) -> None:
    texts = units.texts(form, Schedule(), Place(), now=now)
    assert {name: (DEPLOY / name).read_text() for name in texts} == texts


def test_a_cluster_has_one_volume_for_pages_and_nights_and_asks_the_server_by_its_name() -> None:
    pages, nights = objects("kubernetes.yaml"), objects("cronjob.yaml")
    pod = pages["Deployment"]["spec"]["template"]
    (web,), (upgrade,) = pod["spec"]["containers"], pod["spec"]["initContainers"]
    for one in (web, upgrade):
        parses(one["args"])
        assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert web["ports"] == [{"name": "http", "containerPort": PORT}]
    for probe in ("livenessProbe", "readinessProbe"):
        asked = web[probe]["httpGet"]
        assert asked["path"] in {"/healthz", "/readyz"}
        assert asked["httpHeaders"] == [{"name": "Host", "value": "localhost"}]
    assert pages["Service"]["spec"]["selector"] == pod["metadata"]["labels"]
    assert pages["Service"]["spec"]["ports"][0]["targetPort"] == "http"
    night = nights["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    claims = [
        volume["persistentVolumeClaim"]["claimName"]
        for spec in (pod["spec"], night)
        for volume in spec["volumes"]
        if "persistentVolumeClaim" in volume
    ]
    assert claims == [pages["PersistentVolumeClaim"]["metadata"]["name"]] * 2
    assert (
        pod["spec"]["securityContext"]["runAsUser"] == night["securityContext"]["runAsUser"] == units.USER_ID
    )
