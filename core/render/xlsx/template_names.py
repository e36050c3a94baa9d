"""The names that a template's cells may bear, what each means, and its value in a result."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from core.domain.field import FieldType, Format
from core.domain.result import CellValue, ColumnRole, Kpi, ResultColumn, ResultHead
from core.domain.workbook_template import TemplateName
from core.render.masthead import period_words, row_words

PREFIX = "broadsheet."
TABLE, CHART, LOGO = "table", "chart", "logo"

#: Name without its prefix -> what a cell called so gets.
MEANINGS = {
    "title": "Title of the report",
    "description": "Description of the report",
    "sentence": "The report as one sentence",
    "period": "The period in words",
    "period_start": "First day of the period",
    "period_end": "Last day of the period",
    "previous_period": "The period compared with, in words",
    "filters": "The filters in words, one a line",
    "as_of": "When the data was read",
    "logical_at": "The time that relative dates start from",
    "timezone": "Timezone of the report",
    "rows": "Number of rows in the file",
    "rows_matched": "Number of rows that match",
    "row_words": "How many of the matching rows are here, in words",
    "notes": "What a reader must know, one a line",
    "organization": "Name of the organization",
    "owner": "Owner of the report",
    "version": "Version of the report",
    "definition": "SHA-256 of the definition",
    CHART: "The report's chart, as a picture that fits the cells",
    LOGO: "The organization's logo, as a picture that fits the cells",
    TABLE: "The cells of the table: headings in the first row",
}
#: Endings of headline numbers; `kpi_revenue_change`.
_PREVIOUS, _CHANGE = "_previous", "_change"
#: Names with something of the report in their middle: beginning, ending, meaning.
_FAMILIES = (
    ("kpi_", _PREVIOUS, "Headline number before: {}"),
    ("kpi_", _CHANGE, "Change of the headline number: {}"),
    ("kpi_", "", "Headline number: {}"),
    ("total_", "", "Grand total: {}"),
)
_WORD = re.compile(r"[^\w]+")
_CHANGE_FORMAT = "+0.0%;-0.0%;0.0%"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedValue:
    """A value for a named cell: `column` says how a number or a day is written where the template does not."""

    value: CellValue
    column: ResultColumn | None = None
    number_format: str | None = None


def meaning_of(name: str) -> str | None:
    """What a name means, whatever its case; None where nothing is called so. `name` begins with the prefix."""
    key = name.lower().removeprefix(PREFIX)
    if key in MEANINGS:
        return MEANINGS[key]
    for beginning, ending, meaning in _FAMILIES:
        middle = key.removeprefix(beginning).removesuffix(ending)
        if key == f"{beginning}{middle}{ending}" and middle:
            return meaning.format(middle.replace("_", " "))
    return None


def filled_name(name: str, place: str) -> TemplateName | None:
    """The name as people are told of it, None where it is unknown."""
    meaning = meaning_of(name)
    return None if meaning is None else TemplateName(name=name, place=place, meaning=meaning)


def slug(label: str) -> str:
    """A label as the ending of a name: "Revenue (EUR)" is `revenue_eur`."""
    return _WORD.sub("_", label.lower()).strip("_")


def named_values(head: ResultHead, *, rows: int, notes: tuple[str, ...]) -> dict[str, NamedValue]:
    """Every value a result has a name for, by the name without its prefix; None in them is an empty cell."""
    period = head.period
    plain: dict[str, CellValue] = {
        "title": head.title,
        "description": head.description,
        "sentence": head.sentence,
        "period": period_words(period) if period else "All time",
        "previous_period": period_words(head.previous_period) if head.previous_period else None,
        "filters": "\n".join(head.filters_in_words) or "None",
        "timezone": head.timezone,
        "rows": rows,
        "rows_matched": max(rows, head.rows_matched),
        "row_words": row_words(head, rows),
        "notes": "\n".join(notes),
        "organization": head.organization,
        "owner": head.owner,
        "version": head.report_version,
        "definition": head.definition_sha256,
    }
    days: dict[str, date | datetime | None] = {
        "period_start": period.first_on if period else None,
        "period_end": period.last_on if period else None,
        "as_of": head.as_of,
        "logical_at": head.logical_at,
    }
    values = {key: NamedValue(value=value) for key, value in plain.items()}
    values |= {key: NamedValue(value=value, column=_moment(key, value)) for key, value in days.items()}
    return values | dict(_figures(head.kpis)) | dict(_totals(head))


def _figures(kpis: tuple[Kpi, ...]) -> Iterator[tuple[str, NamedValue]]:
    """Headline numbers by position and by label; the labels come last and win."""
    named = [(str(number), kpi) for number, kpi in enumerate(kpis, start=1)]
    named += [(slug(kpi.label), kpi) for kpi in reversed(kpis)]
    for key, kpi in named:
        yield f"kpi_{key}{_PREVIOUS}", NamedValue(value=kpi.previous, column=_figure(kpi))
        yield f"kpi_{key}{_CHANGE}", NamedValue(value=kpi.change, number_format=_CHANGE_FORMAT)
    for key, kpi in named:
        yield f"kpi_{key}", NamedValue(value=kpi.value, column=_figure(kpi))


def _totals(head: ResultHead) -> Iterator[tuple[str, NamedValue]]:
    """The grand total's values by column key and by label."""
    grand = next((total for total in head.totals if not total.level), None)
    if grand is None:
        return
    pairs = [pair for pair in zip(head.columns, grand.values, strict=True) if pair[1] is not None]
    for column, value in reversed(pairs):
        yield f"total_{slug(column.label)}", NamedValue(value=value, column=column)
    for column, value in pairs:
        yield f"total_{slug(column.key)}", NamedValue(value=value, column=column)


def _figure(kpi: Kpi) -> ResultColumn:
    return _column(kpi.label, FieldType.DECIMAL, kpi.format)


def _moment(key: str, value: date | datetime | None) -> ResultColumn:
    return _column(key, FieldType.DATETIME if isinstance(value, datetime) else FieldType.DATE, Format())


def _column(label: str, kind: FieldType, form: Format) -> ResultColumn:
    return ResultColumn(key=label, label=label, type=kind, role=ColumnRole.MEASURE, format=form)
