"""Says in plain English what a definition makes of its groups: calculations, top n, totals and their order."""

from collections.abc import Mapping
from datetime import datetime

from core.domain.definition import Calculation, CalculationKind, Comparison, ReportDefinition
from core.domain.field import FieldType
from core.domain.filter import Grain
from core.domain.moments import days_words
from core.domain.result import ResultColumn
from core.query.filter_words import joined
from core.query.windows import compared_window, resolve_window

_COMPARED = {Comparison.PREVIOUS_PERIOD: "the previous period", Comparison.PREVIOUS_YEAR: "the year before"}
#: How an order reads, per kind of value: ascending, descending.
_ORDER_WORDS = {
    FieldType.TEXT: ("{} A to Z", "{} Z to A"),
    FieldType.INTEGER: ("lowest {} first", "highest {} first"),
    FieldType.DECIMAL: ("lowest {} first", "highest {} first"),
    FieldType.BOOLEAN: ("{} false first", "{} true first"),
    FieldType.DATE: ("oldest {} first", "newest {} first"),
    FieldType.DATETIME: ("oldest {} first", "newest {} first"),
}

Columns = Mapping[str, ResultColumn]


def calculated(definition: ReportDefinition, columns: Columns) -> str:
    """The calculations of a summary: "with the share of Revenue and the rank by Revenue within Country"."""
    if not definition.is_summary or not definition.calculations:
        return ""
    return f"with {joined([_calculation(item, columns) for item in definition.calculations], 'and')}"


def compared_lines(definition: ReportDefinition, logical_at: datetime) -> list[str]:
    """The spans compared with and their days: "compared with the previous period (1 to 31 Oct 2026)"."""
    period = definition.period
    if period is None:
        return []
    resolved = resolve_window(period.window, logical_at, definition.timezone, definition.calendar)
    lines = []
    for against in dict.fromkeys(item.against for item in definition.calculations if item.kind.compares):
        other = compared_window(resolved, period.window, against, definition.calendar)
        lines.append(f"compared with {_COMPARED[against]} ({days_words(other.first_on, other.last_on)})")
    return lines


def top_words(definition: ReportDefinition, columns: Columns) -> str:
    """Which groups are kept: "top 5 of Country by Revenue, all others together"."""
    top = definition.top
    if top is None:
        return ""
    grouping = columns[top.grouping or definition.groupings[0].key].label
    others = " and all others together" if top.with_others else ""
    return f"{'bottom' if top.lowest else 'top'} {top.n:,} of {grouping} by {columns[top.by].label}{others}"


def totals_words(definition: ReportDefinition, columns: Columns) -> str:
    """Which totals are added: "with a grand total and subtotals by Country"."""
    totals = definition.totals
    spread = definition.pivot.groupings if definition.pivot is not None else ()
    leading = [grouping.key for grouping in definition.groupings if grouping.key not in spread][: totals.subtotals]
    added = ["a grand total"] if totals.grand else []
    if leading:
        added.append(f"subtotals by {joined([columns[key].label for key in leading], 'and')}")
    return f"with {' and '.join(added)}" if added else ""


def ordered(definition: ReportDefinition, columns: Columns) -> str:
    """The order: "highest Revenue first, then oldest first"."""
    kinds = {key: column.type for key, column in columns.items()}
    kinds |= {item.key: FieldType.DATE for item in definition.groupings if item.grain is Grain.ISO_WEEK}
    has_one_date = sum(kind.is_temporal for kind in kinds.values()) == 1
    phrases = []
    for sort in definition.sort:
        words = _ORDER_WORDS[kinds[sort.key]][sort.descending]
        if kinds[sort.key].is_temporal and has_one_date:
            words = words.replace("{} ", "")
        phrases.append(words.format(columns[sort.key].label))
    return ", then ".join(phrases)


def _calculation(calculation: Calculation, columns: Columns) -> str:
    if calculation.of is None or calculation.kind is CalculationKind.EXPRESSION:
        return columns[calculation.name].label
    of, against = columns[calculation.of].label, _COMPARED[calculation.against]
    within = (
        f" within {joined([columns[key].label for key in calculation.within], 'and')}" if calculation.within else ""
    )
    match calculation.kind:
        case CalculationKind.RUNNING_TOTAL:
            return f"the running total of {of}{within}"
        case CalculationKind.SHARE:
            return f"the share of {of}{within}" if within else f"the share of total {of}"
        case CalculationKind.RANK:
            return f"the rank by {of}{within}"
        case CalculationKind.PREVIOUS:
            return f"{of} in {against}"
        case CalculationKind.CHANGE:
            return f"the change of {of} against {against}"
        case CalculationKind.CHANGE_PERCENT:
            return f"the change of {of} in percent against {against}"
