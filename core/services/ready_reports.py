"""Ready-made reports: usage, revenue, key figures, audit trail, outreach, for any dataset with the fields they ask."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.domain.appearance import Chart, ChartKind
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Comparison, Grouping, Measure, Period, ReportDefinition, Sort, Totals
from core.domain.field import Field, FieldType
from core.domain.field_roles import Roles, measure_of
from core.domain.filter import Condition, DateUnit, FilterGroup, Grain, Operator
from core.domain.quick_start import QuickStart, StartKind
from core.services.first_questions import COUNT, by_currency, within

_MOST_FIGURES = 4
_TRAIL_ROWS = 1000
_TRAIL_COLUMNS = 8
Fill = Callable[[ReportDefinition, Roles, Dataset], ReportDefinition | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """A report that fills itself with a dataset's fields, or finds that they do not suit."""

    key: str
    label: str
    description: str
    fill: Fill


def ready_reports(blank: ReportDefinition, roles: Roles, dataset: Dataset) -> tuple[QuickStart, ...]:
    """Return the ready-made reports that find the fields they ask for."""
    filled = ((one, one.fill(blank, roles, dataset)) for one in _TEMPLATES)
    return tuple(
        QuickStart(
            key=template.key,
            kind=StartKind.READY_MADE,
            label=template.label,
            description=template.description,
            definition=definition,
        )
        for template, definition in filled
        if definition is not None
    )


def _usage(blank: ReportDefinition, roles: Roles, _: Dataset) -> ReportDefinition | None:
    if not roles.actors:
        return None
    people = [Measure(aggregation=Aggregation.COUNT_DISTINCT, field=field.name) for field in roles.actors[:2]]
    figures = (COUNT, *(replace(m, label=f"Different {f.label}") for m, f in zip(people, roles.actors, strict=False)))
    return _over(blank, roles, figures, Grain.DAY, within(roles, 30, DateUnit.DAY), ChartKind.LINE)


def _revenue(blank: ReportDefinition, roles: Roles, _: Dataset) -> ReportDefinition | None:
    if not roles.money:
        return None
    period = within(roles, 12, DateUnit.MONTH)
    against = period and replace(period, against=Comparison.PREVIOUS_YEAR)
    made = _over(blank, roles, (measure_of(roles.money[0]), COUNT), Grain.MONTH, against, ChartKind.BAR)
    if made is None or roles.money[0].format.unit is not None or roles.currency is None:
        return made and replace(made, totals=Totals(grand=True))
    return replace(by_currency(made, roles.currency), kpis=(COUNT,))


def _key_figures(blank: ReportDefinition, roles: Roles, _: Dataset) -> ReportDefinition | None:
    if not roles.measures:
        return None
    figures = (*roles.measures[: _MOST_FIGURES - 1], COUNT)
    return _over(blank, roles, figures, Grain.WEEK, within(roles, 12, DateUnit.WEEK), ChartKind.LINE)


def _audit_trail(blank: ReportDefinition, roles: Roles, dataset: Dataset) -> ReportDefinition | None:
    if roles.time is None or not roles.actors or not roles.actions:
        return None
    first = (roles.time, roles.actors[0], *roles.actions[:2])
    others = (field for field in dataset.fields if not field.is_hidden and not field.is_personal)
    columns = tuple(dict.fromkeys(field.name for field in (*first, *others)))[:_TRAIL_COLUMNS]
    return replace(
        blank,
        columns=columns,
        period=within(roles, 7, DateUnit.DAY, include_current=True),
        sort=(Sort(key=roles.time.name, descending=True),),
        limit=max(_TRAIL_ROWS, blank.limit or 0),
    )


def _outreach(blank: ReportDefinition, roles: Roles, _: Dataset) -> ReportDefinition | None:
    if not roles.sendings or not roles.outcomes:
        return None
    numbers = [field for field in roles.outcomes if field.type.is_number]
    chosen = (numbers or list(roles.outcomes))[: _MOST_FIGURES + 1]
    figures = (COUNT, *map(_outcome, chosen))
    by = roles.sendings[0]
    return replace(
        blank,
        groupings=(Grouping(field=by.name),),
        measures=figures,
        period=within(roles, 30, DateUnit.DAY),
        sort=(Sort(key=COUNT.key, descending=True),),
        kpis=figures[:_MOST_FIGURES],
        totals=Totals(grand=True),
        chart=Chart(kind=ChartKind.HORIZONTAL_BAR, x=by.name, y=(figures[1].key,)),
    )


def _outcome(field: Field) -> Measure:
    """Return how often something came out: a number added up, or the rows in which a flag is set."""
    if field.type is not FieldType.BOOLEAN:
        return Measure(aggregation=Aggregation.SUM, field=field.name)
    is_set = Condition(field=field.name, operator=Operator.IS, values=(True,))
    return replace(COUNT, filters=FilterGroup(items=(is_set,)), name=f"{field.name}_count", label=field.label)


def _over(
    blank: ReportDefinition,
    roles: Roles,
    figures: tuple[Measure, ...],
    grain: Grain,
    period: Period | None,
    kind: ChartKind,
) -> ReportDefinition | None:
    """Return figures over time, with each as a headline number; None for data without a date."""
    if roles.time is None:
        return None
    by = Grouping(field=roles.time.name, grain=grain)
    return replace(
        blank,
        groupings=(by,),
        measures=figures,
        period=period,
        sort=(Sort(key=by.key),),
        kpis=figures,
        chart=Chart(kind=kind, x=by.key, y=(figures[0].key,)),
    )


_TEMPLATES = (
    _Template(
        key="usage",
        label="Usage",
        description="What happened day by day and how many different people took part, over the last 30 days.",
        fill=_usage,
    ),
    _Template(
        key="revenue",
        label="Revenue",
        description="Money by month over the last 12 months, with its total and the change against the year before.",
        fill=_revenue,
    ),
    _Template(
        key="key_figures",
        label="Key figures",
        description="The most important figures large on top, week by week below.",
        fill=_key_figures,
    ),
    _Template(
        key="audit_trail",
        label="Audit trail",
        description="Who did what and when over the last 7 days, row by row, the newest first.",
        fill=_audit_trail,
    ),
    _Template(
        key="outreach",
        label="Outreach and delivery",
        description="What was sent by campaign or channel over the last 30 days, and what became of it.",
        fill=_outreach,
    ),
)
