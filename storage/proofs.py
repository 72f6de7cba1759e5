"""How the parts of one person are known to be one: the decided pairs among some identities."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from storage.engine import batched
from storage.model import Edge, Judgement
from storage.persons import edge_of
from storage.tables import edge

_BATCH = 500


def among(tx: Connection, identities: Collection[str]) -> list[Edge]:
    """Return the pairs of some identities that count as the same, by left, right and who decided."""
    mine = set(identities)
    found: list[Edge] = []
    for batch in batched(sorted(mine), _BATCH):
        query = (
            select(edge)
            .where(edge.c.left.in_(batch), edge.c.retracted_at.is_(None))
            .where(edge.c.judgement == str(Judgement.SAME))
            .order_by(edge.c.left, edge.c.right, edge.c.decided_by)
        )
        found += [edge_of(row) for row in tx.execute(query) if row.right in mine]
    return found
