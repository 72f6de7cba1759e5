"""Who was told, what people corrected, what they asked for, and how far the list beside the store was read."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create the four tables and their indexes."""
    op.create_table(
        "notice",
        sa.Column("person", short(20), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("language", short(8), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_notice"),
    )
    op.create_table(
        "correction",
        sa.Column("identity", TEXT, nullable=False),
        sa.Column("attribute", short(16), nullable=False),
        sa.Column("hash", short(32), nullable=False),
        sa.Column("value", TEXT, nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("identity", "attribute", "hash", name="pk_correction"),
    )
    op.create_table(
        "rights_case",
        sa.Column("id", short(16), nullable=False),
        sa.Column("secret", short(64), nullable=False),
        sa.Column("kind", short(16), nullable=False),
        sa.Column("state", short(16), nullable=False),
        sa.Column("subject", TEXT, nullable=True),
        sa.Column("person", short(20), nullable=True),
        sa.Column("request", TEXT, nullable=True),
        sa.Column("signal", TEXT, nullable=True),
        sa.Column("language", short(8), nullable=False),
        *(
            sa.Column(name, MOMENT, nullable=name != "opened_at")
            for name in ("opened_at", "proved_at", "confirm_by")
        ),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", TEXT, nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_rights_case"),
    )
    op.create_index("ix_rights_case_person", "rights_case", ["person"], unique=False)
    op.create_index("ix_rights_case_state_due_at", "rights_case", ["state", "due_at"], unique=False)
    op.create_table(
        "journal",
        sa.Column("name", short(16), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_journal"),
    )
