"""A crawl whose child speaks the pipe, needs no network and does as it is told."""

import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

from sourcing import crawl
from sourcing.settings import Settings, load_specs
from storage.engine import Store
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
NAMES = ("orbit/engine", "orbit/trainer", "orbit/vision")
CHILD = textwrap.dedent(
    '''
    """A source's child that needs no network: how it behaves is its first argument."""
    import json, os, sys, time
    from datetime import UTC, datetime
    from pathlib import Path
    from spiders.records import *
    from spiders.wire import task_from_line, visit_to_line

    how, place = sys.argv[1], Path(sys.argv[2])
    place.joinpath("environment.json").write_text(json.dumps(sorted(os.environ)))
    place.joinpath("arguments.json").write_text(json.dumps(sys.argv[3:]))
    AT = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)

    def visit(task):
        name = task.params["repository"]
        via = Provenance(source=task.source, url=task.url, page="0" * 64, fetched_at=AT, reader="r@1", terms="t")
        page = Page(url=task.url, status=200, media_type="x/y", fetched_at=AT, sha256="0" * 64, body=b"", etag="1")
        if task.etag is not None:
            return Visit(task=task, outcome=Outcome.UNCHANGED, at=AT, page=page, cost=Cost(requests=1))
        number = sum(name.encode())
        records = (
            Identity(id=f"github:{number}", kind=IdentityKind.PERSONAL, via=via, handle=f"h{number}"),
            Work(id=f"github:{name}#1", kind=WorkKind.PULL_REQUEST, title="Fuse", url=task.url, via=via),
            Signal(id=f"s{number}", identity=f"github:{number}", work=f"github:{name}#1", via=via,
                   kind=SignalKind.AUTHORED),
        )
        return Visit(task=task, outcome=Outcome.OK, at=AT, page=page, records=records, cost=Cost(requests=1))

    for line in sys.stdin:
        task = task_from_line(line)
        name = task.params["repository"]
        once = place / f"{name.replace('/', '-')}.crashed"
        if name == "orbit/trainer" and how.startswith("crash"):
            if how == "crash-always" or not once.exists():
                once.touch()
                print(visit_to_line(visit(task))[:40], end="", flush=True)
                os._exit(9)
        if how == "slow":
            place.joinpath("started").touch()
            time.sleep(600)  # longer than any test is patient
        if how.startswith("limited"):
            wait_s = float(how.partition("-")[2] or 7200)
            print(visit_to_line(Visit(task=task, outcome=Outcome.LIMITED, at=AT, retry_after_s=wait_s)), flush=True)
            continue
        if how == "missing":
            print(visit_to_line(Visit(task=task, outcome=Outcome.GONE, at=AT, detail="no such host name")), flush=True)
            continue
        if how == "refused":
            print(visit_to_line(Visit(task=task, outcome=Outcome.REFUSED, at=AT, detail="it said no")), flush=True)
            continue
        print(visit_to_line(visit(task)), flush=True)
    '''
)


def child(home: Path, how: str = "well") -> crawl.parent.Child:
    return lambda arguments: [sys.executable, str(home / "child.py"), how, str(home), *arguments]


def run(
    store: Store, settings: Settings, how: str = "well", *, now: datetime = NOW, **more: object
) -> crawl.CrawlReport:
    return crawl.run(
        store, settings, load_specs(settings), now=now, run=None, keyer=PepperKeyer(b"a pepper for tests"),
        child=child(settings.home, how), fixed_clock=True, **more,
    )  # fmt: skip


def only(report: crawl.CrawlReport) -> crawl.SourceReport:
    return report.sources[0]
