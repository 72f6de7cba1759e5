"""How the values of facets are called on pages: by their titles, where they have some."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from sourcing import places, vocabulary
from sourcing.web.desk import Desk
from storage.query import FieldName

FACETS: Mapping[FieldName, str] = {
    FieldName.SPEC: "Specialism",
    FieldName.LEVEL: "Level",
    FieldName.HUB: "Metro area",
    FieldName.COUNTRY: "Country",
    FieldName.LANG: "Language",
    FieldName.FRAMEWORK: "Framework",
    FieldName.TARGET: "Runs on",
    FieldName.HOURS: "Working hours",
    FieldName.HAS: "Has",
    FieldName.SOURCE: "Source",
    FieldName.STAGE: "Stage",
    FieldName.TAG: "Tag",
    FieldName.LIST: "Shortlist",
}
"""The facets of a list in the order they are shown in, and their names."""


def label(desk: Desk) -> Callable[[str, str], str]:
    """Return the function that calls a value of a field: ("lang", "cpp") → "C++"."""
    titles = {**_titles(tuple(desk.settings.roots)), "spec": desk.specialisms}

    def called(field: str, value: str) -> str:
        return titles.get(field, {}).get(value) or value.replace("-", " ").replace("_", " ")

    return called


@lru_cache(maxsize=4)
def _titles(roots: Sequence[Path]) -> Mapping[str, Mapping[str, str]]:
    words, table = vocabulary.load(roots), places.load(roots)
    return {
        "lang": words.languages.titles,
        "framework": words.frameworks.titles,
        "target": words.targets.titles,
        "country": {code.casefold(): title for code, title in table.countries.items()},
        "hub": {hub.casefold(): hub for hub in table.hubs},
        "level": {"unknown": "unknown", "mid": "mid-level"},
        "has": {"published-email": "published e-mail", "orcid": "ORCID"},
    }
