"""Who could introduce us: each step is a work of both, with its link; at most two steps (O6)."""

from typing import Any

from sourcing.outreach import paths
from sourcing.outreach.paths import Paths
from spiders.records import IdentityKind, SignalKind, WorkKind
from storage.meetings import PARTS_MAX

REVIEWED = SignalKind.REVIEWED


def to(office: Any, key: str, *team: str) -> Paths:
    with office.store.read() as tx:
        return paths.to(tx, key, team)


def told(found: Paths) -> list[list[tuple[str | None, str, str, str | None, str]]]:
    return [
        [(step.left_name, step.left_did, step.right_did, step.right_name, step.url) for step in steps]
        for steps in found.paths
    ]


def test_the_shortest_way_leads_through_a_shared_work_and_a_second_step_through_one_who_knows_both(
    office: Any,
) -> None:
    ana, ben, ida, wim = (
        office.person(n, name) for n, name in enumerate(("Ana", "Ben", "Ida", "Wim"), start=1)
    )
    office.did(ana, 1, "Fuse attention", days=50)
    office.did(ben, 1, "Fuse attention", days=49, kind=REVIEWED, note="approved")
    office.did(ben, 2, "Evict blocks", days=9)
    office.did(wim, 2, "Evict blocks", days=8, kind=SignalKind.MERGED)
    paper: dict[str, Any] = {"work_kind": WorkKind.PAPER, "url": "https://arxiv.org/abs/1", "days": 30}
    office.did(ida, "arxiv:1", "Paged Attention", **paper)
    office.did(wim, "arxiv:1", "Paged Attention", **paper)
    keys = office.open()
    found = to(office, keys[wim], keys[ana], "github:3", "p_gone")
    assert told(found) == [
        [("Ida", "wrote it", "wrote it", "Wim", "https://arxiv.org/abs/1")],
        [
            ("Ana", "wrote it", "reviewed it", "Ben", "https://github.com/orbit/engine/pull/1"),
            ("Ben", "wrote it", "took it in", "Wim", "https://github.com/orbit/engine/pull/2"),
        ],
    ]
    assert found.unknown == ("p_gone",) and found.why_none is None


def test_a_crowd_a_machine_and_who_asked_to_be_left_alone_introduce_nobody(office: Any) -> None:
    ana, wim = office.person(1, "Ana"), office.person(2, "Wim")
    robot = office.person(3, "renovate", kind=IdentityKind.BOT)
    quiet = office.person(4, "Vera")
    office.records.append(office.make.claim(quiet, quiet, "opt_out_line", source="github_people"))
    for middle, first in ((robot, 10), (quiet, 20)):
        for at, end in enumerate((ana, wim)):
            office.did(end, first + at, "Evict blocks", days=5)
            office.did(middle, first + at, "Evict blocks", days=5, kind=REVIEWED, note="approved")
    crowd = [office.person(100 + number, f"Author {number}") for number in range(PARTS_MAX)]
    for one in (ana, wim, *crowd):
        office.did(
            one,
            "arxiv:9",
            "A Report of Hundreds",
            days=5,
            work_kind=WorkKind.PAPER,
            url="https://arxiv.org/abs/9",
        )
    keys = office.open()
    found = to(office, keys[wim], keys[ana])
    assert found.paths == () and found.why_none is not None and found.why_none.startswith("none of the team")
    assert to(office, keys[wim]).why_none == "no team: name your own people under [team] in sourcer.toml"
    assert to(office, keys[wim], keys[wim]).why_none == "this is one of the team"
