"""Fill my template: a result in a workbook that people brought, its formulas and styling kept.

openpyxl reads and writes everything but the rows. Those are written as XML by the same code as in other workbooks, into
the sheet that openpyxl wrote, so that memory does not grow with them.
"""

import warnings
from collections.abc import Iterator
from datetime import UTC
from io import BytesIO
from typing import BinaryIO
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.workbook.properties import CalcProperties
from openpyxl.xml.functions import tostring

from core.domain.artifact import Rendering
from core.domain.branding import Branding, Logo
from core.domain.result import Result, ResultHead
from core.errors import InvalidUpload, RenderError
from core.render.cell_text import Alterations, clean_characters
from core.render.masthead import row_notes
from core.render.renderer import ChartImage, Wishes
from core.render.xlsx import parts
from core.render.xlsx.package import Package
from core.render.xlsx.template_about import add_about, with_altered
from core.render.xlsx.template_cells import Drawn, cell_at, put_picture, put_value
from core.render.xlsx.template_names import CHART, LOGO, NamedValue, named_values
from core.render.xlsx.template_places import Place, Places, find_places
from core.render.xlsx.template_rows import listed
from core.render.xlsx.template_table import CountedRows, TableFilling, counted_rows

_CORE, _APP = "docProps/core.xml", "docProps/app.xml"


class TemplateRenderer:
    """Fills the workbook it was made with."""

    format = "xlsx"
    label = "Excel"
    extension = "xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    takes_chart = True

    def __init__(self, template: bytes, *, branding: Branding = Branding()) -> None:
        self._template = template
        self._branding = branding

    def fitted(self, wishes: Wishes) -> "TemplateRenderer":
        """Return the one that fills the template of `wishes`."""
        return TemplateRenderer(wishes.template or self._template, branding=wishes.branding)

    def render(
        self, result: Result, target: BinaryIO, *, chart: ChartImage | None = None, chart_note: str | None = None
    ) -> Rendering:
        """Fill names, table and pictures. `target` must be seekable. Raises RenderError where the two do not fit."""
        head, tally = result.head, Alterations()
        workbook = open_template(self._template)
        with counted_rows(result) as rows:
            places = _places(workbook)
            table = None if places.table is None else TableFilling(workbook, places.table, head, rows, tally)
            if table is not None:
                places = _places(workbook)  # names below the table have moved
            delivered = rows.count if table is not None else 0
            notes = (
                *(row_notes(head, delivered) if table is not None else head.notes),
                *_table_notes(places, table, head, rows),
                *_picture_notes(workbook, places, chart, chart_note),
                *_name_notes(places, head),
            )
            filler = _Filler(workbook, head, tally, self._pictures(chart), chart_note)
            filler.fill(places, rows=delivered, notes=notes)
            add_about(workbook, head, rows=delivered, notes=notes, accent=self._branding.accent)
            _write(workbook, table, head, tally, target)
        return Rendering(rows=delivered, altered=tally.as_dict(), notes=notes)

    def _pictures(self, chart: ChartImage | None) -> dict[str, Drawn | None]:
        return {CHART: _drawn(chart), LOGO: _drawn(self._branding.logo)}


def _drawn(picture: ChartImage | Logo | None) -> Drawn | None:
    return None if picture is None else Drawn(png=picture.png, width=picture.width, height=picture.height)


def open_template(content: bytes) -> Workbook:
    """Read a workbook to fill it; what openpyxl cannot keep was told when it was brought."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = load_workbook(BytesIO(content), rich_text=True, keep_links=False)
    workbook.template = False  # a .xltx becomes an ordinary workbook
    workbook.calculation = workbook.calculation or CalcProperties()  # other programs than Excel leave it out
    workbook.calculation.fullCalcOnLoad = True
    return workbook


class _Filler:
    """Fills the named cells of one workbook."""

    def __init__(
        self,
        workbook: Workbook,
        head: ResultHead,
        tally: Alterations,
        pictures: dict[str, Drawn | None],
        chart_note: str | None,
    ) -> None:
        self._workbook = workbook
        self._head = head
        self._tally = tally
        self._pictures = pictures
        self._chart_note = chart_note

    def fill(self, places: Places, *, rows: int, notes: tuple[str, ...]) -> None:
        """Fill every one; a name without a value empties its cell, so that no sample passes for a figure."""
        values = named_values(self._head, rows=rows, notes=notes)
        for place in places.cells:
            if place.key in self._pictures:
                self._picture(place)
            else:
                named = values.get(place.key, NamedValue(value=None))
                cell = cell_at(self._workbook, place)
                put_value(cell, named, label=place.name, timezone=self._head.timezone, tally=self._tally)

    def _picture(self, place: Place) -> None:
        picture = self._pictures[place.key]
        if picture is not None:
            put_picture(self._workbook, place, picture)
            return
        note = self._chart_note if place.key == CHART else None
        put_value(
            cell_at(self._workbook, place),
            NamedValue(value=note),
            label=place.name,
            timezone=self._head.timezone,
            tally=self._tally,
        )


def _places(workbook: Workbook) -> Places:
    try:
        return find_places(workbook)
    except InvalidUpload as error:
        raise RenderError(error.user_message) from error


def _table_notes(places: Places, table: TableFilling | None, head: ResultHead, rows: CountedRows) -> Iterator[str]:
    if table is not None:
        yield from table.notes
    elif rows.count:
        yield f"The template has no table: the {rows.count:,} rows of the report are not in this file."
    if head.totals and not any(place.key.startswith("total_") for place in places.cells):
        yield "Totals are left to the template: its table holds rows only."


def _picture_notes(
    workbook: Workbook, places: Places, chart: ChartImage | None, chart_note: str | None
) -> Iterator[str]:
    has_place = any(place.key == CHART for place in places.cells)
    if chart is None and chart_note:
        yield chart_note
    elif chart is None and has_place:
        yield "The report has no chart; the template's place for it is empty."
    elif chart is not None and not has_place and not any(sheet._charts for sheet in workbook.worksheets):
        yield "The template has no place for the chart; this file leaves it out."


def _name_notes(places: Places, head: ResultHead) -> Iterator[str]:
    known = named_values(head, rows=0, notes=()).keys() | {CHART, LOGO}
    without = [place.name for place in places.cells if place.key not in known]
    if without:
        yield f"The report has no value for {listed(without)} of the template; the cells are empty."


def _write(
    workbook: Workbook, table: TableFilling | None, head: ResultHead, tally: Alterations, target: BinaryIO
) -> None:
    """Write the workbook's parts with fixed times, the rows first: what they altered stands on the last sheet."""
    made = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook.save(made)
    _stamp(workbook, head)
    path = workbook[table.sheet].path[1:] if table is not None else ""
    about = workbook.worksheets[-1].path[1:]
    package = Package(target)
    with ZipFile(made) as archive:
        if table is not None:
            with package.part(path) as part:
                table.write(archive.read(path), part)
        for name in archive.namelist():
            if name == _CORE:
                package.write(name, tostring(workbook.properties.to_tree()))
            elif name == _APP:
                package.write(name, parts.app_properties())
            elif name == about:
                package.write(name, with_altered(archive.read(name), tally.as_dict()))
            elif name != path:
                package.write(name, archive.read(name))
    package.close()


def _stamp(workbook: Workbook, head: ResultHead) -> None:
    """The times of the file are those of the data."""
    about, at = workbook.properties, head.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    about.created = about.modified = at
    about.lastPrinted = None
    about.lastModifiedBy = head.organization or "Broadsheet"
    about.title = about.title or clean_characters(head.title)
