"""The operations of the API by noun, and what all of them refuse."""

from fastapi import APIRouter, Depends

from sourcing.web.api import (
    changes,
    exports,
    fairness,
    history,
    lists,
    people,
    privacy,
    requests,
    runs,
    searches,
    specialisms,
    talk,
)
from sourcing.web.api.calls import PROBLEMS, known_parameters

router = APIRouter(responses=PROBLEMS, dependencies=[Depends(known_parameters)])
for one in (
    people, changes, history, lists, searches, specialisms, exports, runs, privacy, requests, talk, fairness,
):  # fmt: skip
    router.include_router(one.router)
