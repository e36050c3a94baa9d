"""The spans that a question reads rows of, and how the days of those compared with move onto its own."""

from dataclasses import dataclass

from core.domain.definition import Comparison, ReportDefinition
from core.domain.filter import DateUnit
from tests.oracle.filters import Moment
from tests.oracle.windows import Days, compared, days_of, shift_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One span. `shift` brings its days to their place in the current one."""

    against: Comparison | None
    days: Days | None
    shift: tuple[DateUnit, int] | None = None


def sides_of(definition: ReportDefinition, moment: Moment) -> list[Side]:
    """The current span first, then each one that a calculation compares with."""
    period = definition.period
    if period is None:
        return [Side(against=None, days=None)]
    days = days_of(period.window, moment.today, moment.calendar)
    wanted = dict.fromkeys(each.against for each in definition.calculations if each.kind.compares)
    return [Side(against=None, days=days)] + [
        Side(
            against=against,
            days=compared(days, period.window, against),
            shift=shift_of(days, period.window, against),
        )
        for against in wanted
    ]
