"""Systems that hold copies of leads: who is what there, whom to call back, what became of them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Add what a hand-over to a system needs; those that are there were files and ended well."""
    for name, kind in (("mapping", TEXT), ("shortlist", TEXT), ("finished_at", MOMENT)):
        op.add_column("export", sa.Column(name, kind, nullable=True))
    op.execute("UPDATE export SET finished_at = at")
    op.add_column("export_row", sa.Column("state", short(16), nullable=False, server_default="ok"))
    op.execute("UPDATE export_row SET state = 'blocked' WHERE action = 'blocked'")
    _made(
        "export_link",
        ["connector", "person"],
        [
            sa.Column("connector", short(40), nullable=False),
            sa.Column("person", short(20), nullable=False),
            sa.Column("external_id", TEXT, nullable=True),
            sa.Column("state", short(16), nullable=False),
            sa.Column("payload", short(64), nullable=True),
            sa.Column("fields", sa.JSON(), nullable=False),
            sa.Column("export", short(40), nullable=False),
            sa.Column("at", MOMENT, nullable=False),
        ],
        "person",
    )
    _made(
        "recall",
        ["id"],
        [
            sa.Column("id", short(32), nullable=False),
            sa.Column("connector", short(40), nullable=False),
            sa.Column("event", short(16), nullable=False),
            sa.Column("person", short(20), nullable=True),
            sa.Column("external_id", TEXT, nullable=True),
            sa.Column("state", short(16), nullable=False),
            sa.Column("tries", sa.Integer(), nullable=False),
            sa.Column("due_at", MOMENT, nullable=True),
            sa.Column("result", TEXT, nullable=True),
        ],
        "person",
        "state",
    )
    _made(
        "placement",
        ["connector", "person"],
        [
            sa.Column("connector", short(40), nullable=False),
            sa.Column("person", short(20), nullable=False),
            sa.Column("stage", TEXT, nullable=True),
            sa.Column("outcome", short(16), nullable=False),
            sa.Column("changed_at", MOMENT, nullable=True),
            sa.Column("seen_at", MOMENT, nullable=False),
        ],
        "person",
    )


def _made(name: str, keys: list[str], columns: list[Any], *indexed: str) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"))
    for one in indexed:
        op.create_index(f"ix_{name}_{one}", name, [one], unique=False)
