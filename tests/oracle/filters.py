"""Whether a filter holds for a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.domain.field import FieldType
from core.domain.filter import Calendar, Condition, DateUnit, FilterGroup, Match, Operator, Scalar
from tests.oracle.order import Value, compare
from tests.oracle.windows import Days, begins_at, days_of, later

_NEGATIVE = {
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_STARTS_WITH: Operator.STARTS_WITH,
    Operator.NOT_ENDS_WITH: Operator.ENDS_WITH,
    Operator.NOT_BETWEEN: Operator.BETWEEN,
    Operator.NOT_IN_WINDOW: Operator.IN_WINDOW,
    Operator.IS_NOT_EMPTY: Operator.IS_EMPTY,
}
_PARTS: dict[Operator, Callable[[str, str], bool]] = {
    Operator.CONTAINS: lambda text, part: part in text,
    Operator.STARTS_WITH: lambda text, part: text.startswith(part),
    Operator.ENDS_WITH: lambda text, part: text.endswith(part),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When and where a question is asked: what relative dates and days without a zone mean."""

    logical_at: datetime
    zone: ZoneInfo
    calendar: Calendar

    @property
    def today(self) -> date:
        return self.logical_at.astimezone(self.zone).date()

    def is_within(self, value: date, days: Days) -> bool:
        """Whether a day or an instant lies in a span of days."""
        if not isinstance(value, datetime):
            return days[0] <= value <= days[1]
        return begins_at(days[0], self.zone) <= value < begins_at(later(days[1], DateUnit.DAY, 1), self.zone)


def holds(group: FilterGroup, look_up: Callable[[str], tuple[Value, FieldType]], moment: Moment) -> bool:
    """Whether the group holds; `look_up` gives the value and the type of a name."""
    if not group.items:
        return True
    found = (
        holds(item, look_up, moment)
        if isinstance(item, FilterGroup)
        else condition_holds(item, *look_up(item.field), moment)
        for item in group.items
    )
    match group.match:
        case Match.ALL:
            return all(list(found))
        case Match.ANY:
            return any(list(found))
        case Match.NONE:
            return not any(list(found))


def condition_holds(condition: Condition, value: Value, kind: FieldType, moment: Moment) -> bool:
    """Whether one condition holds; negative ones do for values that are not there."""
    positive = _NEGATIVE.get(condition.operator)
    if positive is not None:
        return not _holds(condition, positive, value, kind, moment)
    return _holds(condition, condition.operator, value, kind, moment)


def _holds(condition: Condition, operator: Operator, value: Value, kind: FieldType, moment: Moment) -> bool:
    if operator is Operator.IS_EMPTY:
        return value is None or value == ""
    if value is None:
        return False
    if operator is Operator.IN_WINDOW:
        assert condition.window is not None
        assert isinstance(value, date)
        return moment.is_within(value, days_of(condition.window, moment.today, moment.calendar))
    if isinstance(value, str):
        return _text_holds(operator, value, [str(each) for each in condition.values], condition.ignore_case)
    if isinstance(value, date):
        return _date_holds(operator, value, condition.values, moment)
    return _number_holds(operator, value, condition.values, kind)


def _text_holds(operator: Operator, value: str, wanted: Sequence[str], ignore_case: bool | None) -> bool:
    folds = operator is not Operator.IS if ignore_case is None else ignore_case
    if folds:
        value, wanted = value.lower(), [each.lower() for each in wanted]
    if operator is Operator.IS:
        return value in wanted
    return any(_PARTS[operator](value, each) for each in wanted)


def _number_holds(operator: Operator, value: Value, given: Sequence[Scalar], kind: FieldType) -> bool:
    wanted = [Decimal(str(each)) if kind is FieldType.DECIMAL else each for each in given]
    signs = [compare(value, each) for each in wanted]
    match operator:
        case Operator.IS:
            return 0 in signs
        case Operator.BETWEEN:
            return signs[0] >= 0 >= signs[1]
        case _:
            return _sign_fits(operator, signs[0])


def _sign_fits(operator: Operator, sign: int) -> bool:
    return {
        Operator.GREATER: sign > 0,
        Operator.AT_LEAST: sign >= 0,
        Operator.LESS: sign < 0,
        Operator.AT_MOST: sign <= 0,
    }[operator]


def _date_holds(operator: Operator, value: date, given: Sequence[Scalar], moment: Moment) -> bool:
    spots = [_placed(value, each, moment) for each in given]
    match operator:
        case Operator.IS:
            return 0 in spots
        case Operator.BETWEEN:
            return spots[0] >= 0 >= spots[1]
        case _:
            return _sign_fits(operator, spots[0])


def _placed(value: date, given: Scalar, moment: Moment) -> int:
    """Whether the value lies before (-1), in (0) or after (1) the day or the instant given."""
    wanted = datetime.fromisoformat(given) if isinstance(given, str) and len(given) > 10 else given
    if isinstance(wanted, str):
        wanted = date.fromisoformat(wanted)
    assert isinstance(wanted, date)
    if isinstance(wanted, datetime):
        assert isinstance(value, datetime)
        instant = (wanted if wanted.tzinfo else wanted.replace(tzinfo=moment.zone)).astimezone(UTC)
        return (value > instant) - (value < instant)
    if not isinstance(value, datetime):
        return (value > wanted) - (value < wanted)
    if value < begins_at(wanted, moment.zone):
        return -1
    return 1 if value >= begins_at(later(wanted, DateUnit.DAY, 1), moment.zone) else 0
