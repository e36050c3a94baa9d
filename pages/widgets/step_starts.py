"""What a step starts with when it is added: the likeliest columns, and names that are free; no drawing."""

from collections.abc import Callable, Sequence

from core.domain.definition import Aggregation
from core.domain.field import Field, FieldType
from core.domain.filter import FilterGroup
from core.domain.relation import (
    BucketStep,
    CastStep,
    ComputeStep,
    FillStep,
    FilterStep,
    LookUpStep,
    MapStep,
    PivotStep,
    RenameStep,
    SplitStep,
    Step,
    TableOrigin,
    UnionStep,
    UnpivotStep,
)
from pages.widgets.dataset_edits import name_of

Columns = Sequence[Field]


def first_step(kind: type[Step], columns: Columns) -> Step:
    """Return a step of a kind over these columns; it may still lack what only a person knows."""
    return _STARTS[kind](columns)


def _first(columns: Columns, fits: Callable[[FieldType], bool]) -> str:
    likely = next((field.source_column for field in columns if fits(field.type)), None)
    return likely or (columns[0].source_column if columns else "")


def _text(columns: Columns) -> str:
    return _first(columns, lambda kind: kind is FieldType.TEXT)


def _number(columns: Columns) -> str:
    """Return the likeliest figure: a key is a number too, but nobody sorts it into ranges."""
    figures = [field for field in columns if field.type.is_number and (field.is_measure or field.scale)]
    return _first(figures or columns, lambda kind: kind.is_number)


def _free(columns: Columns, name: str) -> str:
    return name_of(name, (field.source_column for field in columns))


def _bucket(columns: Columns) -> Step:
    column = _number(columns)
    return BucketStep(column=column, into=_free(columns, f"{column} range"), bounds=(10, 100, 1000))


def _split(columns: Columns) -> Step:
    column = _text(columns)
    into = (_free(columns, f"{column} 1"), _free(columns, f"{column} 2"))
    return SplitStep(column=column, separator=" ", into=into)


def _fill(columns: Columns) -> Step:
    kind = next((f.type for f in columns if f.source_column == _text(columns)), FieldType.TEXT)
    value = "unknown" if kind is FieldType.TEXT else blank(kind)
    return FillStep(column=_text(columns), value=value)


def blank(kind: FieldType) -> str | int | float | bool:
    """Return a value of a type to begin with; dates begin as an empty text, which is asked for."""
    if kind is FieldType.BOOLEAN:
        return False
    return 0 if kind.is_number else ""


def _pivot(columns: Columns) -> Step:
    column = _text(columns)
    key = next((field.source_column for field in columns if field.source_column != column), column)
    return PivotStep(keys=(key,), column=column, values=(), aggregation=Aggregation.COUNT)


def _unpivot(columns: Columns) -> Step:
    numbers = tuple(
        field.source_column
        for field in columns
        if field.type is FieldType.DECIMAL or (field.is_measure and field.type.is_number)
    )
    return UnpivotStep(columns=numbers[:2], name_into=_free(columns, "name"), value_into=_free(columns, "value"))


_STARTS: dict[type[Step], Callable[[Columns], Step]] = {
    CastStep: lambda columns: CastStep(column=_text(columns), type=FieldType.DATE),
    RenameStep: lambda columns: RenameStep(column=_text(columns), into=_free(columns, f"{_text(columns)} new")),
    MapStep: lambda columns: MapStep(column=_text(columns), into=_text(columns), values=()),
    BucketStep: _bucket,
    SplitStep: _split,
    FillStep: _fill,
    FilterStep: lambda _: FilterStep(filters=FilterGroup()),
    ComputeStep: lambda columns: ComputeStep(into=_free(columns, "new column"), expression=f"[{_number(columns)}]"),
    UnionStep: lambda _: UnionStep(table=TableOrigin(table_name="")),
    LookUpStep: lambda _: LookUpStep(table=TableOrigin(table_name=""), keys=(), columns=()),
    PivotStep: _pivot,
    UnpivotStep: _unpivot,
}
