"""What this program and its configuration really look at, held against the allow-list."""

from collections.abc import Sequence
from pathlib import Path

from sourcing.fairness import allowed
from sourcing.features.allowed import FEATURES
from sourcing.ranking import specialism
from sourcing.settings import config_root
from storage import snapshot
from storage.tables import metadata


def root() -> Path:
    """Return where the list is: in the shipped configuration, which nobody lays theirs over."""
    return config_root()


def problems(roots: Sequence[Path]) -> list[str]:
    """Return what a ranking looks at and may not, a sentence each. roots: of the specialisms."""
    return allowed.problems(
        allowed.load(root()),
        features=FEATURES,
        columns={"signals": snapshot.SIGNALS.names, "works": snapshot.WORKS.names},
        packs=[specialism.load(slug, roots) for slug in specialism.names(roots)],
        stored=[
            f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns
        ],
    )
