"""How a dataset's tables differ from what the dataset was made of, and which of its fields that breaks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.catalog.drafts import apart, columns_of, fields_of
from core.catalog.sources.connector import Connector
from core.catalog.usage import with_underlying
from core.domain.catalog import ColumnDrift, Drift
from core.domain.dataset import Dataset
from core.domain.field import Field
from core.domain.relation import Join, LookUpStep, SourceColumn, SqlOrigin, TableOrigin, UnionStep
from core.errors import InvalidDataset

#: Answers the columns of saved SQL as they are now.
DescribeSql = Callable[[str], tuple[SourceColumn, ...]]
#: Answers the columns of the base relation after its steps.
ColumnsAfter = Callable[[Dataset], tuple[SourceColumn, ...]]
Columns = Mapping[str, SourceColumn]


class _FieldsOn(Protocol):
    """Answers the fields that break when a column is gone; `is_gone`: so is its whole table."""

    def __call__(self, column: str, *, is_gone: bool) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """What looks at a source; handed in, for the query stage lies above."""

    connector: Connector
    describe_sql: DescribeSql
    columns_after: ColumnsAfter


def find_drift(dataset: Dataset, eyes: Eyes) -> Drift:
    """Compare every table that a dataset stands on with its source. Raises SourceError."""
    missing: list[ColumnDrift] = []
    changed: list[ColumnDrift] = []
    base = _found_base(dataset, eyes)
    for column, found in _differences(base_columns(dataset), base):
        fields = _fields_on_base(dataset, column.name, eyes)
        (missing if found is None else changed).append(_drift(dataset.origin, column, found, fields))
    for table, known, fields_on in _other_tables(dataset):
        there = _found(table, eyes)
        for column, found in _differences(known, there):
            fields = fields_on(column.name, is_gone=not there)
            (missing if found is None else changed).append(_drift(table, column, found, fields))
    known_names = {column.name for column in base_columns(dataset)}
    added = tuple(name for name in base if name not in known_names)
    return Drift(missing=tuple(missing), changed=tuple(changed), added=added)


def refreshed(dataset: Dataset, eyes: Eyes) -> Dataset:
    """Return the dataset with columns that are new as fields and changed types taken over; what people wrote stays.

    Fields whose column is gone stay as well: reports that use them say so instead of losing a column or a filter.
    """
    found = _found_base(dataset, eyes)
    known = base_columns(dataset)
    types = {column.name: found.get(column.name, column) for column in known}
    added = tuple(column for name, column in found.items() if name not in types)
    origin = replace(dataset.origin, columns=(*types.values(), *added))
    changed = replace(dataset, origin=origin)
    after = {column.name: column for column in eyes.columns_after(changed)} if dataset.steps else types
    fields = tuple(_retyped(field, after) for field in dataset.fields)
    visible = {column.name for column in eyes.columns_after(changed)} if dataset.steps else found.keys()
    new = apart((field for field in fields_of(added) if field.source_column in visible), fields)
    return replace(changed, fields=(*fields, *new), joins=tuple(_refreshed_join(join, eyes) for join in dataset.joins))


def base_columns(dataset: Dataset) -> tuple[SourceColumn, ...]:
    """Return the columns of the base table as they are known: as declared, else those that fields name."""
    if dataset.origin.columns:
        return dataset.origin.columns
    return _named_by_fields(dataset, None)


def _named_by_fields(dataset: Dataset, table: str | None) -> tuple[SourceColumn, ...]:
    named = {
        field.source_column: SourceColumn(name=field.source_column, type=field.type, scale=field.scale)
        for field in dataset.fields
        if field.table == table and field.expression is None
    }
    return tuple(named.values())


def _refreshed_join(join: Join, eyes: Eyes) -> Join:
    found = _found(join.table, eyes)
    columns = tuple(found.get(column.name, column) for column in join.table.columns)
    return replace(join, table=replace(join.table, columns=columns))


def _retyped(field: Field, after: Columns) -> Field:
    column = after.get(field.source_column)
    if field.table is not None or field.expression is not None or column is None or column.type is field.type:
        return field
    return replace(field, type=column.type, scale=column.scale)


def _found_base(dataset: Dataset, eyes: Eyes) -> Columns:
    if isinstance(dataset.origin, SqlOrigin):
        return {column.name: column for column in eyes.describe_sql(dataset.origin.sql)}
    return _found(dataset.origin, eyes)


def _found(table: TableOrigin, eyes: Eyes) -> Columns:
    """The columns a table has now; none where it is gone."""
    drafts = eyes.connector.introspect(table)
    return {column.name: column for draft in drafts[:1] for column in columns_of(draft)}


def _differences(known: Sequence[SourceColumn], found: Columns) -> Iterator[tuple[SourceColumn, SourceColumn | None]]:
    """Each known column that is gone (None) or of another type, beside what it is now."""
    for column in known:
        now = found.get(column.name)
        if now is None or now.type is not column.type:
            yield column, now


def _drift(
    table: TableOrigin | SqlOrigin, column: SourceColumn, found: SourceColumn | None, fields: tuple[str, ...]
) -> ColumnDrift:
    return ColumnDrift(
        column=column.name,
        table=_title(table),
        was=str(column.type),
        is_now=None if found is None else str(found.type),
        fields=fields,
    )


def _title(table: TableOrigin | SqlOrigin) -> str:
    if isinstance(table, SqlOrigin):
        return "the saved SQL"
    return table.table_name if table.schema_name is None else f"{table.schema_name}.{table.table_name}"


def _fields_on_base(dataset: Dataset, column: str, eyes: Eyes) -> tuple[str, ...]:
    """The fields that cannot be answered without a column of the base table."""
    left = tuple(known for known in base_columns(dataset) if known.name != column)
    try:
        without = replace(dataset, origin=replace(dataset.origin, columns=left))
        after = {known.name for known in eyes.columns_after(without)}
    except InvalidDataset:
        return _all_fields(dataset)  # a step reads it: without the step there are no rows
    direct = {field.name for field in _own(dataset, None) if field.source_column not in after}
    for join in dataset.joins:
        if join.left is None and any(key.left not in after for key in join.keys):
            direct |= _behind(dataset, join)
    return _with_computed(dataset, direct)


def _other_tables(dataset: Dataset) -> Iterator[tuple[TableOrigin, tuple[SourceColumn, ...], _FieldsOn]]:
    """Each table but the base, the columns it is known to have, and which fields break with one of them."""
    for join in dataset.joins:
        yield join.table, join.table.columns or _named_by_fields(dataset, join.name), _breaking_in(dataset, join)
    for step in dataset.steps:
        if isinstance(step, LookUpStep | UnionStep):
            yield step.table, step.table.columns, _breaking_at(dataset, step)


def _breaking_at(dataset: Dataset, step: LookUpStep | UnionStep) -> _FieldsOn:
    """A look-up needs what it reads; a union fills up what is lacking, but not a table that is gone."""
    needed = {*step.columns, *(key.right for key in step.keys)} if isinstance(step, LookUpStep) else set()

    def fields_on(column: str, *, is_gone: bool) -> tuple[str, ...]:
        return _all_fields(dataset) if is_gone or column in needed else ()

    return fields_on


def _breaking_in(dataset: Dataset, join: Join) -> _FieldsOn:
    def fields_on(column: str, *, is_gone: bool) -> tuple[str, ...]:  # noqa: ARG001 - each of its columns is gone then
        if any(key.right == column for key in join.keys) or column in join.row_key:
            return _with_computed(dataset, _behind(dataset, join))
        direct = {field.name for field in _own(dataset, join.name) if field.source_column == column}
        for other in dataset.joins:
            if other.left == join.name and any(key.left == column for key in other.keys):
                direct |= _behind(dataset, other)
        return _with_computed(dataset, direct)

    return fields_on


def _behind(dataset: Dataset, join: Join) -> set[str]:
    """The fields that need a join: its own and those of joins behind it; all of them where it is required."""
    if join.is_required:
        return {field.name for field in dataset.fields}
    names = {field.name for field in _own(dataset, join.name)}
    for other in dataset.joins:
        if other.left == join.name:
            names |= _behind(dataset, other)
    return names


def _own(dataset: Dataset, table: str | None) -> Iterator[Field]:
    return (field for field in dataset.fields if field.table == table and field.expression is None)


def _with_computed(dataset: Dataset, direct: set[str]) -> tuple[str, ...]:
    """The fields and those computed of them, in the dataset's order."""
    return tuple(field.name for field in dataset.fields if with_underlying([field.name], dataset) & direct)


def _all_fields(dataset: Dataset) -> tuple[str, ...]:
    return tuple(field.name for field in dataset.fields)
