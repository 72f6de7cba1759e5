"""TRUST §6: of a mailbox nothing readable is kept, only what can be compared for equality."""

import json
from dataclasses import asdict

import pytest

from spiders.clients import mailboxes
from spiders.records import Likeness, Mailbox, MailboxFlag
from spiders.redact import Pepper
from storage import mailboxes as stored
from storage.subjects import PepperKeyer

PEPPER = Pepper(b"p" * 32)


@pytest.mark.parametrize(
    ("address", "name", "likeness"),
    [
        ("mira.okafor@lab.example", "Mira Okafor", Likeness.FULL),
        ("okaformira@lab.example", "Mira Okafor", Likeness.FULL),
        ("mokafor@lab.example", "Mira Okafor", Likeness.INITIAL),
        ("mirao77@lab.example", "Mira Okafor", Likeness.INITIAL),
        ("x-okafor@lab.example", "Mira Okafor", Likeness.SURNAME),
        ("mira@lab.example", "Mira Okafor", Likeness.GIVEN),
        ("starlight@lab.example", "Mira Okafor", Likeness.NOTHING),
        ("starlight@lab.example", None, None),
        ("jorgmuller@lab.example", "Jörg Müller", Likeness.FULL),
        ("hi@miraokafor.example", "Mira Okafor", Likeness.FULL),  # a domain of one's own
    ],
)
def test_how_a_mailbox_resembles_its_name(address: str, name: str | None, likeness: Likeness | None) -> None:
    assert mailboxes.mailbox(PEPPER, address, name).likeness is likeness


def test_nothing_readable_is_left_of_an_address() -> None:
    box = mailboxes.mailbox(PEPPER, "Mira.Okafor+git@lab.example", "Mira Okafor")
    text = stored.to_text(box)
    assert not any(part in text.lower() for part in ("mira", "okafor", "lab", "example", "@"))
    assert stored.from_text(text) == box and len(box.handles) == 1


def test_two_mailboxes_of_one_person_meet_in_their_handles_and_in_those_of_the_name() -> None:
    one = mailboxes.mailbox(PEPPER, "mira.okafor@lab.example", "Mira Okafor")
    other = mailboxes.mailbox(PEPPER, "miraokafor@gmail.com", "mira")
    stranger = mailboxes.mailbox(PEPPER, "tomas@lab.example", "Tomas Lindqvist")
    assert one.local == other.local and set(one.handles) & set(other.handles)
    assert one.host == stranger.host is not None and other.host is None  # anybody may have a box there
    yielded = {mailboxes.key(PEPPER, "handle", handle) for handle in mailboxes.handles("Okafor, Mira")}
    assert yielded & set(one.handles) and not yielded & set(stranger.handles)


@pytest.mark.parametrize(
    ("address", "flag"),
    [
        ("team@lab.example", MailboxFlag.ROLE),
        ("7+ota@users.noreply.github.com", MailboxFlag.NOREPLY),
        ("root@localhost", MailboxFlag.PLACEHOLDER),
        ("no sign at all", MailboxFlag.PLACEHOLDER),
        ("", MailboxFlag.PLACEHOLDER),
    ],
)
def test_boxes_of_nobody_in_particular_are_flagged_and_have_no_local_part(
    address: str, flag: MailboxFlag
) -> None:
    box = mailboxes.mailbox(PEPPER, address, "Mira Okafor")
    assert box.flags == (flag,) and box.local is None


@pytest.mark.parametrize(
    "name", ["", "x" * 10_000, "🦊🦊", "=cmd()", "مريم العلي", "李 雷", "a" * 300 + " b"]
)
def test_any_name_is_taken_as_it_is(name: str) -> None:
    box = mailboxes.mailbox(PEPPER, "mira@lab.example", name)
    assert isinstance(box, Mailbox) and json.dumps(asdict(box))


def test_the_store_makes_the_same_digests_with_its_own_key() -> None:
    keyer = PepperKeyer(PEPPER.secret)
    assert keyer.digest("handle", "miraokafor")[:32] == mailboxes.key(PEPPER, "handle", "miraokafor")
    assert mailboxes.key(PEPPER, "local", "mira") != mailboxes.key(PEPPER, "host", "mira")


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("cs.uni.edu", "uni.edu"),
        ("mail.lab.uni.ac.uk", "uni.ac.uk"),
        ("gmail.com", None),
        ("yahoo.co.jp", None),
        ("localhost", None),
    ],
)
def test_the_part_of_a_host_that_somebody_registered(host: str, site: str | None) -> None:
    assert mailboxes.registrable(host) == site
