"""Checks a whole dataset before anybody asks it anything; every refusal names its place."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.expression_types import type_of
from core.domain.field import Field
from core.domain.relation import Join, SourceColumn, SqlOrigin
from core.errors import InvalidDataset, InvalidInput
from core.query import validate
from core.query.measures import parsed
from core.query.relation.checks import TYPE_WORDS, check_comparable, check_name, check_new_name, existing, refusal
from core.query.relation.columns import columns_after
from core.query.relation.fields import owner_of
from core.query.relation.joins import missing_key_message, multiplied_by, row_key_names
from core.query.relation.origin import origin_columns

#: The columns of the base relation after its steps, under None, and of each join.
_Tables = dict[str | None, Mapping[str, SourceColumn]]


def check_dataset(dataset: Dataset, dialect_name: str) -> None:
    """Raise InvalidDataset for the first thing that its source could not answer or that would answer wrongly.

    `dialect_name` is `SqlFunctions.sql_dialect`: what saved SQL is read as.
    """
    _check_origin(dataset, dialect_name)
    tables: _Tables = {None: {column.name: column for column in columns_after(dataset)}}
    for index, join in enumerate(dataset.joins):
        with _inside(f"joins[{index}]"):
            _check_join(join, dataset, tables)
    _check_row_keys(dataset, tables)
    _check_names("fields", (field.name for field in dataset.fields))
    for index, field in enumerate(dataset.fields):
        with _inside(f"fields[{index}]"):
            _check_field(field, dataset, tables)
    _check_time_field(dataset)
    _check_measures(dataset)


@contextmanager
def _inside(place: str) -> Iterator[None]:
    """Put `place` before the place of what is refused inside of it, as a fault of the dataset."""
    try:
        yield
    except InvalidInput as error:
        inner = f"{place}.{error.place}" if error.place else place
        raise InvalidDataset(error.user_message, place=inner) from error


def _check_origin(dataset: Dataset, dialect_name: str) -> None:
    if isinstance(dataset.origin, SqlOrigin):
        # The SQL parser takes a fifth of a second to load: only saved SQL pays for it.
        from core.query.relation.saved_sql import check_sql

        check_sql(dataset.origin.sql, dialect_name)
        if not dataset.origin.columns:
            raise refusal("origin.columns", "The columns of the SQL are not known; run it once.")
        _check_names("origin.columns", (column.name for column in dataset.origin.columns))
    elif not dataset.origin.table_name:
        raise refusal("origin.table_name", "Choose a table.")
    if dataset.steps and not dataset.origin.columns:
        raise refusal("origin.columns", "Steps need the columns of the table; look at the source again.")


def _check_join(join: Join, dataset: Dataset, tables: _Tables) -> None:
    check_name(join.name, "name")
    check_new_name(join.name, [name for name in tables if name is not None], "name")
    if join.left not in tables:
        raise refusal("left", f"There is no join '{join.left}' before this one.")
    if not join.keys:
        raise refusal("keys", "Name the columns that are equal.")
    columns = {column.name: column for column in origin_columns(dataset, join.name)}
    for index, key in enumerate(join.keys):
        left = existing(tables[join.left], key.left, f"keys[{index}].left")
        check_comparable(left, existing(columns, key.right, f"keys[{index}].right"), f"keys[{index}]")
    for index, name in enumerate(join.row_key):
        existing(columns, name, f"row_key[{index}]")
    tables[join.name] = columns


def _check_row_keys(dataset: Dataset, tables: _Tables) -> None:
    """Rows that a join multiplies need a key, or figures over them would count them twice."""
    for index, name in enumerate(dataset.row_key):
        existing(tables[None], name, f"row_key[{index}]")
    places = {None: "row_key"} | {join.name: f"joins[{index}].row_key" for index, join in enumerate(dataset.joins)}
    for table, place in places.items():
        if multiplied_by(table, dataset.joins) and not row_key_names(dataset, table):
            raise refusal(place, missing_key_message(dataset, table))


def _check_names(place: str, names: Iterable[str]) -> None:
    seen: list[str] = []
    for index, name in enumerate(names):
        inner = f"{place}[{index}].name"
        check_name(name, inner)
        twin = next((other for other in seen if other.casefold() == name.casefold()), None)
        if twin is not None:
            raise refusal(inner, f"'{name}' and '{twin}' are told apart by nothing but case, or not at all.")
        seen.append(name)


def _check_field(field: Field, dataset: Dataset, tables: _Tables) -> None:
    if field.expression is not None:
        _check_expression(field, field.expression, dataset)
        return
    if field.table not in tables:
        raise refusal("table", f"There is no join '{field.table}'.")
    column = tables[field.table].get(field.source_column)
    if column is None:
        where = "here" if field.table is None else f"in '{field.table}'"
        raise refusal("column", f"There is no column '{field.source_column}' {where} for {field.label}.")
    if column.type is not field.type:
        raise refusal(
            "type",
            f"'{column.name}' holds {TYPE_WORDS[column.type]}, so {field.label} cannot be {TYPE_WORDS[field.type]}. "
            "Add a step that casts it.",
        )


def _check_expression(field: Field, expression: str, dataset: Dataset) -> None:
    if field.table is not None or field.column is not None:
        raise refusal("expression", "A field comes of a column or of an expression, not of both.")
    with _inside("expression"):
        kind = type_of(parsed(expression), {other.name: other.type for other in dataset.fields})
        owner_of(dataset, field.name)
    if kind is not field.type:
        raise refusal(
            "type", f"The expression gives {TYPE_WORDS[kind]}; {field.label} is to be {TYPE_WORDS[field.type]}."
        )


def _check_time_field(dataset: Dataset) -> None:
    if dataset.time_field is None:
        return
    field = dataset.field(dataset.time_field)
    if field is None:
        raise refusal("time_field", f"There is no field '{dataset.time_field}'.")
    if not field.type.is_temporal:
        raise refusal("time_field", f"A period is about dates; {field.label} holds {TYPE_WORDS[field.type]}.")


def _check_measures(dataset: Dataset) -> None:
    _check_names("measures", (measure.name for measure in dataset.measures))
    for index, known in enumerate(dataset.measures):
        question = ReportDefinition(dataset_id=dataset.id, measures=(replace(known.measure, name=known.name),))
        try:
            validate.validate_definition(question, dataset)
        except InvalidInput as error:
            inner = (error.place or "").removeprefix("measures[0]").removeprefix(".")
            place = f"measures[{index}].measure"
            raise refusal(f"{place}.{inner}" if inner else place, error.user_message) from error
