"""The ways in which people write days and times, as SQL that reads them."""

from core.catalog.uploads.form import Form, matches, quoted
from core.domain.field import FieldType
from core.domain.upload import DateOrder

_TIME = r"[T ,]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?( ?[AaPp][Mm])?"
_OFFSET = r"( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))"
_CLOCKS = (" %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_MARK = "[./-]"
#: Key of the form of ISO 8601.
ISO_INSTANT = "iso with offset"
_NAME = "[A-Za-z]{3,9}[.]?"


def date_forms() -> tuple[Form, ...]:
    """Days: by numbers in any order, by names of months, and eight digits where a person says so."""
    return tuple(
        Form(
            key=key,
            type=FieldType.DATE,
            order=order,
            is_guessed=key != "compact",
            quick=_quick_days(key),
            value=f"CASE WHEN {matches('{x}', pattern)} "
            f"THEN CAST(try_strptime({_rearranged(pattern, into)}, {_list(formats)}) AS DATE) END",
        )
        for key, pattern, into, formats, order in _days()
    )


def datetime_forms(timezone: str) -> tuple[Form, ...]:
    """Days with or without a time; those without an offset are local times of `timezone`. Values are in UTC."""
    return (
        _iso(timezone),
        *(
            Form(
                key=f"{key} with time",
                type=FieldType.DATETIME,
                order=order,
                is_guessed=key != "compact",
                value=f"CASE WHEN {matches('{x}', f'{pattern}({_TIME})?')} "
                f"THEN {_in_utc(_timestamp(pattern, into, formats), timezone)} END",
            )
            for key, pattern, into, formats, order in _days()
        ),
    )


def _days() -> tuple[tuple[str, str, str, tuple[str, ...], DateOrder | None], ...]:
    """Key, pattern with three groups, how they are put together, formats for that, order implied."""
    numbers = f"([0-9]{{1,2}}){_MARK}([0-9]{{1,2}}){_MARK}([0-9]{{4}})"
    short = f"([0-9]{{1,2}}){_MARK}([0-9]{{1,2}}){_MARK}([0-9]{{2}})"
    names = ("%d %b %Y", "%d %B %Y")
    return (
        ("iso", f"([0-9]{{4}}){_MARK}([0-9]{{1,2}}){_MARK}([0-9]{{1,2}})", r"\1-\2-\3", ("%Y-%m-%d",), None),
        ("day first", numbers, r"\1-\2-\3", ("%d-%m-%Y",), DateOrder.DAY_FIRST),
        ("month first", numbers, r"\1-\2-\3", ("%m-%d-%Y",), DateOrder.MONTH_FIRST),
        ("day first, short", short, r"\1-\2-\3", ("%d-%m-%y",), DateOrder.DAY_FIRST),
        ("month first, short", short, r"\1-\2-\3", ("%m-%d-%y",), DateOrder.MONTH_FIRST),
        ("day and name", "([0-9]{1,2})[. -]+([A-Za-z]{3,9})[., -]+([0-9]{4})", r"\1 \2 \3", names, None),
        ("name and day", r"([A-Za-z]{3,9})[.]? +([0-9]{1,2})(?:,? +)([0-9]{4})", r"\2 \1 \3", names, None),
        ("compact", "([0-9]{4})([0-9]{2})([0-9]{2})", r"\1-\2-\3", ("%Y-%m-%d",), None),
    )


def _quick_days(key: str) -> tuple[tuple[str, str], ...]:
    """Days by numbers, each of the marks in turn."""
    if key == "iso":
        return (("[0-9]{4}-[0-9]{2}-[0-9]{2}", "TRY_CAST({x} AS DATE)"),)
    order = {"day first": "%d{0}%m{0}%Y", "month first": "%m{0}%d{0}%Y"}.get(key)
    if order is None:
        return ()
    return tuple(
        (
            f"[0-9]{{2}}[{mark}][0-9]{{2}}[{mark}][0-9]{{4}}",
            f"CAST(try_strptime({{x}}, {quoted(order.format(mark))}) AS DATE)",
        )
        for mark in "./-"
    )


def _iso(timezone: str) -> Form:
    """ISO 8601 with an offset; those with and those without may stand side by side."""
    day = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    plain = f"{day}[T ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}"
    stamp = f"{day}[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,9}})?)?"
    local = _in_utc("TRY_CAST({x} AS TIMESTAMP)", timezone)
    return Form(
        key=ISO_INSTANT,
        type=FieldType.DATETIME,
        quick=((plain, local), (plain + "Z", "CAST(TRY_CAST({x} AS TIMESTAMPTZ) AS TIMESTAMP)")),
        value=f"CASE WHEN {matches('{x}', stamp + _OFFSET)} THEN CAST(TRY_CAST({{x}} AS TIMESTAMPTZ) AS TIMESTAMP) "
        f"WHEN {matches('{x}', f'{day}|{stamp}')} THEN {local} END",
    )


def _timestamp(pattern: str, into: str, formats: tuple[str, ...]) -> str:
    """The day in one order and the time in one spelling, read by the formats."""
    text = _rearranged(pattern, into)
    text = f"regexp_replace({text}, {quoted('[T ,]+([0-9]{1,2}:)')}, {quoted(' ' + chr(92) + '1')})"
    text = f"regexp_replace({text}, {quoted(' ?([AaPp][Mm])$')}, {quoted(' ' + chr(92) + '1')})"
    text = f"regexp_replace({text}, {quoted(',([0-9]{1,6})$')}, {quoted('.' + chr(92) + '1')})"
    return f"try_strptime({text}, {_list([form + clock for form in formats for clock in ('', *_CLOCKS)])})"


def _rearranged(pattern: str, into: str) -> str:
    return f"regexp_replace({{x}}, {quoted('^' + pattern)}, {quoted(into)})"


def _in_utc(local: str, timezone: str) -> str:
    return local if timezone == "UTC" else f"CAST(timezone({quoted(timezone)}, {local}) AS TIMESTAMP)"


def _list(formats: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(quoted(form) for form in formats) + "]"
