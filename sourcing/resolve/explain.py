"""How the models see two people, level by level, whether they would have been compared or not."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sourcing.resolve import models, namesakes, probable
from sourcing.resolve.comparing import Limits
from sourcing.resolve.mentions import Mention, merged, of_identities
from sourcing.resolve.probable import Linking
from sourcing.settings import Settings, pepper
from spiders.clients import mailboxes
from spiders.redact import Pepper
from storage import statements, surroundings

_SIDE_MAX: Final = 200  # identities of one side; more are not told apart any better


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one model says of two sides. levels: (comparison, what its level says, log2 odds), the prior first."""

    model: str
    left: str
    right: str
    probability: float
    levels: tuple[tuple[str, str, float], ...]


def explain(tx: Any, settings: Settings, left: Collection[str], right: Collection[str]) -> list[Told]:
    """Return what each model that applies says of two sides, taken together as it would see them, prior first.

    Sides are compared family by family: author lines with author lines, bylines with bylines, and across where a
    model does. Nothing if no model applies. Reads the works of both sides.
    """
    sides = [sorted(side)[:_SIDE_MAX] for side in (left, right)]
    ids = {one for side in sides for one in side}
    mentions = of_identities(statements.identities(tx, ids).values(), surroundings.load(tx, only=ids), {})
    secret = Pepper(secret=pepper(settings))
    prior = models.prior_shares(settings.roots)
    shares = probable.kept(settings.home, prior, version=namesakes.VERSION)
    linking = Linking(
        models=models.shipped(settings.roots),
        namesakes=shares or namesakes.count((name for one in mentions for name in one.names), prior),
        digest=lambda kind, value: mailboxes.key(secret, kind, value),
        limits=Limits(memory=settings.linkage.memory, threads=settings.linkage.threads),
    )
    families = [_families([one for one in mentions if one.id in set(side)]) for side in sides]
    return [
        told
        for one in families[0]
        for other in families[1]
        if one.id != other.id
        for told in _told((one, other), linking)
    ]


def _families(mentions: list[Mention]) -> list[Mention]:
    """Return one mention per family, of all that is known of it."""
    return [
        merged([one for one in mentions if one.family is family])
        for family in sorted({one.family for one in mentions})
    ]


def _told(pair: tuple[Mention, Mention], linking: Linking) -> list[Told]:
    return [
        Told(
            model=model.decided_by,
            left=pair[0].id,
            right=pair[1].id,
            probability=chance,
            levels=(("prior", "before anything is compared", model.prior), *levels),
        )
        for model, chance, levels in probable.scored_pair(pair, linking)
    ]
