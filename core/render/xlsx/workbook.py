"""A workbook of one report or several: a cover, the rows of each on sheets of their own, charts that stay alive."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultHead
from core.render.cell_text import Alterations
from core.render.masthead import facts, row_notes
from core.render.renderer import ChartImage, Wishes
from core.render.rule_words import rules_in_words
from core.render.xlsx import parts
from core.render.xlsx.chart_data import chart_data
from core.render.xlsx.chart_rows import ChartRows
from core.render.xlsx.chart_sheet import chart_sheet, places_in_rows
from core.render.xlsx.chart_xml import chart_xml
from core.render.xlsx.cover import CHART_WIDTH_PX, Cover, Section
from core.render.xlsx.drawing import Hanging, drawing_parts
from core.render.xlsx.grouped_rows import find_grouping
from core.render.xlsx.hidden_marks import with_mark_column
from core.render.xlsx.package import Package
from core.render.xlsx.parts import SheetEntry
from core.render.xlsx.report_sheets import ReportSheets, SheetPlan, WrittenSheets
from core.render.xlsx.sheet_names import SheetNames
from core.render.xlsx.styles import Styles

_COVER, _CHART_DATA = "About", "Chart data"
_COVER_NUMBER = 1
_CHART_HEIGHT_PX = 340


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """A report's chart as a picture, for where a spreadsheet cannot draw it; `missing` says why there is none."""

    image: ChartImage | None = None
    missing: str | None = None


class Workbook:
    """Writes the rows of each report as it is added, then the cover, which tells of them. `target` must be seekable."""

    def __init__(self, target: BinaryIO, *, wishes: Wishes, rows_per_sheet: int) -> None:
        self._wishes = wishes
        self._rows_per_sheet = rows_per_sheet
        self._styles = Styles(accent=wishes.branding.accent, raw=wishes.options.xlsx.raw)
        self._names = SheetNames()
        self._names.take(_COVER)
        self._package = Package(target)
        self._package.write("_rels/.rels", parts.package_relationships())
        self._entries: list[SheetEntry] = []
        self._sections: list[Section] = []

    def add(
        self,
        result: Result,
        *,
        name: str,
        pictures: Pictures = Pictures(),
        note: str | None = None,
        is_words: bool = False,
    ) -> Rendering:
        """Write the rows of a report to sheets called `name`, `name 2` and so on.

        `note`: what is to be said of it besides. `is_words`: they rest on nothing that the cover should tell.
        """
        head, tally = result.head, Alterations()
        drawn = ChartRows(head.chart, head.columns) if head.chart is not None else None
        marked = with_mark_column(result)
        sheets = ReportSheets(self._package, marked.head, self._plan(name), tally)
        grouping = find_grouping(marked, most_rows=self._rows_per_sheet)
        written = sheets.write(marked.batches, drawn.add if drawn is not None else _unwatched, grouping)
        self._entries += written.entries
        rows = sum(sheet.rows for sheet in written.sheets)
        chart = self._chart(head, written, drawn, tally) or _picture(head, pictures.image)
        notes = [*row_notes(head, rows), *([note] if note else [])]
        if len(written.sheets) > 1:
            most = self._rows_per_sheet
            notes.append(f"The rows go on over {len(written.sheets)} sheets: one holds at most {most:,}.")
        notes += written.notes
        if chart is None and pictures.missing:
            notes.append(pictures.missing)
        rendering = Rendering(rows=rows, altered=tally.as_dict(), notes=tuple(notes))
        self._sections.append(
            Section(
                head=head,
                facts=() if is_words else _facts(head, rendering),
                rows=rows,
                sheet=written.sheets[0].name,
                chart=chart,
            )
        )
        return rendering

    def close(self, title: str | None = None, *, lead: tuple[str, ...] = (), of: str = "Reports") -> None:
        """Write the cover and the parts that name the others.

        `title` is that of a workbook of several reports, `lead` what stands below it, `of` the heading of their list.
        """
        is_first = self._wishes.options.xlsx.cover or not self._entries
        cover = Cover(self._styles, logo=self._wishes.branding.logo, is_first=is_first)
        if title is None:
            cover.report(self._sections[0])
        else:
            cover.reports(title, self._sections, lead=lead, of=of)
        hanging = drawing_parts(cover.hanging) if cover.hanging else None
        self._package.write(parts.sheet_part(_COVER_NUMBER), cover.xml())
        if hanging is not None:
            links = parts.relationships([("drawing", "../drawings/drawing1.xml")])
            self._package.write(f"xl/worksheets/_rels/sheet{_COVER_NUMBER}.xml.rels", links)
            for part, content in hanging.parts:
                self._package.write(part, content)
        about = SheetEntry(name=_COVER, number=_COVER_NUMBER)
        self._write_connections([about, *self._entries] if is_first else [*self._entries, about], title)
        self._package.write(
            "[Content_Types].xml",
            parts.content_types(
                sheets=len(self._entries) + 1,
                charts=hanging.charts if hanging else 0,
                has_drawing=hanging is not None,
                has_pictures=hanging is not None and hanging.has_pictures,
            ),
        )
        self._package.close()

    def _plan(self, name: str) -> SheetPlan:
        options = self._wishes.options.xlsx
        return SheetPlan(
            styles=self._styles,
            accent=self._wishes.branding.accent,
            rows_per_sheet=self._rows_per_sheet,
            has_formulas=options.formulas,
            opens_first=not options.cover and not self._entries,
            next_sheet=_counting(name, self._names, start=self._next_number),
        )

    @property
    def _next_number(self) -> int:
        return _COVER_NUMBER + 1 + len(self._entries)

    def _chart(
        self, head: ResultHead, written: WrittenSheets, drawn: ChartRows | None, tally: Alterations
    ) -> Hanging | None:
        """The report's chart as a spreadsheet's own; None where it has none or only a picture can show it."""
        table = drawn.table() if drawn is not None else None
        if head.chart is None or table is None:
            return None
        data = chart_data(head.chart, head.columns, table, accent=self._wishes.branding.accent)
        if data is None:
            return None
        columns = {column.column.key: column for column in written.columns}
        altered = tally.as_dict()
        shown = {each.label for each in (data.x, *data.measures)}
        is_whole = len(written.sheets) == 1 and not written.sheets[0].breaks and shown.isdisjoint(altered)
        if data.is_of_rows and is_whole:
            places = places_in_rows(data, written.sheets[0], columns)
        else:
            entry = SheetEntry(name=self._names.take(_CHART_DATA), number=self._next_number)
            content, places = chart_sheet(data, entry.name, self._styles, columns[data.measures[0].key].decimals)
            self._package.write(parts.sheet_part(entry.number), content)
            self._entries.append(entry)
        return _hanging(head, CHART_WIDTH_PX, _CHART_HEIGHT_PX, chart=chart_xml(data, places))

    def _write_connections(self, entries: list[SheetEntry], title: str | None) -> None:
        """Write the parts that name the others."""
        heads = [section.head for section in self._sections]
        sheets = [("worksheet", f"worksheets/sheet{entry.number}.xml") for entry in entries]
        self._package.write("xl/styles.xml", self._styles.xml())
        self._package.write("xl/workbook.xml", parts.workbook(entries))
        self._package.write("xl/_rels/workbook.xml.rels", parts.relationships([*sheets, ("styles", "styles.xml")]))
        self._package.write(
            "docProps/core.xml",
            parts.core_properties(
                title=title or heads[0].title,
                subject="; ".join(head.title for head in heads) if title else heads[0].sentence,
                creator=heads[0].organization or heads[0].owner,
                as_of=max(head.as_of for head in heads),
            ),
        )
        self._package.write("docProps/app.xml", parts.app_properties())


def _unwatched(batch: pa.RecordBatch) -> None:
    """Rows that no chart draws."""


def _counting(name: str, names: SheetNames, *, start: int) -> Callable[[], SheetEntry]:
    """Gives the sheets of one report their names and numbers, one after the other."""
    numbers = iter(range(start, start + 1_000_000))
    return lambda: SheetEntry(name=names.take(name), number=next(numbers))


def _facts(head: ResultHead, rendering: Rendering) -> tuple[tuple[str, str], ...]:
    listed = facts(head, rows=rendering.rows, altered=rendering.altered, notes=rendering.notes)
    marks = rules_in_words(head.rules, (*head.columns, *head.hidden), head.timezone)
    return (*listed, ("Marks", "\n".join(marks))) if marks else tuple(listed)


def _picture(head: ResultHead, image: ChartImage | None) -> Hanging | None:
    if image is None:
        return None
    return _hanging(head, CHART_WIDTH_PX, round(CHART_WIDTH_PX * image.height / image.width), png=image.png)


def _hanging(
    head: ResultHead, width: int, height: int, *, png: bytes | None = None, chart: str | None = None
) -> Hanging:
    """The cover says where."""
    return Hanging(
        row=0, column=0, width=width, height=height, alternative=f"Chart: {head.title}", png=png, chart=chart
    )
