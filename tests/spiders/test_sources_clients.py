"""The dialects: whose account a link names, what a byline means, who is a machine, what GitHub is asked."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from costs import cost_s
from graphql import build_schema, parse, validate

from spiders.clients import arxiv, github, github_objects, links, machines, names, papers, repositories
from spiders.errors import RetryLater, SkipRecord, SourceChanged, SourceRefused
from spiders.records import Page

SCHEMA = Path(__file__).parents[1] / "world" / "invented" / "schema.graphql"


@pytest.mark.parametrize(
    ("name", "login", "machine", "expected"),
    [
        ("Claude Ferrand", None, False, False),  # a first name
        ("Claude", "claude", False, False),  # even alone: the address is a person's
        ("Devin", "devin-inv", False, False),
        ("Travis Inv", None, False, False),
        ("Jan Bot", "janbot-inv", False, False),  # a Dutch surname
        ("Aleksandar Botev", None, False, False),
        ("Gert-Jan Both", None, False, False),
        ("Cursor", None, False, False),
        ("Gemini Inv", "gemini-inv", False, False),
        ("Claude", None, True, True),  # noreply address of a machine
        ("Cursor", None, True, True),
        ("Claude Opus 4.6 (1M context)", None, False, True),
        ("Claude Code", None, False, True),
        ("Copilot", "Copilot", False, True),
        ("dependabot[bot]", None, False, True),
        (None, "renovate[bot]", False, True),
        (None, "copilot-swe-agent", False, True),
        ("CodeMechanic-Bot", None, False, True),
        ("tvm-bot", "tvm-bot", False, True),
        ("emberline bot", None, False, True),
        ("Emberline Authors", None, False, True),  # the robot of an exported monorepo
        ("Draftmill Agent", None, False, True),
        ("GitHub Actions", None, False, True),
        ("Mira Okafor", "mira-okafor-inv", True, True),
    ],
)
def test_machines_are_known_by_address_and_exact_name(
    name: str | None, login: str | None, machine: bool, expected: bool
) -> None:
    assert machines.is_machine(name, login, machine=machine) is expected


def test_an_agent_is_told_from_other_bots() -> None:
    assert machines.is_agent("Claude Opus 4.6", None)
    assert machines.is_agent("Copilot", "Copilot")
    assert machines.is_agent("gemini-code-assist[bot]", "gemini-code-assist[bot]")
    assert not machines.is_agent("dependabot[bot]", "dependabot[bot]", machine=True)
    assert not machines.is_agent("Claude Ferrand", None)


@pytest.mark.parametrize(
    ("address", "account"),
    [
        ("https://github.com/mira-inv", "github-login:mira-inv"),
        ("http://www.github.com/mira-inv/?tab=repositories", "github-login:mira-inv"),
        ("github.com/mira-inv", "github-login:mira-inv"),
        ("https://github.com/mira-inv/emberline", None),  # a repository
        ("https://github.com/features", None),
        ("https://github.com/academicpages", None),  # the theme's footer
        ("https://github.com.evil.example/mira-inv", None),
        ("https://github.com/mira--inv-", None),
        ("https://orcid.org/0000-0099-0000-0008", "orcid:0000-0099-0000-0008"),
        ("https://orcid.org/0000-0099-0000-0009", None),  # check digit
        ("https://openreview.net/profile?id=~Mira_Okafor9", "openreview:~Mira_Okafor9"),
        ("https://openreview.net/profile?id=mira@mail.example", None),
        ("https://scholar.google.co.jp/citations?hl=en&user=InvMira0AAAJ", "scholar:InvMira0AAAJ"),
        ("https://arxiv.org/a/okafor_m_1", "arxiv-author:okafor_m_1"),
        ("https://dblp.org/pid/999/0001.html", "dblp:999/0001"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://user:pass@github.com/mira-inv", None),
        ("", None),
    ],
)
def test_a_link_names_an_account_only_when_it_is_one(address: str, account: str | None) -> None:
    assert links.account(address) == account


@pytest.mark.parametrize(
    "spelling",
    [
        "https://mira.pages.example",
        "http://mira.pages.example/",
        "HTTPS://WWW.Mira.Pages.example/index.html#top",
        "mira.pages.example",
        "https://mira.pages.example:443/?utm_source=x",
    ],
)
def test_one_page_has_one_identity_however_it_is_spelt(spelling: str) -> None:
    assert links.page_id(spelling) == "page:https://mira.pages.example"


def test_a_github_io_host_belongs_to_its_account() -> None:
    assert links.github_pages_login("https://mira-inv.github.io/cv") == "mira-inv"
    assert links.github_pages_login("https://mira-inv.github.io.evil.example") is None


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Okafor, Mira", "Mira Okafor"),
        ("Inv, Jr.", "Inv, Jr."),
        (r"{\L}ukasi\'nski", "Łukasiński"),
        (r"G\"{o}del Inv", "Gödel Inv"),
        (r"Mikol\'a\v{s} Inv", "Mikoláš Inv"),
        (r"Bj{\o}rn \AA{}s", "Bjørn Ås"),
        (r"Garc\'{\i}a Inv", "García Inv"),
        ("한\n 세나", "한 세나"),
        ("  ", None),
    ],
)
def test_bylines_are_read_as_names(printed: str, name: str | None) -> None:
    assert names.person(printed) == name


@pytest.mark.parametrize(
    "hostile", ["\\'" * 25_000, "a." * 25_000 + "@", "0000-" * 10_000, "~" * 50_000, "{" * 50_000]
)
def test_near_misses_of_every_pattern_cost_little(hostile: str) -> None:
    def read_all() -> None:
        for read in (
            names.person,
            names.title,
            links.account,
            links.orcid,
            links.page_id,
            arxiv.venue_of,
            arxiv.paper_id,
        ):
            read(hostile)
        machines.is_machine(hostile, hostile)

    assert cost_s(read_all, enough_s=0.2) <= 0.2


@pytest.mark.parametrize(
    ("comments", "venue"),
    [
        ("Accepted at NeurIPS 2026 (oral)", "NeurIPS 2026"),
        ("To appear in ICML'2025", "ICML 2025"),
        ("Submitted to ICLR 2027", None),
        ("12 pages, under review at CVPR 2026", None),
        ("ICML 2026 Workshop on Rollouts", "ICML 2026 workshop"),
        ("12 pages, May 2026", None),
        ("", None),
    ],
)
def test_a_comment_names_a_venue_only_when_it_is_clear(comments: str, venue: str | None) -> None:
    assert arxiv.venue_of(comments) == venue


def test_a_venue_without_a_date_is_taken_at_its_usual_month() -> None:
    day = papers.meeting_on("NeurIPS 2025")
    assert day is not None and (day.year, day.month) == (2025, 12)
    assert papers.meeting_on("NeurIPS") is None


def test_questions_are_valid_against_the_schema() -> None:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    questions = [
        github.PULLS,
        *(
            json.loads(request.body or b"")["query"]
            for request in (github.profiles_query(["a", "b"]), github.commits_query("o/n", ["0" * 40]))
        ),
    ]
    assert [validate(schema, parse(question)) for question in questions] == [[], [], []]


def test_what_strangers_wrote_never_becomes_part_of_a_question() -> None:
    request = github.profiles_query(['x") { email } #'])
    body = json.loads(request.body or b"")
    assert "email" not in body["query"]
    assert body["variables"] == {"l0": 'x") { email } #'}


def test_reading_a_github_object_makes_no_hidden_request() -> None:
    table = {
        "id": 950000001,
        "full_name": "brightforge/emberline",
        "owner": {"login": "x", "url": f"{github.API}/users/x"},
    }
    repository = github_objects.repository(_answer(json.dumps(table).encode()))
    assert github_objects.field(repository, "full_name") == "brightforge/emberline"
    assert github_objects.field(repository, "description") is None
    with pytest.raises(SourceRefused):
        _ = repository.owner.name  # PyGithub would complete the owner over the network


def test_a_field_of_another_type_leaves_the_record_out() -> None:
    repository = github_objects.repository(_answer(b'{"id": "not a number"}'))
    with pytest.raises(SkipRecord, match="id is of another type"):
        github_objects.field(repository, "id")


def _answer(body: bytes) -> Page:
    at = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)
    return Page(
        url=github.GRAPHQL,
        status=200,
        media_type="application/json",
        fetched_at=at,
        sha256="0" * 64,
        body=body,
    )


def test_spent_points_say_when_they_come_back() -> None:
    body = b'{"data":{"rateLimit":{"resetAt":"2026-11-23T03:00:00Z"}},"errors":[{"type":"RATE_LIMITED"}]}'
    with pytest.raises(RetryLater) as caught:
        github.answer(_answer(body))
    assert caught.value.after_s == 1_200


@pytest.mark.parametrize("body", [b"{}", b"[]", b"not json", b'{"data": 3}', b'{"data": [1]}'])
def test_an_answer_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        github.answer(_answer(body))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://github.com/quill-inv/paged/tree/main/x", "github:quill-inv/paged"),
        ("git+https://github.com/quill-inv/paged.git", None),
        ("https://www.github.com/quill-inv/paged.git", "github:quill-inv/paged"),
        ("https://github.com/features/actions", None),
        ("https://github.com/sponsors/quill-inv", None),
        ("https://github.com/stars/quill-inv/lists", None),
        ("https://github.com/quill-inv", None),
        ("https://gitlab.example/quill-inv/paged", None),
    ],
)
def test_a_link_names_a_repository_only_when_it_lies_in_one(address: str, found: str | None) -> None:
    assert repositories.repository(address) == found
