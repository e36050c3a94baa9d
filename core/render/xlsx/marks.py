"""The condition of a marking rule as a spreadsheet's formula, which means what the rule means everywhere.

Texts compare by their case, but for "contains" and its kind; days compare as whole days of the report's timezone; what
is not there is "not that", "not there" and "outside".
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.domain.appearance import FormatRule
from core.domain.field import FieldType
from core.domain.filter import Operator, Scalar
from core.domain.result import ResultColumn

MOST_CHARACTERS = 8_192  #: of a formula; a workbook with a longer one is repaired when it is opened
_MOST_ARGUMENTS = 255
_PIECE = 255  #: characters of one text in a formula
_OPPOSITES = {
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_STARTS_WITH: Operator.STARTS_WITH,
    Operator.NOT_ENDS_WITH: Operator.ENDS_WITH,
    Operator.NOT_BETWEEN: Operator.BETWEEN,
    Operator.IS_NOT_EMPTY: Operator.IS_EMPTY,
}
_SIGNS = {Operator.GREATER: ">", Operator.AT_LEAST: ">=", Operator.LESS: "<", Operator.AT_MOST: "<="}
_EPOCH = date(1899, 12, 30)
_DAY = timedelta(days=1)


def mark_formula(rule: FormatRule, column: ResultColumn, cell: str, timezone: str) -> str | None:
    """When `rule` holds for `cell` ("$E2"). None where a spreadsheet cannot ask it: the list of values is too long."""
    if rule.operator is None or len(rule.values) > _MOST_ARGUMENTS:
        return None
    opposite = _OPPOSITES.get(rule.operator)
    found = _positive(opposite or rule.operator, rule.values, column, cell, timezone)
    formula = f"NOT({found})" if opposite is not None else found
    return formula if len(formula) <= MOST_CHARACTERS else None


def quoted(text: str) -> str:
    """A text as a formula holds it."""
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)] or [""]
    return "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)


def _positive(operator: Operator, values: Sequence[Scalar], column: ResultColumn, cell: str, timezone: str) -> str:
    """Operators that empty cells never fit, and IS_EMPTY."""
    if operator is Operator.IS_EMPTY:
        return f"LEN({cell})=0"
    match column.type:
        case FieldType.TEXT:
            return f"AND(ISTEXT({cell}),{_any([_text(operator, cell, str(value)) for value in values])})"
        case FieldType.BOOLEAN:
            return f"AND(ISLOGICAL({cell}),{_any([f'{cell}={str(value).upper()}' for value in values])})"
        case FieldType.DATETIME:
            return f"AND(ISNUMBER({cell}),{_instants(operator, cell, values, timezone)})"
        case FieldType.DATE:
            return f"AND(ISNUMBER({cell}),{_numbers(operator, cell, [str(_serial(_day(value))) for value in values])})"
        case _:
            return f"AND(ISNUMBER({cell}),{_numbers(operator, cell, [f'{Decimal(str(value)):f}' for value in values])})"


def _text(operator: Operator, cell: str, value: str) -> str:
    wanted = quoted(value)
    match operator:
        case Operator.CONTAINS if not value:
            return "TRUE"
        case Operator.CONTAINS:
            literal = quoted(value.replace("~", "~~").replace("*", "~*").replace("?", "~?"))
            return f"ISNUMBER(SEARCH({literal},{cell}))"
        case Operator.STARTS_WITH:
            return f"LEFT({cell},LEN({wanted}))={wanted}"
        case Operator.ENDS_WITH:
            return f"RIGHT({cell},LEN({wanted}))={wanted}"
    return f"EXACT({cell},{wanted})"


def _numbers(operator: Operator, cell: str, values: Sequence[str]) -> str:
    match operator:
        case Operator.IS:
            return _any([f"{cell}={value}" for value in values])
        case Operator.BETWEEN:
            return f"AND({cell}>={values[0]},{cell}<={values[-1]})"
    return f"{cell}{_SIGNS[operator]}{values[0]}"


def _instants(operator: Operator, cell: str, values: Sequence[Scalar], timezone: str) -> str:
    """A day means all of it: what is after it begins with the next one."""

    def compare(sign: Operator, value: Scalar) -> str:
        return _instant(sign, cell, value, timezone)

    match operator:
        case Operator.IS:
            return _any([compare(operator, value) for value in values])
        case Operator.BETWEEN:
            return f"AND({compare(Operator.AT_LEAST, values[0])},{compare(Operator.AT_MOST, values[-1])})"
    return compare(operator, values[0])


def _instant(operator: Operator, cell: str, value: Scalar, timezone: str) -> str:
    instant = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > len("2026-11-23") else value
    if not isinstance(instant, datetime):
        return _numbers(operator, f"INT({cell})", [str(_serial(_day(value)))])
    local = instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) if instant.tzinfo else instant
    clock = local - datetime.combine(local.date(), datetime.min.time())
    return _numbers(operator, cell, [repr(_serial(local.date()) + clock / _DAY)])


def _serial(day: date) -> int:
    """A day as spreadsheets count them."""
    return (day - _EPOCH).days


def _day(value: Scalar) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _any(conditions: Sequence[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"OR({','.join(conditions)})"
