"""The workbook's styles: fonts, fills and borders in the house's look, and a cell style for each number format."""

from core.domain.field import DateStyle, FieldType, NumberStyle
from core.domain.result import ResultColumn
from core.render.markup import escaped

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_INK, _QUIET, _HAIRLINE, _ACCENT, _PAPER = "FF1C2024", "FF5E6672", "FFE4E1DA", "FFA4262C", "FFFBFAF7"

#: Fixed cell styles, by their place in cellXfs; column styles follow them.
DEFAULT, HEADER, HEADER_RIGHT, TITLE, QUIET, LABEL, VALUE, SECTION, SECTION_RIGHT, RULE, KPI_LABEL, LINK = range(12)
_FIXED = 12
_FIRST_CUSTOM_FORMAT = 164
_AS_TEXT = 49
_BUILT_IN_FORMATS = {"General": 0, "0": 1, "0.00": 2, "#,##0": 3, "#,##0.00": 4, "0%": 9, "0.00%": 10, "@": _AS_TEXT}

#: A workbook has no quarters: their first day is shown, as it is the value.
_DAY_FORMATS = {
    DateStyle.LONG: "dddd d mmmm yyyy",
    DateStyle.ISO: "yyyy-mm-dd",
    DateStyle.WEEKDAY: "ddd d mmm yyyy",
    DateStyle.MONTH: "mmm yyyy",
    DateStyle.YEAR: "yyyy",
}

_FONTS = (
    f'<font><sz val="11"/><color rgb="{_INK}"/><name val="Calibri"/><family val="2"/></font>',
    f'<font><b/><sz val="11"/><color rgb="{_INK}"/><name val="Calibri"/><family val="2"/></font>',
    f'<font><b/><sz val="22"/><color rgb="{_INK}"/><name val="Georgia"/><family val="1"/></font>',
    f'<font><sz val="11"/><color rgb="{_QUIET}"/><name val="Calibri"/><family val="2"/></font>',
    f'<font><u/><sz val="11"/><color rgb="{_ACCENT}"/><name val="Calibri"/><family val="2"/></font>',
)
_FILLS = (
    '<fill><patternFill patternType="none"/></fill>',
    '<fill><patternFill patternType="gray125"/></fill>',
    f'<fill><patternFill patternType="solid"><fgColor rgb="{_PAPER}"/><bgColor indexed="64"/></patternFill></fill>',
)


def _bottom_border(style: str, color: str) -> str:
    return f'<border><left/><right/><top/><bottom style="{style}"><color rgb="{color}"/></bottom><diagonal/></border>'


_BORDERS = (
    "<border><left/><right/><top/><bottom/><diagonal/></border>",
    _bottom_border("thin", _INK),
    _bottom_border("hair", _HAIRLINE),
    _bottom_border("medium", _ACCENT),
    f'<border><left/><right/><top style="thin"><color rgb="{_INK}"/></top><bottom/><diagonal/></border>',
)


def _style(*, font: int = 0, fill: int = 0, border: int = 0, number: int = 0, align: str = "") -> str:
    """One <xf>; every attribute group that differs from the default says so."""
    alignment = f"<alignment {align}/>" if align else ""
    return (
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
        f' applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">{alignment}</xf>'
    )


_FIXED_STYLES = (
    _style(),
    _style(font=1, fill=2, border=1, align='vertical="center"'),
    _style(font=1, fill=2, border=1, align='horizontal="right" vertical="center"'),
    _style(font=2, align='vertical="center"'),
    _style(font=3, align='vertical="top" wrapText="1"'),
    _style(font=3, border=2, align='vertical="top"'),
    _style(border=2, align='vertical="top" wrapText="1"'),
    _style(font=1, border=1),
    _style(font=1, border=1, align='horizontal="right"'),
    _style(border=3),
    _style(font=1, border=2),
    _style(font=4, number=_AS_TEXT),
)


class Styles:
    """Collects the number formats that columns and figures need and gives each its cell style."""

    def __init__(self) -> None:
        self._formats: dict[str, int] = {}
        self._cells: dict[str, int] = {}

    def of_column(self, column: ResultColumn, decimals: int | None) -> int:
        """The cell style of a column; `decimals` are those people see, None where the column has no numbers."""
        # Spreadsheets set dates to the right, where they would touch the text of the next column.
        align = 'horizontal="left"' if column.type.is_temporal else ""
        return self._cell(_style(number=self._number(number_format(column, decimals)), align=align))

    def of_total(self, column: ResultColumn, decimals: int | None) -> int:
        """The cell style of a column's totals."""
        return self._cell(_style(font=1, border=4, number=self._number(number_format(column, decimals))))

    def figure(self, column: ResultColumn, decimals: int) -> int:
        """The cell style of a headline number on the cover."""
        return self._cell(_style(border=2, number=self._number(number_format(column, decimals))))

    def change(self) -> int:
        """The cell style of a relative change on the cover."""
        return self._cell(_style(font=3, border=2, number=self._number("+0.0%;-0.0%;0.0%"), align='horizontal="right"'))

    def xml(self) -> str:
        """The part xl/styles.xml; cellStyles is there because readers warn without it."""
        formats = "".join(
            f'<numFmt numFmtId="{number}" formatCode="{escaped(code)}"/>' for code, number in self._formats.items()
        )
        cells = (*_FIXED_STYLES, *self._cells)
        return (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{_MAIN}">'
            + (f'<numFmts count="{len(self._formats)}">{formats}</numFmts>' if formats else "")
            + f'<fonts count="{len(_FONTS)}">{"".join(_FONTS)}</fonts>'
            + f'<fills count="{len(_FILLS)}">{"".join(_FILLS)}</fills>'
            + f'<borders count="{len(_BORDERS)}">{"".join(_BORDERS)}</borders>'
            + '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            + f'<cellXfs count="{len(cells)}">{"".join(cells)}</cellXfs>'
            + '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
            + '<dxfs count="0"/><tableStyles count="0"/></styleSheet>'
        )

    def _number(self, code: str) -> int:
        if code in _BUILT_IN_FORMATS:
            return _BUILT_IN_FORMATS[code]
        return self._formats.setdefault(code, _FIRST_CUSTOM_FORMAT + len(self._formats))

    def _cell(self, style: str) -> int:
        return self._cells.setdefault(style, _FIXED + len(self._cells))


def number_format(column: ResultColumn, decimals: int | None) -> str:
    """The spreadsheet's format code for a column: what people see, while the cell keeps the full value."""
    if column.type.is_temporal:
        day = _DAY_FORMATS.get(column.format.date_style or DateStyle.MEDIUM, "d mmm yyyy")
        return day if column.type is FieldType.DATE else f'{day}", "hh:mm'
    if decimals is None:
        return "@" if column.type is FieldType.TEXT else "General"
    fraction = "." + "0" * decimals if decimals else ""
    if column.format.style is NumberStyle.PERCENT:
        return f"0{fraction}%"
    if column.format.style is NumberStyle.PLAIN:
        return f"0{fraction}"
    return f"#,##0{fraction}"
