"""Sources that are asked in two steps, or of whose people a wish must not be missed."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from spiders.errors import SourceChanged
from spiders.records import Claim, Cursor, Identity, Page, Provenance, Task
from spiders.sources import hn_hiring, stack_exchange

NOW = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)


def via(url: str) -> Provenance:
    return Provenance(source="s", url=url, page="0" * 64, fetched_at=NOW, reader="r@1", terms="t")


def page(body: Any) -> Page:
    raw = json.dumps(body).encode()
    sha = hashlib.sha256(raw).hexdigest()
    return Page(url="u", status=200, media_type="application/json", fetched_at=NOW, sha256=sha, body=raw)


def _asked(number: int) -> stack_exchange.Seeds:
    accounts = [{"id": n} for n in range(1, number + 1)]
    return stack_exchange.Seeds.model_validate({"tags": ["cuda", "x"], "stack_accounts": accounts})


def test_a_choice_of_fields_is_asked_for_once_and_nothing_waiting_for_it_is_lost() -> None:
    (first,) = stack_exchange.start(_asked(150), {})
    fields = parse_qs(urlsplit(first.url).query)["include"][0].split(";")
    assert {"user.about_me", ".backoff", ".quota_remaining"} <= set(fields)
    assert not {one for one in fields if "reputation" in one or "image" in one}
    said = list(stack_exchange.read(first, page({"items": [{"filter": "!a(b", "filter_type": "safe"}]}), via))
    (cursor,) = [one for one in said if isinstance(one, Cursor)]
    later = list(stack_exchange.start(_asked(150), {cursor.key: cursor.value}))
    assert [one for one in said if isinstance(one, Task)] == later
    assert [one.kind for one in later] == ["tag", "tag", "profiles", "profiles"]
    assert all(parse_qs(urlsplit(one.url).query)["filter"] == ["!a(b"] for one in later)


@pytest.mark.parametrize(
    "items", [[], [{"filter": "!a"}], [{"filter": "!a", "filter_type": "invalid"}], ["x"]]
)
def test_an_answer_that_is_no_filter_moves_nothing(items: list[Any]) -> None:
    (first,) = stack_exchange.start(_asked(1), {})
    with pytest.raises(SourceChanged):
        list(stack_exchange.read(first, page({"items": items}), via))


def test_accounts_are_asked_alike_in_any_order() -> None:
    known = {"filter@1": "!a"}
    turned = _asked(250).model_copy(update={"stack_accounts": _asked(250).stack_accounts[::-1]})
    keys = [{one.key for one in stack_exchange.start(seeds, known)} for seeds in (_asked(250), turned)]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("<p>No third-party recruiters please", "opt_out"),
        ("<p>no agency", "opt_out"),
        ("<p>I don&#x27;t reply to recruiters", "opt_out"),
        ("<p>recruiting: no", "opt_out_line"),
        ("<p>Recruiters welcome", "no_wish"),
    ],
)
def test_a_post_that_asks_recruiters_away_says_so_and_nothing_else(said: str, kind: str) -> None:
    post = {"id": 9, "author": "mira_inv", "text": f"Location: Oslo<p>Remote: yes{said}", "created_at": None}
    title = "Ask HN: Who wants to be hired? (November 2026)"
    thread = page({"title": title, "author": "whoishiring", "children": [post]})
    found = list(hn_hiring.read(Task(kind="thread", url="u", params={"id": "1"}), thread, via))
    (wish,) = [
        one
        for one in found
        if isinstance(one, Claim) and one.right == "hn-post:9" and one.kind != "open_to_work"
    ]
    assert (wish.left, wish.kind) == ("hn:mira_inv", kind)
    assert bool([one for one in found if isinstance(one, Identity)]) == (kind == "no_wish")
