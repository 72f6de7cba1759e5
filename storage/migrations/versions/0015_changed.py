"""Which signals and works were written since the last ranking snapshot: marked by the database, whoever writes."""

# ruff: noqa: S608  (names of our own tables and columns only)
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

READ = {  # what a snapshot reads of each table: a fact fetched again and found the same is no change
    "signal": ("kind", "work", "occurred_at", "confidence", "position", "of", "note", "identity"),
    "work": ("kind", "title", "text", "tags", "paths", "venue", "published_on", "part_of"),
}
SINCE = "EXISTS (SELECT 1 FROM changed WHERE kind = 'since')"  # before the first snapshot everything is new


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table, and what fills it: a mark goes with its row, so that it names nobody who was erased."""
    op.create_table(
        "changed",
        sa.Column("kind", short(16), nullable=False),
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_changed"),
    )
    statements = _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        op.execute(sa.text(statement.replace(":", "\\:")))


def _sqlite() -> list[str]:
    keep = "ON CONFLICT DO NOTHING"
    made = []
    for table, columns in READ.items():
        old, new = (", ".join(f'{row}."{name}"' for name in columns) for row in ("old", "new"))
        put = f"INSERT INTO changed (kind, id) VALUES ('{table}', new.id) {keep};"
        made += [
            f"CREATE TRIGGER changed_{table}_new AFTER INSERT ON {table} WHEN {SINCE} BEGIN {put} END",
            f"CREATE TRIGGER changed_{table}_other AFTER UPDATE ON {table} "
            f"WHEN ({old}) IS NOT ({new}) AND {SINCE} BEGIN {put} END",
            f"CREATE TRIGGER changed_{table}_gone AFTER DELETE ON {table} BEGIN "
            f"DELETE FROM changed WHERE kind = '{table}' AND id = old.id; "
            f"INSERT INTO changed (kind, id) SELECT 'gone', '{table}' WHERE {SINCE} {keep}; "
            f"{_others('old.id') if table == 'work' else ''} END",
        ]
    for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
        sides = " ".join(_alive(f"{row}.{side}") for side in ("work", "canonical"))
        made.append(
            f"CREATE TRIGGER changed_twin_{event.lower()} AFTER {event} ON work_twin BEGIN {sides} END"
        )
    return made


def _others(one: str) -> str:
    """Mark what else tells of a work of which one source's row went: itself, and what it counts as."""
    canonical = f"(SELECT canonical FROM work_twin WHERE work = {one})"
    return f"{_alive(one)} {_alive(canonical)}"


def _alive(one: str) -> str:
    return (
        f"INSERT INTO changed (kind, id) SELECT 'work', id FROM work WHERE id = {one} AND {SINCE} "
        "ON CONFLICT DO NOTHING;"
    )


def _postgresql() -> list[str]:
    """Mark in one go what a statement wrote. A mark that is there is written again: who takes it then waits for us."""
    keep = "ON CONFLICT (kind, id) DO UPDATE SET id = excluded.id"
    made = []
    for table, columns in READ.items():
        was, now = (", ".join(f'{row}."{name}"::text' for name in columns) for row in ("s", "f"))
        key = "id, source" if table == "work" else "id"
        others = ""
        if table == "work":
            others = _marked(
                "SELECT id FROM stale UNION SELECT t.canonical FROM work_twin t JOIN stale s ON t.work = s.id"
            )
        made += [
            f"""CREATE FUNCTION changed_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'DELETE' THEN
                DELETE FROM changed c USING stale s WHERE c.kind = '{table}' AND c.id = s.id;
                INSERT INTO changed (kind, id) SELECT 'gone', '{table}'
                WHERE {SINCE} AND EXISTS (SELECT 1 FROM stale) {keep};
                {others}
            ELSIF TG_OP = 'INSERT' THEN
                INSERT INTO changed (kind, id)
                SELECT DISTINCT '{table}', id FROM fresh WHERE {SINCE} ORDER BY id {keep};
            ELSE
                INSERT INTO changed (kind, id)
                SELECT DISTINCT '{table}', id FROM fresh f JOIN stale s USING ({key})
                WHERE ({was}) IS DISTINCT FROM ({now}) AND {SINCE} ORDER BY id {keep};
            END IF;
            RETURN NULL; END $$""",
            *_triggers(table),
        ]
    both = "SELECT work AS id FROM {rows} UNION SELECT canonical FROM {rows}"
    return [
        *made,
        f"""CREATE FUNCTION changed_work_twin() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' THEN {_marked(both.format(rows="stale"))}
        ELSE {_marked(both.format(rows="fresh"))} END IF;
        RETURN NULL; END $$""",
        *_triggers("work_twin"),
    ]


def _marked(ids: str) -> str:
    return f"""INSERT INTO changed (kind, id) SELECT DISTINCT 'work', w.id FROM work w JOIN ({ids}) n ON n.id = w.id
        WHERE {SINCE} ORDER BY w.id ON CONFLICT (kind, id) DO UPDATE SET id = excluded.id;"""


def _triggers(table: str) -> list[str]:
    seen = {
        "INSERT": "NEW TABLE AS fresh",
        "UPDATE": "OLD TABLE AS stale NEW TABLE AS fresh",
        "DELETE": "OLD TABLE AS stale",
    }
    return [
        f"CREATE TRIGGER changed_{table}_{event.lower()} AFTER {event} ON {table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION changed_{table}()"
        for event, tables in seen.items()
    ]
