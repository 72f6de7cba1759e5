"""What the linkage looks at: one neutral record per identity, whether it comes from the store or from a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from spiders.records import IdentityKind, Mailbox
from storage.model import IdentityView
from storage.surroundings import Surroundings


class Family(StrEnum):
    """What sort of record it is; each family has a model of its own, and there is one across them."""

    GIT = "git"  # an author line of a history
    AUTHOR = "author"  # a byline or an author's profile
    PAGE = "page"  # accounts and pages: certain links only


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One record to be linked. id: the identity's. world: mentions of two worlds are never compared.

    emails: keyed digests of boxes that stand for one person. pages: addresses it gives as its own.
    """

    id: str
    family: Family
    world: str = ""
    names: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    orcids: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    around: Surroundings = field(default_factory=Surroundings)


def family_of(identity: IdentityView) -> Family | None:
    """Return the family of an identity; None for bots and organisations, which are nobody."""
    if identity.kind in (IdentityKind.BOT, IdentityKind.ORGANISATION):
        return None
    if identity.id.startswith("git:"):
        return Family.GIT
    return Family.AUTHOR if identity.kind is IdentityKind.AUTHOR else Family.PAGE


def of_identities(
    identities: Iterable[IdentityView], around: Mapping[str, Surroundings], worlds: Mapping[str, str]
) -> list[Mention]:
    """Return the mentions of identities by id. around, worlds: by identity; missing = nothing known, one world."""
    nothing = Surroundings()
    made = []
    for one in sorted(identities, key=lambda one: one.id):
        family = family_of(one)
        if family is None:
            continue
        made.append(
            Mention(
                id=one.id,
                family=family,
                world=worlds.get(one.id, ""),
                names=one.names,
                handles=one.handles,
                emails=one.emails,
                mailboxes=one.mailboxes,
                orcids=one.orcids,
                pages=(*one.homepages, *one.links),
                affiliations=one.affiliations,
                around=around.get(one.id, nothing),
            )
        )
    return made


def merged(mentions: Sequence[Mention]) -> Mention:
    """Return what several mentions of one person say together, under the smallest id. Needs at least one.

    A group of several families is an author's if any is: the model across families tells sides by it.
    """
    if len(mentions) == 1:
        return mentions[0]
    ordered = sorted(mentions, key=lambda one: one.id)
    around = [one.around for one in ordered]
    days = [day for one in around for day in (one.first, one.last) if day is not None]
    return Mention(
        id=ordered[0].id,
        family=ordered[0].family,
        world=ordered[0].world,
        names=_union(one.names for one in ordered),
        handles=_union(one.handles for one in ordered),
        emails=_union(one.emails for one in ordered),
        mailboxes=tuple(dict.fromkeys(box for one in ordered for box in one.mailboxes)),
        orcids=_union(one.orcids for one in ordered),
        pages=_union(one.pages for one in ordered),
        affiliations=_union(one.affiliations for one in ordered),
        around=Surroundings(
            coauthors=_union(one.coauthors for one in around),
            titles=_union(one.titles for one in around),
            places=_union(one.places for one in around),
            works=_union(one.works for one in around),
            domains=_union(one.domains for one in around),
            topics=_union(one.topics for one in around),
            role=next((one.role for one in around if one.role is not None), None),
            size=sum(one.size for one in around),
            first=min(days, default=None),
            last=max(days, default=None),
        ),
    )


def _union(values: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({one for group in values for one in group}))
