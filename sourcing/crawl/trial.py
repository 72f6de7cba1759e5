"""A source asked a few questions for real, by its own child as on any night; nothing goes into the store."""

import queue
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sourcing.crawl.child import Events, Process, child_arguments, child_environment
from sourcing.crawl.parent import Child
from sourcing.crawl.seeds import Answers, check_seeds
from sourcing.errors import NoCredentials, NotAllowed
from sourcing.settings import Settings, pepper, require_operator, secret
from spiders.errors import SourceChanged
from spiders.records import Outcome, Task, Visit
from spiders.spec import SourceSpec, load_reader, missing_secrets, started
from spiders.wire import visit_from_line
from storage import frontier
from storage.engine import open_store
from storage.errors import StoreError

LOOK = "look"
"""A param of a history's task: only whether the repository answers is asked, nothing is fetched."""
_NOTHING_KEPT = "keep_pages_days = 0\n"
_FINE = frozenset({Outcome.OK, Outcome.UNCHANGED, Outcome.NONE_YET})
_END_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one question brought. visit: None if the child ended without an answer, then `words` are its last ones."""

    task: Task
    visit: Visit | None
    words: str | None = None

    @property
    def is_fine(self) -> bool:
        """Return whether the source answered as it should."""
        return self.visit is not None and self.visit.outcome in _FINE

    @property
    def outcome(self) -> str:
        """Return how it ended, as shown."""
        return str(self.visit.outcome) if self.visit is not None else "no answer"

    @property
    def status(self) -> int | None:
        """Return the status of the page that was read; None if none was."""
        return self.visit.page.status if self.visit is not None and self.visit.page is not None else None

    @property
    def records(self) -> dict[str, int]:
        """Return how many records of each kind were read."""
        found = Counter(record.type for record in self.visit.records) if self.visit is not None else Counter()
        return dict(sorted(found.items()))

    @property
    def detail(self) -> str | None:
        """Return what went wrong, in a sentence; None if nothing did."""
        return self.words if self.visit is None else self.visit.detail


def permit(settings: Settings, spec: SourceSpec) -> None:
    """Raise what keeps a source from being asked: nobody answers for it, terms, credentials, a short secret."""
    require_operator(settings)
    pepper(settings)
    if spec.accept and spec.accepted_on is None:
        raise NotAllowed(
            "P21",
            f"source {spec.name!r} is asked only once its terms are accepted: read {spec.terms}, then "
            f"`sourcer source enable {spec.name} --accept-terms`",
        )
    if missing := missing_secrets(spec, secret):
        raise NoCredentials(
            f"source {spec.name!r} needs {' and '.join(missing)}: set it, or the same with _FILE; "
            f"see `sourcer source auth {spec.name}`"
        )


def questions(settings: Settings, spec: SourceSpec, *, now: datetime, limit: int) -> list[Task]:
    """Return the first questions a source begins with, at most `limit`; what it wants of the store is looked up there.

    Nothing is remembered as asked. Raises ConfigError if the reader refuses the seeds.
    """
    answers: Answers = {}
    if spec.wants:
        try:
            store = open_store(settings.database_url)
        except StoreError:  # without a store only what the configuration names can be asked
            store = None
        if store is not None:
            try:
                with store.read() as tx:
                    ttl = settings.crawl.wanted_ttl_days
                    answers = {
                        want: frontier.wanted(tx, want, now=now, ttl_days=ttl, limit=limit, source=spec.name)
                        for want in spec.wants
                    }
            finally:
                store.close()
    found = started(spec, load_reader(spec), check_seeds(spec, answers), {})
    return sorted(found, key=lambda one: one.priority)[:limit]


def ask(
    settings: Settings,
    spec: SourceSpec,
    tasks: Sequence[Task],
    *,
    limit: int,
    child: Child | None = None,
    wait_s: float,
) -> Iterator[Tried]:
    """Yield what became of each question, and of those its answers name, at most `limit` in all.

    Rates are kept and counted as on any night; pages are not archived. wait_s: longest silence, then the child ends.
    """
    with _started(settings, spec, child) as (process, events):
        waiting, seen = deque(tasks), {task.key for task in tasks}
        for number in range(1, limit + 1):
            if not waiting:
                return
            task = replace(waiting.popleft(), lease=number)
            process.send(task)
            tried = _heard(process, events, task, wait_s)
            yield tried
            if tried.visit is None:
                return
            for one in tried.visit.tasks:
                if one.source == spec.name and one.key not in seen:
                    seen.add(one.key)
                    waiting.append(one)


def once(
    settings: Settings, spec: SourceSpec, *, now: datetime, child: Child | None = None, wait_s: float
) -> Tried | None:
    """Return what one question to a source brought, as small a one as there is; None if it has none to ask."""
    tasks = questions(settings, spec, now=now, limit=1)
    if not tasks:
        return None
    task = replace(tasks[0], params={**tasks[0].params, LOOK: True}) if spec.engine == "git" else tasks[0]
    return next(ask(settings, spec, [task], limit=1, child=child, wait_s=wait_s))


@contextmanager
def _started(settings: Settings, spec: SourceSpec, child: Child | None) -> Iterator[tuple[Process, Events]]:
    """Start a source's child that keeps no page; it ends with the block."""
    command = child or (lambda arguments: [sys.executable, "-m", "spiders", *arguments])
    events: Events = queue.SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="sourcer-trial-") as folder:
        over = Path(folder) / "nothing-kept.toml"
        over.write_text(_NOTHING_KEPT, encoding="utf-8")
        files, rest = _split(child_arguments(settings, spec))
        process = Process(
            command([*files, str(over), *rest]),
            source=spec.name,
            env=child_environment(settings, spec),
            log=Path(folder) / "words.log",
            events=events,
        )
        try:
            yield process, events
        finally:
            process.close()
            process.terminate()
            process.wait(_END_S)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the files a child is given, and its options."""
    at = next((place for place, word in enumerate(arguments) if word.startswith("--")), len(arguments))
    return arguments[:at], arguments[at:]


def _heard(process: Process, events: Events, task: Task, wait_s: float) -> Tried:
    """Return the answer to a question; without one, the last words of the child."""
    try:
        line = events.get(timeout=wait_s).line
    except queue.Empty:
        return Tried(task=task, visit=None, words=f"no answer in {wait_s:.0f} s")
    try:
        if line is not None:
            return Tried(task=task, visit=visit_from_line(line))
        said = process.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        words = said[-1][:500] if said else f"its process ended with code {process.code}"
    except SourceChanged:
        words = "its process wrote a line that is no visit"
    return Tried(task=task, visit=None, words=words)
