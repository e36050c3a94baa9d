"""Says in plain words what differs between two definitions: one line a change, in the order of the builder.

Equal definitions have no lines, and whatever differs has at least one: what no rule below has words for is named by its
part. Fields that are gone since are called by their names, so that history can always be read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.appearance import Chart
from core.domain.dataset import Dataset
from core.domain.definition import Parameter, ReportDefinition
from core.query import definition_names
from core.query.definition_names import Names
from core.query.diff_lines import Part, changed_list, replaced, switched, unordered
from core.query.labels import sentence_case, words_of

Lines = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A definition before and after, with what the things in each are called."""

    before: ReportDefinition
    after: ReportDefinition
    was: Names
    now: Names


def definition_diff(
    before: ReportDefinition, after: ReportDefinition, *, datasets: Mapping[UUID, Dataset], logical_at: datetime
) -> tuple[str, ...]:
    """Return what was changed from `before` to `after`; `datasets` are those the two ask, as far as they are known."""
    pair = Pair(
        before=before,
        after=after,
        was=Names(before, datasets.get(before.dataset_id), logical_at),
        now=Names(after, datasets.get(after.dataset_id), logical_at),
    )
    lines: Lines = []
    for part, (name, say) in _PARTS.items():
        if getattr(before, part) != getattr(after, part):
            lines += say(pair) or [f"{name} changed"]
    return tuple(lines)


def _dataset(pair: Pair) -> Lines:
    return [replaced("Dataset", pair.was.dataset, pair.now.dataset)]


def _columns(pair: Pair) -> Lines:
    what = Part(name="Column", plural="Columns", before=pair.was.field, after=pair.now.field)
    return changed_list(what, pair.before.columns, pair.after.columns, key=str)


def _groupings(pair: Pair) -> Lines:
    what = Part(name="Grouping", plural="Groupings", before=pair.was.grouping, after=pair.now.grouping)
    return changed_list(what, pair.before.groupings, pair.after.groupings, key=lambda item: item.key)


def _measures(pair: Pair) -> Lines:
    what = Part(
        name="Measure",
        plural="Measures",
        before=pair.was.measure,
        after=pair.now.measure,
        more=definition_names.measure_change,
    )
    return changed_list(what, pair.before.measures, pair.after.measures, key=lambda item: item.key)


def _kpis(pair: Pair) -> Lines:
    what = Part(
        name="Headline number",
        plural="Headline numbers",
        before=pair.was.measure,
        after=pair.now.measure,
        more=definition_names.measure_change,
    )
    return changed_list(what, pair.before.kpis, pair.after.kpis, key=lambda item: item.key)


def _calculations(pair: Pair) -> Lines:
    what = Part(name="Calculation", plural="Calculations", before=pair.was.calculation, after=pair.now.calculation)
    return changed_list(what, pair.before.calculations, pair.after.calculations, key=lambda item: item.name)


def _period(pair: Pair) -> Lines:
    before, after = pair.was.period(pair.before.period), pair.now.period(pair.after.period)
    if before is None or after is None:
        return [f"Period {'added' if before is None else 'removed'}: {after or before}"]
    return [replaced("Period", before, after)]


def _filters(pair: Pair) -> Lines:
    before, after = pair.before.filters, pair.after.filters
    if before.match is not after.match and before.items and after.items:
        return [replaced("Filters", pair.was.group(before), pair.now.group(after))]
    lines, left, added = switched("Filter", before.items, after.items, pair.now.filter)
    lines += unordered("Filter", left, added, before=pair.was.filter, after=pair.now.filter)
    return lines or ["Filters in another order"]


def _result_filters(pair: Pair) -> Lines:
    before, after = pair.before.result_filters, pair.after.result_filters
    if before.match is not after.match and before.items and after.items:
        return [replaced("Filters on the result", pair.was.result_group(before), pair.now.result_group(after))]
    name = "Filter on the result"
    lines, left, added = switched(name, before.items, after.items, pair.now.result_filter)
    lines += unordered(name, left, added, before=pair.was.result_filter, after=pair.now.result_filter)
    return lines or ["Filters on the result in another order"]


def _parameters(pair: Pair) -> Lines:
    what: Part[Parameter] = Part(
        name="Question", plural="Questions", before=lambda item: item.label, after=lambda item: item.label
    )
    return changed_list(what, pair.before.parameters, pair.after.parameters, key=lambda item: item.name)


def _top(pair: Pair) -> Lines:
    return [replaced("Groups kept", pair.was.top() or "all", pair.now.top() or "all")]


def _pivot(pair: Pair) -> Lines:
    return [replaced("Spread into columns", pair.was.pivot(), pair.now.pivot())]


def _totals(pair: Pair) -> Lines:
    return [replaced("Totals", pair.was.totals() or "none", pair.now.totals() or "none")]


def _sort(pair: Pair) -> Lines:
    return [replaced("Order", pair.was.order() or "as it comes", pair.now.order() or "as it comes")]


def _limit(pair: Pair) -> Lines:
    return [replaced("Rows", _rows(pair.before.limit), _rows(pair.after.limit))]


def _timezone(pair: Pair) -> Lines:
    return [replaced("Timezone", pair.before.timezone, pair.after.timezone)]


def _calendar(pair: Pair) -> Lines:
    return [
        replaced(
            "Calendar",
            definition_names.calendar_words(pair.before.calendar),
            definition_names.calendar_words(pair.after.calendar),
        )
    ]


def _chart(pair: Pair) -> Lines:
    before, after = pair.before.chart, pair.after.chart
    if before is None or after is None:
        chart, names = (after, pair.now) if after is not None else (before, pair.was)
        return [f"Chart {'added' if before is None else 'removed'}: {names.chart(chart)}"] if chart else []
    said = [
        *([replaced("Chart", words_of(before.kind), words_of(after.kind))] if before.kind is not after.kind else []),
        *_drawn(pair, before, after),
    ]
    return said or ["Chart changed"]


def _drawn(pair: Pair, before: Chart, after: Chart) -> Lines:
    """What a chart draws, where that differs."""
    if (before.x, before.y, before.color) == (after.x, after.y, after.color):
        return []
    return [replaced("Chart shows", pair.was.drawn(before), pair.now.drawn(after))]


def _options(pair: Pair) -> Lines:
    before = {option.key: option for option in pair.before.options}
    after = {option.key: option for option in pair.after.options}
    lines: Lines = []
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            label = pair.was.column_without_option(key)
            lines += definition_names.option_change(label, before.get(key), after.get(key))
    return lines


def _rules(pair: Pair) -> Lines:
    return unordered("Marking", pair.before.rules, pair.after.rules, before=pair.was.rule, after=pair.now.rule) or [
        "Markings in another order"
    ]


def _rows(limit: int | None) -> str:
    return "all" if limit is None else f"at most {limit:,}"


#: Every part of a definition: what it is called, and what says its change.
_PARTS: dict[str, tuple[str, Callable[[Pair], Lines]]] = {
    "dataset_id": ("Dataset", _dataset),
    "columns": ("Columns", _columns),
    "groupings": ("Groupings", _groupings),
    "measures": ("Measures", _measures),
    "calculations": ("Calculations", _calculations),
    "period": ("Period", _period),
    "filters": ("Filters", _filters),
    "result_filters": ("Filters on the result", _result_filters),
    "parameters": ("Questions", _parameters),
    "top": ("Groups kept", _top),
    "pivot": ("Spread into columns", _pivot),
    "totals": ("Totals", _totals),
    "sort": ("Order", _sort),
    "limit": ("Rows", _limit),
    "timezone": ("Timezone", _timezone),
    "calendar": ("Calendar", _calendar),
    "kpis": ("Headline numbers", _kpis),
    "chart": ("Chart", _chart),
    "options": ("Columns", _options),
    "rules": ("Markings", _rules),
}


def text_diff(name: str, before: str, after: str) -> tuple[str, ...]:
    """Return the line for a text such as the report's name, where it differs."""
    return () if before == after else (replaced(sentence_case(name), before or "none", after or "none"),)
