"""The columns that bylines are compared by: who else was there, what about, where, and how many bear the name."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sourcing.resolve.bylines import TYPES, Prices, World
from sourcing.resolve.counts import Counts, Passing
from sourcing.resolve.mentions import Mention
from sourcing.resolve.namesakes import Namesakes

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS: Final = frozenset(TYPES)


def table(
    mentions: Sequence[Mention],
    namesakes: Namesakes,
    digest: Callable[[str, str], str],
    wanted: Collection[str] = COLUMNS,
    counts: Counts | None = None,
) -> "pa.Table":
    """Return one row per mention, in order; `rid` is the place. digest: not needed, bylines have no mailbox.

    counts: how often words are seen, see `counts`; None = as here.
    """
    import pyarrow as pa

    del digest
    read = worlds(mentions, namesakes, counts or Passing())
    made = [world.table(places) for places, world in read]
    whole = pa.concat_tables([one.select([name for name in TYPES if name in wanted]) for one in made])
    return whole if len(made) == 1 else whole.sort_by("rid")


def worlds(
    mentions: Sequence[Mention], namesakes: Namesakes, counts: Counts
) -> Iterator[tuple[list[int], World]]:
    """Yield the bylines of each world with their places among all; without any, one world of none."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, mention in enumerate(mentions):
        found[mention.world].append(place)
    prices = Prices.of(mentions, namesakes, counts)
    for world in sorted(found) or [""]:
        yield found[world], World([mentions[place] for place in found[world]], world, prices, counts)
