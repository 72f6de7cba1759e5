"""Links between sites: accounts, personal pages and author records that name each other.

What a profile, page or record says of somebody else's place is a claim. It is certain when the other side
says it too, or when only the account's owner can have put it there (`login.github.io`), and the names agree.
Two claimants, and nobody gets it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sourcing.resolve import names
from sourcing.resolve.edges import Known, edge
from spiders.clients import links
from spiders.records import IdentityKind
from storage.model import ClaimRow, Edge, IdentityView

Called = Mapping[str, frozenset[str]]
"""Every name that an identity goes by, by identity id."""

_CONTESTED = "more than one claims it"
_DIFFER = "the names differ"


def propose(known: Known, called: Called) -> Iterator[Edge]:
    """Yield the edges between sites, some more than once."""
    owners = _owners(known)
    yield from _profiles(known, owners)
    yield from _authors(known, called, owners)
    yield from _numbers(known, called)
    yield from _logins_named(known, called, owners)


def _pages(identity: IdentityView) -> set[str]:
    return {page for address in identity.homepages if (page := links.page_id(address)) is not None}


def _is_author(known: Known, key: str) -> bool:
    return known.identities[key].kind is IdentityKind.AUTHOR


def _is_group(known: Known, key: str) -> bool:
    return known.identities[key].kind is IdentityKind.ORGANISATION


def _contested(known: Known, authors: Sequence[str]) -> bool:
    """Whether author records that claim one place are evidently not all one person's."""
    curated = {author for author in authors if author.startswith("openreview:")}
    called = [known.identities[author].names for author in authors]
    return len(curated) > 1 or not all(names.any_compatible(one, other) for one, other in pairwise(called))


def current_logins(known: Known) -> dict[str, str]:
    """Current logins, lower case, to accounts. A login that two accounts seem to bear names neither."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key, identity in known.identities.items():
        if key.startswith("github:") and identity.handles:
            found[identity.handles[0].lower()].add(key)
    return {login: next(iter(keys)) for login, keys in found.items() if len(keys) == 1}


def _named(known: Known) -> Iterator[tuple[str, str, ClaimRow]]:
    """(identity, GitHub account it links to, claim), sorted; a former login names nobody."""
    logins = current_logins(known)
    for claim in sorted(known.claims, key=lambda claim: (claim.left, claim.right, claim.url)):
        scheme, _, login = claim.right.partition(":")
        account = logins.get(login.lower())
        if claim.kind != "profile_link" or scheme != "github-login" or account is None:
            continue
        if claim.left in known.identities and claim.left != account:
            yield claim.left, account, claim


def _owners(known: Known) -> dict[str, str]:
    """Page id to the one GitHub account that gives it as homepage and that it links back to."""
    mutual: defaultdict[str, set[str]] = defaultdict(set)
    for left, account, _ in _named(known):
        if left in _pages(known.identities[account]):
            mutual[left].add(account)
    return {
        page: next(iter(accounts))
        for page, accounts in mutual.items()
        if len(accounts) == 1 and not _is_group(known, page)
    }


def _profiles(known: Known, owners: Mapping[str, str]) -> Iterator[Edge]:
    """Accounts and the page they give as homepage: certain if the page links back, else for review."""
    for key in sorted(known.identities):
        if not key.startswith("github:"):
            continue
        for page in sorted(_pages(known.identities[key]) & known.identities.keys()):
            if _is_group(known, page):
                continue
            sure = owners.get(page) == key
            text = "profile and page point at each other" if sure else "the page does not point back"
            yield edge(known, (key, page), "homepage", (text, page.removeprefix("page:")), sure=sure)


def _authors(known: Known, called: Called, owners: Mapping[str, str]) -> Iterator[Edge]:
    """Author records and the page they give as homepage.

    Certain if the page names the record or a number the record states too, or if an account and the page name
    each other; then only with compatible names and no other author giving the page.
    """
    claimed: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(known.identities):
        if _is_author(known, key):
            for page in _pages(known.identities[key]):
                claimed[page].append(key)
    for page, authors in sorted(claimed.items()):
        if page not in known.identities or _is_group(known, page):
            continue
        contested = _contested(known, authors)
        on_page = _stated(known.identities[page])
        target = owners.get(page, page)
        for author in authors:
            back = bool(on_page & _stated(known.identities[author]))
            fits = back or names.any_compatible(called[author], called[target])
            text = "the author gives the page as homepage"
            why = (
                "the page names the author's record" if back else None,
                "the page and its account name each other" if page in owners else None,
                _CONTESTED if contested and not back else None,
                None if fits else _DIFFER,
                "the page does not point back" if not back and page not in owners else None,
            )
            sure = back or (page in owners and fits and not contested)
            yield edge(
                known, (author, target), "homepage", (text, page.removeprefix("page:"), *why), sure=sure
            )


def _stated(identity: IdentityView) -> set[str]:
    """The numbers a record states of itself; a kind stated twice, or on a group's page, is no statement."""
    if identity.kind is IdentityKind.ORGANISATION:
        return set()
    found = {f"orcid:{number}" for number in identity.orcids}
    for address in (*identity.links, *identity.homepages):
        account = links.account(address)
        if account is not None and not account.startswith("github-login:"):
            found.add(account)
    if identity.id.startswith("openreview:"):
        found = {number for number in found if not number.startswith("openreview:")} | {identity.id}
    kinds = [number.partition(":")[0] for number in found]
    return {number for number in found if kinds.count(number.partition(":")[0]) == 1}


def _numbers(known: Known, called: Called) -> Iterator[Edge]:
    """The same ORCID, Scholar, DBLP or OpenReview number stated by two author records whose names agree.

    On a profile or page such a number is only that side's claim, so it waits for the other side or a person.
    """
    stated: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(known.identities):
        for number in _stated(known.identities[key]):
            stated[number].append(key)
    for number, keys in sorted(stated.items()):
        rule = "orcid" if number.startswith("orcid:") else "profile"
        first = min(keys, key=lambda key: (not _is_author(known, key), key))
        for key in keys:
            if key == first:
                continue
            fits = names.any_compatible(called[key], called[first])
            records = _is_author(known, first) and _is_author(known, key)
            why = (None if fits else _DIFFER, None if records else "only one side can vouch for it")
            yield edge(known, (first, key), rule, (f"both state {number}", *why), sure=fits and records)


def _logins_named(known: Known, called: Called, owners: Mapping[str, str]) -> Iterator[Edge]:
    """One-sided links to a login: certain only from `login.github.io`, which that account alone can fill."""
    found = [named for named in _named(known) if owners.get(named[0]) != named[1]]
    claimants: defaultdict[str, list[str]] = defaultdict(list)
    for left, account, _ in found:
        if _is_author(known, left) and left not in claimants[account]:
            claimants[account].append(left)
    for left, account, claim in found:
        login = claim.right.partition(":")[2].lower()
        if left == f"page:https://{login}.github.io":
            text = "the account's own host, linking to the account"
            yield edge(known, (left, account), "github-pages", (text, claim.url), sure=True)
            continue
        fits = names.any_compatible(called[left], called[account])
        alone = not _contested(known, claimants[account])
        why = (None if fits else _DIFFER, None if alone else _CONTESTED)
        if _is_author(known, left) and login in _hosts(known.identities[left]):
            text = f"gives {login}.github.io, a host of that account alone, as homepage"
            reasons = (text, claim.url, *why)
            yield edge(known, (left, account), "github-pages", reasons, sure=fits and alone)
        else:
            text = "links to the account, which does not link back"
            yield edge(known, (left, account), "link", (text, claim.url, *why), sure=False)


def _hosts(identity: IdentityView) -> set[str]:
    """Logins whose `github.io` host an identity gives as its homepage."""
    found = (links.github_pages_login(address) for address in identity.homepages)
    return {login.lower() for login in found if login is not None}
