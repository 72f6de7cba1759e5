"""Names that moved to other names, and withdrawals that wait for a person."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

moment = sa.DateTime(timezone=True)
text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables; nothing that is there changes."""
    op.create_table(
        "moved",
        sa.Column("number", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("called_at", moment, nullable=True),
        sa.Column("led_at", moment, nullable=True),
        sa.Column("source", text, nullable=False),
        sa.Column("url", text, nullable=False),
        sa.Column("visit", short(32), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("number", "name", name="pk_moved"),
    )
    op.create_index("ix_moved_name", "moved", ["name"], unique=False)
    op.create_index("ix_moved_visit", "moved", ["visit"], unique=False)
    op.create_index("ix_claim_visit", "claim", ["visit"], unique=False)
    op.create_index("ix_visit_fetched_at", "visit", ["fetched_at"], unique=False)
    op.create_table(
        "held",
        sa.Column("run", short(40), nullable=False),
        sa.Column("id", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("asked", text, nullable=False),
        sa.Column("task", short(64), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("run", "id", "source", name="pk_held"),
    )
    op.create_index("ix_held_id", "held", ["id"], unique=False)
    op.create_table(
        "vanishing",
        sa.Column("run", short(40), nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("state", short(16), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("run", "source", name="pk_vanishing"),
    )
    op.create_table(
        "flag",
        sa.Column("specialism", text, nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.Column("kind", short(16), nullable=False),
        sa.Column("works", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("specialism", "person", "kind", name="pk_flag"),
    )
    op.create_index("ix_flag_person", "flag", ["person"], unique=False)
    op.create_index("ix_claim_kind", "claim", ["kind"], unique=False)
