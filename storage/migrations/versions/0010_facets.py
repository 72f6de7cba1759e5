"""What the facets of each person were last read from, so that a night reads only those anew of whom it changed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table without rows: the next night reads everybody's facets once more."""
    op.create_table(
        "search_read",
        sa.Column("person", short(20), nullable=False),
        sa.Column("digest", short(32), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_search_read"),
    )
