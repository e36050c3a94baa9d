"""Makes room for the rows: what stands below a template's table moves, and what refers to the table grows with it."""

from collections.abc import Iterator

from openpyxl.chart.data_source import MultiLevelStrRef, NumRef, StrRef
from openpyxl.chart.series import Series
from openpyxl.chartsheet import Chartsheet
from openpyxl.descriptors.serialisable import Serialisable
from openpyxl.drawing.spreadsheet_drawing import OneCellAnchor, TwoCellAnchor
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook import Workbook
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from core.render.xlsx.template_growth import Growth, Reading
from core.render.xlsx.template_places import TableArea

#: Parts of a series that refer to cells; openpyxl lists its elements only while it writes them.
_SERIES_PARTS = ("tx", "cat", "val", "xVal", "yVal", "bubbleSize", "errBars", "dLbls")


def grow(workbook: Workbook, area: TableArea, growth: Growth) -> None:
    """Take the template's own rows out, move what is below, and mend everything that refers to it."""
    for sheet in workbook.worksheets:
        _mend_cells(sheet, growth)
        _mend_rules(sheet, growth)
        for chart in sheet._charts:
            _mend_chart(chart, growth, sheet.title)
        _mend_pivots(sheet, growth)
    for sheet in workbook.chartsheets:
        _mend_chartsheet(sheet, growth)
    for owner in (workbook, *workbook.worksheets):
        for name in owner.defined_names.values():
            is_table = not area.is_table and name.name == area.name
            name.attr_text = (
                _whole_table(area, growth)
                if is_table
                else growth.reference(name.attr_text, getattr(owner, "title", ""))
            )
    _move(workbook[area.sheet], area, growth)


def _whole_table(area: TableArea, growth: Growth) -> str:
    """The cells of a table that only a name makes one; the template may have given it no row yet."""
    first, last = get_column_letter(area.left), get_column_letter(area.right)
    return f"{quote_sheetname(area.sheet)}!${first}${area.first - 1}:${last}${growth.new_last}"


def _mend_cells(sheet: Worksheet, growth: Growth) -> None:
    for cell in sheet._cells.values():
        if isinstance(cell.value, ArrayFormula):
            cell.value.text = growth.formula(str(cell.value.text or ""), sheet.title)
            if sheet.title == growth.sheet:
                cell.value.ref = growth.area(cell.value.ref)
        elif cell.data_type == "f" and isinstance(cell.value, str):
            cell.value = growth.formula(cell.value, sheet.title)


def _mend_rules(sheet: Worksheet, growth: Growth) -> None:
    """Formulas of tables, of permitted values and of conditional formatting."""
    for table in sheet.tables.values():
        for column in table.tableColumns:
            for formula in filter(None, (column.calculatedColumnFormula, column.totalsRowFormula)):
                reading = Reading.OWN if formula is column.calculatedColumnFormula else None
                formula.attr_text = growth.formula(f"={formula.attr_text}", sheet.title, reading=reading)[1:]
    for validation in sheet.data_validations.dataValidation:
        for field in ("formula1", "formula2"):
            if text := getattr(validation, field):
                setattr(validation, field, growth.reference(text, sheet.title))
    for formatting in sheet.conditional_formatting:
        top = min(one.min_row for one in formatting.sqref.ranges)
        reading = Reading.OWN if sheet.title == growth.sheet and growth.first <= top <= growth.last else None
        for rule in formatting.rules:
            rule.formula = [growth.formula(f"={text}", sheet.title, reading=reading)[1:] for text in rule.formula]


def _mend_chartsheet(sheet: Chartsheet, growth: Growth) -> None:
    for chart in sheet._charts:
        _mend_chart(chart, growth, "")


def _mend_chart(chart: Serialisable, growth: Growth, home: str) -> None:
    """Let the series grow; the values that a chart keeps of them are stale and go."""
    chart.roundedCorners = False  # openpyxl forgets it, and spreadsheets take nothing for yes
    for owner in (*chart._charts, chart.title):
        for reference in _references(owner):
            reference.f = growth.reference(reference.f, home)
            for cache in ("numCache", "strCache", "multiLvlStrCache"):
                if hasattr(reference, cache):
                    setattr(reference, cache, None)


def _references(value: object) -> Iterator[Serialisable]:
    if isinstance(value, (NumRef, StrRef, MultiLevelStrRef)):
        if value.f:
            yield value
    elif isinstance(value, Serialisable):
        for name in _SERIES_PARTS if isinstance(value, Series) else value.__elements__:
            yield from _references(getattr(value, name, None))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _references(one)


def _mend_pivots(sheet: Worksheet, growth: Growth) -> None:
    """Pivot tables read their rows anew when the workbook is opened."""
    for pivot in sheet._pivots:
        source = pivot.cache.cacheSource.worksheetSource
        pivot.cache.refreshOnLoad = True
        if source is not None and source.ref and source.sheet == growth.sheet:
            source.ref = growth.area(source.ref)


def _move(sheet: Worksheet, area: TableArea, growth: Growth) -> None:
    """Move cells, and all that is tied to cells, of the table's sheet."""
    for place in [place for place in sheet._cells if _is_own(place, area)]:
        del sheet._cells[place]
    merged = [one for one in sheet.merged_cells.ranges if _is_below(one.bounds, growth)]
    _move_cells(sheet, growth)
    for one in merged:
        one.shift(row_shift=growth.by)
    for table in sheet.tables.values():
        table.ref = growth.area(table.ref)
        if table.autoFilter is not None and table.autoFilter.ref:
            table.autoFilter.ref = growth.area(table.autoFilter.ref)
        if table.displayName == area.name:
            _forget_filter(table)
    _move_rules(sheet, growth)
    _move_rows(sheet, growth)
    for drawing in (*sheet._charts, *sheet._images):
        _move_anchor(drawing.anchor, growth)


def _forget_filter(table: Table) -> None:
    """What was filtered or sorted were the template's own rows."""
    table.sortState = None
    if table.autoFilter is not None:
        table.autoFilter.filterColumn = ()
        table.autoFilter.sortState = None


def _is_own(place: tuple[int, int], area: TableArea) -> bool:
    return area.first <= place[0] <= area.last and area.left <= place[1] <= area.right


def _is_below(bounds: tuple[int, int, int, int], growth: Growth) -> bool:
    return bounds[1] > growth.last and growth.concerns(bounds[0], bounds[2])


def _move_cells(sheet: Worksheet, growth: Growth) -> None:
    moved = {
        place: sheet._cells[place]
        for place in sorted(sheet._cells)
        if place[0] > growth.last and growth.left <= place[1] <= growth.right
    }
    for place in moved:
        del sheet._cells[place]
    for (row, column), cell in moved.items():
        cell.row = row + growth.by
        sheet._cells[cell.row, column] = cell
        if getattr(cell, "hyperlink", None) is not None:
            cell.hyperlink.ref = cell.coordinate


def _move_rules(sheet: Worksheet, growth: Growth) -> None:
    """Formatting rules, permitted values, filter and print area."""
    rules = ConditionalFormattingList()
    for formatting in sheet.conditional_formatting:
        for rule in formatting.rules:
            rules.add(str(growth.areas(formatting.sqref)), rule)
    sheet.conditional_formatting = rules
    for validation in sheet.data_validations.dataValidation:
        validation.sqref = growth.areas(validation.sqref)
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = growth.area(sheet.auto_filter.ref)
    if sheet.print_area:
        areas = (area.rpartition("!")[2].replace("$", "") for area in sheet.print_area.split(","))
        sheet.print_area = [growth.area(area) for area in areas]


def _move_rows(sheet: Worksheet, growth: Growth) -> None:
    """Heights and page breaks go with the rows they belong to."""
    own = [row for row in sheet.row_dimensions if growth.first <= row <= growth.last]
    below = sorted(row for row in sheet.row_dimensions if row > growth.last)
    moved = [sheet.row_dimensions[row] for row in below]
    for row in (*own, *below):
        del sheet.row_dimensions[row]
    for dimension in moved:
        dimension.index += growth.by
        sheet.row_dimensions[dimension.index] = dimension
    for page_break in sheet.row_breaks.brk:
        page_break.id = growth.row(page_break.id, is_end=True)


def _move_anchor(anchor: OneCellAnchor | TwoCellAnchor | object, growth: Growth) -> None:
    """Pictures and charts below the table move with its columns; those beside it stay as large as they are."""
    if not isinstance(anchor, (OneCellAnchor, TwoCellAnchor)):
        return
    start = anchor._from
    end = anchor.to if isinstance(anchor, TwoCellAnchor) else start
    if start.row + 1 > growth.last and growth.concerns(start.col + 1, end.col + 1):
        start.row += growth.by
        if end is not start:
            end.row += growth.by
