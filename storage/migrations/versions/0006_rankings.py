"""Past rankings: what was wanted, from which snapshot, and who stood where."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create both tables, and how high each score may be read; the next ranking fills them."""
    op.add_column("score", sa.Column("upper", sa.Float(), nullable=False, server_default="100"))
    op.create_table(
        "ranking",
        sa.Column("specialism", text, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run", short(40), nullable=False),
        sa.Column("version", text, nullable=False),
        sa.Column("as_of", moment, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("formula", short(16), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("specialism", "number", name="pk_ranking"),
    )
    op.create_index("ix_ranking_run", "ranking", ["run"], unique=False)
    op.create_table(
        "ranking_row",
        sa.Column("specialism", text, nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("lower", sa.Float(), nullable=False),
        sa.Column("rising", sa.Float(), nullable=False),
        sa.Column("rising_lower", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("level", short(16), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("evidence", text, nullable=False),
        sa.PrimaryKeyConstraint("specialism", "person", "first", name="pk_ranking_row"),
    )
    op.create_index("ix_ranking_row_person", "ranking_row", ["person"], unique=False)
    op.create_index("ix_ranking_row_specialism_last", "ranking_row", ["specialism", "last"], unique=False)
