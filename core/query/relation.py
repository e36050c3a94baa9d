"""The dataset as a FROM element: the only place where identifiers enter SQL."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnClause, Date, DateTime, Numeric, TableClause, Text, column, table
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import TypeEngine

from core.domain.dataset import Dataset, FieldType

_TYPES: dict[FieldType, type[TypeEngine[Any]]] = {
    FieldType.TEXT: Text,
    FieldType.INTEGER: BigInteger,
    FieldType.DECIMAL: Numeric,
    FieldType.BOOLEAN: Boolean,
    FieldType.DATE: Date,
    FieldType.DATETIME: DateTime,
}


def dataset_relation(dataset: Dataset) -> TableClause:
    """The table or view of `dataset` with its fields as columns.

    Every identifier is quoted: engines reserve words that SQLAlchemy does not know of.
    """
    columns: list[ColumnClause[Any]] = [
        column(quoted_name(field.name, quote=True), _TYPES[field.type]) for field in dataset.fields
    ]
    return table(
        quoted_name(dataset.table_name, quote=True),
        *columns,
        schema=quoted_name(dataset.schema_name, quote=True) if dataset.schema_name else None,
    )
