"""First questions made from a dataset's own fields: its figures over time, its highest values, one number, its rows."""

from dataclasses import replace

from core.domain.appearance import Chart, ChartKind
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Grouping, Measure, Period, ReportDefinition, Sort, Top
from core.domain.field import Field
from core.domain.field_roles import Roles, measure_of
from core.domain.filter import DateUnit, DateWindow, Grain, WindowKind
from core.domain.quick_start import QuickStart, StartKind

COUNT = Measure(aggregation=Aggregation.COUNT)
_TOP = 10
_MOST_TOPS = 2
_LATEST_ROWS = 100
_LATEST_COLUMNS = 8


def quick_questions(blank: ReportDefinition, roles: Roles, dataset: Dataset) -> tuple[QuickStart, ...]:
    """Return what the fields allow, filled into `blank`; there is always one."""
    made = [*_over_time(blank, roles, dataset), *_tops(blank, roles, dataset), *_one_number(blank, roles, dataset)]
    return (*made, _latest(blank, roles, dataset))


def within(roles: Roles, n: int, unit: DateUnit, *, include_current: bool = False) -> Period | None:
    """Return the last `n` units by the dataset's date; None where it has none."""
    window = DateWindow(kind=WindowKind.LAST, n=n, unit=unit, include_current=include_current)
    return Period(field=roles.time.name, window=window) if roles.time else None


def measure_words(measure: Measure, dataset: Dataset) -> str:
    """Return what a measure is called: "Revenue", "Average unit price", "Number of orders"."""
    if measure.dataset_measure is not None:
        known = dataset.measure(measure.dataset_measure)
        return known.label if known else measure.dataset_measure
    field = dataset.field(measure.field) if measure.field else None
    if field is None:
        return f"Number of {dataset.row_noun}"
    return f"Average {field.label.lower()}" if measure.aggregation is Aggregation.AVERAGE else field.label


def _over_time(blank: ReportDefinition, roles: Roles, dataset: Dataset) -> list[QuickStart]:
    if roles.time is None:
        return []
    month = Grouping(field=roles.time.name, grain=Grain.MONTH)
    is_split = roles.currency is not None and bool(roles.money) and roles.money[0].format.unit is None
    figures = (measure_of(roles.money[0]), COUNT) if is_split else (*roles.measures[:1], COUNT)
    name = measure_words(figures[0], dataset)
    asked = replace(
        blank,
        groupings=(month,),
        measures=figures,
        period=within(roles, 12, DateUnit.MONTH, include_current=True),
        sort=(Sort(key=month.key),),
        kpis=figures,
        chart=Chart(kind=ChartKind.LINE, x=month.key, y=(figures[0].key,)),
    )
    if is_split and roles.currency is not None:
        asked = replace(by_currency(asked, roles.currency), kpis=(COUNT,))
        return [_quick("over_time", f"{name} by month and currency", "The last 12 months, a line each.", asked)]
    return [_quick("over_time", f"{name} by month", "The last 12 months as a line.", asked)]


def by_currency(definition: ReportDefinition, currency: Field) -> ReportDefinition:
    """Return a definition over time with its amounts kept apart by currency."""
    groupings = (*definition.groupings, Grouping(field=currency.name))
    return replace(
        definition,
        groupings=groupings,
        sort=(*definition.sort, Sort(key=currency.name)),
        chart=definition.chart and replace(definition.chart, color=currency.name),
    )


def _tops(blank: ReportDefinition, roles: Roles, dataset: Dataset) -> list[QuickStart]:
    figure = roles.measures[0] if roles.measures else COUNT
    name = measure_words(figure, dataset)
    return [
        _quick(
            f"top_{field.name}",
            f"Top {_TOP}: {field.label} by {_lower_first(name)}",
            "The highest first, as bars, with the number of rows of each.",
            top_of(blank, field, (figure,) if figure == COUNT else (figure, COUNT), within(roles, 12, DateUnit.MONTH)),
        )
        for field in roles.groups[:_MOST_TOPS]
    ]


def top_of(
    blank: ReportDefinition, field: Field, figures: tuple[Measure, ...], period: Period | None
) -> ReportDefinition:
    """Return the highest values of a field by the first of `figures`."""
    return replace(
        blank,
        groupings=(Grouping(field=field.name),),
        measures=figures,
        period=period,
        top=Top(n=_TOP, by=figures[0].key, grouping=field.name),
        sort=(Sort(key=figures[0].key, descending=True),),
        chart=Chart(kind=ChartKind.HORIZONTAL_BAR, x=field.name, y=(figures[0].key,)),
    )


def _one_number(blank: ReportDefinition, roles: Roles, dataset: Dataset) -> list[QuickStart]:
    if roles.time is None:
        return []
    figure = roles.measures[0] if roles.measures else COUNT
    asked = replace(blank, measures=(figure,), kpis=(figure,), period=within(roles, 30, DateUnit.DAY))
    label = f"{measure_words(figure, dataset)}, one number"
    return [_quick("one_number", label, "The last 30 days, compared with the 30 days before.", asked)]


def _latest(blank: ReportDefinition, roles: Roles, dataset: Dataset) -> QuickStart:
    offered = [f for f in dataset.fields if not f.is_hidden and not f.is_personal] or list(dataset.fields)
    first = [] if roles.time is None else [roles.time]
    names = tuple(dict.fromkeys(field.name for field in (*first, *offered)))[:_LATEST_COLUMNS]
    sort = () if roles.time is None else (Sort(key=roles.time.name, descending=True),)
    label = f"Latest {dataset.row_noun}" if sort else f"All {dataset.row_noun}"
    words = "The newest first, row by row." if sort else "Row by row."
    limit = _LATEST_ROWS if sort else blank.limit
    return _quick("latest", label, words, replace(blank, columns=names, sort=sort, limit=limit))


def _quick(key: str, label: str, description: str, definition: ReportDefinition) -> QuickStart:
    return QuickStart(key=key, kind=StartKind.QUICK, label=label, description=description, definition=definition)


def _lower_first(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
