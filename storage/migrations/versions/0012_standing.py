"""Whose word hides a person is a value; a run can be asked to stop; what a team's service said is asked again."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)

REASONS = {
    "asked not to be contacted": "kept out",
    "imported list": "kept out",
    "on the suppression list": "kept out",
    "erasure under way": "erasure",
}
"""What told until now that a hiding is none of a recruiter's."""
BATCH = 500  # databases bind so many values in one statement, and not many more


def upgrade() -> None:
    """Name whose word each hiding is, and add columns; sessions begun at a team's service have to begin again.

    A hiding of another reason that the suppression list made is told by the name of its entry in the audit log.
    """
    mark = sa.table("mark", *(sa.column(name) for name in ("person", "kind", "hash", "value", "reason")))
    audit = sa.table("audit", sa.column("action"), sa.column("subject"), sa.column("detail", sa.JSON()))
    hidden = mark.c.kind == "hidden"
    told = op.get_bind().execute(
        sa.select(audit.c.subject, audit.c.detail).where(audit.c.action == "person.hide")
    )
    listed = sorted({subject for subject, detail in told if (detail or {}).get("by") == "suppression"})
    batches = [listed[at : at + BATCH] for at in range(0, len(listed), BATCH)]
    kept = [(mark.c.reason == reason, value) for reason, value in REASONS.items()]
    for which, value in [*((mark.c.person.in_(batch), "kept out") for batch in batches), *kept]:
        digest = sha256(f'["{value}"]'.encode()).hexdigest()[:32]
        op.execute(mark.update().where(hidden, which).values(value=value, hash=digest))
    op.add_column("run", sa.Column("stop_at", moment, nullable=True))
    op.add_column("run", sa.Column("stop_by", text, nullable=True))
    op.add_column("web_session", sa.Column("claims", sa.JSON(), nullable=True))
    session = sa.table("web_session", sa.column("actor"))
    op.execute(session.delete())
