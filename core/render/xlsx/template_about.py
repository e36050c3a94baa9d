"""The sheet at a filled template's end that says what the file rests on."""

from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.workbook import Workbook
from openpyxl.worksheet.properties import PageSetupProperties

from core.domain.result import ResultHead
from core.render.cell_text import Alterations, altered_in_words
from core.render.markup import escaped
from core.render.masthead import facts
from core.render.xlsx.template_cells import put_text

ALTERED = "Altered cells"
#: Stands for the altered cells until the rows are written, which comes after.
PLACEHOLDER = "{broadsheet: altered cells}"
_NAMES = ("About", "About this report", "About this report (2)")
_INK, _QUIET, _HAIRLINE, _ACCENT = "1C2024", "5E6672", "E4E1DA", "A4262C"
_LABEL_WIDTH, _TEXT_WIDTH = 24.0, 90.0


def add_about(workbook: Workbook, head: ResultHead, *, rows: int, notes: tuple[str, ...], accent: str | None) -> None:
    """Add the sheet; its altered cells are filled in by `with_altered`."""
    taken = {name.lower() for name in workbook.sheetnames}
    sheet = workbook.create_sheet(next(name for name in _NAMES if name.lower() not in taken))
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    for letter, width in (("A", 2.5), ("B", _LABEL_WIDTH), ("C", _TEXT_WIDTH)):
        sheet.column_dimensions[letter].width = width
    ignored = Alterations()
    title = sheet["B2"]
    put_text(title, head.title, "", ignored)
    title.font = Font(name="Georgia", size=18, color=_INK)
    rule = Side(style="medium", color=accent.lstrip("#").upper() if accent else _ACCENT)
    for letter in "BC":
        sheet[f"{letter}3"].border = Border(bottom=rule)
    hair = Border(bottom=Side(style="hair", color=_HAIRLINE))
    listed = facts(head, rows=rows, altered={}, notes=notes)
    for row, (label, text) in enumerate(listed, start=5):
        for letter, words, color in (("B", label, _QUIET), ("C", PLACEHOLDER if label == ALTERED else text, _INK)):
            cell = sheet[f"{letter}{row}"]
            put_text(cell, words, "", ignored)
            cell.font = Font(name="Calibri", size=11, color=color)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.border = hair


def with_altered(part: bytes, altered: dict[str, dict[str, int]]) -> bytes:
    """The sheet's XML with the altered cells in words."""
    return part.replace(PLACEHOLDER.encode(), escaped("\n".join(altered_in_words(altered)) or "None").encode())
