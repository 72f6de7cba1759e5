"""The allow-list: every feature that a specialism may use, by name. What is not here cannot move a score.

Never to be added (TRUST §6): popularity, employer, school, place, name, language, age and its proxies.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sourcing.features.base import Feature
from sourcing.features.code import AREAS, MERGED_WORK, REPOSITORIES, STEADINESS
from sourcing.features.publications import PAPER_YEARS, PAPERS_ON_TOPIC
from sourcing.features.review import REVIEW_WORK

FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        feature.name: feature
        for feature in (
            MERGED_WORK,
            STEADINESS,
            AREAS,
            REPOSITORIES,
            REVIEW_WORK,
            PAPERS_ON_TOPIC,
            PAPER_YEARS,
        )
    }
)
