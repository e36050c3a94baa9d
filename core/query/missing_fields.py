"""Finds out which fields are gone from the source once it has refused a query: a typed error naming each of them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from core.catalog.sources.connector import Connector
from core.catalog.usage import fields_used
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Field
from core.domain.relation import TableOrigin
from core.errors import FieldMissing, QueryFailed, SourceError


@contextmanager
def missing_fields_named(connector: Connector, dataset: Dataset, definition: ReportDefinition) -> Iterator[None]:
    """Turn a refusal into FieldMissing where columns that the definition needs are gone.

    The snapshot that was refused has to be closed inside: the source is asked for its tables after it.
    """
    try:
        yield
    except QueryFailed as error:
        missing = _missing(connector, dataset, fields_used(definition, dataset))
        if missing is None:
            raise
        raise missing from error


def _missing(connector: Connector, dataset: Dataset, names: Collection[str]) -> FieldMissing | None:
    fields = [field for field in dataset.fields if field.name in names and field.expression is None]
    tables: dict[str | None, TableOrigin] = {join.name: join.table for join in dataset.joins}
    if isinstance(dataset.origin, TableOrigin):
        tables[None] = dataset.origin
    gone: list[Field] = []
    columns: list[str] = []
    for name, table in tables.items():
        there = _columns(connector, table)
        if there is None:
            return None
        mine = [field for field in fields if field.table == name]
        gone += [field for field in mine if _is_gone(field.source_column, there, table)]
        columns += [column.name for column in table.columns if column.name.casefold() not in there]
    if not gone and not columns:
        return None
    return FieldMissing(_message(dataset, gone, columns), fields=tuple(field.name for field in gone))


def _columns(connector: Connector, table: TableOrigin) -> frozenset[str] | None:
    """The names of the table's columns as they are now; none where it is gone. None: the source would not say."""
    try:
        drafts = connector.introspect(table)
    except SourceError:
        return None
    # Engines differ in whether case tells names apart; a column is not called gone for its case.
    names = [name for draft in drafts for name in (*(field.name for field in draft.fields), *draft.skipped)]
    return frozenset(name.casefold() for name in names)


def _is_gone(column: str, there: Collection[str], table: TableOrigin) -> bool:
    """Columns that steps make are in no table: of a table that declares its columns, only those count."""
    declared = {each.name for each in table.columns}
    return column.casefold() not in there and (not declared or column in declared)


def _message(dataset: Dataset, gone: list[Field], columns: list[str]) -> str:
    if gone:
        named = ", ".join(f"{field.label} ({field.name})" for field in gone)
        what = f"the field {named} is" if len(gone) == 1 else f"the fields {named} are"
        return f"{dataset.label}: {what} gone from the source. Choose another one, or have the dataset mended."
    named = ", ".join(sorted(columns))
    return f"{dataset.label} is made of columns that are gone from the source: {named}. Have the dataset mended."
