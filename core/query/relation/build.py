"""Builds the relation of a dataset for one query: the only place where identifiers enter SQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, select

from core.access.data_policies import conditions_of
from core.catalog.sources.sql_functions import DEFAULT_CALENDAR, SqlFunctions
from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from core.domain.filter import Calendar
from core.domain.relation import Join, SourceColumn, TableOrigin
from core.errors import FieldMissing, InvalidDataset, PolicyRefused
from core.query.measures import parsed
from core.query.relation.columns import columns_after, steps_for
from core.query.relation.expressions import compile_expression
from core.query.relation.fields import column_fields, field_of, owner_of
from core.query.relation.joins import joined, missing_key_message, multiplied_by, needed_joins, row_key_names
from core.query.relation.masks import masked
from core.query.relation.origin import origin_columns, origin_rows
from core.query.relation.rows import Rows, identifier, selected_rows
from core.query.relation.sight import outside_base, require_sight, rule_predicate, unrestricted
from core.query.relation.steps import StepContext, applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A dataset's rows for one query: what to select from, and the columns that its fields stand for."""

    dataset: Dataset
    functions: SqlFunctions
    timezone: str
    calendar: Calendar
    source: FromClause
    table: TableOrigin | None  #: set where the source is one plain table
    tables: Mapping[str | None, Rows]  #: the rows of each table in use; the base's under None
    joins: tuple[Join, ...]  #: those in use

    def field(self, name: str) -> Field:
        """The field called `name`. Raises FieldMissing."""
        return field_of(self.dataset, name)

    def column(self, name: str) -> ColumnElement[Any]:
        """The raw or computed column of the field `name`, one of those in use. Raises FieldMissing."""
        sight = self.dataset.sight
        treatment = None if sight is None else sight.mask(name)
        if sight is None or treatment is None:
            return self._raw(name)
        whole = replace(self, dataset=unrestricted(self.dataset))
        raw = whole._raw(name)
        return masked(raw, whole.field(name).type, treatment, functions=self.functions, hash_key=sight.hash_key)

    def _raw(self, name: str) -> ColumnElement[Any]:
        field = self.field(name)
        if field.expression is None:
            return self.tables[field.table].element(field.source_column)
        return compile_expression(
            parsed(field.expression), self._resolve, self.functions, timezone=self.timezone, calendar=self.calendar
        )

    def _resolve(self, name: str) -> tuple[ColumnElement[Any], FieldType]:
        return self.column(name), self.field(name).type

    def owner_of(self, name: str) -> str | None:
        """The join whose rows the field `name` describes; None: the base's. Raises InvalidDataset."""
        return owner_of(self.dataset, name)

    def multiplies(self, name: str | None) -> bool:
        """Whether rows of the join `name` (None: of the base) come more than once in this query."""
        return bool(multiplied_by(name, self.joins))

    def row_key(self, name: str | None) -> tuple[ColumnElement[Any], ...]:
        """The columns that tell the rows of the join `name` (None: of the base) apart. Raises InvalidDataset."""
        names = row_key_names(self.dataset, name)
        if not names:
            raise InvalidDataset(missing_key_message(self.dataset, name))
        columns = (self.tables[name].columns[key] for key in names)
        return tuple(
            self.functions.text(column.element) if column.shape.type is FieldType.TEXT else column.element
            for column in columns
        )


def build_relation(
    dataset: Dataset,
    functions: SqlFunctions,
    *,
    used: Collection[str],
    timezone: str = "UTC",
    calendar: Calendar = DEFAULT_CALENDAR,
) -> Relation:
    """The relation of `dataset` for a query that names the fields `used`; their days begin in `timezone`.

    Raises FieldMissing for fields and columns that are not there, InvalidDataset for what cannot be.
    """
    require_sight(dataset, used)
    fields = column_fields(dataset, used)
    joins = needed_joins(dataset.joins, {field.table for field in fields})
    is_plain = isinstance(dataset.origin, TableOrigin) and not dataset.steps and not joins
    whole = unrestricted(dataset)  # its columns are what they are, whatever is made of the fields
    wanted_base = _wanted(whole, fields, joins, None)
    if dataset.sight is not None and dataset.sight.rows != ():
        base, is_plain = visible_rows(dataset, wanted_base, functions), False
    else:
        base = base_rows(whole, wanted_base, functions, is_plain=is_plain)
    tables: dict[str | None, Rows] = {None: base}
    for number, join in enumerate(joins, start=1):
        wanted = _wanted(whole, fields, joins, join.name)
        shapes = _existing(origin_columns(whole, join.name), wanted, whole)
        tables[join.name] = origin_rows(join.table, shapes, functions, alias=f"t{number}")
    return Relation(
        dataset=dataset,
        functions=functions,
        timezone=timezone,
        calendar=calendar,
        source=joined(tables, joins, functions),
        table=dataset.origin if is_plain and isinstance(dataset.origin, TableOrigin) else None,
        tables=tables,
        joins=joins,
    )


def _wanted(
    dataset: Dataset, fields: Iterable[Field], joins: Sequence[Join], table: str | None
) -> dict[str, str | None]:
    """The columns of a table that a query needs, each with the field that needs it, if one does."""
    wanted: dict[str, str | None] = {field.source_column: field.name for field in fields if field.table == table}
    for join in joins:
        if join.left == table:
            wanted |= {key.left: None for key in join.keys if key.left not in wanted}
        if join.name == table:
            wanted |= {key.right: None for key in join.keys if key.right not in wanted}
    if multiplied_by(table, joins):
        wanted |= {name: None for name in row_key_names(dataset, table) if name not in wanted}
    return wanted


def base_rows(
    dataset: Dataset, wanted: Mapping[str, str | None], functions: SqlFunctions, *, is_plain: bool = False
) -> Rows:
    """The rows of the base relation after its steps with the columns `wanted`, each with the field that needs it."""
    if not dataset.steps:
        shapes = _existing(origin_columns(dataset), wanted, dataset)
        return origin_rows(dataset.origin, shapes, functions, alias=None if is_plain else "t0")
    after = _existing(columns_after(dataset), wanted, dataset) or columns_after(dataset)[:1]
    needed, steps = steps_for(dataset, [column.name for column in after])
    origin = tuple(column for column in origin_columns(dataset) if column.name in needed)
    rows = origin_rows(dataset.origin, origin, functions, alias="step_0")
    for number, step in steps:
        rows = applied(step, rows, StepContext(functions=functions, number=number))
    return rows if rows.is_settled else rows.settled(alias="t0", names=[column.name for column in after])


def visible_rows(dataset: Dataset, wanted: Mapping[str, str | None], functions: SqlFunctions) -> Rows:
    """The rows of the base relation that the person's rules let through, as a subquery: nothing outside sees others.

    A rule may ask the tables joined with at most one row; those rows are read beside the base's, and never shown.
    """
    whole = replace(unrestricted(dataset), joins=tuple(replace(join, is_required=False) for join in dataset.joins))
    filters = dataset.sight.rows if dataset.sight is not None else None
    names = {condition.field for group in filters or () for condition in conditions_of(group)}
    if outside := outside_base(whole, names):
        raise PolicyRefused(f"A rule about rows of {dataset.label} asks for {outside}, of which a row has several.")
    relation = build_relation(whole, functions, used=names)
    inner = base_rows(whole, {**dict.fromkeys(relation.tables[None].columns), **wanted}, functions)
    tables = {**relation.tables, None: inner}
    relation = replace(relation, tables=tables, source=joined(tables, relation.joins, functions))
    shown = [column for name, column in inner.columns.items() if name in wanted] or list(inner.columns.values())[:1]
    statement = (
        select(*(column.element.label(identifier(column.shape.name)) for column in shown))
        .select_from(relation.source)
        .where(rule_predicate(relation, filters))
    )
    return selected_rows(statement, [column.shape for column in shown], alias="visible")


def _existing(
    columns: Iterable[SourceColumn], wanted: Mapping[str, str | None], dataset: Dataset
) -> tuple[SourceColumn, ...]:
    """The columns that are wanted. Raises FieldMissing or InvalidDataset for those that are not there."""
    known = {column.name: column for column in columns}
    for name, field_name in wanted.items():
        if name in known:
            continue
        if field_name is None:
            raise InvalidDataset(f"{dataset.label} has no column '{name}', which joins and row keys name.")
        label = field_of(dataset, field_name).label
        raise FieldMissing(f"{dataset.label} has no column '{name}' for {label} any more.", fields=(field_name,))
    return tuple(column for name, column in known.items() if name in wanted)
