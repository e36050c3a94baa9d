"""How far a template's table grows, and where everything that refers to it then points."""

import re
from dataclasses import dataclass
from enum import Enum

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.cell_range import CellRange, MultiCellRange

from core.render.xlsx.template_places import TableArea

#: A cell or a range without its sheet; dollar sign, column, dollar sign, row, twice.
CELLS = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6})(?::(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6}))?")
_ROWS = re.compile(r"(\$?)([1-9][0-9]{0,6}):(\$?)([1-9][0-9]{0,6})")


class Reading(Enum):
    """How references are meant where that is not plain."""

    WHOLE = "whole"  #: the only row of a table stands for all of it: in charts, names, permitted values
    OWN = "own"  #: in a row of the table: rows without a dollar sign are that row's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A table's rows `first` to `last` become `first` to `new_last`; only its columns are pushed, as in Excel."""

    sheet: str
    left: int
    right: int
    first: int
    last: int
    new_last: int

    @property
    def by(self) -> int:
        """Rows that what is below moves down; below zero: up."""
        return self.new_last - self.last

    def row(self, row: int, *, is_end: bool = False) -> int:
        """Where a row comes to stand. `is_end`: a range that ends with the table's last row ends with the new one."""
        if row > self.last:
            return row + self.by
        if row == self.last and is_end:
            return self.new_last
        return min(row, self.new_last)

    def concerns(self, left: int, right: int) -> bool:
        """Whether something between two columns stands in the way of the table."""
        return left <= self.right and self.left <= right

    def area(self, ref: str) -> str:
        """A reference without a sheet and without dollar signs: "B8:F9"."""
        left, top, right, bottom = range_boundaries(ref)
        if not self.concerns(left, right):
            return ref
        top, bottom = self.row(top), self.row(bottom, is_end=True)
        return str(CellRange(min_col=left, max_col=right, min_row=top, max_row=bottom).coord)

    def areas(self, refs: MultiCellRange) -> MultiCellRange:
        """Several references, as formatting rules have them."""
        return MultiCellRange([CellRange(self.area(one.coord)) for one in refs.ranges])

    def formula(self, formula: str, home: str, *, reading: "Reading | None" = None) -> str:
        """A formula on sheet `home`; anything else than a formula stays."""
        if not formula.startswith("="):
            return formula
        parts = [
            self._reference(token.value, home, reading)
            if token.type == Token.OPERAND and token.subtype == Token.RANGE
            else token.value
            for token in Tokenizer(formula).items
        ]
        return "=" + "".join(parts)

    def reference(self, text: str, home: str) -> str:
        """What a chart, a name or a rule refers to, written without the equals sign."""
        return self.formula(f"={text}", home, reading=Reading.WHOLE)[1:]

    def _reference(self, text: str, home: str, reading: "Reading | None") -> str:
        prefix, mark, cells = text.rpartition("!")
        sheet = prefix.strip("'").replace("''", "'") if mark else home
        if sheet.lower() != self.sheet.lower():
            return text
        if whole := _ROWS.fullmatch(cells):
            first, last = self.row(int(whole[2])), self.row(int(whole[4]), is_end=True)
            return f"{prefix}{mark}{whole[1]}{first}:{whole[3]}{last}"
        found = CELLS.fullmatch(cells)
        return f"{prefix}{mark}{self._cells(found, reading)}" if found else text

    def _cells(self, found: "re.Match[str]", reading: "Reading | None") -> str:
        column, row = found[2], int(found[4])
        end_column, end = found[6] or column, int(found[8] or row)
        if not self.concerns(column_index_from_string(column), column_index_from_string(end_column)):
            return found[0]
        is_own = reading is Reading.OWN
        start = f"{found[1]}{column}{found[3]}{row if is_own and not found[3] else self.row(row)}"
        if found[8]:
            stays = is_own and not found[7]
            return f"{start}:{found[5]}{end_column}{found[7]}{end if stays else self.row(end, is_end=True)}"
        if reading is Reading.WHOLE and row == self.first == self.last and self.by:
            return f"{start}:{found[1]}{column}{found[3]}{self.new_last}"
        return start


def plan_growth(workbook: Workbook, area: TableArea, *, rows: int) -> Growth:
    """How far the table grows; pushed with it is all that reaches beyond its columns: merged cells, other tables."""
    sheet = workbook[area.sheet]
    left, right = area.left, area.right
    blocks = [merged.bounds for merged in sheet.merged_cells.ranges]
    blocks += [range_boundaries(table.ref) for table in sheet.tables.values()]
    below = [(one[0], one[2]) for one in blocks if one[1] > area.last]
    while True:
        wider = [one for one in below if one[0] <= right and left <= one[1]]
        widest = min([left, *(one[0] for one in wider)]), max([right, *(one[1] for one in wider)])
        if widest == (left, right):
            break
        left, right = widest
    return Growth(
        sheet=area.sheet,
        left=left,
        right=right,
        first=area.first,
        last=area.last,
        new_last=area.first + max(rows, 1) - 1,
    )
