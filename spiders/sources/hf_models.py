"""Models somebody published on the Hugging Face hub, newest first.

Source: https://huggingface.co/docs/hub/api (2026-11), `/api/models?author=&sort=lastModified`
Yields: Work (model), Signal (authored; accounts of people only), Task (next page)
Cursor: none; the store names the accounts that claimed papers
"""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, Field

from spiders.clients import fields, hub, names
from spiders.errors import SkipRecord
from spiders.records import Counted, Page, Quarantined, Signal, SignalKind, Task, Via, Work, WorkKind, Yield

VERSION = 2

_TAGS_MAX: Final = 20
_PAGES_MAX: Final = 20  # of a hundred models each; more is a factory, not a person
_NO_SUBJECT: Final = ("region:", "license:", "base_model:", "deploy:", "endpoints_", "autotrain_", "eval-")
_DERIVED: Final = "base_model:quantized:"  # somebody else's weights in another number format


class Seeds(BaseModel, extra="forbid"):
    """organisations: whose models are read as works, by hand. hub_accounts: people's, the store's."""

    organisations: list[str] = Field(default_factory=list)
    hub_accounts: list[hub.Account] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield each organisation and each account."""
    yield from (hub.models_task(name, None) for name in seeds.organisations if hub.is_name(name))
    yield from (hub.models_task(one.name, one.id) for one in seeds.hub_accounts if one.is_whole)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield the models of a page and where to go on. Raises SourceChanged if the answer is no list."""
    rows, number = fields.list_of(page), task.params.get("page", 1)
    further = page.next_url if rows else None
    if further is not None and number < _PAGES_MAX and further.startswith(hub.MODELS):
        params = {**task.params, "page": number + 1}
        yield Task(source=task.source, kind=task.kind, url=further, params=params)
    elif further is not None or len(rows) >= task.params["limit"]:
        yield Counted(what="models_beyond_the_newest")
    for place, row in enumerate(rows):
        try:
            yield from list(_model(task, fields.as_table(row, "models"), via))
        except SkipRecord as error:
            yield Quarantined(where=f"model {place}", reason=str(error))


def _model(task: Task, row: fields.Table, via: Via) -> Iterator[Yield]:
    found, called = hub.number(row, "_id"), fields.needed(row, "id")
    owner, _, name = called.partition("/")
    if found is None or not hub.is_name(owner) or not hub.is_name(name):
        raise SkipRecord("a model without a number, or with an impossible name")
    if row.get("private") is True or owner.lower() != task.params["author"].lower():
        yield Counted(what="model_of_somebody_else")
        return
    told = row.get("tags")
    if told is not None and not (isinstance(told, list) and all(isinstance(tag, str) for tag in told)):
        raise SkipRecord("tags is of another type")
    tags = [fields.text(row, "pipeline_tag"), fields.text(row, "library_name"), *(told or ())]
    kept = dict.fromkeys(tag for tag in tags if tag and len(tag) <= 80 and not tag.startswith(_NO_SUBJECT))
    created = fields.moment(fields.text(row, "createdAt"))
    seen = via(f"{hub.HOME}/{called}")
    model = Work(
        id=f"hf-model:{found}",
        kind=WorkKind.MODEL,
        title=names.plain(called, 200) or called,
        url=seen.url,
        tags=tuple(kept)[:_TAGS_MAX],
        published_on=created.date() if created is not None else None,
        via=seen,
    )
    yield model
    if task.params["id"] is None:
        return
    yield Signal(
        id=f"{model.id}:authored",
        identity=f"hf:{task.params['id']}",
        work=model.id,
        kind=SignalKind.AUTHORED,
        occurred_at=created,
        note="quantized" if any(tag.startswith(_DERIVED) for tag in told or ()) else None,
        via=seen,
    )
