"""Who may use the pages and the API: sessions, sign-ins under way, keys, and what each person prefers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "web_session",
        sa.Column("digest", short(64), nullable=False),
        sa.Column("actor", short(64), nullable=False),
        sa.Column("scope", short(8), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_web_session"),
    )
    op.create_table(
        "sign_in",
        sa.Column("digest", short(64), nullable=False),
        sa.Column("kind", short(8), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_in"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", short(16), nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("digest", short(64), nullable=False),
        sa.Column("scope", short(8), nullable=False),
        sa.Column("actor", short(64), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=True),
        sa.Column("revoked_at", moment, nullable=True),
        sa.Column("used_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_table(
        "preference",
        sa.Column("actor", short(64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("actor", name="pk_preference"),
    )
