"""Origins: the columns of a dataset's tables, and the rows of a table or saved SQL."""

from sqlalchemy import text

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.dataset import Dataset
from core.domain.relation import Origin, SourceColumn, SqlOrigin, TableOrigin
from core.query.relation.rows import Rows, column_clause, selected_rows, table_rows


def origin_columns(dataset: Dataset, table: str | None = None) -> tuple[SourceColumn, ...]:
    """The columns of the base relation's origin, or of the join called `table`: as declared, else those fields name."""
    origin: Origin = dataset.origin
    if table is not None:
        origin = next(join.table for join in dataset.joins if join.name == table)
    if origin.columns:
        return origin.columns
    named = {
        field.source_column: SourceColumn(name=field.source_column, type=field.type, scale=field.scale)
        for field in dataset.fields
        if field.table == table and field.expression is None
    }
    return tuple(named.values())


def origin_rows(
    origin: Origin, shapes: tuple[SourceColumn, ...], functions: SqlFunctions, *, alias: str | None
) -> Rows:
    """The rows of `origin` with the columns `shapes`. Raises InvalidDataset for SQL that may not run."""
    if isinstance(origin, TableOrigin):
        return table_rows(origin, shapes, alias=alias)
    return _sql_rows(origin, shapes, functions, alias=alias or "saved_sql")


def _sql_rows(origin: SqlOrigin, shapes: tuple[SourceColumn, ...], functions: SqlFunctions, *, alias: str) -> Rows:
    # The SQL parser takes a fifth of a second to load: only saved SQL pays for it.
    from core.query.relation.saved_sql import check_sql

    sql = check_sql(origin.sql, functions.sql_dialect)
    # To SQLAlchemy `:name` is a parameter, and a backslash says that it is not.
    statement = text(sql.replace(":", "\\:")).columns(*map(column_clause, shapes))
    return selected_rows(statement, shapes, alias=alias)
