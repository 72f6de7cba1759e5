"""Certain links: both sides point at each other, or the platform itself says so. Never a name alone.

Each rule yields edges with its reason and where it was read. What only one side says, or what two claim at
once, is `unsure` and waits for a person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from sourcing.resolve import crosslinks, names
from sourcing.resolve.edges import Known, edge
from storage.model import Edge, Judgement

NAMES_MAX = 3  # full names behind one mailbox before it is taken for a shared one (RESOLUTION §7, layer 2)


def propose(known: Known) -> list[Edge]:
    """Return every edge the rules see, one per pair and rule, sorted; `same` where certain, else `unsure`."""
    within = [*_accounts(known), *_logins(known), *_mailboxes(known), *_mailmaps(known)]
    best: dict[str, Edge] = {}
    for found in (*within, *crosslinks.propose(known, _names(known, within))):
        old = best.get(found.id)
        if old is None or _rank(found) < _rank(old):
            best[found.id] = found
    return sorted(best.values(), key=lambda found: (found.left, found.right, found.decided_by))


def _rank(found: Edge) -> tuple[bool, tuple[str, ...]]:
    return (found.judgement is not Judgement.SAME, found.reasons)


def _accounts(known: Known) -> Iterator[Edge]:
    """What GitHub says: a noreply address names its account, a commit's mailbox belongs to one."""
    boxes = _boxes(known)
    for claim in known.claims:
        if claim.kind not in ("noreply", "platform") or claim.right not in known.identities:
            continue
        scheme, _, digest = claim.left.partition(":")
        lefts = boxes.get(digest, ()) if scheme == "email" else (claim.left,)
        if scheme == "email" and _is_shared(known, lefts):
            continue
        text = "GitHub attributes commits of this address to the account"
        if claim.kind == "noreply":
            text = "the noreply address names the account"
        for left in lefts:
            if left in known.identities:
                yield edge(known, (left, claim.right), claim.kind, (text, claim.url), sure=True)


def _logins(known: Known) -> Iterator[Edge]:
    """A noreply address of the old form names a login: its current bearer's, unless another bore it before."""
    current = crosslinks.current_logins(known)
    bearers = Counter(
        login
        for key, identity in known.identities.items()
        if key.startswith("github:")
        for login in {handle.lower() for handle in identity.handles}
    )
    for claim in known.claims:
        scheme, _, named = claim.right.partition(":")
        login = named.lower()
        if claim.kind != "noreply" or scheme != "github-login" or login not in current:
            continue
        if claim.left in known.identities:
            alone = bearers[login] == 1
            differ = None if alone else "more than one account has borne this login"
            reasons = ("the noreply address names the account's login", claim.url, differ)
            yield edge(known, (claim.left, current[login]), "noreply-login", reasons, sure=alone)


def _mailboxes(known: Known) -> Iterator[Edge]:
    """One mailbox, at most three full names: one person. More: review those that could be one person."""
    for lefts in _boxes(known).values():
        crowd = _is_shared(known, lefts)
        for left, right in pairwise(lefts):
            if not crowd:
                yield edge(known, (left, right), "email", ("the same mailbox",), sure=True)
            elif names.any_compatible(known.identities[left].names, known.identities[right].names):
                text = f"the same mailbox, but more than {NAMES_MAX} names use it"
                yield edge(known, (left, right), "email", (text,), sure=False)


def _boxes(known: Known) -> dict[str, tuple[str, ...]]:
    """Git identities by the digest of their mailbox; role boxes and lists never get that far."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(known.identities):
        if key.startswith("git:"):
            for digest in known.identities[key].emails:
                found[digest].append(key)
    return {digest: tuple(keys) for digest, keys in sorted(found.items())}


def _is_shared(known: Known, keys: Iterable[str]) -> bool:
    full = {names.words(name) for key in keys for name in known.identities[key].names if names.is_full(name)}
    return len(full) > NAMES_MAX


def _mailmaps(known: Known) -> Iterator[Edge]:
    """A repository's own word; of two different full names it becomes a matter for a person."""
    for claim in known.claims:
        left, right = known.identities.get(claim.left), known.identities.get(claim.right)
        if claim.kind != "mailmap" or left is None or right is None:
            continue
        fulls = [[name for name in side.names if names.is_full(name)] for side in (left, right)]
        sure = not all(fulls) or names.any_compatible(*fulls)
        differ = None if sure else "the names differ"
        text = "the repository's mailmap says so"
        yield edge(known, (left.id, right.id), "mailmap", (text, claim.url, differ), sure=sure)


def _names(known: Known, edges: Iterable[Edge]) -> dict[str, frozenset[str]]:
    """Names of each identity and of what the platform or a mailbox already joins to it directly."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key, identity in known.identities.items():
        found[key].update(identity.names)
    for joined in edges:
        if joined.judgement is Judgement.SAME:
            found[joined.left].update(known.identities[joined.right].names)
            found[joined.right].update(known.identities[joined.left].names)
    return {key: frozenset(value) for key, value in found.items()}
