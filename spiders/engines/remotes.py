"""Asks a git host through the door before git is let loose: is the repository there, may we, and is there news.

One small request on a quiet night, two where nothing is known yet: version 2 tells the newest commit for the asking
(https://git-scm.com/docs/protocol-v2, ls-refs). Git then connects only to the address the door has checked.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from spiders import git
from spiders.door import Answer, Caps, DoorClosed
from spiders.engines.pace import Bucket, Rate, retry_after
from spiders.engines.turn import Kit, host_of
from spiders.errors import RetryLater, SourceChanged, SourceRefused
from spiders.gitrun import Remote
from spiders.records import Outcome, Page, Task

LIMIT_S = 900.0  # asked for without a word on how long
PROBE_CAPS = Caps(wire_bytes=64 * 1024 * 1024, decoded_bytes=64 * 1024 * 1024)  # old servers list every ref
_V2 = {"git-protocol": "version=2", "accept": "*/*"}
_HEAD = re.compile(rb"[0-9a-f]{4}([0-9a-f]{40}) HEAD[\n ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A repository that is there. head: its newest commit if the host told, else None. requests: used so far."""

    remote: Remote
    head: str | None
    requests: int


class Withheld(DoorClosed):
    """The host may not show the repository for legal reasons. page: an answer without a body, for the store."""

    def __init__(self, detail: str, page: Page) -> None:
        super().__init__(Outcome.GONE, detail)
        self.page = page


def address_of(kit: Kit, task: Task) -> tuple[str, str]:
    """Return (`owner/name`, its https address) of a task. Raises SourceRefused for another host or no such name."""
    name = git.repository_name(str(task.params.get("repository", "")))
    host = host_of(task.url) or ""
    if host not in kit.spec.hosts:
        raise SourceRefused(f"host {host[:80]!r} is not in `hosts` of source {kit.spec.name!r}")
    return name, f"https://{host}/{name}"


def find(kit: Kit, url: str, *, is_known: bool = False) -> Found:
    """Return a repository and how to fetch from it.

    is_known: it was there under this address before, so that one question for its newest commit may do.
    Raises DoorClosed if it is gone or private, RetryLater, SourceRefused, SourceChanged.
    """
    tried = 0
    if is_known:
        tried, newest = 1, _newest(kit, url)
        if newest is not None:
            return Found(remote=_remote(kit, f"{url}.git"), head=newest, requests=1)
    answer = _asked(kit, f"{url}.git/info/refs?service=git-upload-pack")
    if answer.status == 403:  # a no to us, not word that the repository is gone
        raise SourceRefused("answer 403: the host refuses to serve this history; check terms and contact")
    if answer.status == 451:
        nothing = Page(
            url=url, status=451, media_type="", fetched_at=kit.clock(), sha256=sha256(b"").hexdigest()
        )
        raise Withheld("answer 451: repository is withheld for legal reasons", nothing)
    if answer.status in {401, 404, 410}:
        raise DoorClosed(Outcome.GONE, f"answer {answer.status}: repository is gone, private or renamed")
    if answer.status != 200 or "git-upload-pack" not in answer.headers.get("content-type", ""):
        raise SourceChanged(f"answer {answer.status} is no git service")
    remote = _remote(kit, answer.url.partition("/info/refs")[0])
    if b"version 2" not in answer.body[:200]:
        return Found(remote=remote, head=None, requests=tried + 1)
    told = _asked(kit, f"{remote.url}/git-upload-pack", _LS_HEAD)
    found = _HEAD.search(told.body[:4_096]) if told.status == 200 else None
    head = found[1].decode() if found is not None else None
    return Found(remote=remote, head=head, requests=tried + 2)


def _newest(kit: Kit, url: str) -> str | None:
    """Return the newest commit of a repository that speaks version 2 at its old address; None to ask at length."""
    try:
        told = _asked(kit, f"{url}.git/git-upload-pack", _LS_HEAD)
    except DoorClosed:  # a redirect, or no such thing any more: asked at length it says which
        return None
    found = _HEAD.search(told.body[:4_096]) if told.status == 200 else None
    return found[1].decode() if found is not None and told.hops == 0 else None


def _remote(kit: Kit, address: str) -> Remote:
    """Return how git reaches an address that the door has checked."""
    parts = urlsplit(address)
    git.repository_name(parts.path.strip("/").removesuffix(".git"))
    pin = kit.door.pin_for(str(parts.hostname))
    resolved = None
    if pin is None:
        port = parts.port or 443
        address = kit.door.addresses(str(parts.hostname), port)[0]
        resolved = f"{parts.hostname}:{port}:{f'[{address}]' if ':' in address else address}"
    return Remote(url=address, rewrite=pin, resolved=resolved, user_agent=kit.door.user_agent)


def packs(mirror: Path) -> tuple[int, int]:
    """Return how many packs a mirror has and their bytes: each fetch that brings something leaves one."""
    found = [pack.stat().st_size for pack in (mirror / "objects" / "pack").glob("*.pack")]
    return len(found), sum(found)


def _asked(kit: Kit, url: str, body: bytes | None = None) -> Answer:
    """Return one answer, at the source's pace. Raises RetryLater if the host asks us to wait."""
    spec = kit.spec
    bucket = Bucket(
        kit.home, spec.bucket or spec.name,
        Rate(requests_per_hour=spec.requests_per_hour, gap_s=spec.gap_s), sleep=kit.stop.sleep,
    )  # fmt: skip
    headers = dict(_V2)
    if body is not None:
        headers |= {"content-type": "application/x-git-upload-pack-request"}
    with bucket.turn(kit.patience_s):
        answer = kit.door.send(
            url, method="GET" if body is None else "POST", hosts=spec.hosts, caps=PROBE_CAPS, headers=headers,
            content=body,
        )  # fmt: skip
    after_s = retry_after(answer.headers)
    if answer.status == 429 or answer.status >= 500 or (answer.status == 403 and after_s is not None):
        unsaid = LIMIT_S if answer.status == 429 else None
        raise RetryLater(f"answer {answer.status}: asked to wait", after_s=after_s or unsaid)
    return answer


def _packets(*lines: str | None) -> bytes:
    """Return lines as git's packets, None for the delimiter between command and arguments, flushed."""
    told = [b"0001" if line is None else f"{len(line) + 4:04x}{line}".encode() for line in lines]
    return b"".join(told) + b"0000"


_LS_HEAD = _packets("command=ls-refs\n", None, "ref-prefix HEAD\n")
