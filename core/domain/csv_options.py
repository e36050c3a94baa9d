"""How a CSV file is to be written, and what a source that writes CSV itself says of the rows it wrote."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, StrictBool, ValidationError

from core.domain.json_form import first_mistake
from core.errors import InvalidInput


class CsvDateStyle(StrEnum):
    """How days are written; all but ISO write instants as local times of the report's timezone, without an offset."""

    ISO = "iso"  #: 2026-11-23, 2026-11-23T09:00:00+01:00
    DAY_FIRST = "day_first"  #: 23.11.2026 09:00:00
    DAY_FIRST_SLASHES = "day_first_slashes"  #: 23/11/2026 09:00:00
    MONTH_FIRST = "month_first"  #: 11/23/2026 09:00:00


class CsvNewline(StrEnum):
    """What ends a line."""

    CRLF = "crlf"  #: as RFC 4180 has it
    LF = "lf"

    @property
    def text(self) -> str:
        """The characters."""
        return "\r\n" if self is CsvNewline.CRLF else "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """Choices of a CSV file; the defaults are RFC 4180."""

    bom: bool = False  #: a byte order mark in front, by which Excel knows UTF-8
    delimiter: str = ","
    decimal: str = "."
    date_style: CsvDateStyle = CsvDateStyle.ISO
    newline: CsvNewline = CsvNewline.CRLF
    gzip: bool = False
    raw: bool = False  #: text that looks like a formula stays as it is, for readers that are not spreadsheets


class _OptionsModel(BaseModel):
    """The JSON form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bom: StrictBool = False
    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    date_style: CsvDateStyle = CsvDateStyle.ISO
    newline: CsvNewline = CsvNewline.CRLF
    gzip: StrictBool = False
    raw: StrictBool = False


def parse_csv_options(data: object) -> CsvOptions:
    """Read `{"bom"?, "delimiter"?, "decimal"?, "date_style"?, "newline"?, "gzip"?, "raw"?}`.

    Raises InvalidInput with its place, as in `options.delimiter`.
    """
    if not isinstance(data, dict):
        raise InvalidInput("Options are a JSON object of names and values.", place="options")
    try:
        given = _OptionsModel.model_validate(data)
    except ValidationError as error:
        place, message = first_mistake(error)
        raise InvalidInput(message, place=f"options.{place}") from error
    if given.delimiter == given.decimal:
        raise InvalidInput("The delimiter and the decimal sign cannot be the same.", place="options.decimal")
    return CsvOptions(**{name: getattr(given, name) for name in _OptionsModel.model_fields})


def dump_csv_options(options: CsvOptions) -> dict[str, str | bool]:
    """The JSON of options, without those that are as usual."""
    usual = CsvOptions()
    given = {name: getattr(options, name) for name in _OptionsModel.model_fields}
    return {name: value for name, value in given.items() if value != getattr(usual, name)}


def csv_options_schema() -> dict[str, object]:
    """The JSON Schema of options."""
    return _OptionsModel.model_json_schema()


#: Whole lines.
CsvChunk = bytes | memoryview


def _none() -> Generator[CsvChunk, None, None]:
    yield from ()


@dataclass(slots=True, kw_only=True)
class CsvLines:
    """Rows as a source wrote them, byte for byte as the renderer would; the rest is known once `chunks` has ended.

    Close `chunks` where it is not read to the end.
    """

    chunks: Generator[CsvChunk, None, None] = field(default_factory=_none)  #: whole lines, in order
    rows: int = 0
    guarded: dict[str, int] = field(default_factory=dict)  #: column key -> cells that got an apostrophe
    is_whole: bool = False  #: false after the end: a value turned up that only the renderer can write; start anew


class CsvSource(Protocol):
    """The rows of a result at a source that may be able to write CSV itself."""

    def lines(self, keys: Sequence[str], options: CsvOptions) -> CsvLines | None:
        """The rows with the columns of these keys; None where the source cannot give the very same bytes."""
        ...
