"""A search tree to SQL: words in the full-text index, field filters, keyset pages. Values are always bound."""

from collections.abc import Sequence
from typing import Any, assert_never

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    column,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    table,
    text,
    true,
)

from storage import wishes
from storage.facts import digest_of
from storage.index import folded, tokens
from storage.index import reindex as reindex
from storage.model import Found, MarkKind
from storage.query import And, Field, FieldName, Not, Or, Range, RangeName, Tree, Words
from storage.scores import score_of
from storage.tables import mark, person_alias, score, search_facet, search_person, shortlist_item

_INDEX = table("search_index", column("person"), column("document"))
_COLUMNS: dict[str | None, tuple[str, str]] = {  # FTS5 column filter, tsvector weights
    None: ("", "ABC"),
    "names": ("names : ", "A"),
    "works": ("works : ", "C"),
}
_NOBODY = -1.0


def find(
    tx: Connection,
    tree: Tree | None,
    *,
    specialism: str | None,
    limit: int,
    after: tuple[float, str] | None = None,
) -> list[Found]:
    """Return people under a search tree (None = all), best score first, then by key; at most `limit`.

    specialism: whose scores to sort by; None takes each person's best. after: `Found.after` of the last one seen.
    Hidden people, and those a specialism's gates keep out of lists, come only when the tree asks for `hidden`.
    People who asked not to be approached never come.
    """
    best = _best(specialism)
    order = func.coalesce(best.c.lower, literal(_NOBODY))
    query: Select[Any] = (
        select(search_person.c.person, search_person.c.name, *[best.c[name] for name in _SCORE])
        .join(best, best.c.person == search_person.c.person, isouter=True)
        .order_by(order.desc(), search_person.c.person)
        .limit(limit)
    )
    query = query.where(search_person.c.person.not_in(wishes.people()))
    if tree is not None:
        query = query.where(_Where(tx.dialect.name, best).of(tree))
    if not _mentions_hidden(tree):
        query = query.where(~_marked(MarkKind.HIDDEN, None), or_(best.c.listed.is_(None), best.c.listed))
    if after is not None:
        value, key = after
        query = query.where(or_(order < value, and_(order == value, search_person.c.person > key)))
    return [
        Found(
            person=row.person,
            name=row.name,
            score=score_of(row, row.person) if row.lower is not None else None,
        )
        for row in tx.execute(query)
    ]


def count(tx: Connection, tree: Tree | None, *, specialism: str | None) -> int:
    """Return how many people `find` would return without a limit."""
    best = _best(specialism)
    query = select(func.count()).select_from(
        search_person.join(best, best.c.person == search_person.c.person, isouter=True)
    )
    query = query.where(search_person.c.person.not_in(wishes.people()))
    if tree is not None:
        query = query.where(_Where(tx.dialect.name, best).of(tree))
    if not _mentions_hidden(tree):
        query = query.where(~_marked(MarkKind.HIDDEN, None), or_(best.c.listed.is_(None), best.c.listed))
    return tx.execute(query).scalar_one()


_SCORE = ("specialism", "version", "value", "lower", "confidence", "level", "listed", "as_of", "run")


def _best(specialism: str | None) -> Any:
    """Return the score to sort by: of one specialism, or of each person's best listed one."""
    columns = [score.c.person, *[score.c[name] for name in _SCORE]]
    if specialism is not None:
        return select(*columns).where(score.c.specialism == specialism).subquery("best")
    place = func.row_number().over(
        partition_by=score.c.person,
        order_by=[score.c.listed.desc(), score.c.lower.desc(), score.c.specialism],
    )
    ranked = select(*columns, place.label("place")).subquery("ranked")
    return select(*[ranked.c[one.name] for one in columns]).where(ranked.c.place == 1).subquery("best")


class _Where:
    """Turns a tree into a condition on `search_person` joined with its score."""

    def __init__(self, dialect: str, best: Any) -> None:
        self._dialect = dialect
        self._best = best

    def of(self, tree: Tree) -> ColumnElement[bool]:
        """Return the condition of a tree or a part of one."""
        match tree:
            case And():
                return and_(true(), *[self.of(part) for part in tree.parts])
            case Or():
                return or_(false(), *[self.of(part) for part in tree.parts])
            case Not():
                return not_(self.of(tree.part))
            case Words():
                return self._words(tree.text, None, phrase=tree.phrase, prefix=tree.prefix)
            case Field():
                return self._field(tree)
            case Range():
                return self._range(tree)
            case _:
                assert_never(tree)

    def _field(self, one: Field) -> ColumnElement[bool]:
        match one.name:
            case FieldName.NAME:
                return self._words(one.value, "names", phrase=one.phrase, prefix=one.prefix)
            case FieldName.EVIDENCE:
                return self._words(one.value, "works", phrase=one.phrase, prefix=one.prefix)
            case FieldName.SOURCE | FieldName.HAS:
                return exists().where(
                    search_facet.c.person == search_person.c.person,
                    search_facet.c.field == str(one.name),
                    search_facet.c.value == one.value.casefold(),
                )
            case FieldName.ORG:
                return _part(search_person.c.orgs, one.value)
            case FieldName.LOC:
                return _part(search_person.c.places, one.value)
            case FieldName.SPEC:
                return exists().where(
                    score.c.person == search_person.c.person, score.c.specialism == one.value, score.c.listed
                )
            case FieldName.TAG:
                return _marked(MarkKind.TAG, one.value)
            case FieldName.STAGE:
                return _marked(MarkKind.STAGE, one.value)
            case FieldName.LIST:
                return _own(shortlist_item.c.person, shortlist_item.c.shortlist == one.value)
            case FieldName.HIDDEN:
                hidden = _marked(MarkKind.HIDDEN, None)
                return {"yes": hidden, "no": not_(hidden)}.get(one.value.casefold(), true())
            case _:
                assert_never(one.name)

    def _range(self, one: Range) -> ColumnElement[bool]:
        columns: dict[RangeName, ColumnElement[Any]] = {
            RangeName.SCORE: self._best.c.value,
            RangeName.CONFIDENCE: self._best.c.confidence,
            RangeName.ACTIVE: search_person.c.active_on,
        }
        measured = columns[one.name]
        bounds: list[ColumnElement[bool]] = [measured.is_not(None)]
        if one.low is not None:
            bounds.append(measured >= one.low)
        if one.high is not None:
            bounds.append(measured <= one.high)
        return and_(*bounds)

    def _words(self, value: str, field: str | None, *, phrase: bool, prefix: bool) -> ColumnElement[bool]:
        found = tokens(value)
        if not found:
            return false()
        of_index = _INDEX.c.person == search_person.c.person
        if self._dialect == "sqlite":
            match = text("search_index MATCH :wanted").bindparams(
                bindparam("wanted", _fts5(found, _COLUMNS[field][0], phrase, prefix), unique=True)
            )
            return search_person.c.person.in_(select(_INDEX.c.person).where(match))
        wanted = func.to_tsquery("simple", _tsquery(found, _COLUMNS[field][1], phrase, prefix))
        return exists().where(of_index, _INDEX.c.document.bool_op("@@")(wanted))


def _fts5(found: Sequence[str], where: str, phrase: bool, prefix: bool) -> str:
    # Only letters and digits are left in the words, so quoting them makes them plain terms whatever they spell.
    star = " *" if prefix else ""
    if phrase:
        return f'{where}"{" ".join(found)}"{star}'
    terms = [f'"{word}"' for word in found]
    return f"{where}({' AND '.join([*terms[:-1], terms[-1] + star])})"


def _tsquery(found: Sequence[str], weights: str, phrase: bool, prefix: bool) -> str:
    terms = [f"'{word}':{weights}" for word in found[:-1]]
    terms.append(f"'{found[-1]}':{'*' if prefix else ''}{weights}")
    return (" <-> " if phrase else " & ").join(terms)


def _part(where: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    wanted = folded(value)
    return where.contains(wanted, autoescape=True) if wanted else false()


def _marked(kind: MarkKind, value: str | None) -> ColumnElement[bool]:
    conditions = [mark.c.kind == str(kind)]
    if value is not None:
        conditions.append(mark.c.hash == digest_of(value))
    return _own(mark.c.person, *conditions)


def _own(holder: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether a row put on the person, or on a key since merged into it, meets the conditions."""
    aliases = select(person_alias.c.alias).where(person_alias.c.person == search_person.c.person)
    direct = exists().where(holder == search_person.c.person, *conditions)
    merged = exists().where(holder.in_(aliases.correlate(search_person)), *conditions)
    return or_(direct, merged)


def _mentions_hidden(tree: Tree | None) -> bool:
    match tree:
        case And() | Or():
            return any(_mentions_hidden(part) for part in tree.parts)
        case Not():
            return _mentions_hidden(tree.part)
        case Field():
            return tree.name is FieldName.HIDDEN
        case _:
            return False
