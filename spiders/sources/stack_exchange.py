"""Who answers questions on a subject at Stack Overflow, and which places they name as theirs.

Source: https://api.stackexchange.com/docs (2026-11), `/users/{ids}`, `/tags/{tag}/top-answerers/all_time`,
    `/filters/create`: only the fields below are sent, and the description of an account is sent at all
Yields: Identity, Claim (profile_link, a wish about recruiting), Work (post: the answers under a tag) and Signal
    (authored, top_answerer), Task (tags, profiles)
Cursor: `filter@VERSION`, the name the service gave to that choice of fields; it never expires

What is written there is under CC BY-SA: every fact is linked to the profile it was read from.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from spiders.clients import fields, links, names, wishes
from spiders.errors import RetryLater, SkipRecord, SourceChanged
from spiders.records import (
    Claim,
    Counted,
    Cursor,
    Identity,
    IdentityKind,
    Page,
    Quarantined,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 2

_API: Final = "https://api.stackexchange.com/2.3"
_SITE: Final = "stackoverflow"
_HOME: Final = "https://stackoverflow.com"
_A_QUESTION: Final = 100
_TAG: Final = re.compile(r"[a-z0-9][a-z0-9.+#-]{0,34}", re.A)
_FIELDS: Final = (
    ".backoff", ".error_id", ".error_message", ".error_name", ".has_more", ".items", ".quota_max", ".quota_remaining",
    "filter.filter", "filter.filter_type", "shallow_user.display_name", "shallow_user.user_id",
    "shallow_user.user_type", "tag_score.post_count", "tag_score.user", "user.about_me",
    "user.display_name", "user.location", "user.user_id",
    "user.user_type", "user.website_url",
)  # fmt: skip
_FILTER: Final = f"filter@{VERSION}"
_ANSWERS_MIN: Final = 5  # fewer are no sign of knowing a subject
_SPENT_S: Final = 6 * 3_600.0  # the quota is a day's; when it is new is not said


class Asked(BaseModel, extra="forbid"):
    """An account that somebody's page or profile names. id: its number at Stack Overflow."""

    id: int


class Seeds(BaseModel, extra="forbid"):
    """tags: subjects whose strongest answerers are read. stack_accounts: the store's."""

    tags: list[str] = Field(default_factory=list)
    stack_accounts: list[Asked] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one question a tag, and one for each hundred accounts; before the first of all, that for the filter."""
    tags = sorted({tag for tag in seeds.tags if _TAG.fullmatch(tag)})
    ids = sorted({one.id for one in seeds.stack_accounts})
    if _FILTER in cursor:
        yield from _questions(tags, ids, cursor[_FILTER])
    elif tags or ids:
        chosen = quote(";".join(_FIELDS), safe="")
        url = f"{_API}/filters/create?base=none&unsafe=false&include={chosen}"
        yield Task(kind="filter", url=url, params={"tags": tags, "ids": ids}, priority=50)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the answerers of a tag with the question for their profiles, or profiles; of a filter all questions.

    Raises SourceChanged if the answer has another shape, RetryLater if it is none because the quota is used up.
    """
    table = fields.table_of(page)
    if table.get("quota_remaining") == 0 and not table.get("items"):
        raise RetryLater("the quota of the day is used up", after_s=_SPENT_S)
    rows = fields.listed(table, "items")
    if task.kind == "filter":
        yield from _filter(task, rows)
        return
    found: list[int] = []
    for place, row in enumerate(rows):
        try:
            one = fields.as_table(row, "items")
            said = list(_answerer(task.params["tag"], one, via) if task.kind == "tag" else _profile(one, via))
        except SkipRecord as error:
            yield Quarantined(where=f"{task.kind} {place}", reason=str(error))
            continue
        found += [int(record.id.partition(":")[2]) for record in said if isinstance(record, Identity)]
        yield from said
    if task.kind == "tag":
        yield from _profiles(found, task.params["filter"], source=task.source)
    elif len(found) < len(task.params["ids"]):
        yield Counted(what="account_not_there", times=len(task.params["ids"]) - len(found))


def _filter(task: Task, rows: list[Any]) -> Iterator[Yield]:
    """Yield the questions that waited for the filter, and its name for the nights to come."""
    try:
        (row,) = (fields.as_table(one, "items") for one in rows)
        name, sort = fields.needed(row, "filter"), fields.needed(row, "filter_type")
    except (SkipRecord, ValueError) as error:
        raise SourceChanged(f"this is not one filter: {error}") from error
    if sort != "safe":
        raise SourceChanged(
            f"the filter is {sort[:40]!r}; expected 'safe': does a field have another name now?"
        )
    yield from _questions(task.params["tags"], task.params["ids"], name, source=task.source)
    yield Cursor(key=_FILTER, value=name)


def _answerer(tag: str, row: fields.Table, via: Via) -> Iterator[Yield]:
    user, answers = fields.within(row, "user"), row.get("post_count")
    if user is None or not isinstance(answers, int) or isinstance(answers, bool):
        raise SkipRecord("user or post_count is missing or of another type")
    if fields.text(user, "user_type") == "does_not_exist" or answers < _ANSWERS_MIN:
        yield Counted(what="answerer_left_out")
        return
    account = _account(user, via)
    yield account
    work = f"stackoverflow-tag:{tag}"
    seen = via(f"{_HOME}/tags/{quote(tag, safe='')}/topusers")
    title = f"Answers on Stack Overflow under {tag}"
    yield Work(id=work, kind=WorkKind.POST, title=title, tags=(tag,), url=seen.url, via=seen)
    yield Signal(
        id=f"{work}:{account.id.partition(':')[2]}",
        identity=account.id,
        work=work,
        kind=SignalKind.AUTHORED,
        value=float(answers),
        unit="answers",
        note="top_answerer",
        via=seen,
    )


def _profile(row: fields.Table, via: Via) -> Iterator[Yield]:
    if fields.text(row, "user_type") == "does_not_exist":
        yield Counted(what="account_deleted")
        return
    account = _account(row, via)
    yield account
    # Of the description only the machine word of its wish came this far (`wish` in the source's file).
    said = [
        wishes.of_word(fields.text(row, "about_me")),
        *map(wishes.wish, (account.handle, account.location)),
    ]
    yield wishes.claim(account.id, wishes.strongest(said), account.via)
    named = links.account(account.homepage)
    login = named or _pages_account(account.homepage)
    if login is not None:
        yield Claim(left=account.id, right=login, kind="profile_link", via=account.via)


def _account(row: fields.Table, via: Via) -> Identity:
    number: Any = row.get("user_id")
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        raise SkipRecord("user_id is missing or of another type")
    home = links.canonical(fields.text(row, "website_url"))
    return Identity(
        id=f"stackoverflow:{number}",
        kind=IdentityKind.PERSONAL,
        handle=names.plain(html.unescape(fields.needed(row, "display_name")), 100),
        homepage=home if home is not None and not links.is_left_out(home) else None,
        location=names.plain(html.unescape(fields.text(row, "location") or ""), 200),
        via=via(f"{_HOME}/users/{number}"),
    )


def _pages_account(home: str | None) -> str | None:
    login = links.github_pages_login(home)
    return f"github-login:{login}" if login is not None else None


def _questions(tags: Iterable[str], ids: Iterable[int], name: str, source: str = "") -> Iterator[Task]:
    """Yield all questions, with the filter that names their fields."""
    chosen = quote(name, safe="")
    for tag in tags:
        url = f"{_API}/tags/{quote(tag, safe='')}/top-answerers/all_time"
        url = f"{url}?site={_SITE}&pagesize={_A_QUESTION}&filter={chosen}"
        yield Task(source=source, kind="tag", url=url, params={"tag": tag, "filter": name})
    yield from _profiles(ids, name, source=source)


def _profiles(ids: Iterable[int], name: str, source: str = "") -> Iterator[Task]:
    whole = sorted(set(ids))
    for begin in range(0, len(whole), _A_QUESTION):
        batch = whole[begin : begin + _A_QUESTION]
        joined = quote(";".join(map(str, batch)), safe="")
        url = f"{_API}/users/{joined}?site={_SITE}&pagesize={_A_QUESTION}&filter={quote(name, safe='')}"
        yield Task(source=source, kind="profiles", url=url, params={"ids": batch})
