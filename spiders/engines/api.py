"""One question after another over one connection: quotas, conditional requests, retries.

SOURCES §4: `Retry-After`, then the reset header, then a ladder of 60 s doubled with jitter up to 15 min; three
failures in a row open the circuit of a host until the next run; 5xx at most three tries, GraphQL first asks for less.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import tenacity

from spiders.door import Answer, Caps, DoorClosed
from spiders.engines.pace import Bucket, Rate, retry_after, server_now
from spiders.engines.robots import Robots
from spiders.engines.turn import Kit, WrongType, accepted_page, host_of, trouble, visit_of
from spiders.errors import RetryLater, SourceChanged, SourceRefused
from spiders.records import Cost, Outcome, Request, Task, Visit
from spiders.spec import request_for

LADDER_S, LADDER_MAX_S = 60.0, 900.0
TRIES = 3
CIRCUIT_S = 3_600.0
GAP_MIN_S, GAP_MAX_S = 2.0, 60.0  # between two requests to a host of strangers (TRUST §1)
_FIRST_MIN = 1
_SECONDARY = re.compile(
    rb"secondary rate limit|abuse detection|rate limit exceeded|too many requests", re.IGNORECASE
)


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
    waited_s: float = 0.0

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
    _failures: dict[str, int] = field(default_factory=dict)
    _limits: int = 0
    _refused: str | None = None
    _sizes: dict[str, int] = field(default_factory=dict)
    _robots: Robots | None = None
    _gaps: dict[str, float] = field(default_factory=dict)

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
        if self._failures.get(host, 0) >= TRIES:
            return trouble(
                self.kit, task, Outcome.LIMITED, "host failed three times: left alone", after_s=CIRCUIT_S
            )
        spent = _Spent(asked=self._sized(task))
        try:
            self._permit(task, host)
            visit = self._retrying(spent)(self._try, task, spent)
        except _Again as error:
            visit = self._given_up(task, host, error, spent)
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
        else:
            self._failures.pop(host, None)
            self._limits = 0
        return visit

    def _permit(self, task: Task, host: str) -> None:
        """Raise if a host is not ours to ask: off the list, or, where any host goes, against its robots file."""
        if self.kit.spec.hosts:
            if host not in self.kit.spec.hosts:
                raise SourceRefused(f"host {host[:80]!r} is not in `hosts` of source {self.kit.spec.name!r}")
            return
        self.kit.door.vet(task.url)
        self._robots = self._robots or Robots(self.kit.door)
        verdict = self._robots.verdict(task.url)
        if verdict.outcome is Outcome.LIMITED:
            raise RetryLater(verdict.detail or "robots.txt could not be had", after_s=CIRCUIT_S)
        if verdict.outcome is not None:
            raise DoorClosed(verdict.outcome, verdict.detail or "robots.txt says no")
        self._gaps[host] = min(GAP_MAX_S, max(GAP_MIN_S, verdict.delay_s))

    def _buckets(self, host: str) -> list[Bucket]:
        """Return the rates a request counts on: where any host goes the host's own pace first, then the source's."""
        spec, home, sleep = self.kit.spec, self.kit.home, self.kit.stop.sleep
        rate = Rate(requests_per_hour=spec.requests_per_hour, gap_s=spec.gap_s)
        shared = Bucket(home, spec.bucket or spec.name, rate, sleep=sleep)
        if host not in self._gaps:
            return [shared]
        own = Rate(requests_per_hour=3_600, gap_s=self._gaps[host])
        return [Bucket(home, f"host {host}", own, sleep=sleep), shared]

    @contextmanager
    def _turn(self, host: str) -> Iterator[None]:
        """Hold a turn of every rate a request to a host counts on."""
        with ExitStack() as held:
            for bucket in self._buckets(host):
                held.enter_context(bucket.turn(self.kit.patience_s))
            yield

    def _retrying(self, spent: _Spent) -> tenacity.Retrying:
        """Return the policy of one visit: as many tries as the fault is worth, waits within our patience."""

        def fault(state: tenacity.RetryCallState) -> _Again:
            error = state.outcome.exception() if state.outcome is not None else None
            assert isinstance(error, _Again)
            return error

        def wait(state: tenacity.RetryCallState) -> float:
            error = fault(state)
            return (
                error.after_s
                if error.after_s is not None
                else 0.5 * 2**state.attempt_number * random.uniform(0.5, 1)
            )

        def stop(state: tenacity.RetryCallState) -> bool:
            error = fault(state)
            spent.waited_s += state.upcoming_sleep
            return (
                state.attempt_number >= error.tries
                or spent.waited_s > self.kit.patience_s
                or self.kit.stop.asked
            )

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again), wait=wait, stop=stop, reraise=True,
            sleep=self.wait or self.kit.stop.sleep,
        )  # fmt: skip

    def _try(self, task: Task, spent: _Spent) -> Visit:
        """Ask once and return the visit. Raises _Again if another try is worth it."""
        request = request_for(self.kit.reader, spent.asked)
        if self.kit.spec.hosts and host_of(request.url) not in self.kit.spec.hosts:
            raise SourceRefused(f"reader asks a host that is not in `hosts` of source {self.kit.spec.name!r}")
        with self._turn(host_of(task.url) or ""):
            spent.requests += 1
            try:
                answer = self.kit.door.send(
                    request.url, method=request.method, headers=self._headers(task, request), content=request.body,
                    caps=self.caps, hosts=self.kit.spec.hosts or None,
                )  # fmt: skip
            except DoorClosed as error:
                if error.outcome is Outcome.TIMEOUT:
                    self._ask_less(spent, request)
                if error.outcome in {Outcome.TIMEOUT, Outcome.BROKEN}:
                    raise _Again(error.outcome, str(error), after_s=None) from error
                raise
        spent.bytes += answer.wire_bytes
        spent.seconds += answer.seconds
        spent.points += _points(answer)
        return self._judge(task, request, answer, spent)

    def _headers(self, task: Task, request: Request) -> dict[str, str]:
        """Return what to send along: the reader's headers, conditions from last time, the credential."""
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
        if self.kit.spec.auth == "github":
            if self.kit.token is None:
                self._refused = "no GitHub token: set SOURCER_GITHUB_TOKEN or SOURCER_GITHUB_TOKEN_FILE"
                raise SourceRefused(self._refused)
            sent["authorization"] = f"Bearer {self.kit.token}"
        return sent

    def _judge(self, task: Task, request: Request, answer: Answer, spent: _Spent) -> Visit:
        """Return the visit an answer makes. Raises _Again for limits and outages, SourceRefused for a no."""
        match answer.status:
            case 200:
                return self._read(task, answer, spent)
            case 304:
                return trouble(self.kit, task, Outcome.UNCHANGED, None, cost=spent.cost())
            case 202 | 204 | 409:
                return trouble(
                    self.kit,
                    task,
                    Outcome.NONE_YET,
                    f"answer {answer.status}: nothing yet",
                    cost=spent.cost(),
                )
            case 404 | 410 | 451:
                return trouble(self.kit, task, Outcome.GONE, f"answer {answer.status}", cost=spent.cost())
            case 401:
                variable = " or the token in SOURCER_GITHUB_TOKEN was revoked" if self.kit.spec.auth else ""
                self._refused = (
                    f"source {self.kit.spec.name!r} refused with 401: credentials are wanted{variable}"
                )
                raise SourceRefused(self._refused)
            case 429 | 503 if answer.status == 429 or "retry-after" in answer.headers:
                raise self._limited(task, answer)
            case 403 if _is_limit(answer):
                raise self._limited(task, answer)
            case status if status >= 500:
                if status in {502, 504}:
                    self._ask_less(spent, request)
                raise _Again(Outcome.BROKEN, f"answer {status}", after_s=None)
            case 403:
                raise SourceRefused(
                    f"source {self.kit.spec.name!r} refused with 403: check terms and contact"
                )
            case status:
                return trouble(
                    self.kit, task, Outcome.BROKEN, f"answer {status} was not expected", cost=spent.cost()
                )

    def _read(self, task: Task, answer: Answer, spent: _Spent) -> Visit:
        """Return the visit of a whole answer. Raises _Again if it was cut short."""
        try:
            page, counted = accepted_page(self.kit, answer)
        except WrongType:
            raise
        except SourceChanged as error:
            raise _Again(Outcome.BROKEN, str(error), after_s=None) from error
        visit = visit_of(self.kit, task, page, asked=spent.asked, cost=spent.cost(), counted=counted)
        if visit.outcome is Outcome.LIMITED and visit.retry_after_s is None:
            visit = replace(visit, retry_after_s=_until_reset(answer) or self._ladder())
        if visit.outcome is Outcome.LIMITED and visit.retry_after_s is not None:
            self._buckets(host_of(task.url) or "")[0].rest(visit.retry_after_s)
        return visit

    def _limited(self, task: Task, answer: Answer) -> _Again:
        """Return the wait an answer asks for: its header, its reset, else the next step of the ladder.

        All who share the rate wait, in every process: what is in hand already is not asked into a limit.
        """
        after_s = retry_after(answer.headers)
        if after_s is None:
            after_s = _until_reset(answer)
        if after_s is None:
            after_s = self._ladder()
        self._buckets(host_of(task.url) or "")[0].rest(after_s)
        return _Again(Outcome.LIMITED, f"answer {answer.status}: asked to wait", after_s=after_s)

    def _ladder(self) -> float:
        """Return the next step: 60 s, doubled for each limit in a row, jittered upwards, 15 min at most."""
        self._limits += 1
        return min(LADDER_MAX_S, LADDER_S * float(2 ** (self._limits - 1)) * random.uniform(1.0, 1.2))

    def _given_up(self, task: Task, host: str, error: _Again, spent: _Spent) -> Visit:
        """Return the visit of a task that was tried in vain, and remember the host's failures."""
        if error.outcome is not Outcome.LIMITED:
            self._failures[host] = self._failures.get(host, 0) + 1
        return trouble(self.kit, task, error.outcome, str(error), after_s=error.after_s, cost=spent.cost())

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


def _is_limit(answer: Answer) -> bool:
    """Return whether a 403 means too fast rather than no."""
    return (
        answer.headers.get("x-ratelimit-remaining") == "0"
        or "retry-after" in answer.headers
        or _SECONDARY.search(answer.body[:4_096]) is not None
    )


def _until_reset(answer: Answer) -> float | None:
    """Return the seconds until a spent quota is new, None if the answer does not say or it is not spent."""
    said = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") != "0" or not re.fullmatch(r"\d{1,12}", said):
        return None
    if "date" not in answer.headers:
        return LADDER_MAX_S
    return min(7_200.0, max(1.0, int(said) - server_now(answer.headers).timestamp()))


def _points(answer: Answer) -> int:
    """Return what an answer cost in the source's own currency: GraphQL's `rateLimit.cost`, else 0."""
    if b'"rateLimit"' not in answer.body[:1_000_000]:
        return 0
    try:
        return int(json.loads(answer.body)["data"]["rateLimit"]["cost"])
    except (ValueError, KeyError, TypeError):
        return 0
