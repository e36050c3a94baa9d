"""The one cell normaliser: exact text of every Arrow value, and every lossy change counted per column.

Decided here, for every format:

- text is UTF-8; bytes that are not (lone surrogates among them) become U+FFFD and are counted, everywhere;
- control characters that XML cannot carry become U+FFFD and are counted in XLSX, HTML and PDF; CSV carries them;
- text longer than 32,767 UTF-16 units is cut in XLSX, on a whole character, and counted; other formats carry all of it;
- text cells, never numbers, that a spreadsheet would take for a formula (first character = @ tab CR LF or a full-width
  form, or + - with something behind) get an apostrophe in CSV and are counted; XLSX stores them as text as they are;
- exact numbers keep their scale (12.50), never with an exponent; floats have their shortest exact form, with an
  exponent under 1e-4 and from 1e15 on (12345678901.5, 1e-05, 1e+22);
- not-a-number and infinities are NaN, Infinity, -Infinity: text in XLSX, and counted there;
- instants are ISO 8601 with the offset of the report's timezone, days are ISO 8601; years before 1 keep a minus sign.

What only XLSX cannot carry (15 digits, days before March 1900) is decided in `core.render.xlsx.cells`.
"""

import functools
import json
import re
from decimal import Decimal
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TEXT = pa.large_string()  #: the one string type inside renderers: 64-bit offsets cannot overflow
UNREADABLE = "unreadable characters replaced"
CONTROL_CHARACTERS = "control characters replaced"
FORMULA = "apostrophe put before text that looks like a formula"
CUT = "cut to 32,767 characters"

_REPLACEMENT = "\ufffd"
_NOT_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
_NOT_XML_PATTERN = re.compile(_NOT_XML)
_FORMULA = "^(?:[=@\t\r\n\uff1d\uff0b\uff0d\uff20]|[+\\-](?s:.))"  #: full-width = + - @ count too
_FORMULA_PATTERN = re.compile(_FORMULA)
_MOST_UNITS = 32_767  #: UTF-16 code units a spreadsheet cell can hold


def byte_table(characters: str, *, first_of: str = "") -> "np.ndarray":
    """A table that marks the bytes of ASCII `characters`, and the first byte of the wider character `first_of`."""
    table = np.zeros(256, bool)
    table[[*characters.encode("ascii"), *first_of.encode()[:1]]] = True
    return table


_FORMULA_BYTES = byte_table("=+-@\t\r\n", first_of="\uff1d")


@functools.cache
def text_scalar(text: str) -> pa.Scalar:
    """One text as Arrow's own value. Never made at import: Arrow loads pandas with the first one, for a second."""
    return pa.scalar(text, TEXT)


class Alterations:
    """Counts altered cells: column label -> reason -> cells. Becomes `Rendering.altered`."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, int]] = {}
        self._lock = Lock()  # columns are converted in threads

    def count(self, label: str, reason: str, cells: int) -> None:
        """Add `cells` altered cells of the column called `label`."""
        if not cells:
            return
        with self._lock:
            reasons = self._counts.setdefault(label, {})
            reasons[reason] = reasons.get(reason, 0) + cells

    def as_dict(self) -> dict[str, dict[str, int]]:
        """The counts so far, sorted, so that the order of threads does not show."""
        return {label: dict(sorted(reasons.items())) for label, reasons in sorted(self._counts.items())}


def altered_in_words(altered: dict[str, dict[str, int]]) -> tuple[str, ...]:
    """One line a column and reason, for people: "Note: 1 cell, cut to 32,767 characters"."""
    return tuple(
        f"{clean_characters(label)}: {count:,} {'cell' if count == 1 else 'cells'}, {reason}"
        for label, reasons in altered.items()
        for reason, count in reasons.items()
    )


def clean_characters(text: str) -> str:
    """`text` as XML can carry it: control characters and lone surrogates become U+FFFD."""
    return _NOT_XML_PATTERN.sub(_REPLACEMENT, text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))


def guarded_characters(text: str) -> str:
    """`text` with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA_PATTERN.match(text) else text


def text_bytes(array: pa.Array) -> memoryview:
    """The characters of a null-free `large_string` array, one after the other, without a copy."""
    data = array.buffers()[2]
    if data is None or len(array) == 0:
        return memoryview(b"")
    bounds = _bounds(array)
    return memoryview(data)[bounds[0] : bounds[-1]]


def rows_with(text: pa.Array, table: "np.ndarray") -> "np.ndarray | None":
    """Which rows hold a byte that `table` marks, None where no row does. Ten times as fast as a pattern."""
    places = np.flatnonzero(table[np.frombuffer(text_bytes(text), np.uint8)])
    if not len(places):
        return None
    bounds = _bounds(text)
    rows = np.zeros(len(text), bool)
    rows[np.searchsorted(bounds, places + bounds[0], side="right") - 1] = True
    return rows


def utf8_array(array: pa.Array, label: str = "", tally: Alterations | None = None) -> pa.Array:
    """`array` as valid `large_string`: dictionaries unpacked, other types as their text, broken bytes replaced."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    if not (is_bytes or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        return _text_of_other(array)
    try:
        text = array.cast(TEXT)
        text.validate(full=True)
    except pa.ArrowInvalid:
        return _repaired(array, label, tally)
    return text


def clean_text(text: pa.Array, label: str, tally: Alterations) -> pa.Array:
    """`text` with the characters that XML cannot carry replaced and counted. Nulls stay."""
    data = np.frombuffer(text_bytes(text), np.uint8)
    low = data < 32
    suspicious = bool((low & (data != 9) & (data != 10) & (data != 13)).any()) if low.any() else False
    if not suspicious and not (data == 0xEF).any():
        return text
    hits = pc.sum(pc.match_substring_regex(text, _NOT_XML)).as_py() or 0
    if not hits:
        return text
    tally.count(label, CONTROL_CHARACTERS, hits)
    return pc.replace_substring_regex(text, _NOT_XML, _REPLACEMENT)


def guard_formulas(text: pa.Array, label: str, tally: Alterations) -> pa.Array:
    """`text` with an apostrophe before what a spreadsheet would take for a formula, counted. Nulls stay."""
    if not _first_bytes(text, _FORMULA_BYTES):
        return text
    looks = pc.match_substring_regex(text, _FORMULA)
    hits = pc.sum(looks).as_py() or 0
    if not hits:
        return text
    tally.count(label, FORMULA, hits)
    apostrophe = pc.binary_join_element_wise(text_scalar("'"), text, text_scalar(""))
    return pc.if_else(looks, apostrophe, text)


def cut_text(text: pa.Array, label: str, tally: Alterations) -> pa.Array:
    """`text` with cells over 32,767 UTF-16 units cut on a whole character, counted. Nulls stay."""
    if (pc.max(pc.binary_length(text)).as_py() or 0) <= _MOST_UNITS:
        return text
    cells = text.to_pylist()
    cut = 0
    for index, cell in enumerate(cells):
        units = cell.encode("utf-16-le") if cell is not None and len(cell) * 2 > _MOST_UNITS else b""
        if len(units) > _MOST_UNITS * 2:
            cells[index] = units[: _MOST_UNITS * 2].decode("utf-16-le", "ignore")
            cut += 1
    tally.count(label, CUT, cut)
    return pa.array(cells, TEXT)


def number_text(array: pa.Array) -> pa.Array:
    """Numbers in their exact text: full scale, shortest floats, NaN, Infinity and -Infinity by name. Nulls stay."""
    text = array.cast(TEXT)
    if pa.types.is_decimal(array.type):
        if array.type.scale > 6 or array.type.scale < 0:
            return _without_exponents(array, text)
        return text
    if pa.types.is_floating(array.type):
        text = _with_digits(array, text)
        for short, name in (("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")):
            found = pc.equal(text, short)
            if pc.any(found).as_py():
                text = pc.if_else(found, text_scalar(name), text)
    return text


def _bounds(text: pa.Array) -> "np.ndarray":
    """Where each row's characters begin in the data buffer, and where the last row's end."""
    return np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + len(text) + 1]


def _first_bytes(text: pa.Array, table: "np.ndarray") -> bool:
    """Whether some row begins with a byte that `table` marks."""
    data = np.frombuffer(text_bytes(text), np.uint8)
    if not len(data):
        return False
    bounds = _bounds(text)
    starts = bounds[:-1][bounds[:-1] < bounds[1:]] - bounds[0]
    return bool(table[data[starts]].any())


def _repaired(array: pa.Array, label: str, tally: Alterations | None) -> pa.Array:
    """Bytes that are not UTF-8 with the broken ones replaced."""
    cells = [None if cell is None else bytes(cell) for cell in _as_bytes(array).to_pylist()]
    texts = [None if cell is None else cell.decode("utf-8", "replace") for cell in cells]
    if tally is not None:
        broken = sum(1 for cell, text in zip(cells, texts, strict=True) if text is not None and text.encode() != cell)
        tally.count(label, UNREADABLE, broken)
    return pa.array(texts, TEXT)


def _as_bytes(array: pa.Array) -> pa.Array:
    """The bytes of text that may be invalid, without the check that a cast to text makes."""
    kind = array.type
    if pa.types.is_string(kind):
        return array.view(pa.binary())
    return array.view(pa.large_binary()) if pa.types.is_large_string(kind) else array.cast(pa.large_binary())


def _text_of_other(array: pa.Array) -> pa.Array:
    """Types outside the contract as their text, so that nothing is lost: lists and structures as JSON."""
    if pa.types.is_nested(array.type):
        cells = array.to_pylist()
        return pa.array(
            [None if cell is None else json.dumps(cell, ensure_ascii=False, default=str) for cell in cells], TEXT
        )
    if pa.types.is_duration(array.type):  # which Arrow would write as a bare number of its unit
        return pa.array([None if cell is None else str(cell) for cell in array.to_pylist()], TEXT)
    try:
        return array.cast(TEXT)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if cell is None else str(cell) for cell in array.to_pylist()], TEXT)


def _with_digits(array: pa.Array, text: pa.Array) -> pa.Array:
    """Floats with an exponent only under 1e-4 and from 1e15 on, of two digits at least: Arrow has it from 1e10 on."""
    is_single = pa.types.is_float32(array.type)
    if not (is_single or pa.types.is_float64(array.type)):
        return text
    values = array.fill_null(0.0).to_numpy(zero_copy_only=False)
    sizes = np.abs(values)
    other = ((sizes >= 1e10) & (sizes < 1e15)) | ((sizes >= 1e-10) & (sizes < 1e-4))
    if not other.any():
        return text
    if is_single:
        digits = [_single_digits(value) for value in values[other]]
    else:
        digits = [repr(value).removesuffix(".0") for value in values[other].tolist()]
    return pc.replace_with_mask(text, pa.array(other), pa.array(digits, TEXT))


def _single_digits(value: "np.float32") -> str:
    """The shortest text that names the number in single precision."""
    if abs(value) >= 1:
        return np.format_float_positional(value, unique=True, trim="-")
    return np.format_float_scientific(value, unique=True, trim="-", exp_digits=2)


def _without_exponents(array: pa.Array, text: pa.Array) -> pa.Array:
    """Exact numbers under a millionth come out of Arrow as 1E-7: write those digit by digit."""
    if not pc.any(pc.match_substring(text, "E")).as_py():
        return text
    values: list[Decimal | None] = array.to_pylist()
    return pa.array([None if value is None else f"{value:f}" for value in values], TEXT)
