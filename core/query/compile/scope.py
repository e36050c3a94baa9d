"""What every statement of one question shares: the definition bound to its dataset, engine and logical time."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, false, or_, select
from sqlalchemy.sql import quoted_name

from core.catalog.sources.sql_functions import SqlFunctions
from core.catalog.usage import fields_of_filters
from core.domain.dataset import Dataset
from core.domain.definition import Grouping, ReportDefinition
from core.domain.expression import Expression
from core.domain.field import Field, FieldType
from core.domain.filter import ResolvedWindow
from core.domain.result import CellValue, ResultColumn
from core.query.predicates import Predicate, PredicateCompiler
from core.query.relation import Relation, build_relation
from core.query.relation.expressions import Resolve, compile_expression

#: PostgreSQL cuts names off after 63 characters, and some get a word of ours at the end.
_HARMLESS = re.compile("[a-z0-9_]{1,44}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One question, and what the source has told about its answer so far."""

    definition: ReportDefinition
    dataset: Dataset
    functions: SqlFunctions
    logical_at: datetime
    columns: Mapping[str, ResultColumn]  #: by key, as they are before a pivot
    period: ResolvedWindow | None
    #: Half-open spans that all values of a field lie in, where they are known.
    spans: Mapping[str, tuple[datetime, datetime]]
    row_key: str | None = None  #: hidden column that breaks ties between rows, and in whose order they come anyway
    top_keys: tuple[CellValue, ...] | None = None  #: the values that `definition.top` keeps, once they are known
    top_grouping: Grouping | None = None  #: what `top_keys` are values of
    spread: tuple[tuple[CellValue, ...], ...] | None = None  #: the values the pivot spreads, once they are known

    def asking(self, **changes: Any) -> "Scope":
        """The same scope for a definition with changes."""
        return replace(self, definition=replace(self.definition, **changes))

    def grouping(self, key: str) -> Grouping:
        """The grouping with this key."""
        return next(grouping for grouping in self.definition.groupings if grouping.key == key)

    def expression(self, tree: Expression, resolve: Resolve) -> ColumnElement[Any]:
        """An expression over what `resolve` says its names are."""
        definition = self.definition
        return compile_expression(
            tree, resolve, self.functions, timezone=definition.timezone, calendar=definition.calendar
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The relation that one statement reads, with the predicates over its fields."""

    scope: Scope
    relation: Relation
    predicates: PredicateCompiler

    def expression(self, tree: Expression) -> ColumnElement[Any]:
        """An expression over the fields of a row."""

        def resolve(name: str) -> tuple[ColumnElement[Any], FieldType]:
            return self.relation.column(name), self.relation.field(name).type

        return self.scope.expression(tree, resolve)

    def rows(self, window: ResolvedWindow | None, source: FromClause | None = None) -> Select[Any]:
        """A select without columns from the relation, or from `source`, which holds it: its rows of one span."""
        definition = self.scope.definition
        statement = select().select_from(self.relation.source if source is None else source)
        if window is not None and definition.period is not None:
            statement = statement.where(self.predicates.window(definition.period.field, window))
        if definition.filters.items:
            statement = statement.where(self.predicates.group(definition.filters))
        return statement


def open_base(scope: Scope, names: Iterable[str]) -> Base:
    """The relation for a statement that reads the fields `names` beside those of the filters and the period."""
    definition = scope.definition
    used = {*names, *fields_of_filters(definition.filters)}
    if definition.period is not None:
        used.add(definition.period.field)
    relation = build_relation(
        scope.dataset, scope.functions, used=used, timezone=definition.timezone, calendar=definition.calendar
    )
    return base_over(scope, relation)


def base_over(scope: Scope, relation: Relation) -> Base:
    """A relation with the predicates over its fields."""
    definition = scope.definition

    def resolve(name: str) -> tuple[Field, ColumnElement[Any]]:
        return relation.field(name), relation.column(name)

    predicates = PredicateCompiler(
        resolve=resolve,
        functions=scope.functions,
        logical_at=scope.logical_at,
        timezone=definition.timezone,
        calendar=definition.calendar,
    )
    return Base(scope=scope, relation=relation, predicates=predicates)


@lru_cache(maxsize=4096)
def alias(key: str) -> quoted_name:
    """The name of a result column in SQL: its key, where no engine could read anything else in it.

    Keys may be names that people typed, may differ in case alone, and may be longer than an engine allows: then the
    name is made of what is harmless in the key and a digest. No name that is a key as it is has a space in it.
    """
    if _HARMLESS.fullmatch(key) is None:
        # MariaDB takes a space at the beginning away, from the name but not from where it is named.
        readable = re.sub("[^a-z0-9]+", "_", key.lower()).strip("_")[:30] or "column"
        key = f"{readable} {sha256(key.encode()).hexdigest()[:12]}"
    return quoted_name(key, quote=True)


def key_predicate(
    element: ColumnElement[Any], values: Iterable[CellValue], kind: FieldType, functions: SqlFunctions
) -> Predicate:
    """Whether a grouping's value is one of `values`, as the source handed them out; None is null."""
    values = list(values)
    filled = [
        functions.instant(value) if kind is FieldType.DATETIME and isinstance(value, datetime) else value
        for value in values
        if value is not None
    ]
    found: list[Predicate] = [element.is_(None)] if len(filled) < len(values) else []
    if filled:
        found.append(element == filled[0] if len(filled) == 1 else element.in_(filled))
    return or_(*found) if found else false()
