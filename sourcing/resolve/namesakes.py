"""How many people of a name to expect: the price of an agreement on it.

E = N · Π share of each of its words among the N distinct full names, in any order (RESOLUTION §3). A shipped prior of
common words is counted in, so that a small store neither takes a common name for a rare one nor a rare one for common.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from sourcing.errors import ConfigError
from sourcing.resolve.names import is_full, words

VERSION = "1"
"""How words are counted; another way is another file."""

FEW = 5
"""Words borne by fewer names are not kept one by one: a table of rare words would be a table of people."""
_WEIGHT = (
    10_000  # names the prior stands for: a store of a few hundred counts too little to be believed alone
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Namesakes:
    """Frozen shares of words. total: distinct full names counted. counts: names that bear a word, `FEW` or more.

    prior: share of full names worldwide that bear a word, for the commonest.
    """

    total: int
    counts: Mapping[str, int]
    prior: Mapping[str, float] = field(default_factory=dict)

    def expected(self, name: str) -> float | None:
        """Return how many people of a name to expect; None for a name that is no full one."""
        parts = set(words(name))
        if not is_full(name) or not parts:
            return None
        return max(self.total, _WEIGHT) * prod(self._share(part) for part in parts)

    def _share(self, part: str) -> float:
        """Return the share of a word: counted here, and as if `_WEIGHT` more names had borne it as the prior says."""
        counted = self.counts.get(part, 1)
        return (counted + _WEIGHT * self.prior.get(part, 0.0)) / (self.total + _WEIGHT)

    def dump(self) -> str:
        """Return the counted part as JSON, words sorted."""
        return json.dumps(
            {"total": self.total, "counts": dict(sorted(self.counts.items()))}, ensure_ascii=False
        )


def count(names: Iterable[str], prior: Mapping[str, float]) -> Namesakes:
    """Return the shares among distinct full names; spellings of one name count once."""
    distinct = {words(name) for name in names if is_full(name)}
    counts = Counter(part for name in distinct for part in set(name))
    kept = {part: times for part, times in sorted(counts.items()) if times >= FEW}
    return Namesakes(total=len(distinct), counts=kept, prior=prior)


def load_counts(path: Path, prior: Mapping[str, float]) -> Namesakes:
    """Return shares as `dump` wrote them. Raises ConfigError for a file that is none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        counts = {str(word): int(times) for word, times in table["counts"].items()}
        return Namesakes(total=int(table["total"]), counts=counts, prior=prior)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            "not a table of name words; remove it, the next run counts anew", path=path
        ) from error
