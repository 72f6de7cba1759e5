"""Pages of sites: robots, pace per host, allow-list, depth; one Scrapy spider per source, over the door.

Scrapy brings the loop, redirects, retries and a queue per host. What its defaults leave open (SOURCES §5.5) is closed
here: every setting is stated, a robots file that cannot be had keeps us away, `Crawl-delay` and `Retry-After` are
kept, and no connection is opened except by the door. Runs without a Twisted reactor, on asyncio.
"""

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import scrapy
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError, IgnoreRequest

from spiders.door import Answer, Caps, DoorClosed
from spiders.engines import limits
from spiders.engines.answers import backoff_s, judged, patience_s
from spiders.engines.pace import Bucket, Rate
from spiders.engines.robots import Robots, Verdict
from spiders.engines.turn import (
    Kit,
    WrongType,
    absence,
    accepted_page,
    caps_for,
    host_of,
    refuse_challenge,
    trouble,
    visit_of,
)
from spiders.errors import RetryLater, SourceChanged, SourceRefused, SpiderError
from spiders.logs import Log
from spiders.records import Cost, Outcome, Task, Visit

CAPS = Caps(wire_bytes=3 * 1024 * 1024, decoded_bytes=16 * 1024 * 1024, total_s=20.0, redirects=0)
GAP_MIN_S, GAP_MAX_S = 2.0, 60.0  # TRUST §1
QUIET_S = 3_600.0
_AT_ONCE = 16
_TRIES = 3
FAULTS_MAX = 2 * _TRIES  # tries in vain in a row, whichever pages they were for: the host is left alone
log = Log(__name__)


class _Stopping(Exception):
    """The run is ending; the task goes back unasked."""


@dataclass(slots=True)
class _Host:
    """What is known of one host during a run. Moments are of the monotonic clock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_at: float = 0.0
    quiet_until: float = 0.0
    pages: int = 0
    delay_s: float = 0.0
    seen: dict[str, float] = field(default_factory=dict)
    faults: int = 0  # tries in a row without a whole answer


class SiteEngine:
    """Visits the tasks of one `site` source. seed_hosts: hosts named by the seeds, allowed beside the tasks' own."""

    def __init__(self, kit: Kit, *, seed_hosts: Iterable[str] = ()) -> None:
        self.kit = kit
        self.robots = Robots(kit.door, kit.home, kit.clock)
        self.hosts: set[str] = set(seed_hosts)
        self.known: dict[str, _Host] = {}
        self.caps = caps_for(kit.spec, CAPS)
        self.threads = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="site")
        self.feed: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self.emit: Callable[[Visit], None] = lambda visit: None
        self.failure: SpiderError | None = None
        self.reading = threading.Lock()  # one worker, one page at a time

    def run(self, tasks: Iterable[Task], emit: Callable[[Visit], None]) -> None:
        """Visit tasks as they come, several hosts at a time, one connection a host; ends when they end."""
        self.emit = emit
        threading.Thread(target=self._fill, args=(tasks,), daemon=True, name="feed").start()
        process = AsyncCrawlerProcess(site_settings(self.kit))
        process.crawl(_SiteSpider, site=self)
        process.start(install_signal_handlers=False)
        self.threads.shutdown(wait=False, cancel_futures=True)
        if self.failure is not None:
            raise self.failure

    def _fill(self, tasks: Iterable[Task]) -> None:
        """Carry tasks from their blocking source to the spider; the end of them is None."""
        try:
            for task in tasks:
                self.feed.put(task)
        except SpiderError as error:  # a line that is no task: said by the main thread, once the rest is done
            self.failure = error
        finally:
            self.feed.put(None)

    def host(self, url: str) -> _Host:
        """Return what is known of the host of an address."""
        return self.known.setdefault(host_of(url) or "", _Host())

    def gap_min_s(self, url: str) -> float:
        """Return the least seconds between two pages of a host: two of a real one, whatever the configuration says."""
        pinned = self.kit.door.pin_for(host_of(url) or "") is not None
        return self.kit.spec.gap_s if pinned else max(GAP_MIN_S, self.kit.spec.gap_s)

    def is_allowed(self, url: str) -> bool:
        """Return whether a host is on the list; `www.` in front makes no difference."""
        host = (host_of(url) or "").removeprefix("www.")
        return bool(host) and bool({host, f"www.{host}"} & self.hosts)

    async def in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        """Return what a blocking call returns, without stopping the other hosts."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, call, *args)

    def read(self, task: Task, answer: Answer) -> Visit:
        """Return the visit of an answer; blocking, called in a thread."""
        asked = 1 + answer.hops + self.robots.taken()
        cost = Cost(requests=asked, bytes=answer.wire_bytes, seconds=round(answer.seconds, 3))
        try:
            refuse_challenge(answer)
            if answer.status in {404, 410, 451}:
                return absence(self.kit, task, answer, cost)
            outcome, detail, after_s = judged(answer)
            if outcome is Outcome.UNCHANGED and task.etag is None and task.last_modified is None:
                outcome, detail = Outcome.BROKEN, "answer 304 to a question without a condition"
            if outcome is not Outcome.OK:
                return trouble(self.kit, task, outcome, detail, after_s=after_s, cost=cost)
            page, counted = accepted_page(self.kit, answer)
            with self.reading:
                return visit_of(self.kit, task, page, cost=cost, counted=counted)
        except SourceRefused as error:
            return trouble(self.kit, task, Outcome.REFUSED, str(error), cost=cost)
        except WrongType as error:
            return trouble(self.kit, task, Outcome.WRONG_TYPE, str(error), cost=cost)
        except SourceChanged as error:
            return trouble(self.kit, task, Outcome.UNREADABLE, str(error), cost=cost)


def site_settings(kit: Kit) -> dict[str, Any]:
    """Return every Scrapy setting that matters, stated; the defaults are impolite or unsafe (SOURCES §5.5)."""
    return {
        "TWISTED_REACTOR_ENABLED": False,
        "USER_AGENT": kit.door.user_agent,
        "DOWNLOAD_HANDLERS": {
            "http": DoorHandler, "https": DoorHandler, "file": None, "ftp": None, "s3": None, "data": None,
        },
        "DOWNLOADER_MIDDLEWARES": {RulesMiddleware: 100},
        # What is switched off would be loaded all the same, and with it a second client for HTTP: only what is in use
        # is named. Scrapy's own robots.txt is not, it lets a 5xx mean yes.
        "DOWNLOADER_MIDDLEWARES_BASE": {
            f"scrapy.downloadermiddlewares.{name}": place
            for name, place in (
                ("downloadtimeout.DownloadTimeoutMiddleware", 350),
                ("defaultheaders.DefaultHeadersMiddleware", 400),
                ("useragent.UserAgentMiddleware", 500),
                ("retry.RetryMiddleware", 550),
                ("redirect.RedirectMiddleware", 600),
                ("stats.DownloaderStats", 850),
            )
        },
        "EXTENSIONS_BASE": {},
        "ROBOTSTXT_OBEY": True,  # in RulesMiddleware
        "CONCURRENT_REQUESTS": _AT_ONCE,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0,  # the handler keeps the pace: max(gap, robots, 5 × last answer), which Scrapy cannot say
        "AUTOTHROTTLE_ENABLED": False,
        "DOWNLOAD_TIMEOUT": 120,  # waiting for a host's turn counts here; the door's own deadline is 20 s
        "DOWNLOAD_MAXSIZE": caps_for(kit.spec, CAPS).decoded_bytes,  # the door's own cap, on the wire and unpacked
        "DOWNLOAD_VERIFY_CERTIFICATES": True,  # the door always does
        "DEPTH_LIMIT": kit.spec.depth_max + 1,  # no page is followed from here: the frontier says how deep
        "RETRY_TIMES": _TRIES - 1,
        "RETRY_HTTP_CODES": [500, 502, 504],
        "RETRY_EXCEPTIONS": [DownloadTimeoutError, DownloadFailedError, OSError],  # all that DoorHandler raises
        "REDIRECT_MAX_TIMES": 4,
        "METAREFRESH_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        "COMPRESSION_ENABLED": False,  # the door has unpacked it under a cap
        "COOKIES_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "REFERER_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "HTTPCACHE_ENABLED": False,  # conditions come with the task, from the store
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",  # the frontier knows what is a duplicate
        "MEMUSAGE_ENABLED": False,
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
    }  # fmt: skip


class _SiteSpider(scrapy.Spider):  # type: ignore[misc]
    """Turns tasks into requests and answers into visits."""

    name = "site"
    site: SiteEngine

    async def start(self) -> AsyncIterator[Any]:
        """Yield a request for each task as it arrives."""
        while (task := await asyncio.to_thread(self.site.feed.get)) is not None:
            headers = {}
            if task.etag is not None:
                headers["If-None-Match"] = task.etag
            if task.last_modified is not None:
                headers["If-Modified-Since"] = task.last_modified
            if (host := host_of(task.url)) is not None:
                self.site.hosts.add(host)
            try:
                self.site.kit.door.vet(task.url)
                request = scrapy.Request(
                    task.url, callback=self.parse, errback=self.failed, headers=headers, meta={"task": task},
                    dont_filter=True,
                )  # fmt: skip
            except DoorClosed as error:
                self.site.emit(trouble(self.site.kit, task, error.outcome, str(error)))
            except ValueError:
                self.site.emit(
                    trouble(self.site.kit, task, Outcome.BLOCKED_ADDRESS, "address cannot be read")
                )
            else:
                yield request

    async def parse(self, response: Any) -> None:
        """Emit the visit of an answer."""
        task, answer = response.request.meta["task"], response.request.meta["answer"]
        try:
            visit = await self.site.in_thread(self.site.read, task, answer)
        except Exception as error:  # Scrapy would swallow it and the task would never be answered
            log.error("page failed", source=self.site.kit.spec.name, task=task.key, kind=type(error).__name__)
            visit = trouble(self.site.kit, task, Outcome.BROKEN, f"page failed with {type(error).__name__}")
        self.site.emit(visit)

    async def failed(self, failure: Any) -> None:
        """Emit the visit of a request that brought no answer; nothing for one that was never asked."""
        task, error = failure.request.meta["task"], failure.value
        after_s = None
        match error:
            case _Stopping():
                return
            case DoorClosed():
                outcome = error.outcome
            case RetryLater():
                outcome, after_s = Outcome.LIMITED, error.after_s
            case DownloadTimeoutError():
                outcome = Outcome.TIMEOUT
            case DownloadFailedError():
                outcome = Outcome.BROKEN
            case IgnoreRequest():
                outcome = Outcome.REFUSED
            case _:
                outcome, error = Outcome.BROKEN, f"request failed with {type(error).__name__}"
        self.site.emit(trouble(self.site.kit, task, outcome, str(error), after_s=after_s))


class RulesMiddleware:
    """What is decided before each request, redirected ones included: list of hosts, no downgrade, robots."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> "RulesMiddleware":
        """Return the middleware of a crawler, as Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Any) -> None:
        """Raise what keeps us from asking; None lets the request pass."""
        site: SiteEngine = self._crawler.spider.site
        if site.kit.stop.asked:
            raise _Stopping
        before = request.meta.get("redirect_urls", [])
        if not site.is_allowed(request.url):
            raise DoorClosed(Outcome.REFUSED, "redirect to a host that is not on the list")
        if before and before[-1].startswith("https:") and not request.url.startswith("https:"):
            raise DoorClosed(Outcome.REFUSED, "redirect from https to http")
        site.kit.door.vet(request.url)
        verdict: Verdict = await site.in_thread(site.robots.verdict, request.url)
        site.host(request.url).delay_s = verdict.delay_s
        if verdict.outcome is Outcome.LIMITED:
            raise RetryLater(verdict.detail or "robots.txt could not be had", after_s=QUIET_S)
        if verdict.outcome is not None:
            raise DoorClosed(verdict.outcome, verdict.detail or "robots.txt says no")


class DoorHandler(BaseDownloadHandler):  # type: ignore[misc]
    """Scrapy's download handler over the door: one connection a host, at its pace."""

    lazy = True

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._site: SiteEngine = crawler.spider.site

    async def download_request(self, request: Any) -> Any:
        """Return the answer to one request. Raises DoorClosed, or Scrapy's own errors where a retry may help."""
        site, host = self._site, self._site.host(request.url)
        async with host.lock:
            while (wait := host.next_at - time.monotonic()) > 0:
                if site.kit.stop.asked:
                    raise _Stopping
                await asyncio.sleep(min(0.25, wait))
            self._permit(host)  # only now: what the answer before said counts too
            started = time.monotonic()
            try:
                answer: Answer = await site.in_thread(self._ask, request)
                host.faults = 0 if answer.status < 500 else host.faults + 1
            except (DownloadTimeoutError, DownloadFailedError):
                host.faults += 1
                raise
            finally:
                took = time.monotonic() - started
                gap = max(site.gap_min_s(request.url), host.delay_s, 5 * took, backoff_s(host.faults))
                host.next_at = time.monotonic() + min(GAP_MAX_S, gap)
            if answer.status in {429, 503}:
                host.quiet_until = time.monotonic() + patience_s(answer)
            elif (rest_s := limits.rest_s(answer, site.kit.spec.reserve, host.seen)) is not None:
                host.quiet_until = time.monotonic() + rest_s
        request.meta["answer"] = answer
        kept = {name: value for name, value in answer.headers.items() if name in {"location", "content-type"}}
        return scrapy.http.Response(
            answer.url, status=answer.status, headers=kept, body=answer.body, request=request
        )

    def _permit(self, host: _Host) -> None:
        """Raise RetryLater if a host asked for patience or its page budget is spent; else count the page."""
        if host.quiet_until > time.monotonic():
            raise RetryLater("host asked to be left alone", after_s=host.quiet_until - time.monotonic())
        if host.faults >= FAULTS_MAX:
            raise RetryLater("host failed again and again: left alone", after_s=QUIET_S)
        if host.pages >= self._site.kit.spec.pages_per_host:
            raise RetryLater(
                "page budget of this host is spent", after_s=self._site.kit.spec.every_hours * 3600
            )
        host.pages += 1

    def _ask(self, request: Any) -> Answer:
        """Ask through the door, within the source's hourly rate; blocking, called in a thread."""
        site = self._site
        names = {"if-none-match", "if-modified-since"}
        sent = {
            name.decode().lower(): values[0].decode("latin-1")
            for name, values in request.headers.items()
            if values
        }
        sent = {name: value for name, value in sent.items() if name in names}
        rate = Rate(requests_per_hour=site.kit.spec.requests_per_hour)
        bucket = Bucket(
            site.kit.home, site.kit.spec.bucket or site.kit.spec.name, rate, sleep=site.kit.stop.sleep
        )
        try:
            with bucket.turn(site.kit.patience_s):
                return site.kit.door.send(
                    request.url,
                    headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.5", **sent},
                    caps=site.caps,
                )
        except DoorClosed as error:
            if error.outcome is Outcome.TIMEOUT:
                raise DownloadTimeoutError(str(error)) from error
            if error.outcome is Outcome.BROKEN:
                raise DownloadFailedError(str(error)) from error
            raise
