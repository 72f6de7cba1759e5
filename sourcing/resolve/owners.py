"""Links between who an owner file names and the author lines of the same history; see `spiders.engines.bearers`.

An owner file names a login, and nothing else is known of it where no platform was asked. Certain is what GitHub wrote
into the history itself: the address it lends, and the branches of pull requests that end in one person's commits. A
login that is spelt like a name or a mailbox waits for a person.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from sourcing.resolve import doubts
from sourcing.resolve.edges import Known, edge
from storage.model import Edge

_SAYS: Mapping[str, str] = {
    "owner_address": "an address that GitHub lends to the login of the owner file",
    "owner_branch": "pull requests from the login's branches end in commits of this line",
    "owner_spelling": "the login of the owner file is spelt like this name or mailbox",
}
_CERTAIN = frozenset({"owner_address", "owner_branch"})


def propose(known: Known, crowd: doubts.Crowd) -> Iterator[Edge]:
    """Yield an edge for every line that a history says may be an owner's."""
    told = [
        claim
        for claim in sorted(known.claims, key=lambda claim: (claim.left, claim.right, claim.kind))
        if claim.kind in _SAYS and claim.left in known.identities and claim.right in known.identities
    ]
    told = [claim for claim in told if not doubts.is_nobody(known.identities[claim.right])]
    lines: defaultdict[str, set[str]] = defaultdict(set)
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for claim in told:
        if claim.kind in _CERTAIN:
            lines[claim.left].add(claim.right)
            owners[claim.right].add(claim.left)
    for claim in told:
        owner, line = known.identities[claim.left], known.identities[claim.right]
        called = [known.identities[one].names for one in sorted(lines[owner.id])]
        why = (
            "the names differ" if doubts.disagree(owner.names, line.names) else None,
            "people of different names use it"
            if any(doubts.disagree(one, other) for one, other in combinations(called, 2))
            else None,
            "more than one owner is said to be this line" if len(owners[line.id]) > 1 else None,
            # whoever owns a repository of one can write any subject and any address into its history
            "few people work in this repository" if not crowd.is_peopled(claim.url) else None,
        )
        sure = claim.kind in _CERTAIN and not any(why)
        rule = claim.kind.replace("_", "-")
        yield edge(known, (owner.id, line.id), rule, (_SAYS[claim.kind], claim.url, *why), sure=sure)
