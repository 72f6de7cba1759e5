"""From an answer to a visit: what it is, redaction, archive, reading. Shared by the engines."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from spiders import redact
from spiders.archive import Archive, Slip
from spiders.clients import wishes
from spiders.door import Answer, Caps, Door
from spiders.errors import BudgetSpent, RetryLater, SkipRecord, SourceChanged, SourceRefused, SpiderError
from spiders.logs import Log
from spiders.records import Cost, Outcome, Page, Task, Visit
from spiders.redact import Pepper
from spiders.sandbox import Label, Reading, Worker, label_for, read_page
from spiders.spec import Reader, SourceSpec

GIT_PAGE = "application/x-git-log+json"
_DEFAULT_ACCEPTS = frozenset({"application/json"})
_VAGUE = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_CHALLENGE = re.compile(  # SOURCES §4 rule 5: a page that asks for proof of being human is not an answer
    rb"/\.within\.website/x/cmd/anubis|cf-chl-|cf_chl_|ChallengeRequired|<title>Just a moment|id=[\"']challenge-form"
    rb"|Making sure you(?:'|&#39;)re not a bot|_Incapsula_Resource|window\.awsWafCookieDomainList"
)
_LINK = re.compile(
    r"<([^<>]{1,2000})>((?:\s*;\s*[\w*-]{1,40}\s*=\s*(?:\"[^\"]{0,200}\"|[^\s\",;]{1,200})){1,8})"
)
_FORBIDDEN_BY_LAW = 451
_SLICE_S = 0.25
_DETAIL_MAX_CHARS = 500
log = Log(__name__)


class Stop:
    """The wish to stop, asked once by a signal and looked at between tasks and while waiting."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        """Ask every loop to finish what it has in hand and end."""
        self.asked = True

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the wish to stop."""
        end = time.monotonic() + seconds
        while not self.asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(_SLICE_S, left))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What an engine works with. clock: the time an answer is stamped with. patience_s: longest wait in one visit.

    secrets: what the variables of `spec.auth` hold, those that are set. home: rate buckets and mirrors live below it.
    """

    spec: SourceSpec
    reader: Reader
    door: Door
    pepper: Pepper
    home: Path
    clock: Callable[[], datetime]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    patience_s: float = 20.0
    stop: Stop = field(default_factory=Stop)
    worker: Worker | None = None

    @property
    def label(self) -> Label:
        """Return what is bound into every provenance."""
        return label_for(self.spec, self.reader)


def make_kit(
    spec: SourceSpec, reader: Reader, door: Door, *, pepper: Pepper, home: Path, clock: Callable[[], datetime],
    secrets: Mapping[str, str] | None = None, patience_s: float = 20.0, stop: Stop | None = None,
) -> Kit:  # fmt: skip
    """Return a kit with a worker for hostile formats; the worker starts when the first such page comes."""
    module = getattr(reader, "__name__", f"spiders.sources.{spec.reader}")
    return Kit(
        spec=spec, reader=reader, door=door, pepper=pepper, home=home, clock=clock,
        secrets=dict(secrets or {}), patience_s=patience_s, stop=stop or Stop(),
        worker=Worker(module, label_for(spec, reader)),
    )  # fmt: skip


def trouble(
    kit: Kit, task: Task, outcome: Outcome, detail: str | None, *, after_s: float | None = None,
    cost: Cost | None = None, page: Page | None = None,
) -> Visit:  # fmt: skip
    """Return a visit that brought no records. detail: one sentence for a person; what it quotes is redacted."""
    detail = None if detail is None else redact.plain(detail)[:_DETAIL_MAX_CHARS]
    if outcome is not Outcome.UNCHANGED:
        log.info(
            "visit without records", source=kit.spec.name, task=task.key, outcome=outcome.value, detail=detail
        )
    return Visit(
        task=task, outcome=outcome, at=kit.clock(), page=page, cost=cost or Cost(), detail=detail,
        retry_after_s=after_s, reader=kit.label.reader, terms=kit.spec.terms,
    )  # fmt: skip


def accepted_page(kit: Kit, answer: Answer) -> tuple[Page, dict[str, int]]:
    """Return an answer as a redacted page, and what was redacted.

    Raises SourceRefused for a challenge, WrongType for another format, SourceChanged for a page cut short.
    """
    refuse_challenge(answer)
    media = media_type(answer.headers.get("content-type", ""), answer.body)
    accepts = getattr(kit.reader, "ACCEPTS", _HTML if kit.spec.engine == "site" else _DEFAULT_ACCEPTS)
    if not _is_accepted(media, accepts):
        raise WrongType(f"answer is {media or 'of no known type'}; expected {', '.join(sorted(accepts))}")
    if is_json(media):
        body, counted = redact.apply(kit.spec, answer.body, kit.pepper, word=wishes.word)
    elif media.endswith("xml") and media not in _HTML and not answer.body.rstrip().endswith(b">"):
        raise SourceChanged("answer was cut short: it does not end as XML does")
    else:
        body, counted = redact.body(answer.body), {}
    return page_of(kit, answer, media, body), counted


def absence(kit: Kit, task: Task, answer: Answer, cost: Cost) -> Visit:
    """Return the visit of an answer that says there is nothing: gone, forbidden by law, or not there yet.

    A 451 is told by a page without its body: what was kept of it is dropped, nothing new is.
    """
    detail, days = f"answer {answer.status}", kit.spec.absent_days
    if answer.status == _FORBIDDEN_BY_LAW:
        page = page_of(kit, answer, "", b"")
        return trouble(kit, task, Outcome.GONE, f"{detail}: forbidden by law", cost=cost, page=page)
    if days is not None:
        wait_s = days * 86_400
        return trouble(kit, task, Outcome.NONE_YET, f"{detail}: not there yet", after_s=wait_s, cost=cost)
    return trouble(kit, task, Outcome.GONE, detail, cost=cost)


def caps_for(spec: SourceSpec, caps: Caps) -> Caps:
    """Return what one answer of a source may cost: `page_max_mb` of it decoded, on the wire in proportion."""
    if spec.page_max_mb is None:
        return caps
    decoded = int(spec.page_max_mb * 1024 * 1024)
    return replace(
        caps, decoded_bytes=decoded, wire_bytes=int(decoded * caps.wire_bytes / caps.decoded_bytes)
    )


def next_url(answer: Answer) -> str | None:
    """Return where the answer's `Link: rel="next"` leads if that is on the same host, else None."""
    for found in _LINK.finditer(answer.headers.get("link", "")[:8_192]):
        if (
            re.search(r"\brel\s{0,4}=\s{0,4}\"?(?:[^\";,]{0,200}\s)?next\b", found[2][:2_000], re.IGNORECASE)
            is None
        ):
            continue
        there = urljoin(answer.url, found[1].strip())
        same = urlsplit(there).scheme == urlsplit(answer.url).scheme and host_of(there) == host_of(answer.url)
        return there if same else None
    return None


def page_of(kit: Kit, answer: Answer, media: str, body: bytes) -> Page:
    """Return the page of an answer whose body is fit to be written."""
    return Page(
        url=answer.url, status=answer.status, media_type=media, fetched_at=kit.clock(),
        sha256=sha256(body).hexdigest(), body=body, etag=answer.headers.get("etag"),
        last_modified=answer.headers.get("last-modified"), next_url=next_url(answer),
    )  # fmt: skip


def visit_of(
    kit: Kit, task: Task, page: Page, *, asked: Task | None = None, cost: Cost, counted: Mapping[str, int]
) -> Visit:
    """Archive a page, read it and return the visit. asked: the task as put, if it was made smaller."""
    if kit.spec.keep_pages_days > 0:
        archive = Archive(kit.home)
        archive.put(page.sha256, page.body)
        archive.note(Slip(task=task, page=page, reader=kit.label.reader))
    try:
        reading = _read(kit, asked or task, page)
    except RetryLater as error:
        return trouble(kit, task, Outcome.LIMITED, str(error), after_s=error.after_s, cost=cost, page=page)
    except BudgetSpent as error:
        return trouble(kit, task, Outcome.LIMITED, str(error), after_s=3600, cost=cost, page=page)
    except SourceRefused as error:
        return trouble(kit, task, Outcome.REFUSED, str(error), cost=cost, page=page)
    except (SourceChanged, SkipRecord) as error:
        return trouble(kit, task, Outcome.UNREADABLE, str(error), cost=cost, page=page)
    tasks, dropped = permitted(kit.spec, task, reading.tasks)
    total = dict(reading.counted)
    for what, times in (*counted.items(), *dropped.items()):
        total[what] = total.get(what, 0) + times
    return Visit(
        task=task, outcome=Outcome.OK, at=kit.clock(), page=page, records=reading.records, tasks=tasks,
        cursor=reading.cursor, cost=cost, quarantined=reading.quarantined, counted=total,
        reader=kit.label.reader, terms=kit.spec.terms,
    )  # fmt: skip


def _read(kit: Kit, task: Task, page: Page) -> Reading:
    """Return a page's reading: hostile formats in the worker, JSON here."""
    if not is_json(page.media_type) and kit.worker is not None:
        return kit.worker.read(task, page)
    try:
        return read_page(kit.reader, kit.label, task, page)
    except SpiderError:
        raise
    except Exception as error:  # a reader's bug on one page must not end the run; it is recorded and logged
        log.error("reader failed", source=kit.spec.name, task=task.key, kind=type(error).__name__)
        raise SkipRecord(f"reader failed with {type(error).__name__}") from error


def permitted(
    spec: SourceSpec, task: Task, found: tuple[Task, ...]
) -> tuple[tuple[Task, ...], dict[str, int]]:
    """Return the discovered tasks a source may follow, and how many were dropped for which reason."""
    kept: list[Task] = []
    dropped: dict[str, int] = {}
    hosts = set(spec.hosts) if spec.engine != "site" else {host_of(task.url)}
    for one in found:
        own = one.source == spec.name
        if not _can_be_kept(one):
            why = "task with characters no address has"
        elif own and one.depth > spec.depth_max:
            why = "task too deep"
        elif own and hosts and host_of(one.url) not in hosts:
            why = "task off the list of hosts"
        else:
            kept.append(one)
            continue
        dropped[why] = dropped.get(why, 0) + 1
    return tuple(kept), dropped


def _can_be_kept(task: Task) -> bool:
    """Return whether a task can be a row of any store: no control characters or halves of characters in it."""
    told = f"{task.url}{task.kind}{task.etag or ''}{task.last_modified or ''}"
    try:
        json.dumps([task.params, task.cursor], ensure_ascii=False).encode()
    except (UnicodeEncodeError, TypeError, ValueError):
        return False
    return told.isprintable() and "\0" not in (task.cursor or "")


class WrongType(SourceChanged):
    """The answer is of a format this source never gives; most often an error page."""


def media_type(header: str, body: bytes) -> str:
    """Return the media type of a body, its first bytes heard where the header is vague or plainly wrong."""
    said = header.partition(";")[0].strip().lower()
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.match(rb"<!doctype html|<html\b|<head\b", start, re.IGNORECASE):
        return said if said in _HTML else "text/html"
    if re.match(rb"<\?xml|<rss\b|<feed\b|<rdf:RDF|<OAI-PMH", start) and "xhtml" not in said:
        return said if "xml" in said else "application/xml"
    if said in _VAGUE and start[:1] in {b"{", b"["}:
        return "application/json"
    return said


def is_json(media: str) -> bool:
    """Return whether a media type is JSON or built on it."""
    return media == "application/json" or media.endswith("+json")


def host_of(url: str) -> str | None:
    """Return the host of an address, None if it has none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_accepted(media: str, accepts: frozenset[str]) -> bool:
    """Return whether a type is among the accepted ones, suffix types (`…+json`, `…+xml`) counted as their base."""
    base = f"application/{media.rpartition('+')[2]}" if "+" in media else media
    same = {"text/xml": "application/xml", "application/xml": "text/xml"}.get(base, base)
    return bool({media, base, same} & accepts)


def refuse_challenge(answer: Answer) -> None:
    """Raise SourceRefused if an answer, of any status, asks for proof of being human (SOURCES §4 rule 5)."""
    if _is_challenge(answer):
        raise SourceRefused("source asks for proof of being human; it is left alone and a person must look")


def _is_challenge(answer: Answer) -> bool:
    """Return whether an answer is a challenge instead of what was asked."""
    if answer.headers.get("cf-mitigated") == "challenge":
        return True
    start = answer.body[:8_192]
    if _CHALLENGE.search(start) is None:
        return False
    if start.lstrip()[:1] in {
        b"{",
        b"[",
    }:  # JSON that speaks about challenges is not one, unless it is an error
        try:
            return isinstance(said := json.loads(answer.body), dict) and "ChallengeRequired" in str(
                said.get("name")
            )
        except ValueError:
            return False
    return True
