"""What a form knows of how files are made: from options into its values, and back; no drawing."""

from collections.abc import Mapping
from typing import Any

from core.domain.csv_options import CsvDateStyle, CsvNewline, CsvOptions
from core.domain.file_options import FileOptions, Orientation, PdfOptions, PdfStyle, XlsxOptions

_CSV = ("delimiter", "decimal", "date_style", "newline", "bom", "gzip", "raw")
_XLSX = ("cover", "formulas", "raw", "template_id")
_PDF = ("style", "orientation", "paper")
NONE = ""
#: Formats that have choices.
WITH_CHOICES = ("csv", "xlsx", "pdf")
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
DECIMALS = {".": "Point: 1.5", ",": "Comma: 1,5"}
DATES = {
    CsvDateStyle.ISO: "2026-11-23",
    CsvDateStyle.DAY_FIRST: "23.11.2026",
    CsvDateStyle.DAY_FIRST_SLASHES: "23/11/2026",
    CsvDateStyle.MONTH_FIRST: "11/23/2026",
}
NEWLINES = {CsvNewline.CRLF: "Windows (CR LF)", CsvNewline.LF: "Unix (LF)"}
STYLES = {PdfStyle.COMPACT: "Compact", PdfStyle.COVER: "With a cover page"}
ORIENTATIONS = {
    Orientation.AUTO: "As wide as needed",
    Orientation.PORTRAIT: "Portrait",
    Orientation.LANDSCAPE: "Landscape",
}


def values_of(options: FileOptions) -> dict[str, Any]:
    """Return the form's values; every choice has one. A control of choices takes None for no choice: it is "" here."""
    return {
        **{f"csv_{name}": getattr(options.csv, name) for name in _CSV},
        **{f"xlsx_{name}": getattr(options.xlsx, name) for name in _XLSX},
        **{f"pdf_{name}": getattr(options.pdf, name) for name in _PDF},
        "xlsx_template_id": options.xlsx.template_id or NONE,
        "pdf_paper": options.pdf.paper or NONE,
        "file_name": options.file_name or "",
        "zip": options.zip,
    }


def options_of(values: Mapping[str, Any]) -> FileOptions:
    """Return what the form's values choose; a password is no part of it."""
    values = {**values, **{name: values[name] or None for name in ("xlsx_template_id", "pdf_paper")}}
    return FileOptions(
        csv=CsvOptions(**{name: values[f"csv_{name}"] for name in _CSV}),
        xlsx=XlsxOptions(**{name: values[f"xlsx_{name}"] for name in _XLSX}),
        pdf=PdfOptions(**{name: values[f"pdf_{name}"] for name in _PDF}),
        file_name=(values["file_name"] or "").strip() or None,
        zip=bool(values["zip"]),
    )
