"""Answers to requests that bear a key, so that a request sent again is not done again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table and its index."""
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    digest = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
    op.create_table(
        "answered",
        sa.Column("key", digest, nullable=False),
        sa.Column("request", digest, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", text, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_answered"),
    )
    op.create_index("ix_answered_at", "answered", ["at"], unique=False)
