"""What questions usually cost and bring on a first night, before a store has measured it for itself.

Numbers as documented by the sources or measured on real repositories in November 2026; a plan made of them says so.
"""

from dataclasses import dataclass, field

LATE_SHARE = 0.03  # of what a first night found by itself, so much is found on the second
SAME_BYTES = 0.02  # "not modified", or an empty list, beside the whole answer
SAME_REQUESTS = 1.5  # one asks whether a history moved, three more fetch what is new; few move in a day
SAME_SECONDS = 0.5  # of a question that only asks whether something is new, whatever the first reading took
START_S = 0.8  # a child's own start


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """One visit. found: tasks it names per thing asked for, by `source/kind`."""

    requests: float = 1.0
    points: float = 0.0
    bytes: float = 20_000.0
    seconds: float = 0.5
    found: dict[str, float] = field(default_factory=dict)


def _walk(name: str, pages: int, points: float) -> Usual:
    """Return a walk of so many pages, each naming the next."""
    return Usual(points=points, bytes=16_000, seconds=1.5, found={name: 1 - 1 / pages})


USUAL: dict[str, Usual] = {
    "git_history/history": Usual(requests=2, bytes=12_000_000, seconds=20),
    "github_pulls/watermarks": Usual(points=1, bytes=3_000, seconds=1, found={"github_pulls/pulls": 1}),
    "github_pulls/pulls": _walk("github_pulls/pulls", 40, 1),
    "github_issues/watermarks": Usual(
        points=1, bytes=3_000, seconds=1, found={"github_issues/issues": 1, "github_issues/threads": 1}
    ),
    "github_issues/issues": _walk("github_issues/issues", 60, 1),
    "github_issues/threads": _walk("github_issues/threads", 50, 4),
    "github_releases/watermarks": Usual(
        points=1, bytes=3_000, seconds=1, found={"github_releases/releases": 1}
    ),
    "github_releases/releases": _walk("github_releases/releases", 2, 1),
    "github_people/profiles": Usual(points=1, bytes=15_000, seconds=2),
    "github_people/commits": Usual(points=1, bytes=15_000, seconds=2),
    "arxiv_papers/records": Usual(bytes=1_200_000, seconds=6, found={"arxiv_papers/records": 0.5}),
    "conference_papers/index": Usual(bytes=1_500_000, found={"conference_papers/paper": 4_000}),
    "conference_json/events": Usual(bytes=5_000_000, seconds=3),
    "hf_papers/day": Usual(bytes=80_000, found={"hf_papers/paper": 30}),
}
"""By `source/kind`; what is not named is one small page that names nothing."""

PER_REPOSITORY: dict[str, tuple[str, float]] = {
    "github_people": ("profiles", 16),  # 1,200 mailboxes in batches of 100, 100 people in batches of 25
    "homepages": ("page", 25),
    "blog_feeds": ("feed", 5),
}
"""Questions that sources of the store's own wants ask on a first night, by watched history."""
