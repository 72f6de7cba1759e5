"""All tables of the first release, and the full-text index of each database."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

moment = sa.DateTime(timezone=True)
text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def short(length: int) -> Any:
    """Return the type of a short text in byte order."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "asked",
        sa.Column("want", short(32), nullable=False),
        sa.Column("subject", text, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("want", "subject", name="pk_asked"),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("action", text, nullable=False),
        sa.Column("subject", text, nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", short(64), nullable=False),
        sa.Column("digest", short(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_table(
        "claim",
        sa.Column("left", text, nullable=False),
        sa.Column("right", text, nullable=False),
        sa.Column("kind", short(32), nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("url", text, nullable=False),
        sa.Column("visit", short(32), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("left", "right", "kind", "source", name="pk_claim"),
    )
    op.create_index("ix_claim_right", "claim", ["right"], unique=False)
    op.create_table(
        "cursor",
        sa.Column("source", text, nullable=False),
        sa.Column("key", text, nullable=False),
        sa.Column("value", text, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name="pk_cursor"),
    )
    op.create_table(
        "edge",
        sa.Column("id", short(32), nullable=False),
        sa.Column("left", text, nullable=False),
        sa.Column("right", text, nullable=False),
        sa.Column("judgement", short(16), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("decided_by", text, nullable=False),
        sa.Column("decided_at", moment, nullable=False),
        sa.Column("retracted_at", moment, nullable=True),
        sa.Column("retracted_by", text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_edge"),
    )
    op.create_index("ix_edge_left", "edge", ["left"], unique=False)
    op.create_index("ix_edge_right", "edge", ["right"], unique=False)
    op.create_table(
        "export",
        sa.Column("id", short(40), nullable=False),
        sa.Column("what", text, nullable=False),
        sa.Column("connector", text, nullable=False),
        sa.Column("destination", text, nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("digest", short(64), nullable=True),
        sa.Column("specialism", text, nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_export"),
    )
    op.create_index("ix_export_at", "export", ["at"], unique=False)
    op.create_table(
        "export_row",
        sa.Column("export", short(40), nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.Column("action", short(16), nullable=False),
        sa.Column("payload", short(64), nullable=True),
        sa.Column("result", text, nullable=True),
        sa.PrimaryKeyConstraint("export", "person", name="pk_export_row"),
    )
    op.create_index("ix_export_row_person", "export_row", ["person"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", text, nullable=False),
        sa.Column("first_seen", moment, nullable=False),
        sa.Column("last_seen", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
    )
    op.create_table(
        "lock",
        sa.Column("name", text, nullable=False),
        sa.Column("owner", text, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("beat_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lock"),
    )
    op.create_table(
        "mark",
        sa.Column("person", short(20), nullable=False),
        sa.Column("kind", short(16), nullable=False),
        sa.Column("hash", short(32), nullable=False),
        sa.Column("value", text, nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("reason", text, nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("person", "kind", "hash", name="pk_mark"),
    )
    op.create_index("ix_mark_kind_hash", "mark", ["kind", "hash"], unique=False)
    op.create_table(
        "person",
        sa.Column("key", short(20), nullable=False),
        sa.Column("anchor", text, nullable=False),
        sa.Column("kind", short(16), nullable=False),
        sa.Column("name", text, nullable=True),
        sa.Column("minted_at", moment, nullable=False),
        sa.Column("first_seen", moment, nullable=False),
        sa.Column("last_seen", moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_person"),
    )
    op.create_index("ix_person_anchor", "person", ["anchor"], unique=True)
    op.create_table(
        "person_alias",
        sa.Column("alias", short(20), nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.PrimaryKeyConstraint("alias", name="pk_person_alias"),
    )
    op.create_index("ix_person_alias_person", "person_alias", ["person"], unique=False)
    op.create_table(
        "person_identity",
        sa.Column("identity", text, nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_person_identity"),
    )
    op.create_index("ix_person_identity_person", "person_identity", ["person"], unique=False)
    op.create_table(
        "points",
        sa.Column("specialism", text, nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.Column("factor", text, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("feature", text, nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("unit", text, nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("specialism", "person", "factor", name="pk_points"),
    )
    op.create_index("ix_points_person", "points", ["person"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", short(40), nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("status", short(16), nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_kind_started_at", "run", ["kind", "started_at"], unique=False)
    op.create_table(
        "run_step",
        sa.Column("run", short(40), nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("status", short(16), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run", "name", name="pk_run_step"),
    )
    op.create_table(
        "saved_search",
        sa.Column("name", text, nullable=False),
        sa.Column("query", text, nullable=False),
        sa.Column("specialism", text, nullable=True),
        sa.Column("actor", text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_saved_search"),
    )
    op.create_table(
        "score",
        sa.Column("specialism", text, nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.Column("version", text, nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("lower", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("level", short(16), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("as_of", moment, nullable=False),
        sa.Column("run", text, nullable=True),
        sa.PrimaryKeyConstraint("specialism", "person", name="pk_score"),
    )
    op.create_index("ix_score_person", "score", ["person"], unique=False)
    op.create_index(
        "ix_score_specialism_lower_person", "score", ["specialism", "lower", "person"], unique=False
    )
    op.create_table(
        "search_facet",
        sa.Column("person", short(20), nullable=False),
        sa.Column("field", short(16), nullable=False),
        sa.Column("value", text, nullable=False),
        sa.PrimaryKeyConstraint("person", "field", "value", name="pk_search_facet"),
    )
    op.create_index("ix_search_facet_field_value", "search_facet", ["field", "value"], unique=False)
    op.create_table(
        "search_person",
        sa.Column("person", short(20), nullable=False),
        sa.Column("name", text, nullable=True),
        sa.Column("orgs", text, nullable=True),
        sa.Column("places", text, nullable=True),
        sa.Column("active_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("person", name="pk_search_person"),
    )
    op.create_table(
        "shortlist",
        sa.Column("name", text, nullable=False),
        sa.Column("specialism", text, nullable=True),
        sa.Column("actor", text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shortlist"),
    )
    op.create_table(
        "shortlist_item",
        sa.Column("shortlist", text, nullable=False),
        sa.Column("person", short(20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("shortlist", "person", name="pk_shortlist_item"),
    )
    op.create_index("ix_shortlist_item_person", "shortlist_item", ["person"], unique=False)
    op.create_table(
        "signal",
        sa.Column("id", text, nullable=False),
        sa.Column("identity", text, nullable=False),
        sa.Column("work", text, nullable=False),
        sa.Column("kind", short(32), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("unit", text, nullable=False),
        sa.Column("occurred_at", moment, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("note", text, nullable=True),
        sa.Column("source", text, nullable=False),
        sa.Column("hash", short(32), nullable=False),
        sa.Column("url", text, nullable=False),
        sa.Column("visit", short(32), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signal"),
    )
    op.create_index("ix_signal_identity", "signal", ["identity"], unique=False)
    op.create_index("ix_signal_visit", "signal", ["visit"], unique=False)
    op.create_index("ix_signal_work", "signal", ["work"], unique=False)
    op.create_table(
        "source_count",
        sa.Column("run", short(40), nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("what", text, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run", "source", "what", name="pk_source_count"),
    )
    op.create_table(
        "source_health",
        sa.Column("run", short(40), nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("suppressed", sa.Integer(), nullable=False),
        sa.Column("not_modified", sa.Integer(), nullable=False),
        sa.Column("limited", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run", "source", name="pk_source_health"),
    )
    op.create_table(
        "statement",
        sa.Column("identity", text, nullable=False),
        sa.Column("attribute", short(16), nullable=False),
        sa.Column("hash", short(32), nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("value", text, nullable=False),
        sa.Column("url", text, nullable=False),
        sa.Column("visit", short(32), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("identity", "attribute", "hash", "source", name="pk_statement"),
    )
    op.create_index("ix_statement_attribute_hash", "statement", ["attribute", "hash"], unique=False)
    op.create_index("ix_statement_visit", "statement", ["visit"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("digest", short(64), nullable=False),
        sa.Column("reason", text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_suppression"),
    )
    op.create_table(
        "task",
        sa.Column("key", short(64), nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("url", text, nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", short(16), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("lease", sa.BigInteger(), nullable=False),
        sa.Column("owner", text, nullable=True),
        sa.Column("leased_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", short(16), nullable=True),
        sa.Column("detail", text, nullable=True),
        sa.Column("visited_at", moment, nullable=True),
        sa.Column("succeeded_at", moment, nullable=True),
        sa.Column("gone_at", moment, nullable=True),
        sa.Column("etag", text, nullable=True),
        sa.Column("last_modified", text, nullable=True),
        sa.Column("cursor", text, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_task"),
    )
    op.create_index(
        "ix_task_source_state_priority_key", "task", ["source", "state", "priority", "key"], unique=False
    )
    op.create_index("ix_task_state_leased_until", "task", ["state", "leased_until"], unique=False)
    op.create_table(
        "visit",
        sa.Column("key", short(32), nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("task", short(64), nullable=False),
        sa.Column("page", short(64), nullable=True),
        sa.Column("fetched_at", moment, nullable=False),
        sa.Column("reader", text, nullable=False),
        sa.Column("terms", text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_visit"),
    )
    op.create_index("ix_visit_task", "visit", ["task"], unique=False)
    op.create_table(
        "withdrawal",
        sa.Column("id", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", "source", name="pk_withdrawal"),
    )
    op.create_table(
        "work",
        sa.Column("id", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("kind", short(32), nullable=False),
        sa.Column("title", text, nullable=False),
        sa.Column("text", text, nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("paths", sa.JSON(), nullable=False),
        sa.Column("venue", text, nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("part_of", text, nullable=True),
        sa.Column("hash", short(32), nullable=False),
        sa.Column("url", text, nullable=False),
        sa.Column("visit", short(32), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", "source", name="pk_work"),
    )
    op.create_index("ix_work_visit", "work", ["visit"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5("
            "person UNINDEXED, names, handles, works, tokenize = 'unicode61 remove_diacritics 0')"
        )
    else:
        op.execute(
            'CREATE TABLE search_index (person VARCHAR(20) COLLATE "C" NOT NULL, document TSVECTOR NOT NULL, '
            "CONSTRAINT pk_search_index PRIMARY KEY (person))"
        )
        op.execute("CREATE INDEX ix_search_index_document ON search_index USING gin (document)")
