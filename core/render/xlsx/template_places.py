"""Where a template is filled: its cells with names of ours, and the table for the rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl.utils import get_column_letter, quote_sheetname, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from core.errors import InvalidUpload
from core.render.xlsx.template_names import PREFIX, TABLE, meaning_of

#: A table called so is filled where the workbook has several.
TABLE_NAME = "broadsheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Cells that a name stands for, counted from 1; the first of them is filled."""

    name: str  #: as it stands in the workbook
    sheet: str
    left: int
    top: int
    right: int
    bottom: int

    @property
    def key(self) -> str:
        """The name without its prefix, in lower case."""
        return self.name.lower().removeprefix(PREFIX)

    @property
    def words(self) -> str:
        """As people write it: "Report!B2:C4"."""
        return cells_words(self.sheet, self.left, self.top, self.right, self.bottom)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableArea:
    """Where the rows go: columns `left` to `right`, the template's own rows `first` to `last` below the headings."""

    sheet: str
    left: int
    right: int
    first: int
    last: int
    headings: tuple[str, ...]
    name: str
    is_table: bool  #: an Excel table, not cells with a name
    has_totals: bool = False  #: a totals row of the table stands right below

    @property
    def words(self) -> str:
        """Its cells, headings included."""
        return cells_words(self.sheet, self.left, self.first - 1, self.right, self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """All that can be filled in a workbook, and names that begin like ours and cannot."""

    cells: tuple[Place, ...]
    table: TableArea | None
    unknown: tuple[str, ...]


def find_places(workbook: Workbook) -> Places:
    """Look for names and the table. Raises InvalidUpload where the table cannot be filled."""
    found, unknown = [], []
    for name in sorted(_our_names(workbook), key=lambda one: str(one.name).lower()):
        place = _place(workbook, name)
        if place is None:
            unknown.append(f"{name.name} points to no cells of this workbook")
        elif meaning_of(name.name) is None:
            unknown.append(f"{name.name} ({place.words}) is no name that is filled")
        else:
            found.append(place)
    area = _table_area(workbook, next((place for place in found if place.key == TABLE), None))
    cells = tuple(place for place in found if place.key != TABLE)
    if area is not None:
        _check_apart(workbook, area, cells)
    return Places(cells=cells, table=area, unknown=tuple(unknown))


def cells_words(sheet: str, left: int, top: int, right: int, bottom: int) -> str:
    """Cells as people write them: "Report!B2", "'My sheet'!B2:C4"."""
    first, last = f"{get_column_letter(left)}{top}", f"{get_column_letter(right)}{bottom}"
    return f"{quote_sheetname(sheet) if ' ' in sheet else sheet}!{first if first == last else f'{first}:{last}'}"


def _our_names(workbook: Workbook) -> Iterator[DefinedName]:
    for owner in (workbook, *workbook.worksheets):
        for name in owner.defined_names.values():
            if name.name.lower().startswith(PREFIX):
                yield name


def _place(workbook: Workbook, name: DefinedName) -> Place | None:
    """The cells of a name; None where it is a formula, several areas, or points to what is gone."""
    areas = list(name.destinations)
    if len(areas) != 1:
        return None
    sheet, cells = str(areas[0][0]).replace("''", "'"), areas[0][1]
    try:
        left, top, right, bottom = range_boundaries(cells)
    except (ValueError, TypeError):
        return None
    if sheet not in (one.title for one in workbook.worksheets) or None in (left, top, right, bottom):
        return None
    return Place(name=name.name, sheet=sheet, left=left, top=top, right=right, bottom=bottom)


def _table_area(workbook: Workbook, named: Place | None) -> TableArea | None:
    tables = [(sheet, table) for sheet in workbook.worksheets for table in sheet.tables.values()]
    ours = [pair for pair in tables if pair[1].displayName.lower() == TABLE_NAME]
    if named is not None:
        inside = [pair for pair in tables if pair[0].title == named.sheet and _overlaps(pair[1], named)]
        return _of_table(*inside[0]) if inside else _of_cells(workbook[named.sheet], named)
    if ours or len(tables) == 1:
        return _of_table(*(ours or tables)[0])
    if tables:
        names = ", ".join(table.displayName for _, table in tables)
        raise InvalidUpload(
            f"The workbook has {len(tables)} tables ({names}). Call the one for the rows Broadsheet, or give its cells "
            f"the name {PREFIX}{TABLE}.",
            place="table",
        )
    return None


def _of_table(sheet: Worksheet, table: Table) -> TableArea:
    left, top, right, bottom = range_boundaries(table.ref)
    if table.headerRowCount == 0:
        raise InvalidUpload(f"The table {table.displayName} has no row of headings. Show it.", place="table")
    totals = table.totalsRowCount or 0
    return TableArea(
        sheet=sheet.title,
        left=left,
        right=right,
        first=top + 1,
        last=bottom - totals,
        headings=_headings(sheet, left, top, right),
        name=table.displayName,
        is_table=True,
        has_totals=bool(totals),
    )


def _of_cells(sheet: Worksheet, place: Place) -> TableArea:
    return TableArea(
        sheet=sheet.title,
        left=place.left,
        right=place.right,
        first=place.top + 1,
        last=max(place.bottom, place.top + 1),
        headings=_headings(sheet, place.left, place.top, place.right),
        name=place.name,
        is_table=False,
    )


def _headings(sheet: Worksheet, left: int, row: int, right: int) -> tuple[str, ...]:
    cells = (sheet.cell(row, column).value for column in range(left, right + 1))
    return tuple("" if value is None else " ".join(str(value).split()) for value in cells)


def _overlaps(table: Table, place: Place) -> bool:
    left, top, right, bottom = range_boundaries(table.ref)
    across = left <= place.right and place.left <= right
    return bool(across and top <= place.bottom and place.top <= bottom)


def _check_apart(workbook: Workbook, area: TableArea, cells: tuple[Place, ...]) -> None:
    """Names and merged cells may not lie where the rows go."""
    for place in cells:
        across = place.sheet == area.sheet and area.left <= place.right and place.left <= area.right
        if across and place.top <= area.last and area.first - 1 <= place.bottom:
            raise InvalidUpload(f"{place.name} lies inside the table, where the rows go.", place=place.name)
    for merged in workbook[area.sheet].merged_cells.ranges:
        across = merged.min_col <= area.right and area.left <= merged.max_col
        if across and merged.min_row <= area.last and area.first <= merged.max_row:
            raise InvalidUpload(f"Cells of the table are merged ({merged.coord}). Unmerge them.", place="table")
