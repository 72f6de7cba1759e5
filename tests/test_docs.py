"""The documentation names every command, setting, source, feature and error there is, and none that is not."""

import ast
import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import typer.main

import sourcing.errors
import spiders.errors
import storage.errors
from sourcing.cli.root import hoisted, tree
from sourcing.features.allowed import FEATURES
from sourcing.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"`([^`]+)`")
VERB = re.compile(r"[A-Za-z]+(?:-[a-z]+)*")


def room(name: str) -> str:
    return (ROOT / name / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, list[str]]:
    """Every noun with its verbs; a command without verbs has none."""
    root = typer.main.get_command(tree())
    return {name: sorted(getattr(command, "commands", {})) for name, command in root.commands.items()}  # type: ignore[attr-defined]


def documented() -> dict[str, set[str]]:
    """Nouns and verbs of the README's table: `crawl run\\|plan\\|status`."""
    start = README.index("| command |")
    table = README[start : README.index("Global flags:")]
    found: dict[str, set[str]] = {}
    for cell in COMMAND.findall(table):
        noun, _, verbs = cell.partition(" ")
        found.setdefault(noun, set()).update(verb for verb in verbs.split("\\|") if VERB.fullmatch(verb))
    return found


def keys(table: dict[str, object], before: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from keys(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def errors_of(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == module.__name__
    ]


def shell_lines() -> list[str]:
    """The README's `sourcer` commands, comments and prompts left out."""
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    parts = [part.strip() for line in lines for part in line.split("#")[0].split("&&")]
    return [part for part in parts if part.startswith("sourcer ")]


def test_every_command_is_in_the_readme() -> None:
    told = documented()
    for noun, verbs in commands().items():
        assert noun in told, f"`{noun}` is not in the README's table of commands"
        # a noun named alone is explained by its own --help
        assert not told[noun] or told[noun] >= set(verbs), f"verbs of `{noun}` are missing from the README"


def test_the_readme_names_no_command_that_is_not_there() -> None:
    there = commands()
    for noun, verbs in documented().items():
        assert noun in there, f"the README names `{noun}`, which is no command"
        assert {verb for verb in verbs if verb.islower()} <= set(there[noun])


@pytest.mark.parametrize("line", shell_lines())
def test_the_readmes_commands_parse(line: str) -> None:
    command = typer.main.get_command(tree())
    arguments = hoisted(shlex.split(line)[1:])
    context = command.make_context("sourcer", arguments, resilient_parsing=False)
    while hasattr(command, "commands"):
        # a group keeps the name of its command apart from the rest; no public attribute gives both
        name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert inner is not None, name
        command, context = inner, inner.make_context(name, rest, parent=context)


def test_every_exit_code_is_in_the_readme() -> None:
    from sourcing.cli.exits import Code

    table = README[README.index("| exit code |") : README.index("## Privacy")]
    told = {
        int(number)
        for line in table.splitlines()
        if line.startswith("|")
        for number in re.findall(r"\d+", line.split("|")[1])
    }
    assert told == {int(code) for code in Code}


def test_every_setting_is_explained_in_config() -> None:
    text = room("config")
    defaults = tomllib.loads((ROOT / "config" / "defaults.toml").read_text(encoding="utf-8"))
    declared = Settings.model_fields
    names = set(keys(defaults)) | {
        f"{name}.{inner}"
        for name, field in declared.items()
        for inner in getattr(field.annotation, "model_fields", {})
    }
    names |= {name for name, field in declared.items() if not hasattr(field.annotation, "model_fields")}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_every_feature_is_explained_in_config_and_nothing_else_is() -> None:
    text = room("config")
    table = text[text.index("## Features") : text.index("## Settings")]
    assert set(re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE)) == set(FEATURES)


def test_every_source_says_what_it_is_and_the_table_names_none_that_is_gone() -> None:
    sources = {path.stem for path in (ROOT / "config" / "sources").glob("*.toml")}
    readers = {path for path in (ROOT / "spiders" / "sources").glob("*.py") if path.stem != "__init__"}
    listed = room("spiders").partition("## The sources\n\n")[2].partition("\n\n")[0]
    table = set(re.findall(r"^\| `(\w+)` \|", listed, flags=re.MULTILINE))
    assert {"git_history", "arxiv_papers", "homepages"} <= table <= sources | {path.stem for path in readers}
    for reader in readers:
        head = ast.get_docstring(ast.parse(reader.read_text(encoding="utf-8"))) or ""
        assert {"Source:", "Yields:", "Cursor:"} <= set(re.findall(r"^\w+:", head, flags=re.MULTILINE)), (
            reader
        )


@pytest.mark.parametrize(
    ("module", "text"),
    [(sourcing.errors, README), (spiders.errors, room("spiders")), (storage.errors, room("storage"))],
    ids=["sourcing", "spiders", "storage"],
)
def test_every_error_is_explained_in_its_room(module: ModuleType, text: str) -> None:
    assert {name for name in errors_of(module) if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("name", ["README.md", "config/README.md", "spiders/README.md", "storage/README.md"])
def test_links_lead_somewhere_and_examples_can_be_read(name: str) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (path.parent / target).exists(), target
    for language, block in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL):
        if language == "python":
            ast.parse(block)
        if language == "toml":
            tomllib.loads(block)
