"""Who owns and maintains a package on PyPI, and which repository it is built from.

Source: https://docs.pypi.org/api/json/ (2026-11), `/pypi/{project}/json`
Yields: Work (package), Identity per owner and per printed name, Signal (maintains, authored), Claim (package_code)
Cursor: none; projects are asked for conditionally
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import fields, machines, names, repositories
from spiders.errors import SkipRecord
from spiders.records import (
    Claim,
    Counted,
    Identity,
    IdentityKind,
    Page,
    Provenance,
    Quarantined,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 2

_PROJECT: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?", re.I | re.A)
_USER: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])?", re.I | re.A)
_ADDRESS: Final = re.compile(r"<[^<>]*>|\[address removed\]")
_TAGS_MAX: Final = 15
_ROLES: Final = frozenset({"owner", "maintainer"})
_PRINTED: Final = 0.5  # a name in the metadata is the packager's word; ownership is the index's own


class Seeds(BaseModel, extra="forbid"):
    """projects: names of packages."""

    projects: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield each project once, in the index's own spelling."""
    called = (_called(name) for name in seeds.projects if _PROJECT.fullmatch(name))
    for name in dict.fromkeys(called):
        url = f"https://pypi.org/pypi/{name}/json"
        yield Task(kind="project", url=url, params={"project": name})


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield a package with the people around it."""
    try:
        yield from list(_project(task.params["project"], fields.table_of(page), via))
    except SkipRecord as error:
        yield Quarantined(where=task.params["project"], reason=str(error))


def _project(asked: str, table: fields.Table, via: Via) -> Iterator[Yield]:
    info = fields.within(table, "info")
    if info is None or _called(fields.needed(info, "name")) != asked:
        raise SkipRecord("info is missing or another project's")
    seen = via(f"https://pypi.org/project/{asked}/")
    work = f"pypi:{asked}"
    uploads = [
        fields.moment(fields.text(file, "upload_time_iso_8601")) for file in fields.each(table, "urls")
    ]
    newest = max((at for at in uploads if at is not None), default=None)
    yield Work(
        id=work,
        kind=WorkKind.PACKAGE,
        title=fields.needed(info, "name"),
        url=seen.url,
        text=names.plain(fields.text(info, "summary"), 1_000),
        tags=_tags(info),
        published_on=newest.date() if newest is not None else None,
        via=seen,
    )
    yield from _repository(work, info, seen)
    ownership = fields.within(table, "ownership")
    yield from (
        _owners(work, ownership, seen) if ownership is not None else (Counted(what="ownership_not_told"),)
    )
    yield from _printed(work, info, seen)


def _repository(work: str, info: fields.Table, seen: Provenance) -> Iterator[Yield]:
    urls = fields.within(info, "project_urls") or {}
    told = [fields.text(info, "home_page"), *(fields.text(urls, label) for label in urls)]
    found: dict[str, str] = {}
    for address in told:
        if (code := repositories.repository(address)) is not None:
            found.setdefault(code.lower(), code)  # names are the same in any case; the first spelling stays
    if len(found) == 1:
        yield Claim(left=work, right=next(iter(found.values())), kind="package_code", via=seen)
    elif found:
        yield Counted(what="several_repositories")


def _owners(work: str, ownership: fields.Table, seen: Provenance) -> Iterator[Yield]:
    for place, role in enumerate(fields.each(ownership, "roles")):
        user = fields.text(role, "user")
        if user is None or not _USER.fullmatch(user):
            yield Quarantined(where=f"roles {place}", reason="user is missing or no name of the index")
            continue
        note = (fields.text(role, "role") or "").lower()
        if note not in _ROLES:
            yield Counted(what="role_unknown")
            continue
        kind = IdentityKind.BOT if machines.is_machine(None, user) else IdentityKind.PERSONAL
        yield Identity(id=f"pypi-user:{user}", kind=kind, handle=user, via=seen)
        yield Signal(
            id=f"{work}:maintains:{user}",
            identity=f"pypi-user:{user}",
            work=work,
            kind=SignalKind.MAINTAINS,
            note=note,
            via=seen,
        )


def _printed(work: str, info: fields.Table, seen: Provenance) -> Iterator[Yield]:
    """Yield the names printed as author and maintainer; of addresses nothing but the names before them is read."""
    for role, kind in (("author", SignalKind.AUTHORED), ("maintainer", SignalKind.MAINTAINS)):
        said = [fields.text(info, role) or "", *(fields.text(info, f"{role}_email") or "").split(",")]
        told = [name for text in said if (name := names.plain(_ADDRESS.sub("", text).strip(' "'), 200))]
        for name in dict.fromkeys(told):
            if "," in name or " and " in name or names.is_collective(name) or not names.looks_personal(name):
                yield Counted(what="name_of_no_one_person")
                continue
            mark = hashlib.sha256(name.casefold().encode()).hexdigest()[:16]
            who = f"pypi-name:{work.removeprefix('pypi:')}/{mark}"
            yield Identity(id=who, kind=IdentityKind.AUTHOR, name=name, via=seen)
            yield Signal(
                id=f"{work}:{kind}:{mark}", identity=who, work=work, kind=kind, confidence=_PRINTED, via=seen
            )


def _tags(info: fields.Table) -> tuple[str, ...]:
    told = info.get("classifiers")
    if told is not None and not (isinstance(told, list) and all(isinstance(one, str) for one in told)):
        raise SkipRecord("classifiers is of another type")
    topics = [one.rpartition(" :: ")[2] for one in told or () if one.startswith("Topic :: ")]
    words = [names.plain(word, 60) for word in (fields.text(info, "keywords") or "").split(",")]
    return tuple(dict.fromkeys(word for word in (*words, *topics) if word))[:_TAGS_MAX]


def _called(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()  # PEP 503
