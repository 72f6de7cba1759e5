"""One question after another over one connection: quotas, conditional requests, retries.

SOURCES §4: `Retry-After`, then the reset the source names, then a ladder; a host that fails three times in a row is
left alone until the next run; 5xx at most three tries, GraphQL first asks for less.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import tenacity

from spiders.door import Answer, Caps, DoorClosed
from spiders.engines import limits
from spiders.engines.credentials import Credential
from spiders.engines.pace import Bucket, Rate
from spiders.engines.patience import CIRCUIT_S, Patience
from spiders.engines.robots import Robots
from spiders.engines.turn import (
    Kit,
    WrongType,
    absence,
    accepted_page,
    caps_for,
    host_of,
    page_of,
    refuse_challenge,
    trouble,
    visit_of,
)
from spiders.errors import RetryLater, SourceChanged, SourceRefused
from spiders.records import Cost, Outcome, Request, Task, Visit
from spiders.spec import request_for

TRIES = 3
GAP_MIN_S, GAP_MAX_S = 2.0, 60.0  # between two requests to a host of strangers (TRUST §1)
_FIRST_MIN = 1
_JITTERED = tenacity.wait_random_exponential(multiplier=1.0, min=0.5, max=30.0)
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})


class _Again(Exception):
    """This try failed; another may do. after_s: the source's own word, None without. tries: worth making in all."""

    def __init__(self, outcome: Outcome, detail: str, *, after_s: float | None, tries: int = TRIES) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.after_s = after_s
        self.tries = tries


@dataclass(slots=True)
class _Spent:
    """What the tries of one visit have used so far, and the task as it was put last."""

    asked: Task
    requests: int = 0
    points: int = 0
    bytes: int = 0
    seconds: float = 0.0
    limits: tuple[str, ...] = ()
    is_renewed: bool = False

    def cost(self) -> Cost:
        """Return it as the cost of a visit."""
        return Cost(
            requests=self.requests, points=self.points, bytes=self.bytes, seconds=round(self.seconds, 3)
        )


@dataclass(slots=True)
class ApiEngine:
    """Visits the tasks of one `api` source. wait: how the engine waits between tries (tests pass their own)."""

    kit: Kit
    wait: Callable[[float], None] | None = None
    caps: Caps = field(default_factory=Caps)
    _credential: Credential = field(init=False)
    _patience: Patience = field(default_factory=Patience)
    _refused: str | None = None
    _sizes: dict[str, int] = field(default_factory=dict)
    _robots: Robots | None = None
    _gaps: dict[str, float] = field(default_factory=dict)
    _gap_told_s: float = 0.0
    _seen: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.caps = caps_for(self.kit.spec, self.caps)
        self._credential = Credential(spec=self.kit.spec, secrets=self.kit.secrets, door=self.kit.door)

    def run(self, tasks: Iterable[Task], emit: Callable[[Visit], None]) -> None:
        """Visit every task in turn; ends early when asked to stop."""
        for task in tasks:
            emit(self.visit(task))
            if self.kit.stop.asked:
                return

    def visit(self, task: Task) -> Visit:
        """Return how asking one task went; never raises for what a source or the network does."""
        host = host_of(task.url) or ""
        if self._refused is not None:
            return trouble(self.kit, task, Outcome.REFUSED, self._refused)
        if self._patience.is_open(host):
            # one host of several: the others are asked on, which a limit of the source would not let them
            outcome = Outcome.BROKEN if len(self.kit.spec.hosts) > 1 else Outcome.LIMITED
            return trouble(self.kit, task, outcome, "host failed three times: left alone", after_s=CIRCUIT_S)
        spent = _Spent(asked=self._sized(task))
        try:
            self._permit(task.url, host)
            spent.requests += self._robots.taken() if self._robots is not None else 0
            visit = self._tries(task, spent)
        except _Again as error:
            if error.outcome is not Outcome.LIMITED:
                self._patience.failed(host)
            visit = trouble(
                self.kit, task, error.outcome, str(error), after_s=error.after_s, cost=spent.cost()
            )
        except DoorClosed as error:
            visit = trouble(self.kit, task, error.outcome, str(error), cost=spent.cost())
        except RetryLater as error:
            visit = trouble(
                self.kit, task, Outcome.LIMITED, str(error), after_s=error.after_s, cost=spent.cost()
            )
        except SourceRefused as error:
            visit = trouble(self.kit, task, Outcome.REFUSED, str(error), cost=spent.cost())
        except SourceChanged as error:
            outcome = Outcome.WRONG_TYPE if isinstance(error, WrongType) else Outcome.UNREADABLE
            visit = trouble(self.kit, task, outcome, str(error), cost=spent.cost())
        return replace(visit, limits=spent.limits)

    def _permit(self, url: str, host: str) -> None:
        """Raise if a host is not ours to ask: off the list, or, where any host goes, against its robots file."""
        if self.kit.spec.hosts:
            if host not in self.kit.spec.hosts:
                raise SourceRefused(f"host {host[:80]!r} is not in `hosts` of source {self.kit.spec.name!r}")
            return
        self.kit.door.vet(url)
        self._robots = self._robots or Robots(self.kit.door, self.kit.home, self.kit.clock)
        verdict = self._robots.verdict(url)
        if verdict.outcome is Outcome.LIMITED:
            raise RetryLater(verdict.detail or "robots.txt could not be had", after_s=CIRCUIT_S)
        if verdict.outcome is not None:
            raise DoorClosed(verdict.outcome, verdict.detail or "robots.txt says no")
        self._gaps[host] = min(GAP_MAX_S, max(GAP_MIN_S, verdict.delay_s))

    def _buckets(self, host: str) -> list[Bucket]:
        """Return the rates a request counts on: where any host goes the host's own pace first, then the source's."""
        spec, home, sleep = self.kit.spec, self.kit.home, self.kit.stop.sleep
        rate = Rate(requests_per_hour=spec.requests_per_hour, gap_s=max(spec.gap_s, self._gap_told_s))
        shared = Bucket(home, spec.bucket or spec.name, rate, sleep=sleep)
        if host not in self._gaps:
            return [shared]
        own = Rate(requests_per_hour=3_600, gap_s=self._gaps[host])
        return [Bucket(home, f"host {host}", own, sleep=sleep), shared]

    @contextmanager
    def _turn(self, host: str) -> Iterator[Callable[[str], None]]:
        """Hold a turn of every rate a request to a host counts on.

        Yields what is asked before a redirect is followed: the host it leads to has rules and a pace of its own.
        """
        with ExitStack() as held:
            for bucket in self._buckets(host):
                held.enter_context(bucket.turn(self.kit.patience_s))
            known = {host}

            def onwards(url: str) -> None:
                there = host_of(url) or ""
                self._permit(url, there)
                if there in self._gaps and there not in known:
                    known.add(there)
                    held.enter_context(self._buckets(there)[0].turn(self.kit.patience_s))

            yield onwards

    def _tries(self, task: Task, spent: _Spent) -> Visit:
        """Return the visit after as many tries as the fault is worth, with waits within our patience."""

        def fault(state: tenacity.RetryCallState) -> _Again:
            error = state.outcome.exception() if state.outcome is not None else None
            assert isinstance(error, _Again)
            return error

        def is_over(state: tenacity.RetryCallState) -> bool:
            waited_s = state.idle_for + state.upcoming_sleep
            is_enough = state.attempt_number >= fault(state).tries or waited_s > self.kit.patience_s
            return is_enough or self.kit.stop.asked

        def wait_s(state: tenacity.RetryCallState) -> float:
            said_s = fault(state).after_s
            return said_s if said_s is not None else _JITTERED(state)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            wait=wait_s,
            stop=is_over,
            sleep=self.wait or self.kit.stop.sleep,
            reraise=True,
        )
        return retrying(self._try, task, spent)

    def _try(self, task: Task, spent: _Spent) -> Visit:
        """Ask once and return the visit. Raises _Again if another try is worth it."""
        request = request_for(self.kit.reader, spent.asked)
        host = host_of(request.url) or ""
        if self.kit.spec.hosts and host not in self.kit.spec.hosts:
            raise SourceRefused(f"reader asks a host that is not in `hosts` of source {self.kit.spec.name!r}")
        with self._turn(host) as onwards:
            try:
                answer = self._ask(task, request, spent, onwards)
            except DoorClosed as error:
                if error.outcome is Outcome.TIMEOUT:
                    self._ask_less(spent, request)
                if error.outcome in {Outcome.TIMEOUT, Outcome.BROKEN}:
                    raise _Again(error.outcome, str(error), after_s=None) from error
                if (
                    error.outcome is Outcome.GONE and self.kit.spec.hosts
                ):  # the source itself has no address now
                    raise _Again(Outcome.BROKEN, str(error), after_s=None) from error
                raise
            if (rest_s := limits.rest_s(answer, self.kit.spec.reserve, self._seen)) is not None:
                self._rest(host, rest_s)
        self._gap_told_s = limits.gap_s(answer.headers)
        return self._judge(task, request, answer, spent)

    def _ask(self, task: Task, request: Request, spent: _Spent, onwards: Callable[[str], None]) -> Answer:
        """Return the answer to a request, signed on its way out, without the signature on its way in."""
        try:
            url, headers = self._credential.put(request.url, self._headers(task, request))
        except SourceRefused as error:
            self._refused = str(error)
            raise
        finally:
            spent.requests += self._credential.take_requests()
        spent.requests += 1
        answer = self.kit.door.send(
            url, method=request.method, headers=headers, content=request.body, caps=self.caps,
            hosts=self.kit.spec.hosts or None, permit=onwards,
        )  # fmt: skip
        spent.requests += answer.hops
        spent.bytes += answer.wire_bytes
        spent.seconds += answer.seconds
        spent.points += limits.points(answer)
        spent.limits = limits.told(answer) or spent.limits
        return self._credential.clean(answer)

    def _headers(self, task: Task, request: Request) -> dict[str, str]:
        """Return what to send along: the reader's headers, conditions from last time."""
        sent = {
            "accept": "application/json",
            **{name.lower(): value for name, value in request.headers.items()},
        }
        same = (
            request.method == "GET" and request.url == task.url
        )  # a harvest asks from another day each night
        if same and task.etag is not None:
            sent["if-none-match"] = task.etag
        if same and task.last_modified is not None:
            sent["if-modified-since"] = task.last_modified
        if request.body is not None:
            sent.setdefault("content-type", "application/json")
        return sent

    def _judge(self, task: Task, request: Request, answer: Answer, spent: _Spent) -> Visit:
        """Return the visit an answer makes. Raises _Again for limits and outages, SourceRefused for a no."""
        refuse_challenge(answer)
        host = host_of(request.url) or ""
        match answer.status:
            case 429 | 503 if answer.status == 429 or "retry-after" in answer.headers:
                raise self._limited(host, answer)
            case 403 if limits.is_limit(answer):
                raise self._limited(host, answer)
            case status if status >= 500:
                if status in {502, 504}:
                    self._ask_less(spent, request)
                raise _Again(Outcome.BROKEN, f"answer {status}", after_s=None)
            case 401 if not spent.is_renewed and self._credential.renew():
                spent.is_renewed = True
                raise _Again(Outcome.REFUSED, "answer 401", after_s=0.0, tries=TRIES + 1)
        if answer.status != 200:
            self._patience.fine(host)
        match answer.status:
            case 200:
                return self._read(task, host, answer, spent)
            case 304 if not _CONDITIONS & self._headers(task, request).keys():
                raise _Again(Outcome.BROKEN, "answer 304 to a question without a condition", after_s=None)
            case 304:
                return trouble(self.kit, task, Outcome.UNCHANGED, None, cost=spent.cost())
            case 202 | 204 | 409:
                detail = f"answer {answer.status}: nothing yet"
                return trouble(self.kit, task, Outcome.NONE_YET, detail, cost=spent.cost())
            case 404 | 410 | 451:
                return absence(self.kit, task, answer, spent.cost())
            case 401:
                raise self._unwelcome()
            case 403:
                raise SourceRefused(
                    f"source {self.kit.spec.name!r} refused with 403: check terms and contact"
                )
            case status:
                page = page_of(self.kit, answer, "", b"") if 400 <= status < 500 else None
                detail = f"answer {status} was not expected"
                return trouble(self.kit, task, Outcome.BROKEN, detail, cost=spent.cost(), page=page)

    def _unwelcome(self) -> SourceRefused:
        """Return what a 401 means: with a credential, or one address for all, that the source is not asked again."""
        revoked = f" or {self._credential.wanted} was revoked" if self.kit.spec.auth is not None else ""
        message = f"source {self.kit.spec.name!r} refused with 401: credentials are wanted{revoked}"
        if self.kit.spec.hosts:
            self._refused = message
        return SourceRefused(message)

    def _read(self, task: Task, host: str, answer: Answer, spent: _Spent) -> Visit:
        """Return the visit of a whole answer. Raises _Again if it was cut short."""
        try:
            page, counted = accepted_page(self.kit, answer)
        except WrongType:
            raise
        except SourceChanged as error:
            raise _Again(Outcome.BROKEN, str(error), after_s=None) from error
        visit = visit_of(self.kit, task, page, asked=spent.asked, cost=spent.cost(), counted=counted)
        if visit.outcome is not Outcome.LIMITED:
            self._patience.fine(host)
            return visit
        said = visit.retry_after_s if visit.retry_after_s is not None else limits.pause_s(answer)
        after_s = self._patience.limited(host, said)
        self._rest(host, after_s)
        return replace(visit, retry_after_s=after_s)

    def _limited(self, host: str, answer: Answer) -> _Again:
        """Return the wait an answer asks for: its header, its reset, else the next step of the ladder.

        All who share the rate wait, in every process: what is in hand already is not asked into a limit.
        """
        after_s = self._patience.limited(host, limits.pause_s(answer))
        self._rest(host, after_s)
        return _Again(Outcome.LIMITED, f"answer {answer.status}: asked to wait", after_s=after_s)

    def _rest(self, host: str, seconds: float) -> None:
        """Let everybody who shares a host's rate wait so long."""
        self._buckets(host)[0].rest(seconds)

    def _ask_less(self, spent: _Spent, request: Request) -> None:
        """Halve `first` of a GraphQL task for its next try, and remember it for the same question."""
        first = spent.asked.params.get("first")
        if request.method == "POST" and isinstance(first, int) and first > _FIRST_MIN:
            smaller = max(_FIRST_MIN, first // 2)
            self._sizes[_question(spent.asked)] = smaller
            spent.asked = replace(spent.asked, params={**spent.asked.params, "first": smaller})

    def _sized(self, task: Task) -> Task:
        """Return a task as it will be put: no larger than what this question bore before."""
        first, most = task.params.get("first"), self._sizes.get(_question(task))
        if isinstance(first, int) and most is not None and first > most:
            return replace(task, params={**task.params, "first": most})
        return task


def _question(task: Task) -> str:
    """Return what a size is remembered for: the kind of question and the repository it is about."""
    return f"{task.kind} {task.url} {task.params.get('repository', '')}"
