"""What the house promises about itself: a closed top level, small modules, tagged columns, no second door."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("spiders", "storage", "sourcing")
TOP = {*ROOMS, "config", "tests", "pyproject.toml", "Makefile", "README.md", "LICENSE", "requirements.txt"}
LONG_BY_NATURE = {"storage/tables.py"}
LINES_MAX = 400


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def modules() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def test_the_top_level_is_closed() -> None:
    top = {name.split("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} <= TOP


def test_modules_fit_in_the_head() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {count}"
        for path in modules()
        if str(path.relative_to(ROOT)) not in LONG_BY_NATURE
        and "versions" not in path.parts
        and (count := len(path.read_text().splitlines())) > LINES_MAX
    }
    assert not long


def test_every_module_class_and_public_function_says_what_it_is_for() -> None:
    silent = []
    for path in modules():
        tree = ast.parse(path.read_text())
        if not ast.get_docstring(tree):
            silent.append(str(path.relative_to(ROOT)))
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not silent


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "manager", "tools"}
    assert not {path.stem for path in modules()} & drawers


def test_every_column_is_tagged_for_the_record_of_processing() -> None:
    from storage.tables import metadata

    untagged = [
        str(column)
        for table in metadata.tables.values()
        for column in table.columns
        if not {"purpose", "category", "retention", "exportable"} <= set(column.info)
    ]
    assert metadata.tables
    assert not untagged


def test_no_protected_trait_has_a_column() -> None:
    from storage.tables import metadata

    forbidden = {
        "gender",
        "pronouns",
        "ethnicity",
        "nationality",
        "age",
        "birth",
        "photo",
        "avatar",
        "religion",
        "salary",
    }
    names = {column.name for table in metadata.tables.values() for column in table.columns}
    assert not {name for name in names if forbidden & set(name.split("_"))}


def test_config_is_data_only() -> None:
    assert not list((ROOT / "config").rglob("*.py"))
    for path in (ROOT / "config").rglob("*.toml"):
        tomllib.loads(path.read_text())


def test_requirements_are_pinned_by_hash_and_name_no_address() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins and all("==" in line and line.rstrip().endswith("\\") for line in pins)


def test_importing_a_room_opens_nothing_and_reads_nothing() -> None:
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in modules()]
    names = [
        name.removesuffix(".__init__") for name in names if "versions" not in name and "__main__" not in name
    ]
    code = (
        "import sys, importlib\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append((event, args[:2])) if event in "
        "('socket.connect', 'subprocess.Popen', 'sqlite3.connect') else None)\n"
        f"[importlib.import_module(name) for name in {names!r}]\n"
        "print(opened)\n"
    )
    # env.py of the migrations only makes sense while Alembic runs it
    code = code.replace("'storage.migrations.env', ", "")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[]"


def test_readers_load_without_what_few_of_them_read_with() -> None:
    """The parent of a crawl loads them all."""
    readers = sorted(path.stem for path in (ROOT / "spiders" / "sources").glob("*.py"))
    code = (
        "import sys, importlib\n"
        f"[importlib.import_module(f'spiders.sources.{{name}}') for name in {readers!r}]\n"
        "print(sorted({'github', 'httpx', 'numpy', 'scrapy', 'sqlalchemy'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr[-2000:]


def test_a_crawl_starts_without_what_other_steps_and_stores_need() -> None:
    code = (
        "import sys, sourcing.nightly\n"
        "heavy = {'duckdb', 'github', 'ibis', 'numpy', 'pyarrow', 'sqlalchemy.dialects.postgresql'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr[-2000:]


def test_each_declared_library_is_used() -> None:
    """A dependency nobody imports is weight; one that was meant to be used and is not is a promise broken."""
    called = {"pygithub": "github", "ibis-framework": "ibis"}
    # SQLAlchemy's driver, what FastAPI reads forms with
    through_others = {"psycopg", "python-multipart"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[\[<>=;~! ]", line)[0].lower() for line in project["dependencies"]}
    imported = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    unused = {name for name in declared if called.get(name, name.replace("-", "_")) not in imported}
    assert unused == through_others
