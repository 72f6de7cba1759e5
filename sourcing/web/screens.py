"""Every router there is, under the guard it needs: what is not listed here is not served."""

from fastapi import APIRouter

from sourcing.web import (
    api,
    auth,
    briefs,
    cases,
    compare,
    disputes,
    exports,
    fairness,
    health,
    history,
    lists,
    mappings,
    oversight,
    people,
    person,
    privacy,
    review,
    rights,
    runs,
    saved,
    settings,
    share,
    specialisms,
    talk,
    team,
    today,
    triage,
)

OPEN: tuple[APIRouter, ...] = (auth.router, team.router, health.router, share.router, privacy.router)
"""For anybody: signing in, health, shared lists (whose address is the secret), requests about oneself."""
OWN: tuple[APIRouter, ...] = (settings.router,)
"""For whoever is signed in, to change what is only theirs."""
SCREENS: tuple[APIRouter, ...] = (
    today.router,
    runs.router,
    people.router,
    person.router,
    talk.router,
    triage.router,
    rights.router,
    cases.router,
    oversight.router,
    disputes.router,
    lists.router,
    compare.router,
    exports.router,
    mappings.router,
    review.router,
    history.router,
    saved.router,
    specialisms.router,
    fairness.router,
    briefs.router,
)
"""Pages. To look needs the right to read; what changes something needs the right to write, or what the route names."""
API: tuple[APIRouter, ...] = (api.router,)
"""JSON under /api/v1, for keys and for our own pages."""
