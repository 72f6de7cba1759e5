"""What probable links over a store need: models, frozen prices of names, the key of its digests."""

from collections.abc import Callable, Mapping

from sourcing.resolve import keeping, models, namesakes, probable
from sourcing.resolve.comparing import Limits
from sourcing.resolve.mentions import Mention, of_identities
from sourcing.resolve.probable import Linking
from sourcing.settings import Settings, pepper
from spiders.clients import mailboxes
from spiders.redact import Pepper
from storage.model import IdentityView
from storage.surroundings import Surroundings

Prepare = Callable[[Mapping[str, IdentityView], Mapping[str, Surroundings]], tuple[list[Mention], Linking]]
"""Makes mentions and linking of what a store says now."""


def preparing(settings: Settings) -> Prepare:
    """Return what prepares probable links; no model is asked if settings turn them off. Raises ConfigError.

    The shares of name words are counted once and kept below home, so that nights price a name alike.
    """
    chosen = models.shipped(settings.roots) if settings.linkage.enabled else []
    prior = models.prior_shares(settings.roots)
    secret = Pepper(secret=pepper(settings))
    linkage, engine = settings.linkage, settings.analytics
    limits = Limits(memory=linkage.memory, threads=linkage.threads, engine=engine)

    def prepare(
        identities: Mapping[str, IdentityView], around: Mapping[str, Surroundings]
    ) -> tuple[list[Mention], Linking]:
        mentions = of_identities(identities.values(), around, {})
        names = (name for one in mentions for name in one.names)
        shares = probable.frozen(settings.home, names, prior, version=namesakes.VERSION)
        return mentions, Linking(
            models=chosen,
            namesakes=shares,
            digest=lambda kind, value: mailboxes.key(secret, kind, value),
            limits=limits,
            state=None if engine.is_cluster else keeping.folder(settings.home),  # a cluster compares all anew
        )

    return prepare
