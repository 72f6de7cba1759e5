"""Everybody's features in one table: what was measured of each person for each look, ready for any weights."""

from collections.abc import Sequence

import ibis
import pyarrow as pa

from sourcing.features.allowed import FEATURES
from sourcing.features.amount import amount
from sourcing.features.base import Facts

FAMILIES = ("code", "paths", "review", "papers")


def measure(facts: Facts, features: Sequence[str], *, evidence: bool = True, named: bool = True) -> pa.Table:
    """Return one row per look and person with work on its topic.

    Columns: spec, person, number; works, items, idle_days, hearsay (see `amount`); code, paths, review, papers (whether
    any such thing was seen of them); and for each feature its value, null without any, and `<name>_evidence`.
    evidence: without it these are null, which costs a fraction where nobody reads them. named: with ids of signals as
    evidence, else their numbers.
    """
    table = amount(facts).inner_join(facts.moments, "spec")
    table = table.left_join(facts.observed, ["moment", "person"]).drop("moment_right", "person_right")
    table = table.mutate(**{name: table[name].fill_null(False) for name in FAMILIES}).drop("moment")
    for name in features:
        found = FEATURES[name].query(facts)
        found = found if evidence else found.mutate(evidence=ibis.null("array<int64>"))
        found = found.rename({name: "value", f"{name}_evidence": "evidence"})
        table = table.left_join(found.cache(), ["spec", "person"]).drop("spec_right", "person_right")
    found = table.order_by("spec", "person").to_pyarrow()
    numbers = found["person"]
    found = found.set_column(1, "person", facts.names.person(numbers)).append_column("number", numbers)
    for name in (f"{feature}_evidence" for feature in features if named):
        place = found.column_names.index(name)
        found = found.set_column(place, name, facts.names.evidence(found[name]))
    return found
