"""`sourcer init`, `doctor`, `version`, `completion`."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sourcing.cli.exits import Code
from sourcing.cli.session import session

_FILE = """\
# Sourcer's settings. Every setting with its meaning: `sourcer config show`, config/defaults.toml.
# Unknown keys fail. Secrets are never written here: SOURCER_GITHUB_TOKEN (or _FILE), SOURCER_PEPPER (or _FILE).

home = "."                       # store, pages, mirrors, logs and the instance secret: beside this file
# database = "postgresql://…"    # default: store.db below home
# config_dir = "config"          # your own sources/ and specialisms/, laid over the shipped ones

[operator]                       # nothing is collected before both are set
{controller}
{contact}
"""
_SHELLS = ("bash", "zsh", "fish", "powershell")


def init(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path(),
    demo: Annotated[bool, typer.Option("--demo", help="Fill it from the invented world.")] = False,
    controller: Annotated[
        str | None, typer.Option("--controller", help="The organisation responsible.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", help="An address or page, sent with requests.")
    ] = None,
) -> None:
    """Write sourcer.toml, the instance secret and the database; keeps what is there."""
    from storage import migrate

    at = session(ctx)
    directory = directory.resolve()
    if demo:
        raise typer.Exit(_demo(directory))
    directory.mkdir(parents=True, exist_ok=True)
    file, made = directory / "sourcer.toml", []
    if not file.exists():
        controller = controller or at.ask("Who is responsible for the collecting (organisation)?")
        contact = contact or at.ask("Where can you be reached (address or page)?")
        file.write_text(
            _FILE.format(controller=_line("controller", controller), contact=_line("contact", contact))
        )
        made.append("sourcer.toml")
    made += _secret(directory)
    at.flags = replace(at.flags, config=file)
    before = migrate.current(at.settings.database_url)
    migrate.upgrade(at.settings.database_url)
    made += ["database"] if before is None else []
    at.record({"directory": str(directory), "made": made, "kept": [] if made else ["everything was there"]})
    missing = [name for name in ("controller", "contact") if getattr(at.settings.operator, name) is None]
    if missing:
        at.say(f"before the first crawl set {' and '.join(missing)} in {file}")
    at.say(f"next: cd {directory} && sourcer doctor")


def doctor(
    ctx: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="Also ask every source that is on one question, for real.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="First do what needs no decision: migrations, secrets' files.")
    ] = False,
) -> None:
    """Check that everything is ready; each trouble comes with its fix. Exit 3 if something must be mended.

    With --live: status, limits and terms of every source as it answers now; exit 5 if one does not.
    """
    from dataclasses import asdict

    from sourcing import doctor as doctors

    at = session(ctx)
    if fix and not at.flags.dry_run:
        for said in doctors.mend(at.settings):
            at.say(f"mended: {said}")
    checks = doctors.examine(at.settings, now=at.clock())
    bad = {check.name for check in checks if check.state is doctors.State.FAIL}
    asked: list[doctors.Check] = []
    if live and not bad & doctors.NEEDED_TO_ASK:
        wait_s = at.flags.timeout_s or doctors.LIVE_WAIT_S
        with at.progress("asking") as show:
            for check in doctors.visit_sources(at.settings, now=at.clock(), child=at.child, wait_s=wait_s):
                asked.append(check)
                show("sources", len(asked), None)
    elif live:
        at.say("no source was asked: mend what fails first")
    at.rows([asdict(check) for check in (*checks, *asked)], "name", "state", "found", "fix")
    if bad:
        raise typer.Exit(Code.NOT_READY)
    if any(check.state is doctors.State.FAIL for check in asked):
        raise typer.Exit(Code.PARTLY)


def version(ctx: typer.Context) -> None:
    """Print the version of the program, of Python and of the newest migration."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed
    from platform import python_version

    at = session(ctx)
    try:
        number = installed("sourcing")
    except PackageNotFoundError:
        number = "a checkout"
    if at.flags.how == "table":
        print(f"sourcer {number}, Python {python_version()}")
    else:
        from storage import migrate

        at.record({"version": number, "python": python_version(), "migration": migrate.head()})


def completion(ctx: typer.Context, shell: Annotated[str, typer.Argument(metavar="SHELL")]) -> None:
    """Print the completion script of bash, zsh, fish or powershell."""
    from typer._completion_shared import get_completion_script  # the public module hides it behind an option

    from sourcing.errors import UnknownName

    if shell not in _SHELLS:
        raise UnknownName("shell", shell, _SHELLS)
    print(get_completion_script(prog_name="sourcer", complete_var="_SOURCER_COMPLETE", shell=shell))


def _secret(directory: Path) -> list[str]:
    import secrets

    path = directory / "pepper"
    if path.exists() or os.environ.get("SOURCER_PEPPER") or os.environ.get("SOURCER_PEPPER_FILE"):
        return []
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    return ["pepper"]


def _line(name: str, value: str | None) -> str:
    import json

    return f"{name} = {json.dumps(value, ensure_ascii=False)}" if value else f'# {name} = "…"'


def _demo(directory: Path) -> int:
    from sourcing.errors import BadInput

    package = Path(__file__).resolve().parents[1]
    places = (package.parent / "tests" / "world", package / "world")
    world = next((place for place in places if (place / "__main__.py").is_file()), None)
    if world is None:
        raise BadInput(
            "the invented world is not installed: run `sourcer init --demo` from a checkout (make run)"
        )
    return subprocess.run([sys.executable, str(world), "demo", str(directory)], check=False).returncode  # noqa: S603
