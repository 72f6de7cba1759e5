"""TRUST §6, P15, T12: addresses become digests, forbidden sentences and fields go, quickly."""

import json

import pytest
from costs import cost_s
from sentences import EVERY, FORBIDDEN, WORK

from spiders import redact
from spiders.errors import SourceChanged
from spiders.redact import Pepper

PEPPER = Pepper(b"p" * 32)


@pytest.mark.parametrize(
    ("raw", "account", "login", "shared", "machine", "has_digest"),
    [
        ("mira@pages.example", None, None, False, False, True),
        (" <Mira@Pages.example> ", None, None, False, False, True),
        ("583231+mira-k@users.noreply.github.com", "github:583231", "mira-k", False, False, True),
        ("mira-k@users.noreply.github.com", None, "mira-k", False, False, True),
        (
            "49699333+dependabot[bot]@users.noreply.github.com",
            "github:49699333",
            "dependabot[bot]",
            False,
            True,
            True,
        ),
        ("198982749+Copilot@users.noreply.github.com", "github:198982749", "copilot", False, True, True),
        ("noreply@github.com", None, None, True, True, False),
        ("actions@github.com", None, None, True, True, False),
        ("lab-bot@lab.example", None, None, True, True, True),
        ("talbot@lab.example", None, None, False, False, True),
        ("jan.bot@lab.example", None, None, False, False, True),  # surnames
        ("ines-butler@lab.example", None, None, False, False, True),
        ("thread_autotest@lab.example", None, None, True, True, True),
        ("info@lab.example", None, None, True, False, True),
        ("engine-dev@lab.example", None, None, True, False, True),
        ("team@lab.example", None, None, True, False, True),
        ("you@example.com", None, None, True, False, True),
        ("nobody", None, None, True, False, False),
        ("", None, None, True, False, False),
        ("@", None, None, True, False, False),
        ("root@localhost", None, None, True, False, False),
        ("mira@build7.local", None, None, True, False, False),
        ("mira@(none)", None, None, True, False, False),
        ("engine@lists.lab.example", None, None, True, False, False),
        ("mira@" + "a" * 400, None, None, True, False, False),
    ],
)
def test_what_an_address_tells(raw, account, login, shared, machine, has_digest):
    found = redact.address(PEPPER, raw)
    assert (found.account, found.login, found.shared, found.machine) == (account, login, shared, machine)
    assert (found.digest is not None) == has_digest


def test_one_mailbox_has_one_digest_and_another_pepper_another():
    same = {redact.digest(PEPPER, raw) for raw in ("Mira@gmail.com", "mira+git@gmail.com", " mira@GMAIL.com")}
    assert len(same) == 1
    assert redact.digest(PEPPER, "mira+git@lab.example") != redact.digest(PEPPER, "mira@lab.example")
    assert redact.digest(Pepper(b"q" * 32), "mira@gmail.com") not in same
    assert "ppp" not in repr(PEPPER)


KEPT = [
    "I build paged attention kernels.", "Working on race conditions and union types.",
    "Blind deconvolution and denoising.", "Transformers, orientation estimation, native code.",
    "PhD from Oslo, now at a lab.", "Open to remote work.", "Maintainer of a serving engine.",
    "Democratising compilers.", "Black-box optimisation, white papers.", "Depth from stereo.",
    "Automation fan.", "Health checks for clusters.", "Thesis with Christian Berg.",
]  # fmt: skip


def test_sentences_about_special_categories_go_and_work_stays():
    missed = [
        sentence
        for sentence in FORBIDDEN
        if sentence.rstrip(".") in redact.text(f"I build engines. {sentence}")
    ]
    assert len(missed) <= len(FORBIDDEN) * 0.05, missed
    assert redact.text("I build engines. I am gay. Ask me on C++.") == "I build engines. Ask me on C++."
    assert [redact.text(sentence) for sentence in KEPT] == KEPT


@pytest.mark.row("P15")
def test_two_hundred_sentences_in_eleven_languages_go_and_work_stays() -> None:
    assert len(set(EVERY)) == len(EVERY) == 200
    missed = [one for one in EVERY if redact.text(f"Engines. {one}") != "Engines."]
    assert missed == [], "95 % is what TRUST asks; a sentence that stayed would be shown and sent"
    assert [redact.text(one) for one in WORK] == list(WORK)


def test_addresses_and_control_characters_go_and_the_rest_is_cut():
    said = (
        "Mail mira@pages.example, mira [at] pages [dot] example or mira (at) pages.example"
        "\x00\x1b[31m \ud800 @mira git@1.2"
    )
    assert redact.plain(said) == (
        "Mail [address removed], [address removed] or [address removed][31m  @mira git@1.2"
    )
    assert len(redact.plain("é" * 20_000).encode()) <= redact.TEXT_MAX_BYTES
    assert redact.plain("Race condition in a gay-lussac solver") == "Race condition in a gay-lussac solver"


@pytest.mark.parametrize(
    "near", ["a" * 50_000, "a@" * 25_000, "a.b" * 17_000, "x [at] " * 7_000, "i am " * 10_000, "@" * 50_000]
)
def test_near_misses_are_cheap(near):
    def read() -> None:
        redact.text(near)
        redact.body(near.encode())
        redact.address(PEPPER, near)

    assert cost_s(read, enough_s=0.15) <= 0.15


def test_json_pages_lose_what_the_spec_names(make_spec):
    spec = make_spec(digest=("/items/*/author/email", "/owner/email"), drop=("/items/*/avatar_url", "/owner"))
    page = {
        "items": [
            {
                "author": {"email": "mira@pages.example"},
                "avatar_url": "x",
                "bio": "write\nmira@pages.example",
            },
            {
                "author": {"email": None},
                "avatar_url": "y",
                "path": "C:\\nmira@pages.example",
                "lone": "\ud800",
            },
            {"author": "of another type"},
        ],
        "owner": {"email": 7},
    }
    body, counted = redact.apply(spec, json.dumps(page).encode(), PEPPER)
    kept = json.loads(body)
    assert kept["items"][0] == {
        "author": {"email": redact.digest(PEPPER, "mira@pages.example")}, "bio": "write\n[address removed]",
    }  # fmt: skip
    assert kept["items"][1]["author"] == {"email": None} and "owner" not in kept
    assert counted == {
        "digested /items/*/author/email": 1,
        "digested /owner/email": 1,
        "dropped /items/*/avatar_url": 2,
        "dropped /owner": 1,
    }
    assert b"pages.example" not in body
    for odd in (
        b'\xef\xbb\xbf{"a":"x"}',
        b'{"a":"\xff\xed\xa0\x80"}',
        b'{"a":"\\ud800","b":"mira\\u0040pages.example"}',
    ):
        whole, _ = redact.apply(spec, odd, PEPPER)
        json.dumps(json.loads(whole), ensure_ascii=False).encode()  # no half characters left
        assert b"pages.example" not in whole
    for half in (b'{"items": [', b"", b"[" * 100_000):
        with pytest.raises(SourceChanged):
            redact.apply(spec, half, PEPPER)


def test_escapes_before_an_address_leave_the_page_json(make_spec):
    for text in (
        "a\nmira@pages.example",
        "a\tmira@pages.example",
        "\\nmira@pages.example",
        "\x00mira@pages.example",
        "\\mira@pages.example",
    ):
        raw = json.dumps({"bio": text}).encode()
        kept = json.loads(redact.body(raw))["bio"]
        assert "pages.example" not in kept and "[address removed]" in kept


@pytest.mark.parametrize(
    "hidden",
    [
        "mira@xn--80ak6aa92e.xn--p1ai", "mira@lab.example_old", "mira@lab.example2", "mira\uff20lab.example",
        "mir\u00e9@lab.example", "mira@b\u00fccher.example", "mira@\u043b\u0430\u0431.\u0440\u0444",
    ],
)  # fmt: skip
def test_no_spelling_of_an_address_survives(hidden):
    kept = redact.plain(f"ask {hidden} now")
    assert kept.startswith("ask [address removed]") and "lab" not in kept.partition("]")[2]
    raw = hidden.replace("\uff20", "@").encode()
    assert redact.body(b"ask " + raw + b" now").startswith(b"ask [address removed]")


def test_pages_hide_no_address_behind_an_escape(make_spec):
    for sign in ("%40", "&#64;", "&#x40;", "&#0064;", "&commat;"):
        assert redact.body(f'<a href="mailto:mira{sign}lab.example">'.encode()) == (
            b'<a href="mailto:[address removed]">'
        )
    link = b"https://pages.example/%40mira.okafor/post.html"
    assert redact.body(link) == link
    escaped = json.dumps({"bio": "jos\u00e9@lab.example"}).encode()
    kept, _ = redact.apply(make_spec(), escaped, PEPPER)
    assert json.loads(kept) == {"bio": "[address removed]"}


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("Mira Okafor", "Mira Okafor"),
        ("Mira <mira@lab.example>", "Mira"),
        ("mira@lab.example", None),
        ("root@build7", None),
        ("Mira @ Lab", "Mira @ Lab"),
    ],
)
def test_a_name_is_no_address(printed, kept):
    assert redact.name(printed) == kept
