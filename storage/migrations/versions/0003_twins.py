"""Works told twice: which one each counts as, and why."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table; the next resolving fills it."""
    op.create_table(
        "work_twin",
        sa.Column("work", text, nullable=False),
        sa.Column("canonical", text, nullable=False),
        sa.Column("reason", short(16), nullable=False),
        sa.Column("url", text, nullable=True),
        sa.PrimaryKeyConstraint("work", name="pk_work_twin"),
    )
    op.create_index("ix_work_twin_canonical", "work_twin", ["canonical"], unique=False)
