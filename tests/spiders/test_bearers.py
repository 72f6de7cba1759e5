"""Whose logins the author lines of a history are: what GitHub wrote into it, and what is only spelt alike."""

import pytest

from spiders.engines.bearers import ADDRESS, BRANCH, SPELLING, Bearers
from spiders.gitrun import head
from spiders.redact import Pepper

PEPPER = Pepper(b"p" * 32)


@pytest.fixture
def bearers(made):
    """Logins and how each line of the history is known to be theirs."""

    def told(*logins):
        found = Bearers(made.path, head(made.path), "lab/engine", until=None, pepper=PEPPER).of(logins)
        return [(one.login, one.how, one.line[0]) for one in found]

    return told


WEB = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "GitHub"), ("EMAIL", "noreply@github.com"), ("DATE", "1700009000 +0000"))
}


def pull(made, login, name, mail, number, onto="main"):
    """Merge a pull request from a login's branch that ends in somebody's commit."""
    made.run("checkout", "-q", "-b", f"b{number}")
    made.commit(f"Work {number}", path=f"p{number}.py", name=name, mail=mail)
    made.run("checkout", "-q", onto)
    subject = f"Merge pull request #{number} from {login}/b{number}"
    made.run("merge", "-q", "--no-ff", "-m", subject, f"b{number}", **WEB)


def test_an_address_that_github_lends_names_its_login(made, bearers):
    made.commit("Begin", name="Ota Brunn", mail="otab@users.noreply.github.com")
    made.commit("A robot", name="otab[bot]", mail="otab[bot]@users.noreply.github.com")
    assert bearers("otab", "ota") == [("otab", ADDRESS, "Ota Brunn")]


def test_what_a_branch_says_in_anothers_name_is_a_question_at_most(made, bearers):
    forged = "mira-k@users.noreply.github.com"
    made.commit("Begin", name="Ada Lund", mail="ada@lab.example")
    made.commit(f"Squashed\n\nCo-authored-by: Eve Noll <{forged}>\n", name="Ada Lund", mail="ada@lab.example")
    made.commit("A patch", name="Eve Noll", mail=forged, by=("Ada Lund", "ada@lab.example"))
    made.run("checkout", "-q", "-b", "hers")
    made.commit("Work", name="Eve Noll", mail=forged)
    for number in range(1, 4):  # merges inside her own branch, worded as the platform words its own
        pull(made, "mira-k", "Eve Noll", "eve@lab.example", number, onto="hers")
    made.run("checkout", "-q", "main")
    made.run("merge", "-q", "--no-ff", "-m", "Merge pull request #9 from eve/hers", "hers", **WEB)
    assert bearers("mira-k") == [("mira-k", SPELLING, "Eve Noll")]
    pull(made, "mira-k", "Mira Kolb", forged, 10)  # from her own copy, which nobody else sends from
    assert bearers("mira-k") == [("mira-k", ADDRESS, "Mira Kolb")]


def test_branches_of_pull_requests_name_who_ends_most_of_them(made, bearers):
    made.commit("Begin", name="Mira Okafor", mail="mira@lab.example")
    for number in range(1, 4):
        pull(made, "zq", "Zoe Quist", "zoe@lab.example", number)
    pull(made, "zq", "Mira Okafor", "mira@lab.example", 4)  # a colleague's last push
    for number in range(5, 8):
        pull(made, "mo", "Mira Okafor", "mira@lab.example", number)
    pull(made, "passer", "Pim Passer", "pim@lab.example", 8)
    assert bearers("zq", "mo", "passer") == [("mo", BRANCH, "Mira Okafor"), ("zq", BRANCH, "Zoe Quist")]


def test_branches_of_the_repository_itself_name_nobody(made, bearers):
    made.commit("Begin", name="Mira Okafor", mail="mira@lab.example")
    for number in range(1, 4):
        pull(made, "lab", "Zoe Quist", "zoe@lab.example", number)
    assert bearers("lab") == []


def test_a_login_spelt_like_a_name_or_mailbox_is_a_question_only_where_nothing_is_known(made, bearers):
    made.commit("Begin", name="Mira Okafor", mail="m.okafor@lab.example")
    made.commit("More", name="Zoe Quist", mail="zoe@lab.example")
    made.commit("Robot", name="quist-bot", mail="m-okafor-bot@lab.example")
    asked = bearers("miraokafor", "m-okafor", "zoe", "support")
    assert asked == [("m-okafor", SPELLING, "Mira Okafor"), ("miraokafor", SPELLING, "Mira Okafor")]
    for number in range(1, 3):
        pull(made, "m-okafor", "Zoe Quist", "zoe@lab.example", number)
    assert bearers("m-okafor") == [("m-okafor", BRANCH, "Zoe Quist")]
