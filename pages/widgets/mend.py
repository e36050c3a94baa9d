"""What an edit of a definition leaves hanging, mended: all that speaks of columns or parameters that are gone."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from core.domain.appearance import Chart, ChartKind
from core.domain.definition import Calculation, Pivot, ReportDefinition, Top, Totals
from core.domain.filter import Condition, FilterGroup, Item

_OVER_TIME = (ChartKind.LINE, ChartKind.AREA)


def mended(d: ReportDefinition) -> ReportDefinition:
    """Let go of what speaks of columns that are gone, and of parameters that nothing takes."""
    groups = tuple(g.key for g in d.groupings)
    measures = tuple(m.key for m in d.measures)
    d = replace(d, calculations=tuple(_calculations(d, groups, measures)))
    computed = (*measures, *(c.name for c in d.calculations))
    d = replace(
        d,
        top=_top(d.top, groups, measures),
        pivot=_pivot(d.pivot, groups) if measures else None,
        result_filters=kept_items(d.result_filters, lambda item: item.field in computed),
        options=tuple(option for option in d.options if option.key in d.column_keys),
    )
    spread = d.pivot.groupings if d.pivot else ()
    sortable = [key for key in (groups if d.pivot else d.column_keys) if key not in spread]
    d = replace(
        d,
        totals=_totals(d, len(groups) - len(spread)),
        sort=tuple(sort for sort in d.sort if sort.key in sortable),
        rules=tuple(rule for rule in d.rules if rule.key in d.column_keys and rule.key not in spread),
        chart=mend_chart(d),
    )
    asked = set(parameters_taken(d))
    return replace(d, parameters=tuple(p for p in d.parameters if p.name in asked))


def renamed(d: ReportDefinition, old: str, new: str) -> ReportDefinition:
    """Let everything speak of column `new` that spoke of `old`."""
    if old == new:
        return d

    def key(name: str) -> str:
        return new if name == old else name

    chart = d.chart and replace(
        d.chart, x=key(d.chart.x), y=tuple(map(key, d.chart.y)), color=d.chart.color and key(d.chart.color)
    )
    return replace(
        d,
        calculations=tuple(replace(c, of=c.of and key(c.of), within=tuple(map(key, c.within))) for c in d.calculations),
        top=d.top and replace(d.top, by=key(d.top.by), grouping=d.top.grouping and key(d.top.grouping)),
        pivot=d.pivot and replace(d.pivot, groupings=tuple(map(key, d.pivot.groupings))),
        result_filters=_each(d.result_filters, lambda item: replace(item, field=key(item.field))),
        sort=tuple(replace(sort, key=key(sort.key)) for sort in d.sort),
        options=tuple(replace(option, key=key(option.key)) for option in d.options),
        rules=tuple(replace(rule, key=key(rule.key)) for rule in d.rules),
        chart=chart,
    )


def mend_chart(d: ReportDefinition) -> Chart | None:
    """Return the chart with columns that are gone replaced by their likeliest heirs; None where it has none left."""
    spread = d.pivot.groupings if d.pivot else ()
    groups = [g.key for g in d.groupings if g.key not in spread]
    if d.chart is None or not d.is_summary or not groups or not d.measures:
        return None
    measures = [m.key for m in d.measures]
    drawn = [*measures, *(c.name for c in d.calculations)]
    color = d.chart.color if d.chart.color in groups else None
    stays = d.chart.x in d.column_keys and d.chart.x not in spread
    x = d.chart.x if stays else next((key for key in groups if key != color), groups[0])
    y = tuple(key for key in d.chart.y if key in drawn) or (measures[-1],)
    timeless = any(g.key == x and g.grain is None for g in d.groupings)
    kind = ChartKind.BAR if x != d.chart.x and timeless and d.chart.kind in _OVER_TIME else d.chart.kind
    return replace(d.chart, kind=kind, x=x, y=y, color=color if color != x else None)


def kept_items(group: FilterGroup, keeps: Callable[[Condition], bool]) -> FilterGroup:
    """Return a filter with the conditions for which `keeps` holds; groups that are left empty go too."""
    items: list[Item] = []
    for item in group.items:
        if isinstance(item, FilterGroup):
            inner = kept_items(item, keeps)
            items += [inner] if inner.items else []
        elif keeps(item):
            items.append(item)
    return group if tuple(items) == group.items else replace(group, items=tuple(items))


def parameters_taken(d: ReportDefinition) -> Iterator[str]:
    """Return the names of the parameters that conditions and the period take."""
    if d.period is not None and d.period.parameter is not None:
        yield d.period.parameter
    for group in (d.filters, d.result_filters, *(m.filters for m in (*d.measures, *d.kpis))):
        for item in conditions_in(group):
            if item.parameter is not None:
                yield item.parameter


def conditions_in(group: FilterGroup) -> Iterator[Condition]:
    """Return every condition of a filter, those in groups too."""
    for item in group.items:
        if isinstance(item, FilterGroup):
            yield from conditions_in(item)
        else:
            yield item


def _each(group: FilterGroup, change: Callable[[Condition], Condition]) -> FilterGroup:
    items = tuple(_each(item, change) if isinstance(item, FilterGroup) else change(item) for item in group.items)
    return replace(group, items=items)


def _calculations(d: ReportDefinition, groups: Collection[str], measures: Collection[str]) -> Iterator[Calculation]:
    for calculation in d.calculations:
        if calculation.of is None or calculation.of in measures:
            yield replace(calculation, within=tuple(key for key in calculation.within if key in groups))


def _top(top: Top | None, groups: Collection[str], measures: Collection[str]) -> Top | None:
    if top is None or not groups or top.by not in measures:
        return None
    # Whether a line of others suits the grouping that takes its place is not known here.
    return top if top.grouping in (None, *groups) else replace(top, grouping=None, with_others=False)


def _pivot(pivot: Pivot | None, groups: Collection[str]) -> Pivot | None:
    if pivot is None:
        return None
    kept = tuple(key for key in pivot.groupings if key in groups)
    return replace(pivot, groupings=kept) if kept else None


def _totals(d: ReportDefinition, staying: int) -> Totals:
    if not d.measures:
        return Totals()
    return replace(d.totals, subtotals=min(d.totals.subtotals, max(staying - 1, 0)))
