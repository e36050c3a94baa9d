"""What people read in a cell: the one formatter of values, headers and headline numbers (`cell_text`: exact text).

Decided here, for every format that people read (HTML, PDF, tiles, mails):

- null is empty; not-a-number is "NaN", infinities are "∞" and "-∞";
- numbers are grouped by thousands, except PLAIN ones; decimals are those of the format, else those of the type:
  none for integers, the scale of exact numbers (at most 2 for averages, at least 2 for currency), 2 for floats, 1 for
  percents. A float too small for its decimals keeps two significant digits instead of reading 0.00;
- halves of exact numbers round away from zero;
- days are "23 Nov 2026" unless the format has another style, instants "23 Nov 2026, 09:00" in the report's timezone;
  any year Arrow can hold is written; durations are "1 h 05 min" (`word_forms`);
- control characters in text become U+FFFD and are counted; line breaks and tabs stay.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.field import DateStyle, FieldType, Format, NumberStyle
from core.domain.result import CellValue, ResultColumn
from core.domain.word_forms import SPAN_STYLES, day_words, duration_words
from core.render.cell_text import Alterations, clean_characters, clean_text, utf8_array
from core.render.day_texts import day_texts
from core.render.local_time import local_micros

_EXACT_DIGITS = 15  #: significant decimal digits a double carries through text and back
_MOST_DOUBLE = 2**53  #: integers up to here are doubles too
_COMPACT_STEPS = ((1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))

_WIDE = Context(prec=100)  #: wide enough for every decimal256

Number = int | float | Decimal


def display_strings(
    array: pa.Array | pa.ChunkedArray, column: ResultColumn, *, timezone: str, alterations: Alterations | None = None
) -> list[str]:
    """The cells of `array` as people read them, "" for null. Replaced characters are counted into `alterations`."""
    flat = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if isinstance(flat, pa.ChunkedArray):  # combine_chunks keeps the chunks apart past 2 GB of text
        return [
            text
            for chunk in flat.chunks
            for text in display_strings(chunk, column, timezone=timezone, alterations=alterations)
        ]
    tally = alterations if alterations is not None else Alterations()
    if pa.types.is_null(flat.type):
        return [""] * len(flat)
    texts = _texts_of(flat, column, timezone, tally)
    if flat.null_count:
        return [text if valid else "" for text, valid in zip(texts, flat.is_valid().to_pylist(), strict=True)]
    return texts


def display_value(value: CellValue, column_type: FieldType, format: Format, timezone: str) -> str:  # noqa: A002 - the domain's word
    """One value as people read it; `column_type` decides only where the value's own type leaves it open."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _boolean_words(value)
    if isinstance(value, int | float | Decimal):
        return display_number(value, format) if column_type.is_number else str(value)
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(timezone)) if value.tzinfo else value
        return _with_clock(day_words(local.date(), format.date_style), f"{local:%H:%M}", format.date_style)
    if isinstance(value, date):
        return day_words(value, format.date_style)
    return clean_characters(value)


def display_number(value: Number, format: Format) -> str:  # noqa: A002
    """One number as people read it: thousands separators, decimals, percent sign; the unit stands in the header."""
    if value != value or value in (float("inf"), float("-inf")):
        return _not_finite(float(value))
    if format.style is NumberStyle.DURATION:
        return duration_words(value, format.decimals)
    decimals = value_decimals(value, format)
    if isinstance(value, Decimal):
        shown = decimals + 2 if format.style is NumberStyle.PERCENT else decimals
        value = value.quantize(Decimal(1).scaleb(-shown), ROUND_HALF_UP, _WIDE)
    return _number_writer(format, decimals, exact=isinstance(value, Decimal))(_exact(value))


def compact_number(value: Number | None, format: Format) -> str:  # noqa: A002
    """A headline number in three significant digits: 12.3k, 1.24M; percents and numbers under 1,000 as in a table."""
    if value is None:
        return ""
    size = abs(float(value))
    if format.style is NumberStyle.DURATION and size < float("inf"):
        return display_number(value, format)
    if size != size or size < 1000 or size == float("inf") or format.style is NumberStyle.PERCENT:
        decimals = format.decimals if format.decimals is not None else value_decimals(value, format)
        return display_number(value, Format(style=format.style, decimals=min(decimals, 2), unit=format.unit))
    exact = Decimal(str(value)) if not isinstance(value, Decimal) else value
    rounded = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2), ROUND_HALF_UP)
    for step, suffix in _COMPACT_STEPS:
        if abs(rounded) >= step:
            text = f"{rounded / step:,f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text) + suffix
    return display_number(rounded, Format(decimals=0))


def change_in_words(change: float | None) -> str:
    """A relative change against the span before: "+12.3%", "no change", "no comparison" where there is no base."""
    if change is None or change != change or abs(change) == float("inf"):
        return "no comparison"
    text = f"{change * 100:+,.1f}%"
    return "no change" if text in ("+0.0%", "-0.0%") else text


def header_label(column: ResultColumn) -> str:
    """The column's heading with its unit: "Revenue (EUR)". A label that names the unit already stays as it is.

    For what holds the numbers themselves: durations are seconds there, "Waiting time (s)".
    """
    unit = "s" if _is_duration(column) else column.format.unit
    label = _spread_label(column)
    return f"{label} ({clean_characters(unit)})" if unit and f"({unit})" not in label else label


def display_header(column: ResultColumn) -> str:
    """The heading above `display_strings`: with its unit, unless every cell says its own."""
    return _spread_label(column) if _is_duration(column) else header_label(column)


def _spread_label(column: ResultColumn) -> str:
    """The label with what a pivot spread over it: "Germany, 2026: Revenue"."""
    spans = ", ".join(span for span in column.spans if span)
    return clean_characters(f"{spans}: {column.label}" if spans else column.label)


def _is_duration(column: ResultColumn) -> bool:
    return column.format.style is NumberStyle.DURATION and column.type.is_number


def number_decimals(array_type: pa.DataType, column: ResultColumn) -> int:
    """How many decimals people see in a column of numbers; PLAIN floats without a wish are written as they are."""
    wanted, style = column.format.decimals, column.format.style
    if wanted is not None:
        return wanted
    if style is NumberStyle.PERCENT:
        return 1
    least = 2 if style is NumberStyle.CURRENCY else 0
    if pa.types.is_integer(array_type):
        return least
    if not pa.types.is_decimal(array_type):
        return 2
    scale = max(int(array_type.scale), least)
    return min(scale, 2) if column.key.startswith("average__") else scale


def value_decimals(value: Number, format: Format) -> int:  # noqa: A002
    """How many decimals people see in a single number: the rules of `number_decimals` without an Arrow type."""
    if format.decimals is not None:
        return format.decimals
    if format.style is NumberStyle.PERCENT:
        return 1
    least = 2 if format.style is NumberStyle.CURRENCY else 0
    if isinstance(value, int):
        return least
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return max(-exponent, least) if isinstance(exponent, int) else least
    return 2


def _texts_of(array: pa.Array, column: ResultColumn, timezone: str, tally: Alterations) -> list[str]:
    """Text of each cell; what stands for nulls does not matter, the caller blanks them."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return [_boolean_words(value) for value in array.fill_null(False).to_pylist()]
    if pa.types.is_timestamp(kind):
        return _instant_texts(array, timezone, column.format.date_style)
    if pa.types.is_date(kind):
        return day_texts(array.cast(pa.date32()).cast(pa.int32()).fill_null(0).to_numpy(), column.format.date_style)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _number_texts(array, column)
    text = clean_text(utf8_array(array, column.label, tally), column.label, tally)
    return [value or "" for value in text.to_pylist()]


def _number_texts(array: pa.Array, column: ResultColumn) -> list[str]:
    if column.format.style is NumberStyle.DURATION:
        return [display_number(value or 0, column.format) for value in array.to_pylist()]
    decimals = number_decimals(array.type, column)
    write = _number_writer(column.format, decimals, exact=pa.types.is_decimal(array.type))
    if pa.types.is_integer(array.type):
        return [write(_exact(value)) for value in array.fill_null(0).to_pylist()]
    if pa.types.is_decimal(array.type):
        return [write(value) for value in _rounded_decimals(array, column.format, decimals)]
    values = array.cast(pa.float64()).fill_null(0.0).to_numpy().tolist()
    infinite = float("inf")
    if column.format.decimals is not None or column.format.style is not NumberStyle.NUMBER:
        return [write(value) if -infinite < value < infinite else _not_finite(value) for value in values]
    smallest = 0.5 * 10**-decimals
    return [
        write(value)
        if value == 0.0 or smallest <= value < infinite or -infinite < value <= -smallest
        else _tiny_or_not_finite(value)
        for value in values
    ]


def _rounded_decimals(array: pa.Array, format: Format, decimals: int) -> list[Decimal] | list[float]:  # noqa: A002
    """The values rounded to what will be shown: as doubles where those carry every digit, which format faster."""
    if array.null_count:
        array = pc.coalesce(array, pa.scalar(Decimal(0)).cast(array.type))
    shown = decimals + 2 if format.style is NumberStyle.PERCENT else decimals
    if shown < array.type.scale:
        array = pc.round(array, ndigits=shown, round_mode="half_towards_infinity")
    values = array.cast(pa.float64())
    largest = pc.max(pc.abs(values)).as_py() or 0.0
    if largest < 10.0 ** (_EXACT_DIGITS - max(shown, int(array.type.scale))):
        return values.to_numpy().tolist()  # type: ignore[no-any-return]
    return array.to_pylist()  # type: ignore[no-any-return]


def _exact(value: Number) -> Number:
    """Integers that a double would round, which is what formatting makes of them, as exact numbers."""
    return Decimal(value) if isinstance(value, int) and abs(value) > _MOST_DOUBLE else value


def _number_writer(format: Format, decimals: int, *, exact: bool) -> Callable[[Number], str]:  # noqa: A002
    """A function that writes one finite number in the given style; PLAIN inexact ones are written as they are."""
    if format.style is NumberStyle.PERCENT:
        return f"{{:,.{decimals}%}}".format
    if format.style is not NumberStyle.PLAIN:
        return f"{{:,.{decimals}f}}".format
    return f"{{:.{decimals}f}}".format if exact or format.decimals is not None else str


def _tiny_or_not_finite(value: float) -> str:
    if value != value or abs(value) == float("inf"):
        return _not_finite(value)
    return f"{value:.2g}"


def _not_finite(value: float) -> str:
    if value != value:
        return "NaN"
    return "∞" if value > 0 else "-∞"


def _boolean_words(value: bool) -> str:
    return "Yes" if value else "No"


def _with_clock(day: str, clock: str, style: DateStyle | None) -> str:
    if style in SPAN_STYLES:
        return day
    return f"{day} {clock}" if style is DateStyle.ISO else f"{day}, {clock}"


def _instant_texts(array: pa.Array, timezone: str, style: DateStyle | None) -> list[str]:
    """Instants as words in `timezone`; naive ones are taken as they stand."""
    if array.type.tz is not None:
        array = array.cast(pa.timestamp("us", tz=timezone))
    minutes = local_micros(array.cast(pa.timestamp("us", tz=array.type.tz))) // 60_000_000
    days, minute_of_day = np.divmod(minutes, 1440)
    clock = [_with_clock("", f"{minute // 60:02d}:{minute % 60:02d}", style) for minute in range(1440)]
    texts = zip(day_texts(days, style), minute_of_day.tolist(), strict=True)
    return [day + clock[minute] for day, minute in texts]
