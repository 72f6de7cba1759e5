"""The smaller services together: which hosts they live on, and what the product is told to ask them."""

from collections.abc import Callable
from datetime import date

from invented import alex, hiring, hub, optional, pypi, venues
from invented.archive import Archive
from invented.moments import end_of
from invented.roster import Roster
from invented.truth import Truth
from invented.wire import Answer, Asked


def services(truth: Truth, archive: Archive, until: date) -> dict[str, Callable[[Asked], Answer]]:
    """Return the answering service of each host."""
    roster = Roster(truth, archive)
    return {
        hub.HOST: hub.Hub(roster, end_of(until)).answer,
        alex.HOST: alex.OpenAlex(roster).answer,
        pypi.HOST: pypi.Pypi(roster, until.isoformat()).answer,
        hiring.HOST: hiring.Hiring(roster, until).answer,
        **dict.fromkeys(venues.SITES.values(), venues.Venues(roster).answer),
        **optional.services(roster),
    }


def seeds(truth: Truth, archive: Archive) -> dict[str, dict[str, object]]:
    """Return the seeds of each source."""
    roster = Roster(truth, archive)
    dois = sorted(paper.doi for paper in roster.papers.values() if paper.doi)
    return {
        "hf_papers": {"since": "2026-10-15", "settle_days": 7},
        "hf_users": {"names": []},
        "hf_models": {"organisations": []},
        "openalex": {"dois": dois},
        "conference_json": {"files": venues.files(roster)},
        "pypi_projects": {"projects": pypi.projects(roster)},
        "hn_hiring": {"threads": 2},
    }
