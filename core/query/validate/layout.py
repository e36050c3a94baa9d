"""Checks what a definition makes of its columns: order, top n, pivot, totals, charts, options and rules."""

from collections.abc import Collection, Mapping

from core.domain.appearance import FormatRule, RuleKind
from core.domain.definition import ReportDefinition, Top
from core.domain.field import Field, FieldType
from core.domain.result import ResultColumn
from core.query.validate.filters import WINDOW_OPERATORS, check_operator, check_values
from core.query.validate.problems import TYPE_WORDS, check_format, known_key, operator_label, refusal

_MAX_WIDTH = 500
Columns = Mapping[str, ResultColumn]


def check_layout(definition: ReportDefinition, columns: Columns) -> None:
    """`columns` are the columns of the result by key, before a pivot spreads them."""
    if definition.limit is not None and definition.limit < 1:
        raise refusal("limit", "A row limit is at least 1; leave it empty to lift it.")
    if definition.top is not None:
        _check_top(definition.top, definition, columns)
    _check_pivot(definition)
    _check_totals(definition)
    _check_sort(definition, columns)
    _check_chart(definition, columns)
    _check_options(definition, columns)
    for index, rule in enumerate(definition.rules):
        _check_rule(rule, definition, columns, f"rules[{index}]")


def _spread(definition: ReportDefinition) -> Collection[str]:
    """Keys of the groupings that a pivot turns into columns."""
    return definition.pivot.groupings if definition.pivot is not None else ()


def _check_top(top: Top, definition: ReportDefinition, columns: Columns) -> None:
    if not definition.groupings or not definition.measures:
        raise refusal("top", "The highest of something needs a grouping and a measure to rank it by.")
    if top.n < 1:
        raise refusal("top.n", "Ask for at least the first one.")
    known_key(top.by, [measure.key for measure in definition.measures], "top.by", "measure {} to rank by")
    if not columns[top.by].type.is_number:
        by = columns[top.by]
        raise refusal("top.by", f"Only numbers rank; {by.label} is {TYPE_WORDS[by.type]}.")
    keys = [grouping.key for grouping in definition.groupings]
    grouping = columns[known_key(top.grouping or keys[0], keys, "top.grouping", "grouping {}")]
    if top.with_others and grouping.type is not FieldType.TEXT:
        raise refusal(
            "top.with_others",
            f"Only text has room for a line of all others; {grouping.label} is {TYPE_WORDS[grouping.type]}. "
            "Leave the others out, or group by a text.",
        )


def _check_pivot(definition: ReportDefinition) -> None:
    if definition.pivot is None:
        return
    if not definition.groupings or not definition.measures:
        raise refusal("pivot", "A pivot needs a grouping to spread and a measure to show.")
    spread = definition.pivot.groupings
    if not spread:
        raise refusal("pivot.groupings", "Say which grouping becomes columns.")
    for index, key in enumerate(spread):
        known_key(key, [grouping.key for grouping in definition.groupings], f"pivot.groupings[{index}]", "grouping {}")
        if key in spread[:index]:
            raise refusal(f"pivot.groupings[{index}]", f"'{key}' is there more than once; once is enough.")


def _check_totals(definition: ReportDefinition) -> None:
    totals = definition.totals
    if totals.subtotals < 0:
        raise refusal("totals.subtotals", "The number of groupings with subtotals is not negative.")
    if (totals.grand or totals.subtotals) and not definition.measures:
        raise refusal("totals", "Totals are of measures; this report has none.")
    staying = len(definition.groupings) - len(_spread(definition))
    if totals.subtotals and totals.subtotals >= staying:
        most = f"at most {staying - 1}" if staying > 1 else "none"
        raise refusal(
            "totals.subtotals",
            f"The last grouping has no subtotals, its rows stand for themselves: {most} can have them here.",
        )


def _check_sort(definition: ReportDefinition, columns: Columns) -> None:
    keys = [key for key in columns if key not in _spread(definition)]
    seen: set[str] = set()
    for index, sort in enumerate(definition.sort):
        place = f"sort[{index}].key"
        if sort.key in _spread(definition):
            raise refusal(place, f"{columns[sort.key].label} becomes columns, which rows cannot be sorted by.")
        known_key(sort.key, keys, place, "column {} to sort by")
        if definition.pivot is not None and sort.key not in {grouping.key for grouping in definition.groupings}:
            raise refusal(
                place, f"A pivot has several columns of {columns[sort.key].label}; sort by a grouping that stays."
            )
        if sort.key in seen:
            raise refusal(place, f"'{sort.key}' is sorted by more than once.")
        seen.add(sort.key)


def _check_chart(definition: ReportDefinition, columns: Columns) -> None:
    chart = definition.chart
    if chart is None:
        return
    known_key(chart.x, columns, "chart.x", "column {} to draw")
    if chart.x in _spread(definition):
        raise refusal("chart.x", f"{columns[chart.x].label} becomes columns; draw along a grouping that stays.")
    if not chart.y:
        raise refusal("chart.y", "A chart draws at least one column.")
    for index, key in enumerate(chart.y):
        column = columns[known_key(key, columns, f"chart.y[{index}]", "column {} to draw")]
        if not column.type.is_number:
            raise refusal(f"chart.y[{index}]", f"A chart draws numbers; {column.label} is {TYPE_WORDS[column.type]}.")
    if chart.color is not None:
        known_key(chart.color, columns, "chart.color", "column {} to colour by")


def _check_options(definition: ReportDefinition, columns: Columns) -> None:
    seen: set[str] = set()
    for index, option in enumerate(definition.options):
        place = f"options[{index}]"
        column = columns[known_key(option.key, columns, f"{place}.key", "column {}")]
        if option.key in seen:
            raise refusal(f"{place}.key", f"'{option.key}' has options more than once; put them together.")
        seen.add(option.key)
        check_format(option.format, column.type, column.label, f"{place}.format")
        if option.width is not None and not 1 <= option.width <= _MAX_WIDTH:
            raise refusal(f"{place}.width", f"A column is 1 to {_MAX_WIDTH} characters wide.")
    if {option.key for option in definition.options if option.is_hidden} >= set(columns):
        raise refusal("options", "Every column is hidden; show at least one.")


def _check_rule(rule: FormatRule, definition: ReportDefinition, columns: Columns, place: str) -> None:
    column = columns[known_key(rule.key, columns, f"{place}.key", "column {}")]
    if rule.key in _spread(definition):
        raise refusal(f"{place}.key", f"{column.label} becomes columns and has no cells to mark.")
    if rule.kind is RuleKind.MARK:
        _check_mark(rule, column, definition.timezone, place)
        return
    words = "a shade" if rule.kind is RuleKind.SCALE else "a bar"
    if not column.type.is_number:
        raise refusal(f"{place}.key", f"Only numbers take {words}; {column.label} is {TYPE_WORDS[column.type]}.")
    for name, value in (("operator", rule.operator), ("values", rule.values), ("whole_row", rule.whole_row)):
        if value:
            raise refusal(f"{place}.{name}", f"Every cell gets {words}; only a mark has '{name}'.")


def _check_mark(rule: FormatRule, column: ResultColumn, timezone: str, place: str) -> None:
    if rule.operator is None:
        raise refusal(f"{place}.operator", f"Say when {column.label} is marked.")
    field = column_field(column)
    if rule.operator in WINDOW_OPERATORS:
        raise refusal(f"{place}.operator", f"'{operator_label(rule.operator)}' marks no cells; compare with days.")
    check_operator(rule.operator, field, f"{place}.operator")
    check_values(rule.operator, rule.values, field, timezone=timezone, place=f"{place}.values")


def column_field(column: ResultColumn) -> Field:
    """A result column as filters see fields."""
    return Field(name=column.key, label=column.label, type=column.type, format=column.format, scale=column.scale)
