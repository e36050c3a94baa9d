"""Headline numbers: the period's, those of the span before, and their course."""

from dataclasses import dataclass, replace
from datetime import date

from core.domain.definition import Aggregation, Grouping, Measure
from core.domain.filter import DateUnit, Grain
from tests.oracle.comparison import Side
from tests.oracle.order import Value
from tests.oracle.question import Question
from tests.oracle.windows import Days, begin, compared, days_of, later

_FILLED = (Aggregation.COUNT, Aggregation.COUNT_DISTINCT, Aggregation.SUM)
#: How many days a unit has at least, and how many points a course has at most.
_LEAST_DAYS = {DateUnit.DAY: 1, DateUnit.WEEK: 7, DateUnit.MONTH: 28, DateUnit.QUARTER: 90}
_MOST_POINTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One number."""

    value: Value
    previous: Value = None
    trend: tuple[float, ...] = ()


def headlines_of(question: Question) -> list[Headline]:
    """Every headline number of the definition."""
    definition = question.definition
    period = definition.period
    asked = replace(definition, groupings=(), measures=definition.kpis, calculations=(), top=None, pivot=None)
    plain = replace(question, definition=asked, top_keys=None, _rows={})
    if period is None:
        return [Headline(value=_number(plain, each, Side(against=None, days=None))) for each in definition.kpis]
    days = days_of(period.window, question.moment.today, question.moment.calendar)
    now = Side(against=None, days=days)
    before = Side(against=period.against, days=compared(days, period.window, period.against))
    return [
        Headline(
            value=_number(plain, each, now), previous=_number(plain, each, before), trend=_course(plain, each, now)
        )
        for each in definition.kpis
    ]


def _number(question: Question, measure: Measure, side: Side) -> Value:
    value = question.figures.value(measure, question.rows(side))
    return 0 if value is None and _aggregation(question, measure) is Aggregation.SUM else value


def _course(question: Question, measure: Measure, side: Side) -> tuple[float, ...]:
    """The number of each unit; those without rows are zero where that says something."""
    assert side.days is not None
    assert question.definition.period is not None
    unit = _unit(side.days)
    grouping = Grouping(field=question.definition.period.field, grain=Grain(unit.value))
    lines = question.lines([grouping], [measure], sides=[side])
    found = {line[grouping.key]: line[measure.key] for line in lines}
    points: list[float] = []
    day: date = begin(side.days[0], unit, question.moment.calendar)
    while day <= side.days[1]:
        value = found.get(day)
        if value is not None:
            points.append(float(value))
        elif _aggregation(question, measure) in _FILLED:
            points.append(0.0)
        day = later(day, unit, 1)
    return tuple(points)


def _unit(days: Days) -> DateUnit:
    count = (days[1] - days[0]).days + 1
    for unit, least in _LEAST_DAYS.items():
        if count / least + (unit is not DateUnit.DAY) <= _MOST_POINTS:
            return unit
    return DateUnit.YEAR


def _aggregation(question: Question, measure: Measure) -> Aggregation | None:
    while measure.dataset_measure is not None:
        name = measure.dataset_measure
        measure = next(each.measure for each in question.frame.dataset.measures if each.name == name)
    return measure.aggregation
