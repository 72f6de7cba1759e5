"""The allow-list: every feature that a specialism may use, by name. What is not here cannot move a score.

Never to be added (TRUST §6): popularity, employer, school, place, name, language, age and its proxies.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sourcing.features.base import Feature
from sourcing.features.begun import FILES_BEGUN
from sourcing.features.code import (
    ACTIVE_MONTHS,
    ALL_CHANGES,
    AREAS,
    MERGED_WORK,
    REPOSITORIES,
    SIZED_WORK,
    STEADINESS,
)
from sourcing.features.deeds import RELEASES, TALKS_AND_WRITING
from sourcing.features.publications import PAPER_YEARS, PAPERS_ON_TOPIC
from sourcing.features.recent import NEW_GROUND, PACE, RECENT_CHANGES, RECENT_MONTHS
from sourcing.features.review import REVIEW_WORK
from sourcing.features.upkeep import FILES_KEPT

FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        feature.name: feature
        for feature in (
            MERGED_WORK,
            SIZED_WORK,
            ALL_CHANGES,
            STEADINESS,
            ACTIVE_MONTHS,
            FILES_BEGUN,
            FILES_KEPT,
            AREAS,
            REPOSITORIES,
            PACE,
            RECENT_CHANGES,
            RECENT_MONTHS,
            NEW_GROUND,
            REVIEW_WORK,
            PAPERS_ON_TOPIC,
            PAPER_YEARS,
            RELEASES,
            TALKS_AND_WRITING,
        )
    }
)
