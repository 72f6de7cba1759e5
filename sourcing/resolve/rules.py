"""Certain links: both sides point at each other, or the platform itself says so. Never a name alone.

Each rule yields edges with its reason and where it was read. What only one side says, what two claim at once, and
what names contradict is `unsure` and waits for a person. Trailers need no rule of their own: whom one names is an
author line like any other, certain through its address and never through who wrote it down.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

from sourcing.resolve import crosslinks, doubts, names, owners
from sourcing.resolve.edges import Known, edge
from storage.model import ClaimRow, Edge, Judgement

NAMES_MAX = 3  # full names behind one mailbox before it is taken for a shared one (RESOLUTION §7, layer 2)

_DIFFER = "the names differ"


def propose(known: Known) -> list[Edge]:
    """Return every edge the rules see, one per pair and rule, sorted; `same` where certain, else `unsure`."""
    crowd = doubts.Crowd(known)
    within = [
        *_accounts(known, crowd),
        *_logins(known),
        *owners.propose(known, crowd),
        *_mailboxes(known),
        *_mailmaps(known, crowd),
    ]
    best: dict[str, Edge] = {}
    for found in (*within, *crosslinks.propose(known, _names(known, within))):
        old = best.get(found.id)
        if old is None or _rank(found) < _rank(old):
            best[found.id] = found
    return sorted(best.values(), key=lambda found: (found.left, found.right, found.decided_by))


def _rank(found: Edge) -> tuple[bool, tuple[str, ...]]:
    return (found.judgement is not Judgement.SAME, found.reasons)


def _accounts(known: Known, crowd: doubts.Crowd) -> Iterator[Edge]:
    """What GitHub says: a noreply address names its account, a commit's mailbox belongs to one.

    Anybody can write anybody's address into a commit. So a line with the name of somebody else whom the store knows,
    and lines of a mailbox that several people use, wait for a person unless the account bears their name.
    """
    boxes = _boxes(known)
    found: defaultdict[str, list[tuple[ClaimRow, str]]] = defaultdict(list)
    for claim in known.claims:
        if claim.kind not in ("noreply", "platform") or claim.right not in known.identities:
            continue
        scheme, _, digest = claim.left.partition(":")
        lefts = boxes.get(digest, ()) if scheme == "email" else (claim.left,)
        if scheme == "email" and _is_shared(known, lefts):
            continue
        for left in lefts:
            if left in known.identities:
                found[left].append((claim, claim.right))
    for left, told in sorted(found.items()):
        accounts = {account for _, account in told}
        rivals = any(
            not names.any_compatible(known.identities[one].names, known.identities[other].names)
            for one, other in combinations(sorted(accounts), 2)
        )
        box = {one for digest in known.identities[left].emails for one in boxes.get(digest, ())}
        for claim, account in told:
            doubt = _doubt(known, crowd, left, account, box)
            if rivals and claim.kind == "platform":
                doubt = "the address was said to be of several accounts"
            text = "GitHub attributes commits of this address to the account"
            if claim.kind == "noreply":
                text = "the noreply address names the account"
            yield edge(known, (left, account), claim.kind, (text, claim.url, doubt), sure=doubt is None)


def _doubt(known: Known, crowd: doubts.Crowd, left: str, account: str, box: set[str]) -> str | None:
    """Return why a line with an account's address may be somebody else's, None if nothing speaks for that."""
    line, owner = known.identities[left], known.identities[account]
    mates = [name for one in box for name in known.identities[one].names]
    if not owner.names and _sides(mates) > 1:
        return "people of different names use this address"
    if not doubts.disagree(line.names, owner.names):
        return None
    if _sides(mates) > 1:
        return f"{_DIFFER}, and others use this address"
    if crowd.others(line.names, aside={*box, left, account}):
        return f"{_DIFFER}, and somebody else goes by this name"
    return None


def _sides(called: Iterable[str]) -> int:
    """Return how many people names are of at least: each contradicts the first name of all the others."""
    firsts: list[str] = []
    for name in sorted({name for name in called if doubts.is_written_out(name)}):
        if all(doubts.disagree([name], [other]) for other in firsts):
            firsts.append(name)
    return len(firsts)


def _logins(known: Known) -> Iterator[Edge]:
    """A noreply address of the old form names a login: its current bearer's, unless another bore it before."""
    current = crosslinks.current_logins(known)
    bearers = crosslinks.bearers(known)
    for claim in known.claims:
        scheme, _, named = claim.right.partition(":")
        login = named.lower()
        if claim.kind != "noreply" or scheme != "github-login" or login not in current:
            continue
        if claim.left in known.identities:
            account = current[login]
            why = (
                None if bearers[login] == 1 else "more than one account has borne this login",
                _DIFFER
                if doubts.disagree(known.identities[claim.left].names, known.identities[account].names)
                else None,
            )
            reasons = ("the noreply address names the account's login", claim.url, *why)
            yield edge(known, (claim.left, account), "noreply-login", reasons, sure=not any(why))


def _mailboxes(known: Known) -> Iterator[Edge]:
    """One mailbox, at most three full names: one person, as long as no name contradicts another.

    Of contradicting names each keeps its own spellings; across them, and of more names, a person is asked.
    """
    for lefts in _boxes(known).values():
        people = [one for one in lefts if not doubts.is_nobody(known.identities[one])]
        if _is_shared(known, people):
            for left, right in pairwise(people):
                if names.any_compatible(known.identities[left].names, known.identities[right].names):
                    text = f"the same mailbox, but more than {NAMES_MAX} names use it"
                    yield edge(known, (left, right), "email", (text,), sure=False)
            continue
        sides = _by_name(known, people)
        for side in sides:
            for pair in _linked(side):
                yield edge(known, pair, "email", ("the same mailbox",), sure=True)
        for one, other in pairwise(sides):
            yield edge(known, (one[0], other[0]), "email", ("the same mailbox", _DIFFER), sure=False)


_ALL_PAIRS = (
    8  # lines of a mailbox that are all linked with each other, so that taking one out leaves the rest joined
)


def _linked(keys: Sequence[str]) -> Iterable[tuple[str, str]]:
    return combinations(keys, 2) if len(keys) <= _ALL_PAIRS else pairwise(keys)


def _by_name(known: Known, keys: Sequence[str]) -> list[list[str]]:
    """Return identities by whose name they bear; bare names go with the one side there is, else with their own."""
    full = [key for key in keys if any(doubts.is_written_out(name) for name in known.identities[key].names)]
    sides: list[list[str]] = []
    for key in full:
        called = known.identities[key].names
        fits = [
            side
            for side in sides
            if not any(doubts.disagree(called, known.identities[one].names) for one in side)
        ]
        if fits:
            fits[0].append(key)
        else:
            sides.append([key])
    for key in keys:
        if key in full:
            continue
        if len(sides) == 1:
            sides[0].append(key)
            continue
        words = {word for name in known.identities[key].names for word in names.words(name)}
        mine = [side for side in sides if words & _words(known, side)]
        if len(mine) == 1:
            mine[0].append(key)
        else:
            sides.append([key])
    return sides


def _words(known: Known, keys: Iterable[str]) -> set[str]:
    return {word for key in keys for name in known.identities[key].names for word in names.words(name)}


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


def _mailmaps(known: Known, crowd: doubts.Crowd) -> Iterator[Edge]:
    """A repository's own word: certain if the names agree, or if many people work there and no name contradicts.

    Whoever owns a repository of one can write into its mailmap that any two strangers are one.
    """
    around = _around(known)
    for claim in known.claims:
        left, right = known.identities.get(claim.left), known.identities.get(claim.right)
        if claim.kind != "mailmap" or left is None or right is None or left.id == right.id:
            continue
        if doubts.is_nobody(left) is not doubts.is_nobody(right):
            continue  # a bot that somebody runs is not that somebody
        agree = names.any_compatible(left.names, right.names)
        fulls = [[name for name in side.names if doubts.is_written_out(name)] for side in (left, right)]
        differ = all(fulls) and not agree
        peopled = crowd.is_peopled(claim.url)
        alone = not agree and not peopled
        borrowed = (
            agree
            and not peopled
            and any(
                doubts.disagree(around[one.id], other.names) for one, other in ((left, right), (right, left))
            )
        )
        why = (
            _DIFFER if differ else None,
            "somebody of another name uses one of the addresses" if borrowed else None,
            "few people work in this repository, and its word alone is not enough" if alone else None,
        )
        text = "the repository's mailmap says so"
        yield edge(known, (left.id, right.id), "mailmap", (text, claim.url, *why), sure=not any(why))


def _around(known: Known) -> defaultdict[str, set[str]]:
    """Written-out names of each author line's mailbox, and of the accounts that its address is said to be of.

    Apart from the line's own: the liar's name is there beside the one that he borrowed.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    boxes = _boxes(known)
    for lefts in boxes.values():
        for one, other in combinations(lefts, 2) if len(lefts) <= _ALL_PAIRS else ():
            found[one].update(known.identities[other].names)
            found[other].update(known.identities[one].names)
    for claim in known.claims:
        account = known.identities.get(claim.right)
        if claim.kind in ("noreply", "platform") and account is not None:
            scheme, _, digest = claim.left.partition(":")
            for left in boxes.get(digest, ()) if scheme == "email" else (claim.left,):
                found[left].update(account.names)
    return found


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
