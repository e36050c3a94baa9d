"""How files are to be made: choices of each format, their names, one archive for all, a password."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints, ValidationError

from core.domain.branding import PaperSize
from core.domain.csv_options import CsvOptions, dump_csv_options, parse_csv_options
from core.domain.json_form import first_mistake
from core.errors import InvalidInput

_PLACE = "options"


class PdfStyle(StrEnum):
    """How a PDF begins."""

    COMPACT = "compact"  #: the masthead, and the report right below it
    COVER = "cover"  #: a page of its own: title, period, contents and what the file rests on


class Orientation(StrEnum):
    """Which way the pages of a PDF lie."""

    AUTO = "auto"  #: as the table's width needs
    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfOptions:
    """Choices of a PDF."""

    style: PdfStyle = PdfStyle.COMPACT
    orientation: Orientation = Orientation.AUTO
    paper: PaperSize | None = None  #: None: the organization's


@dataclass(frozen=True, slots=True, kw_only=True)
class XlsxOptions:
    """Choices of a workbook."""

    cover: bool = True  #: a first sheet with what the file rests on; without it the rows' sheet comes first, it last
    formulas: bool = False  #: totals as formulas, where they are what the rows of the sheet add up to
    raw: bool = False  #: text that looks like a formula gets no guard (it is a text cell either way)
    template_id: UUID | None = None  #: fill this workbook instead
    deleted_template: str | None = None  #: the name it had, once it is deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """All choices; the defaults are what people get who choose nothing."""

    csv: CsvOptions = CsvOptions()
    xlsx: XlsxOptions = XlsxOptions()
    pdf: PdfOptions = PdfOptions()
    file_name: str | None = None  #: a template: "{report} {period.start}"; None: title and period
    zip: bool = False  #: all files in one archive
    sealed_password: str | None = None  #: encrypted at rest; XLSX and PDF are locked with it, other files go into a ZIP


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _PdfModel(_In):
    style: PdfStyle = PdfStyle.COMPACT
    orientation: Orientation = Orientation.AUTO
    paper: PaperSize | None = None


class _XlsxModel(_In):
    cover: StrictBool = True
    formulas: StrictBool = False
    raw: StrictBool = False
    template_id: UUID | None = None
    deleted_template: str | None = None


class _OptionsModel(_In):
    """The JSON form; `csv` has a reader of its own."""

    csv: dict[str, Any] = {}
    xlsx: _XlsxModel = _XlsxModel()
    pdf: _PdfModel = _PdfModel()
    file_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    zip: StrictBool = False
    sealed_password: str | None = None


def parse_file_options(data: object) -> FileOptions:
    """Read `{"csv"?, "xlsx"?, "pdf"?, "file_name"?, "zip"?}` (and what `dump_file_options` wrote).

    Raises InvalidInput with its place, as in `options.pdf.style`. Names in `file_name` are checked where files get
    their names.
    """
    if not isinstance(data, dict):
        raise InvalidInput("Options are a JSON object of names and values.", place=_PLACE)
    try:
        given = _OptionsModel.model_validate(data)
    except ValidationError as error:
        place, message = first_mistake(error)
        raise InvalidInput(message, place=f"{_PLACE}.{place}") from error
    return FileOptions(
        csv=_csv(given.csv),
        xlsx=XlsxOptions(**dict(given.xlsx)),
        pdf=PdfOptions(**dict(given.pdf)),
        file_name=given.file_name,
        zip=given.zip,
        sealed_password=given.sealed_password,
    )


def dump_file_options(options: FileOptions) -> dict[str, Any]:
    """The JSON of options, without those that are as usual."""
    data: dict[str, Any] = {
        "csv": dump_csv_options(options.csv),
        "xlsx": _unusual(options.xlsx, XlsxOptions(), ("cover", "formulas", "raw", "template_id", "deleted_template")),
        "pdf": _unusual(options.pdf, PdfOptions(), ("style", "orientation", "paper")),
        "file_name": options.file_name,
        "zip": options.zip,
        "sealed_password": options.sealed_password,
    }
    return {name: value for name, value in data.items() if value}


def without_password(options: FileOptions) -> FileOptions:
    """The same options, as they may be shown."""
    return replace(options, sealed_password=None)


def _csv(data: dict[str, Any]) -> CsvOptions:
    try:
        return parse_csv_options(data)
    except InvalidInput as error:
        place = (error.place or _PLACE).removeprefix(_PLACE).removeprefix(".")
        raise InvalidInput(error.user_message, place=".".join(filter(None, (_PLACE, "csv", place)))) from error


def _unusual(options: object, usual: object, names: tuple[str, ...]) -> dict[str, Any]:
    given = {name: getattr(options, name) for name in names}
    return {
        name: str(value) if isinstance(value, (UUID, StrEnum)) else value
        for name, value in given.items()
        if value != getattr(usual, name)
    }
