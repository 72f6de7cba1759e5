"""The look-up tables of search as sets of people; the next resolving fills them, or `sourcer db upgrade` does."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables of sets, and the table of people and the full-text index anew, without their rows."""
    op.drop_table("search_person")
    op.create_table(
        "search_person",
        sa.Column("person", short(20), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("name", text, nullable=True),
        sa.Column("active_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("person", name="pk_search_person"),
    )
    op.create_index("ix_search_person_no", "search_person", ["no"], unique=True)
    op.create_table(
        "search_set",
        sa.Column("field", short(16), nullable=False),
        sa.Column("value", text, nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("field", "value", "chunk", name="pk_search_set"),
    )
    op.create_index("ix_search_set_value", "search_set", ["value"], unique=False)
    op.create_table(
        "search_date",
        sa.Column("field", short(16), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("days", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("field", "chunk", name="pk_search_date"),
    )
    op.create_table(
        "search_order",
        sa.Column("specialism", text, nullable=False),
        sa.Column("sort", short(16), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("top", sa.Float(), nullable=False),
        sa.Column("places", sa.LargeBinary(), nullable=False),
        sa.Column("lowers", sa.LargeBinary(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.Column("confidences", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("specialism", "sort", "chunk", name="pk_search_order"),
    )
    op.execute("DROP TABLE search_index")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5("
            "names, handles, works, stated, tokenize = 'unicode61 remove_diacritics 0')"
        )
    else:
        op.execute(
            "CREATE TABLE search_index (no INTEGER NOT NULL, document TSVECTOR NOT NULL, "
            "CONSTRAINT pk_search_index PRIMARY KEY (no))"
        )
        op.execute("CREATE INDEX ix_search_index_document ON search_index USING gin (document)")
