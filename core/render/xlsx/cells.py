"""Cells of a column as sheet XML, built by Arrow's kernels; what a workbook cannot carry as a value becomes text.

Counted as altered: numbers with more than 15 significant digits and days outside March 1900 to 9999 (written as text,
every digit kept), NaN and infinities (text), instants finer than a millisecond (rounded), instants in the hour that
clocks repeat (a workbook's times have no offset), text over 32,767 characters (cut), characters XML cannot carry
(replaced).
"""

from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from core.domain.result import ResultColumn
from core.render.cell_text import TEXT, Alterations, clean_text, cut_text, number_text, text_bytes, utf8_array
from core.render.local_time import local_micros, shown_twice
from core.render.markup import escape_column
from core.render.time_text import day_text, instant_text

LONG_NUMBER = "more than 15 digits, written as text"
NOT_FINITE = "not a finite number, written as text"
OUT_OF_CALENDAR = "outside March 1900 to 9999, written as text"
FINE_INSTANT = "rounded to milliseconds"
REPEATED_HOUR = "in the hour that clocks repeat, offset not kept"

_MOST_DIGITS = 15
_EPOCH_SERIAL = 25_569  #: 1 January 1970 as a spreadsheet's day number
_FIRST_SERIAL, _LAST_SERIAL = (
    61,
    2_958_465,
)  #: 1 March 1900 (before it Excel counts a day that never was) to 31 Dec 9999
_DAY_US = 86_400_000_000
_LITERAL_ESCAPE = "_x([0-9A-Fa-f]{4})"  #: its closing underscore may open the next one

_NUMBER = ('"><v>', "</v></c>")
_BOOLEAN = ('" t="b"><v>', "</v></c>")
_WORDS = ('" t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A column's values between the tags: `plain` as numbers or booleans, `words` as text; each row has at most one."""

    tags: tuple[str, str]
    plain: pa.Array
    words: pa.Array | None = None


def column_cells(
    values: Values, row_numbers: pa.Array, *, letter: str, style: int, formulas: pa.Array | None = None
) -> list["str | pa.Array"]:
    """The column's cells as pieces to be joined a row: constants, and arrays whose nulls stand for nothing.

    `formulas` are what computes a number, null where it stands for itself.
    """
    start, middle = f'<c r="{letter}', f'" s="{style}'
    plain, whole = values.plain, []
    if formulas is not None and formulas.null_count < len(formulas):
        nothing, computed = pa.scalar(None, TEXT), formulas.is_valid()
        shown = pc.if_else(computed, plain, nothing)
        whole.append(_joined([start, row_numbers, middle + '"><f>', formulas, "</f><v>", shown, "</v></c>"]))
        plain = pc.if_else(computed, nothing, plain)
    pieces: list[str | pa.Array] = [start, row_numbers, middle + values.tags[0], plain, values.tags[1]]
    if values.words is None and not plain.null_count:
        return pieces
    whole.append(_joined(pieces))
    if values.words is not None:
        whole.append(_joined([start, row_numbers, middle + _WORDS[0], values.words, _WORDS[1]]))
    return list(whole)


def empty_cells(array: pa.Array, row_numbers: pa.Array, *, letter: str, style: int) -> pa.Array:
    """Cells with nothing but their style for the nulls of a column."""
    empty = pc.if_else(array.is_null(), pa.scalar("", TEXT), pa.scalar(None, TEXT))
    return _joined([f'<c r="{letter}', row_numbers, f'" s="{style}"/>', empty])


def column_values(array: pa.Array, column: ResultColumn, *, timezone: str, tally: Alterations) -> Values:
    """What stands between the tags of a column's cells; decided by the Arrow type, so no value can be mistaken."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return Values(tags=_BOOLEAN, plain=pc.if_else(array, pa.scalar("1", TEXT), pa.scalar("0", TEXT)))
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return _numbers(array, _long_numbers(array), LONG_NUMBER, column.label, tally)
    if pa.types.is_floating(kind):
        return _numbers(array, pc.invert(pc.is_finite(array)), NOT_FINITE, column.label, tally)
    if pa.types.is_date(kind):
        return _days(array, column.label, tally)
    if pa.types.is_timestamp(kind):
        return _instants(array, column.label, timezone, tally)
    return Values(tags=_WORDS, plain=cell_words(utf8_array(array, column.label, tally), column.label, tally))


def cell_words(text: pa.Array, label: str, tally: Alterations) -> pa.Array:
    """Text as a cell holds it: cut, cleaned, escaped; `_x0041_` too, which would be read as "A"."""
    text = cut_text(clean_text(text, label, tally), label, tally)
    if b"_x" in bytes(text_bytes(text)):
        text = pc.replace_substring_regex(text, _LITERAL_ESCAPE, r"_x005F_x\1")
    return escape_column(text)


def _joined(pieces: "list[str | pa.Array]") -> pa.Array:
    parts = [pa.scalar(piece, TEXT) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*parts, pa.scalar("", TEXT))


def _split(plain: pa.Array, words: pa.Array, unfit: pa.Array, reason: str, label: str, tally: Alterations) -> Values:
    """Rows where `unfit` holds move from `plain` to `words`, counted."""
    nothing = pa.scalar(None, TEXT)
    tally.count(label, reason, pc.sum(unfit).as_py() or 0)
    return Values(tags=_NUMBER, plain=pc.if_else(unfit, nothing, plain), words=pc.if_else(unfit, words, nothing))


def _numbers(array: pa.Array, unfit: pa.Array | None, reason: str, label: str, tally: Alterations) -> Values:
    text = number_text(array)
    if unfit is None or not pc.any(unfit).as_py():
        return Values(tags=_NUMBER, plain=text)
    return _split(text, text, unfit, reason, label, tally)


def _long_numbers(array: pa.Array) -> pa.Array | None:
    """Which exact numbers have more than 15 significant digits, None where the batch has none."""
    low, high = pc.min_max(array).as_py().values()
    scale = array.type.scale if pa.types.is_decimal(array.type) else 0
    bound = Decimal(10) ** (_MOST_DIGITS - scale)
    if low is None or (low > -bound and high < bound):
        return None
    digits = ((value if value is None else significant_digits(value)) for value in array.to_pylist())
    return pa.array([None if count is None else count > _MOST_DIGITS for count in digits], pa.bool_())


def has_words(array: pa.Array) -> bool:
    """Whether some number of a column is written as text."""
    if pa.types.is_floating(array.type):
        return bool(pc.any(pc.invert(pc.is_finite(array))).as_py())
    unfit = _long_numbers(array) if pa.types.is_integer(array.type) or pa.types.is_decimal(array.type) else None
    return unfit is not None and bool(pc.any(unfit).as_py())


def significant_digits(value: int | Decimal) -> int:
    """Digits of an integer (they may be an id), or of a decimal without its closing zeros."""
    if isinstance(value, int):
        return len(str(abs(value)))
    text = f"{value:f}"  # `normalize` would round to the digits of the context
    return len((text.rstrip("0") if "." in text else text).replace(".", "").lstrip("-0"))


def _days(array: pa.Array, label: str, tally: Alterations) -> Values:
    serials = pc.add(array.cast(pa.date32()).cast(pa.int32()), pa.scalar(_EPOCH_SERIAL, pa.int32()))
    unfit = pc.or_(pc.less(serials, _FIRST_SERIAL), pc.greater(serials, _LAST_SERIAL))
    text = serials.cast(TEXT)
    if not pc.any(unfit).as_py():
        return Values(tags=_NUMBER, plain=text)
    return _split(text, day_text(array), unfit, OUT_OF_CALENDAR, label, tally)


def _instants(array: pa.Array, label: str, timezone: str, tally: Alterations) -> Values:
    """Local times as day numbers with a fraction, in whole milliseconds."""
    zoned = array.cast(pa.timestamp("us", tz=timezone if array.type.tz is not None else None))
    micros = local_micros(zoned)
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    fine = (micros % 1000 != 0) & valid
    if fine.any():
        micros = (micros + 500) // 1000 * 1000
    serials = micros / _DAY_US + _EPOCH_SERIAL
    unfit = ((serials < _FIRST_SERIAL) | (serials >= _LAST_SERIAL + 1)) & valid
    tally.count(label, FINE_INSTANT, int((fine & ~unfit).sum()))
    tally.count(label, REPEATED_HOUR, int((shown_twice(zoned) & ~unfit).sum()))
    plain = pa.array(serials, mask=~valid).cast(TEXT)
    if not unfit.any():
        return Values(tags=_NUMBER, plain=plain)
    return _split(plain, instant_text(array, timezone), pa.array(unfit), OUT_OF_CALENDAR, label, tally)
