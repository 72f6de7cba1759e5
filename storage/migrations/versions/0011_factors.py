"""The names of factors told once, not with every score; and how many of a ranking's order have a place in it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ROW = "4096"  # people in a row of search_order: until the next ranking all of them have a place


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table of names and the column; parts that name their factors themselves can still be read.

    The rising order is read from search_order alone: its index on the scores is in nobody's way but the writer's.
    """
    op.create_table(
        "factor_list",
        sa.Column("digest", short(16), nullable=False),
        sa.Column("factors", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_factor_list"),
    )
    op.add_column("search_order", sa.Column("sure", sa.Integer(), nullable=False, server_default=ROW))
    op.drop_index("ix_score_specialism_rising_lower_person", "score")
