"""What the store asks of other sites: each answer once for each source, and nothing that nobody published."""

from datetime import date, timedelta

import pytest

from spiders.records import IdentityKind, WorkKind
from storage import frontier, intake
from storage.engine import Store

MIRA, TOVI, ONA = "0000-0007-0000-0010", "0000-0007-0000-0029", "0000-0007-0000-0037"


@pytest.fixture
def known(store: Store, make, now, keyer) -> Store:
    """Return a store of papers, numbers and accounts, some of which are nobody's to ask about."""
    today = now.date()

    def paper(number: str, on: date | None):
        return make.work(f"arxiv:{number}", kind=WorkKind.PAPER, published_on=on)

    def author(one: str, **more):
        return make.identity(one, kind=IdentityKind.AUTHOR, **more)

    records = [
        paper("2611.90001", today - timedelta(days=3)),
        paper("2610.90002", today - timedelta(days=10)),
        paper("2610.90003", today - timedelta(days=30)),
        paper("2501.90004", date(2025, 1, 2)),
        paper("2501.90005", date(2025, 1, 1)),
        make.claim("arxiv:2501.90005", "github:mira-inv/pages", "paper_code"),
        paper("cs/0112017", None),
        make.work("doi:10.5555/inv.1", kind=WorkKind.PAPER),
        author("acl-author:mira-inv", orcid=MIRA, at=now - timedelta(days=1)),
        make.claim("page:https://tovi.example", f"orcid:{TOVI}", "profile_link"),
        make.claim("openalex:A1", f"orcid:{ONA}", "cluster_orcid"),
        make.claim("openalex:A2", f"orcid:{TOVI}", "cluster_orcid"),
        make.identity("hf:" + "a" * 24, handle="mira-inv"),
        make.identity("hf:" + "b" * 24, kind=IdentityKind.ORGANISATION, handle="lab-inv"),
        make.identity("hf:" + "c" * 24, handle="handed-on"),
        make.identity("hf:" + "d" * 24, handle="handed-on"),
        author("openreview:~Mira_Okafor1"),
        author("openreview:inv0000001:2"),
        make.claim("page:https://tovi.example", "openreview:~Tovi_Halvorsen1", "profile_link"),
        make.identity(
            "github:7",
            links=(
                "https://stackoverflow.com/users/990001/mira",
                "https://stackoverflow.com/questions/1",
                "https://www.kaggle.com/MiraInv",
                "https://www.kaggle.com/competitions",
            ),
        ),
        make.identity("github:8", homepage="http://stackoverflow.com/users/990001"),
    ]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now - timedelta(days=1), run=None, keyer=keyer)
    return store


EXPECTED = {
    ("arxiv_papers", "openalex"): [
        {"id": "2610.90003"}, {"id": "2501.90004"}, {"id": "2501.90005"}, {"id": "cs/0112017"},
    ],
    ("fresh_papers", "hf_papers"): [{"id": "2610.90002"}, {"id": "2610.90003"}, {"id": "2501.90005"}],
    ("orcids", "openalex"): [{"orcid": MIRA}, {"orcid": TOVI}],
    ("unanswered_orcids", "crossref"): [{"orcid": MIRA}],
    ("hub_accounts", "hf_users"): [{"id": "a" * 24, "name": "mira-inv"}],
    ("openreview_profiles", "openreview"): [{"id": "~Mira_Okafor1"}, {"id": "~Tovi_Halvorsen1"}],
    ("stack_accounts", "stack_exchange"): [{"id": 990001}],
    ("kaggle_accounts", "kaggle_dump"): [{"name": "mirainv"}],
}  # fmt: skip


def test_each_source_is_handed_an_answer_once(known: Store, now) -> None:
    for (want, source), answers in EXPECTED.items():
        with known.begin() as tx:
            call = {"ttl_days": 30, "limit": 10}
            assert frontier.wanted(tx, want, now=now, source=source, **call) == answers, want
            assert frontier.wanted(tx, want, now=now, source=source, ttl_days=30, limit=1) == answers[:1]
            frontier.put_asked(tx, want, answers, now=now, source=source)
            assert frontier.wanted(tx, want, now=now, source=source, **call) == [], want
            assert frontier.wanted(tx, want, now=now, source="another", **call) == answers, want
            later = frontier.wanted(tx, want, now=now + timedelta(days=181), source=source, **call)
        assert {str(one) for one in answers} & {str(one) for one in later}, want


def test_a_fallback_asks_a_night_later_than_the_source_it_stands_in_for(known: Store, now) -> None:
    with known.read() as tx:
        ask = {"ttl_days": 30, "limit": 10, "source": "crossref"}
        assert frontier.wanted(tx, "unanswered_orcids", now=now - timedelta(hours=10), **ask) == []
