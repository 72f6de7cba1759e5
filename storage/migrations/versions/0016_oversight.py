"""Whom somebody was shown with reasons, and that the ranking is switched off."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "viewed",
        sa.Column("person", short(20), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("specialism", TEXT, nullable=True),
        sa.Column("version", TEXT, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person", "actor", name="pk_viewed"),
    )
    op.create_table(
        "halt",
        sa.Column("name", short(16), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_halt"),
    )
