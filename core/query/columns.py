"""The labelled result columns that a definition gives: their types, formats and widths."""

from collections.abc import Mapping
from dataclasses import replace

from core.domain.appearance import ColumnOption
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Calculation, CalculationKind, Grouping, Measure, ReportDefinition
from core.domain.field import DateStyle, Field, FieldType, Format, NumberStyle
from core.domain.filter import Calendar, Grain
from core.domain.result import ColumnRole, ResultColumn
from core.errors import InvalidDefinition
from core.query.field_rules import INTERPOLATED
from core.query.labels import (
    calculation_label,
    field_of,
    grouping_label,
    lower_first,
    measure_label,
    sentence_case,
)
from core.query.measures import measure_type, resolve_measure, result_type, row_type

__all__ = [
    "calculation_column",
    "field_of",
    "grouping_column",
    "grouping_label",
    "known_columns",
    "lower_first",
    "measure_column",
    "measure_label",
    "resolve_measure",
    "result_columns",
    "sentence_case",
]

_COUNTS = (Aggregation.COUNT, Aggregation.COUNT_DISTINCT)
#: How the first day of a span is written; a fiscal quarter or year by the month it begins in.
_DATE_STYLES = {Grain.MONTH: DateStyle.MONTH, Grain.QUARTER: DateStyle.QUARTER, Grain.YEAR: DateStyle.YEAR}
_WHOLE = Format(decimals=0)
_SHARE = Format(style=NumberStyle.PERCENT, decimals=1)


def result_columns(definition: ReportDefinition, dataset: Dataset) -> tuple[ResultColumn, ...]:
    """The columns of the result in order, before a pivot spreads them, with the definition's options applied.

    Raises InvalidDefinition for a field or key that is gone.
    """
    options = {option.key: option for option in definition.options}
    columns = known_columns(definition, dataset)
    for calculation in definition.calculations:
        column = calculation_column(calculation, dataset, columns, is_summary=definition.is_summary)
        columns[column.key] = _with_option(column, options)
    return tuple(columns.values())


def known_columns(definition: ReportDefinition, dataset: Dataset) -> dict[str, ResultColumn]:
    """The columns by key that calculations compute of: all others, with the definition's options applied."""
    if definition.is_summary:
        columns = [grouping_column(grouping, dataset, definition.calendar) for grouping in definition.groupings]
        columns += [measure_column(measure, dataset) for measure in definition.measures]
    else:
        columns = [_detail_column(field_of(dataset, name)) for name in definition.columns]
    options = {option.key: option for option in definition.options}
    return {column.key: _with_option(column, options) for column in columns}


def grouping_column(grouping: Grouping, dataset: Dataset, calendar: Calendar = Calendar()) -> ResultColumn:
    """The column of a grouping: a date for spans, a whole number for parts of a date, a text for ISO weeks."""
    field = field_of(dataset, grouping.field)
    kind, written = field.type, field.format
    if grouping.grain is not None:
        kind = grain_type(grouping.grain)
        written = _grain_format(grouping.grain, field.format, calendar)
    return ResultColumn(
        key=grouping.key,
        label=grouping_label(grouping, dataset, calendar),
        type=kind,
        role=ColumnRole.DIMENSION,
        format=written,
        scale=None if grouping.grain else field.scale,
    )


def grain_type(grain: Grain) -> FieldType:
    """The type of the values that a grain gives."""
    if grain.unit is not None:
        return FieldType.DATE
    return FieldType.TEXT if grain is Grain.ISO_WEEK else FieldType.INTEGER


def measure_column(measure: Measure, dataset: Dataset) -> ResultColumn:
    """The column of a measure of any of the three kinds."""
    resolved = resolve_measure(measure, dataset)
    field = field_of(dataset, resolved.field) if resolved.field else None
    kind = measure_type(resolved, dataset)
    keeps_scale = resolved.aggregation in (Aggregation.SUM, Aggregation.MIN, Aggregation.MAX)
    return ResultColumn(
        key=resolved.key,
        label=measure_label(resolved, dataset),
        type=kind,
        role=ColumnRole.MEASURE,
        format=resolved.format or _measure_format(resolved, field, kind),
        scale=field.scale if field is not None and keeps_scale else None,
    )


def calculation_column(
    calculation: Calculation, dataset: Dataset, columns: Mapping[str, ResultColumn], *, is_summary: bool
) -> ResultColumn:
    """The column of a calculation; `columns` are those it may refer to, by key."""
    if calculation.kind is CalculationKind.EXPRESSION:
        return _expression_column(calculation, dataset, columns, is_summary=is_summary)
    of = columns.get(calculation.of or "")
    if of is None:
        raise InvalidDefinition(f"The report has no measure '{calculation.of}' to compute of.")
    label = calculation_label(calculation, of.label)
    column = replace(of, key=calculation.name, label=label, width=None, is_hidden=False)
    match calculation.kind:
        case CalculationKind.SHARE | CalculationKind.CHANGE_PERCENT:
            column = replace(column, type=FieldType.DECIMAL, format=_SHARE, scale=None)
        case CalculationKind.RANK:
            column = replace(column, type=FieldType.INTEGER, format=_WHOLE, scale=None)
    return replace(column, format=calculation.format or column.format)


def _expression_column(
    calculation: Calculation, dataset: Dataset, columns: Mapping[str, ResultColumn], *, is_summary: bool
) -> ResultColumn:
    text = calculation.expression or ""
    if is_summary:
        kind = result_type(text, {key: column.type for key, column in columns.items()})
    else:
        kind = row_type(text, dataset)
    return ResultColumn(
        key=calculation.name,
        label=calculation_label(calculation, None),
        type=kind,
        role=ColumnRole.MEASURE if kind.is_number else ColumnRole.DIMENSION,
        format=calculation.format or _computed_format(kind),
    )


def _with_option(column: ResultColumn, options: Mapping[str, ColumnOption]) -> ResultColumn:
    option = options.get(column.key)
    if option is None:
        return column
    return replace(
        column,
        label=option.label or column.label,
        format=option.format or column.format,
        width=option.width,
        is_hidden=option.is_hidden,
    )


def _detail_column(field: Field) -> ResultColumn:
    role = ColumnRole.MEASURE if field.is_measure else ColumnRole.DIMENSION
    return ResultColumn(
        key=field.name, label=field.label, type=field.type, role=role, format=field.format, scale=field.scale
    )


def _grain_format(grain: Grain, written: Format, calendar: Calendar) -> Format:
    if grain.unit is None:
        return Format(style=NumberStyle.PLAIN)
    style = _DATE_STYLES.get(grain, written.date_style)
    if grain is not Grain.MONTH and grain in _DATE_STYLES and calendar.fiscal_year_start != 1:
        style = DateStyle.MONTH
    return replace(written, date_style=style)


def _measure_format(measure: Measure, field: Field | None, kind: FieldType) -> Format:
    if field is None or measure.aggregation in _COUNTS:
        return _computed_format(kind)
    if not field.type.is_number:
        return field.format
    if measure.aggregation in INTERPOLATED and field.format.decimals is None:
        style = NumberStyle.NUMBER if field.format.style is NumberStyle.PLAIN else field.format.style
        return Format(style=style, decimals=2, unit=field.format.unit)
    return field.format


def _computed_format(kind: FieldType) -> Format:
    """How values that no field stands behind are written."""
    return {FieldType.INTEGER: _WHOLE, FieldType.DECIMAL: Format(decimals=2)}.get(kind, Format())
