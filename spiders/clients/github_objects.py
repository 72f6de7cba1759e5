"""GitHub's REST objects, read with PyGithub from answers that are here already.

Source: https://docs.github.com/rest, https://pygithub.readthedocs.io (2.10, 2026-07)

Importing this module loads all of PyGithub, which takes as long as everything else that a source starts with: readers
import it where an answer of REST is read, and questions in GraphQL do without it.
"""

from typing import Any, Final, TypeVar

from github.GithubException import BadAttributeException, IncompletableObject
from github.GithubObject import CompletableGithubObject
from github.NamedUser import NamedUser
from github.Repository import Repository
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

from spiders.clients.github import API, load
from spiders.errors import SkipRecord, SourceRefused
from spiders.records import Page

_NO_CONNECTION: Final = "a GitHub object tried to complete itself over the network while being read"

Completable = TypeVar("Completable", bound=CompletableGithubObject)


def user(page: Page) -> NamedUser:
    """Return an account as PyGithub's object. Raises SourceChanged if the page is no JSON object."""
    return _typed(NamedUser, load(page))


def repository(page: Page) -> Repository:
    """Return a repository as PyGithub's object. Raises SourceChanged if the page is no JSON object."""
    return _typed(Repository, load(page))


def field(read: CompletableGithubObject, name: str) -> Any:
    """Return a field of a typed object. Raises SkipRecord if it is of another type than GitHub documents."""
    try:
        return getattr(read, name)
    except (BadAttributeException, IncompletableObject) as error:
        raise SkipRecord(f"{name} is of another type: {type(error).__name__}") from error


class _NoHttp(HTTPRequestsConnectionClass):
    """A connection that is never made: reading an answer must not ask for another one."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise SourceRefused(_NO_CONNECTION)


class _NoHttps(HTTPSRequestsConnectionClass):
    """The same for TLS."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise SourceRefused(_NO_CONNECTION)


class _Offline(Requester):
    """PyGithub's requester without a network; a class of its own, so the real one is left as it is."""


def _typed(klass: type[Completable], table: dict[str, Any]) -> Completable:
    """Return a REST answer as PyGithub's own object, complete as it stands.

    Completing a nested object later would be a hidden request: it raises SourceRefused instead.
    """
    _Offline.injectConnectionClasses(_NoHttp, _NoHttps)
    requester = _Offline(None, API, 1, "none", 100, True, None, None)
    return klass(requester, {}, table, completed=True)
