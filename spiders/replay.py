"""Re-reads recorded pages: `python -m spiders.replay SOURCE` prints what the reader says of `tests/pages/SOURCE/`.

A recorded page is `NN-name.json` (task, url, status, media_type, fetched_at; where the answer had them etag,
last_modified, next_url) beside `NN-name.body` (raw bytes).
The output is compared with `expected.jsonl`; `--write` writes that file when there is none, for a person to read.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter

from spiders import redact
from spiders.clients import wishes
from spiders.errors import SourceChanged, SpiderError
from spiders.records import Page, Record, Task
from spiders.redact import Pepper
from spiders.sandbox import Label, Reading, Worker, label_for, read_page
from spiders.spec import Reader, SourceSpec, load_spec

PEPPER = Pepper(b"recorded pages hold invented people")
_CONFIG = Path("config/sources")
_PAGES = Path("tests/pages")
_RECORD: TypeAdapter[Record] = TypeAdapter(Record)
_TASK: TypeAdapter[Task] = TypeAdapter(Task)


def recorded(folder: Path, spec: SourceSpec | None) -> Iterator[tuple[Task, Page]]:
    """Yield the recorded pages of a folder in the order of their numbers, redacted as an engine would.

    Raises SourceChanged naming the file that cannot be read.
    """
    for path in sorted(folder.glob("*.json")):
        try:
            meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            task = _TASK.validate_python(meta.pop("task"))
            raw = path.with_suffix(".body").read_bytes()
            is_json = str(meta["media_type"]) == "application/json" or str(meta["media_type"]).endswith(
                "+json"
            )
            body = (
                redact.apply(spec, raw, PEPPER, word=wishes.word)[0]
                if is_json
                and spec is not None
                and not str(meta["media_type"]).startswith("application/x-git-")
                else raw
            )
            page = TypeAdapter(Page).validate_python({**meta, "sha256": hashlib.sha256(body).hexdigest()})
        except (OSError, KeyError, ValueError, SpiderError) as error:
            raise SourceChanged(f"{path}: not a recorded page: {type(error).__name__}") from error
        yield task, replace(page, body=body)


def replay(source: str, *, pages: Path = _PAGES, config: Path = _CONFIG) -> Iterator[str]:
    """Yield one JSON line for everything the reader says of the recorded pages of a source, page by page.

    A page whose reading fails yields one line that says so. Formats other than JSON are read in the sandbox.
    """
    file = config / f"{source}.toml"
    spec = load_spec(file) if file.is_file() else None
    reader = cast(Reader, import_module(f"spiders.sources.{spec.reader if spec is not None else source}"))
    label = (
        label_for(spec, reader)
        if spec is not None
        else Label(source=source, reader=f"{source}@{reader.VERSION}", terms="")
    )
    worker = Worker(f"spiders.sources.{spec.reader if spec is not None else source}", label)
    try:
        for task, page in recorded(pages / source, spec):
            try:
                is_json = page.media_type.endswith("json")
                reading = read_page(reader, label, task, page) if is_json else worker.read(task, page)
            except SpiderError as error:
                yield _line("failed", {"error": type(error).__name__, "message": str(error)})
            else:
                yield from _lines(reading)
    finally:
        worker.close()


def _lines(reading: Reading) -> Iterator[str]:
    """Yield the lines of one page: records as they came, then tasks, cursor, counts, quarantined records."""
    for record in reading.records:
        kept = _RECORD.dump_python(record, mode="json", exclude_none=True)
        yield _line(kept.pop("type"), {**kept, "via": kept["via"]["url"]})
    for task in reading.tasks:
        yield _line("task", _TASK.dump_python(task, mode="json", exclude_none=True))
    for key, value in sorted(reading.cursor.items()):
        yield _line("cursor", {"key": key, "value": value})
    for what, times in sorted(reading.counted.items()):
        yield _line("counted", {"what": what, "times": times})
    for one in reading.quarantined:
        yield _line("quarantined", {"where": one.where, "reason": one.reason})


def _line(sort: str, fields: dict[str, Any]) -> str:
    """Return one line: what it is first, then its fields, empty ones left out."""
    kept = {key: value for key, value in fields.items() if value not in ([], {}, "")}
    return json.dumps({"is": sort, **kept}, ensure_ascii=False)


def main(argv: Sequence[str] | None = None) -> int:
    """Print or write the replay of one source; return 0, 1 if it differs from `expected.jsonl`, 2 if it cannot run."""
    parser = argparse.ArgumentParser(prog="python -m spiders.replay", description=__doc__)
    parser.add_argument("source", help="a folder below the recorded pages")
    parser.add_argument("--pages", type=Path, default=_PAGES)
    parser.add_argument("--config", type=Path, default=_CONFIG)
    parser.add_argument("--write", action="store_true", help="write expected.jsonl if there is none")
    options = parser.parse_args(argv)
    expected: Path = options.pages / options.source / "expected.jsonl"
    if not expected.parent.is_dir():
        print(f"no recorded pages in {str(expected.parent)!r}", file=sys.stderr)
        return 2
    try:
        lines = [line + "\n" for line in replay(options.source, pages=options.pages, config=options.config)]
    except (SpiderError, ModuleNotFoundError) as error:
        print(str(error), file=sys.stderr)
        return 2
    sys.stdout.writelines(lines)
    if options.write and not expected.exists():
        expected.write_text("".join(lines), encoding="utf-8")
    is_same = expected.is_file() and expected.read_text(encoding="utf-8") == "".join(lines)
    if options.write and not is_same:
        print(f"{expected} says something else: read why, then delete it to record again", file=sys.stderr)
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
