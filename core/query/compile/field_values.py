"""The values of a field, for lists to choose from."""

from typing import Any

from sqlalchemy import Select, column, func, literal_column, select

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.dataset import Dataset
from core.domain.field import FieldType
from core.query.predicates import contains_pattern
from core.query.relation import build_relation


def compile_values(dataset: Dataset, field: str, *, functions: SqlFunctions, search: str, limit: int) -> Select[Any]:
    """The values of a field with their counts, most frequent first; `search` is contained in the value."""
    relation = build_relation(dataset, functions, used={field})
    described, raw = relation.field(field), relation.column(field)
    value = functions.text(raw) if described.type is FieldType.TEXT else raw
    handed_out = functions.output(value, described.type, described.scale)
    statement = select(handed_out.label("value"), func.count().label("row_count")).select_from(relation.source)
    if search:
        is_text = described.type is FieldType.TEXT
        text = raw if is_text else functions.converted(raw, described.type, FieldType.TEXT)
        statement = statement.where(functions.matches(text, contains_pattern(search)))
    statement = statement.group_by(literal_column("1")).order_by(column("row_count").desc())
    return statement.order_by(*functions.order(column("value"), descending=False)).limit(limit)
