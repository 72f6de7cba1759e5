"""Links between sites: accounts, personal pages and author records that name each other.

What a profile, page or record says of somebody else's place is a claim. It is certain when the other side says it
too, when the site itself merged or checked it, or when only the account's owner can have put it there
(`login.github.io` linking to the account). Two claimants, and nobody gets it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from sourcing.resolve import doubts, names
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
    owners = _owners(known, called)
    yield from _profiles(known, owners)
    yield from _authors(known, called, owners)
    yield from _numbers(known, called)
    yield from _logins_named(known, called, owners)
    yield from _aliases(known)
    yield from _claimed(known, called)


def current_logins(known: Known) -> dict[str, str]:
    """Current logins, lower case, to accounts. A login that two accounts seem to bear names neither."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key, identity in known.identities.items():
        if key.startswith("github:") and identity.handles:
            found[identity.handles[0].lower()].add(key)
    return {login: next(iter(keys)) for login, keys in found.items() if len(keys) == 1}


def bearers(known: Known) -> Counter[str]:
    """Return how many accounts have borne each login, lower case, now or before."""
    return Counter(
        login
        for key, identity in known.identities.items()
        if key.startswith("github:")
        for login in {handle.lower() for handle in identity.handles}
    )


def _pages(identity: IdentityView) -> set[str]:
    return {page for address in identity.homepages if (page := links.page_id(address)) is not None}


def _is_author(known: Known, key: str) -> bool:
    return known.identities[key].kind is IdentityKind.AUTHOR


def _is_group(known: Known, key: str) -> bool:
    return doubts.is_nobody(known.identities[key])


def _numbers_of(identity: IdentityView) -> set[str]:
    """The accounts elsewhere that an identity's addresses name, as `orcid:…`, `openreview:~…`; no logins."""
    found = {links.account(address) for address in (*identity.links, *identity.homepages)}
    return {number for number in found if number is not None and not number.startswith("github-login:")}


def _named(known: Known) -> Iterator[tuple[str, str, ClaimRow]]:
    """(identity, GitHub account it links to, claim), sorted; a former login names nobody, nor does one of nobody."""
    logins = current_logins(known)
    for claim in sorted(known.claims, key=lambda claim: (claim.left, claim.right, claim.url)):
        scheme, _, login = claim.right.partition(":")
        account = logins.get(login.lower())
        if claim.kind != "profile_link" or scheme != "github-login" or account is None:
            continue
        if claim.left in known.identities and claim.left != account and not _is_group(known, account):
            yield claim.left, account, claim


def _owners(known: Known, called: Called) -> dict[str, str]:
    """Page id to the one GitHub account that gives it as homepage and that it links back to.

    A page that others give too and name themselves on is a laboratory's as soon as two of their names contradict.
    """
    mutual: defaultdict[str, set[str]] = defaultdict(set)
    for left, account, _ in _named(known):
        if left in _pages(known.identities[account]):
            mutual[left].add(account)
    for key in sorted(known.identities):
        if _is_author(known, key):
            for page in _pages(known.identities[key]) & mutual.keys():
                if page in known.identities and key in _stated(known.identities[page]):
                    mutual[page].add(key)
    owners = {}
    for page, claimants in mutual.items():
        accounts = sorted(key for key in claimants if key.startswith("github:"))
        clash = any(
            doubts.disagree(called[one], called[other]) for one, other in combinations(sorted(claimants), 2)
        )
        if len(accounts) == 1 and not clash and not _is_group(known, page):
            owners[page] = accounts[0]
    return owners


def _profiles(known: Known, owners: Mapping[str, str]) -> Iterator[Edge]:
    """Accounts and the page they give as homepage: certain if the page links back, else for review."""
    linked = {(left, account) for left, account, _ in _named(known)}
    for key in sorted(known.identities):
        if not key.startswith("github:") or _is_group(known, key):
            continue
        for page in sorted(_pages(known.identities[key]) & known.identities.keys()):
            if _is_group(known, page):
                continue
            sure = owners.get(page) == key
            text = "profile and page point at each other" if sure else "the page does not point back"
            if not sure and (page, key) in linked:
                text = "profile and page point at each other, but the page is not one person's"
            yield edge(known, (key, page), "homepage", (text, page.removeprefix("page:")), sure=sure)


def _authors(known: Known, called: Called, owners: Mapping[str, str]) -> Iterator[Edge]:
    """Author records and the page they give as homepage: certain if the page names that very record.

    A number that the page states and the record repeats is no pointing back: whoever copies a page's address can
    copy the number beside it.
    """
    claims = (
        (key, page)
        for key in sorted(known.identities)
        if _is_author(known, key)
        for page in _pages(known.identities[key])
    )
    for page, authors in doubts.claimants(claims):
        if page not in known.identities or _is_group(known, page):
            continue
        on_page = _stated(known.identities[page])
        target = owners.get(page, page)
        back = [author for author in authors if author in on_page]
        clash = any(doubts.disagree(called[one], called[other]) for one, other in combinations(back, 2))
        for author in authors:
            differ = doubts.disagree(called[author], called[target] | called[page])
            alone = len(authors) == 1 or (author in back and not clash)
            sure = author in back and not clash and not differ
            why = (
                "the page names the author's record" if author in back else "the page does not point back",
                "the page and its account name each other" if page in owners else None,
                None if alone else _CONTESTED,
                _DIFFER if differ else None,
            )
            text = "the author gives the page as homepage"
            yield edge(
                known, (author, target), "homepage", (text, page.removeprefix("page:"), *why), sure=sure
            )


def _stated(identity: IdentityView) -> set[str]:
    """The numbers a record states of itself; a kind stated twice, or on a group's page, is no statement."""
    if identity.kind is IdentityKind.ORGANISATION:
        return set()
    found = {f"orcid:{number}" for number in identity.orcids} | _numbers_of(identity)
    kind = identity.id.partition(":")[0]
    if kind in ("openreview", "orcid") and not doubts.is_byline(identity.id):
        found = {number for number in found if not number.startswith(f"{kind}:")} | {identity.id}
    kinds = [number.partition(":")[0] for number in found]
    return {number for number in found if kinds.count(number.partition(":")[0]) == 1}


def _numbers(known: Known, called: Called) -> Iterator[Edge]:
    """The same ORCID, Scholar, DBLP or OpenReview number stated by two records whose names agree.

    The record that bears the number and the bylines of papers, which publishers check, vouch for it. On a profile or
    page it is only that side's claim, so it waits for the record to point back, or for a person.
    """
    said = ((key, number) for key in known.identities for number in _stated(known.identities[key]))
    for number, keys in doubts.claimants(said):
        rule = "orcid" if number.startswith("orcid:") else "profile"
        first = min(keys, key=lambda key: (key != number, not _vouches(key, number), key))
        for key in keys:
            if key == first:
                continue
            mutual = first == number and key in _stated(known.identities[first])
            vouched = mutual or (_vouches(first, number) and _vouches(key, number))
            fits = names.any_compatible(called[key], called[first])
            why = (None if fits else _DIFFER, None if vouched else "only one side can vouch for it")
            yield edge(known, (first, key), rule, (f"both state {number}", *why), sure=fits and vouched)


def _vouches(key: str, number: str) -> bool:
    return key == number or doubts.is_byline(key)


def _logins_named(known: Known, called: Called, owners: Mapping[str, str]) -> Iterator[Edge]:
    """Links to a login: certain if the account names the record back, or from the account's own `login.github.io`."""
    borne = bearers(known)
    found = [named for named in _named(known) if owners.get(named[0]) != named[1]]
    rivals: defaultdict[str, list[str]] = defaultdict(list)
    for left, account, _ in found:
        if _is_author(known, left) and left not in rivals[account]:
            rivals[account].append(left)
    for left, account, claim in found:
        login = claim.right.partition(":")[2].lower()
        record = known.identities[left]
        if doubts.is_nobody(record):
            continue
        differ = doubts.disagree(called[left], called[account])
        if left == f"page:https://{login}.github.io":
            given_up = None if borne[login] == 1 else "more than one account has borne this login"
            why = (_DIFFER if differ else None, given_up)
            text = "the account's own host, linking to the account"
            yield edge(known, (left, account), "github-pages", (text, claim.url, *why), sure=not any(why))
            continue
        if left in _numbers_of(known.identities[account]):
            text = "record and account name each other"
            reasons = (text, claim.url, _DIFFER if differ else None)
            yield edge(known, (left, account), "profile", reasons, sure=not differ)
            continue
        own_host = login in _hosts(record)
        text = (
            f"gives {login}.github.io, a host of that account alone, as homepage"
            if own_host
            else "links to the account"
        )
        doubtful = (
            "the account does not link back",
            _DIFFER if differ else None,
            _CONTESTED if len(rivals[account]) > 1 else None,
        )
        rule = "github-pages" if own_host else "link"
        yield edge(known, (left, account), rule, (text, claim.url, *doubtful), sure=False)


def _aliases(known: Known) -> Iterator[Edge]:
    """Two ids that OpenReview itself calls one profile; names of both are checked, for it merges on request."""
    for claim in known.claims:
        left, right = known.identities.get(claim.left), known.identities.get(claim.right)
        if claim.kind != "alias" or left is None or right is None or left.id == right.id:
            continue
        differ = doubts.disagree(left.names, right.names)
        text = "the site says that both are one profile"
        reasons = (text, claim.url, _DIFFER if differ else None)
        yield edge(known, (left.id, right.id), "alias", reasons, sure=not differ)


def _claimed(known: Known, called: Called) -> Iterator[Edge]:
    """Places in a byline that the Hugging Face hub checked to be an account's: certain if the names agree.

    The place is the hub's count of authors, so the printed name has to be the account's. Two claimants get nothing.
    """
    told = [claim for claim in known.claims if claim.kind in ("claimed", "assigned")]
    rivals = dict(doubts.claimants((claim.right, claim.left) for claim in told))
    for claim in sorted(told, key=lambda claim: (claim.left, claim.right, claim.kind)):
        place, account = known.identities.get(claim.left), known.identities.get(claim.right)
        if place is None or account is None or doubts.is_nobody(account):
            continue
        fits = names.any_compatible(called[place.id], called[account.id])
        why = (
            None if fits else "the names do not agree",
            None if len(rivals[claim.left]) == 1 else _CONTESTED,
        )
        text = "the account claimed its place on the paper, and the hub checked it"
        if claim.kind == "assigned":
            text = "the hub gave the account its place on the paper"
        yield edge(known, (place.id, account.id), "claimed", (text, claim.url, *why), sure=not any(why))


def _hosts(identity: IdentityView) -> set[str]:
    """Logins whose `github.io` host an identity gives as its homepage."""
    found = (links.github_pages_login(address) for address in identity.homepages)
    return {login.lower() for login in found if login is not None}
