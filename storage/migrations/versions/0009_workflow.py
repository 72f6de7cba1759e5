"""What recruiters do together: history, feedback, roles, saved searches, links, what other systems know."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def column(name: str, kind: Any, *, null: bool = False, default: str | None = None) -> Any:
    """Return a column. default: what rows have that are there already."""
    return sa.Column(name, kind, nullable=null, server_default=default)


def upgrade() -> None:
    """Add what a role and a saved search need, and make the new tables; nothing that is there changes its meaning."""
    for one in (
        column("owner", text, null=True),
        column("status", short(16), default="open"),
        column("query", text, null=True),
    ):
        op.add_column("shortlist", one)
    for one in (column("stage", short(16), null=True), column("reviewer", text, null=True)):
        op.add_column("shortlist_item", one)
    op.add_column("saved_search", column("sort", short(16), default="established"))
    _made(
        "seen",
        ["search", "person"],
        [
            column("search", text),
            column("person", short(20)),
            column("at", moment),
            column("shown", sa.Boolean()),
        ],
        [["person"]],
    )
    _made(
        "dismissed",
        ["place", "person"],
        [column("place", text), column("person", short(20)), column("reason", text), *_by()],
        [["person"]],
    )
    _made(
        "act",
        ["deed", "number"],
        [
            column("deed", short(16)),
            column("number", sa.Integer()),
            column("at", moment),
            column("actor", text),
            column("kind", short(16)),
            column("person", short(20), null=True),
            column("place", text, null=True),
            column("before", sa.JSON()),
            column("after", sa.JSON()),
            column("reason", text, null=True),
            column("undone_at", moment, null=True),
            column("undone_by", text, null=True),
        ],
        [["person", "at"], ["at"]],
    )
    _made(
        "feedback",
        ["person", "kind", "subject", "actor"],
        [
            column("person", short(20)),
            column("kind", short(16)),
            column("subject", text),
            column("actor", text),
            column("value", short(16)),
            column("reason", text, null=True),
            column("at", moment),
            column("signals", sa.JSON()),
        ],
    )
    _made(
        "share",
        ["id"],
        [
            column("id", short(16)),
            column("shortlist", text),
            *_by(),
            column("expires_at", moment),
            column("blind", sa.Boolean()),
            column("notes", sa.Boolean()),
            column("revoked_at", moment, null=True),
            column("revoked_by", text, null=True),
            column("views", sa.Integer()),
            column("viewed_at", moment, null=True),
        ],
        [["shortlist"]],
    )
    _made("known", ["person", "system"], [column("person", short(20)), *_said()])
    _made("known_digest", ["digest", "system"], [column("digest", short(64)), *_said()])
    _made(
        "off_limit",
        ["id"],
        [
            column("id", short(16)),
            column("person", short(20), null=True),
            column("organisation", text, null=True),
            column("reason", text),
            *_by(),
        ],
        [["person"]],
    )
    _made(
        "postponed",
        ["left", "right"],
        [column("left", text), column("right", text), column("until", moment), *_by()],
        [["right"]],
    )


def _by() -> list[Any]:
    return [column("actor", text), column("at", moment)]


def _said() -> list[Any]:
    return [
        column("system", short(40)),
        column("state", short(16)),
        column("ref", text, null=True),
        column("contacted_on", sa.Date(), null=True),
        column("reason", text, null=True),
        column("at", moment),
    ]


def _made(name: str, keys: list[str], columns: list[Any], indexes: list[list[str]] | None = None) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"))
    for names in indexes or []:
        op.create_index(f"ix_{name}_{'_'.join(names)}", name, names, unique=False)
