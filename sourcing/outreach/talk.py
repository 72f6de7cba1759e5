"""Everything for a first talk with somebody: hooks, who could introduce us, what was tried before, and a draft.

The page, the command and the API show what these functions return.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sourcing import jurisdictions, marking, touches
from sourcing.errors import BadInput, NotAllowed
from sourcing.export import blocks, policy
from sourcing.export.policy import Case, Part
from sourcing.outreach import draft as drafts
from sourcing.outreach import hooks, paths
from sourcing.outreach.draft import Draft, Role
from sourcing.outreach.hooks import Hooks
from sourcing.outreach.paths import Paths
from sourcing.ranking import specialism
from sourcing.settings import Settings, pepper
from sourcing.touches import Approach
from storage import audit, lists, notices, persons
from storage.engine import Store
from storage.model import Person
from storage.subjects import PepperKeyer
from storage.touched import Touch


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What is known for a first talk. refused: why nobody may write now, the strongest reason first; empty if one may.

    touches: how they were approached, newest first. Whoever asked to be left alone has neither hooks nor paths.
    """

    person: Person
    hooks: Hooks
    paths: Paths
    touches: Sequence[Touch]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a draft is wanted for. shortlist: the role. hook: which, from 1. fact: of the role, as the sender says."""

    shortlist: str | None = None
    hook: int = 1
    fact: str | None = None
    template: str = drafts.TEMPLATE
    language: str = drafts.LANGUAGE


def of(
    tx: Any, settings: Settings, key: str, *, actor: str, now: datetime, shortlist: str | None = None
) -> Talk:
    """Return what there is to begin a talk with. shortlist: for which role. Raises NotFound."""
    person = persons.find_by_identity(tx, key) or persons.get(tx, key)
    why = refused(tx, settings, person, actor=actor, now=now, shortlist=shortlist)
    silent = marking.silent(tx, [person.key], blind=True).get(person.key)
    if silent is not None:
        found, ways = Hooks(hooks=(), abstains=silent), Paths(paths=(), why_none=silent, unknown=())
    else:
        found = hooks.of(tx, person.identities, now=now, months=settings.outreach.fresh_months)
        ways = paths.to(tx, person.key, settings.team.people)
    tried = touches.of(tx, person.key, now=now, limits=settings.outreach)
    return Talk(person=person, hooks=found, paths=ways, touches=tried, refused=why)


def refused(
    tx: Any, settings: Settings, person: Person, *, actor: str, now: datetime, shortlist: str | None
) -> tuple[str, ...]:
    """Return why nobody may write to somebody now, the strongest reason first."""
    about = Approach(what=shortlist, actor=actor, now=now, limits=settings.outreach)
    rules = jurisdictions.duties(settings).rules
    found = (
        blocks.refusal(tx, person.key, PepperKeyer(pepper(settings))),
        notices.blocks(tx, [person.key], rules=rules, now=now).get(person.key),
        touches.refusals(tx, [person.key], about).get(person.key),
    )
    return tuple(one for one in found if one is not None)


def draft(
    store: Store, settings: Settings, key: str, wanted: Wanted, *, actor: str, now: datetime
) -> tuple[Talk, Draft]:
    """Return what is known for a talk and a draft; the audit log keeps that one was made. Nothing is sent.

    Raises NotFound, NotAllowed with the reason why nobody may write now, BadInput where there is nothing to say or no
    such hook, and what `drafts.write` raises.
    """
    with store.begin() as tx:
        talk = of(tx, settings, key, actor=actor, now=now, shortlist=wanted.shortlist)
        if talk.refused:
            raise NotAllowed(touches.RULE, f"no draft: {talk.refused[0]}")
        if talk.hooks.abstains is not None:
            raise BadInput(f"no draft: {talk.hooks.abstains}")
        if not 1 <= wanted.hook <= len(talk.hooks.hooks):
            raise BadInput(f"there are {len(talk.hooks.hooks)} hooks, choose one of them")
        hook = talk.hooks.hooks[wanted.hook - 1]
        verdict = policy.load(settings.roots).decide(Part.EVIDENCE, hook.source, Case())
        if not verdict.allowed:
            raise NotAllowed(
                "E5", f"no draft: {verdict.why} ({verdict.rule}, {verdict.terms or hook.source})"
            )
        made = drafts.write(
            hook,
            _role(tx, settings, wanted),
            settings,
            name=talk.person.name,
            template=wanted.template,
            language=wanted.language,
        )
        audit.append(tx, at=now, actor=actor, action="outreach.draft", subject=talk.person.key, detail={})
    return talk, made


def _role(tx: Any, settings: Settings, wanted: Wanted) -> Role:
    if wanted.shortlist is None:
        raise BadInput("say for which role: name a shortlist")
    role = lists.show(tx, wanted.shortlist)
    work = None if role.specialism is None else specialism.load(role.specialism, settings.roots).title
    return Role(name=role.name, work=work, fact=wanted.fact)
