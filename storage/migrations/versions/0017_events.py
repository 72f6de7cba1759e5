"""What a receiver of webhooks is told beside leads, and whom a saved search was announced for."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "event",
        sa.Column("id", short(32), nullable=False),
        sa.Column("kind", short(16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("state", short(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("result", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_state_due_at", "event", ["state", "due_at"], unique=False)
    op.create_table(
        "announced",
        sa.Column("search", TEXT, nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.PrimaryKeyConstraint("search", "person", name="pk_announced"),
    )
    op.create_index("ix_announced_person", "announced", ["person"], unique=False)
