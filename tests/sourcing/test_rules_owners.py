"""Who an owner file names, and the author lines of the same history: certain, asked, and left alone."""

from dataclasses import replace

import pytest
from identities import asked, identity, known, people, together

from sourcing.resolve.edges import Known
from storage.model import ClaimRow

COMMIT = "https://github.com/lab/engine/commit/abc"
OWNER = identity("owner:zq", handles=("zq",))
LINE = identity("git:z", "Zoe Quist", emails=("z",))
CROWD = [
    identity(f"git:{n}", f"{given} Person", emails=(f"d{n}",), url=COMMIT)
    for n, given in enumerate(("Ana", "Bea", "Cem", "Dov", "Eli", "Fay"))
]


def said(how: str, left: str = "owner:zq", right: str = "git:z") -> ClaimRow:
    found = known(*CROWD).now
    return ClaimRow(left=left, right=right, kind=how, source="owner_files", url=COMMIT, seen_at=found)


@pytest.mark.parametrize("how", ["owner_address", "owner_branch"])
def test_what_github_wrote_into_a_history_of_many_joins_an_owner_and_a_line(how: str) -> None:
    assert together(known(OWNER, LINE, *CROWD, said(how)), "owner:zq", "git:z")


@pytest.mark.parametrize(
    ("why", "facts"),
    [
        ("a spelling is no proof", known(OWNER, LINE, *CROWD, said("owner_spelling"))),
        ("a history of one is that one's word", known(OWNER, LINE, said("owner_branch"))),
        (
            "the owner file prints another name",
            known(replace(OWNER, names=("Tomas Lindqvist",)), LINE, *CROWD, said("owner_branch")),
        ),
        (
            "people of different names use the address",
            known(
                OWNER, LINE, identity("git:y", "Tomas Lindqvist", emails=("y",)), *CROWD, said("owner_address"),
                said("owner_address", right="git:y"),
            ),
        ),
        (
            "two owners are said to be one line",
            known(
                OWNER, identity("owner:other", handles=("other",)), LINE, *CROWD, said("owner_branch"),
                said("owner_branch", left="owner:other"),
            ),
        ),
    ],
)  # fmt: skip
def test_doubts_are_asked_and_never_made(why: str, facts: Known) -> None:
    assert not together(facts, "owner:zq", "git:z"), why
    assert any({"owner:zq", "git:z"} <= pair for pair in asked(facts)), why


def test_a_claim_on_a_line_that_nobody_knows_is_nothing() -> None:
    facts = known(OWNER, *CROWD, said("owner_address"))
    assert frozenset({"owner:zq"}) in people(facts) and not asked(facts)
