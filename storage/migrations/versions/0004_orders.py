"""Two orders over the same evidence, and all parts of a score in one row."""

from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ROWS = 1_000


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Add the rising order, equal to the other until the next ranking, and put each score's parts together."""
    for name, same in (("rising", "value"), ("rising_lower", "lower")):
        op.add_column("score", sa.Column(name, sa.Float(), nullable=True))
        score = sa.table("score", sa.column(name), sa.column(same))
        op.execute(score.update().values({name: score.c[same]}))
        with op.batch_alter_table("score") as table:
            table.alter_column(name, existing_type=sa.Float(), nullable=False)
    op.create_index(
        "ix_score_specialism_rising_lower_person",
        "score",
        ["specialism", "rising_lower", "person"],
        unique=False,
    )
    op.drop_index("ix_points_person", "points")
    op.execute("ALTER TABLE points DROP CONSTRAINT pk_points") if _is_postgresql() else None
    op.rename_table("points", "points_before")
    op.create_table(
        "points",
        sa.Column("specialism", text, nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("specialism", "person", name="pk_points"),
    )
    _together()
    op.drop_table("points_before")
    op.create_index("ix_points_person", "points", ["person"], unique=False)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _together() -> None:
    before = sa.table(
        "points_before",
        *(
            sa.column(name)
            for name in ("specialism", "person", "factor", "place", "feature", "value", "unit", "points")
        ),
        sa.column("evidence", sa.JSON()),
    )
    after = sa.table("points", sa.column("specialism"), sa.column("person"), sa.column("parts", sa.JSON()))
    rows = op.get_bind().execute(
        sa.select(before).order_by(before.c.specialism, before.c.person, before.c.place)
    )
    made: list[dict[str, Any]] = []
    for (specialism, person), each in groupby(rows, key=lambda row: (row.specialism, row.person)):
        made.append({"specialism": specialism, "person": person, "parts": _parts(list(each))})
    for start in range(0, len(made), ROWS):
        op.bulk_insert(after, made[start : start + ROWS])


def _parts(rows: list[Any]) -> list[Any]:
    places = {one: place for place, one in enumerate(dict.fromkeys(s for row in rows for s in row.evidence))}
    parts = [
        [
            row.factor,
            row.feature,
            row.value,
            row.unit,
            row.points,
            row.points,
            [places[s] for s in row.evidence],
        ]
        for row in rows
    ]
    return [list(places), parts]
