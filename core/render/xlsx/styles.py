"""The workbook's styles: fonts, fills and borders in the house's look, and a cell style for each number format."""

from core.domain.field import DateStyle, FieldType, NumberStyle
from core.domain.result import ResultColumn
from core.render.markup import escaped
from core.render.palette import LIGHT, inks
from core.render.tones import Paint

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

#: Fixed cell styles, by their place in cellXfs; column styles follow them.
DEFAULT, HEADER, HEADER_RIGHT, TITLE, QUIET, LABEL, VALUE, SECTION, SECTION_RIGHT, RULE, KPI_LABEL, LINK = range(12)
SUBTITLE, COUNT, HEADER_APART = 12, 13, 14
_FIXED = 15
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


def argb(colour: str) -> str:
    """A colour "#RRGGBB" as workbooks write it."""
    return f"FF{colour[1:].upper()}"


_INK, _QUIET, _HAIRLINE, _PAPER = (argb(each) for each in (LIGHT.ink, LIGHT.quiet, LIGHT.hairline, LIGHT.paper))
_FILLS = (
    '<fill><patternFill patternType="none"/></fill>',
    '<fill><patternFill patternType="gray125"/></fill>',
    f'<fill><patternFill patternType="solid"><fgColor rgb="{_PAPER}"/><bgColor indexed="64"/></patternFill></fill>',
)


def _font(color: str, *, size: int = 11, face: str = "Calibri", family: int = 2, marks: str = "") -> str:
    return f'<font>{marks}<sz val="{size}"/><color rgb="{color}"/><name val="{face}"/><family val="{family}"/></font>'


def _fonts(accent: str) -> tuple[str, ...]:
    return (
        _font(_INK),
        _font(_INK, marks="<b/>"),
        _font(_INK, size=22, face="Georgia", family=1, marks="<b/>"),
        _font(_QUIET),
        _font(accent, marks="<u/>"),
        _font(_INK, size=16, face="Georgia", family=1, marks="<b/>"),
    )


def _bottom_border(style: str, color: str) -> str:
    return f'<border><left/><right/><top/><bottom style="{style}"><color rgb="{color}"/></bottom><diagonal/></border>'


def _borders(accent: str) -> tuple[str, ...]:
    return (
        "<border><left/><right/><top/><bottom/><diagonal/></border>",
        _bottom_border("thin", _INK),
        _bottom_border("hair", _HAIRLINE),
        _bottom_border("medium", accent),
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
    _style(font=5, align='vertical="center"'),
    _style(border=2, number=3, align='horizontal="right"'),
    _style(font=1, fill=2, border=1, align='horizontal="left" vertical="center" indent="1"'),
)


class Styles:
    """Collects what columns, figures and rules need and gives each its style; `accent` is the one colour, #RRGGBB.

    Cells of texts are in the format Text, so that one that looks like a formula stays a text when it is typed over;
    not so where `raw`.
    """

    def __init__(self, *, accent: str | None = None, raw: bool = False) -> None:
        self._inks = inks(accent=accent)
        self._raw = raw
        self._formats: dict[str, int] = {}
        self._cells: dict[str, int] = {}
        self._marks: dict[str, int] = {}

    def of_column(self, column: ResultColumn, decimals: int | None, *, is_apart: bool = False) -> int:
        """The cell style of a column; `decimals` are those people see, None where the column has no numbers.

        `is_apart`: what begins at the left keeps away from the numbers that end there.
        """
        align = _align(column, is_apart=is_apart)
        return self._cell(_style(number=self._column_format(column, decimals), align=align))

    def of_total(self, column: ResultColumn, decimals: int | None, *, is_apart: bool = False) -> int:
        """The cell style of a column's totals."""
        align = _align(column, is_apart=is_apart) if is_apart else ""
        return self._cell(_style(font=1, border=4, number=self._column_format(column, decimals), align=align))

    def figure(self, column: ResultColumn, decimals: int) -> int:
        """The cell style of a headline number on the cover."""
        return self._cell(_style(border=2, number=self._number(number_format(column, decimals))))

    def change(self) -> int:
        """The cell style of a relative change on the cover."""
        return self._cell(_style(font=3, border=2, number=self._number("+0.0%;-0.0%;0.0%"), align='horizontal="right"'))

    def mark(self, paint: Paint) -> int:
        """The differential style of cells that a rule marks."""
        bold = "<b/>" if paint.is_bold else ""
        ink = f'<color rgb="{argb(paint.ink)}"/>' if paint.ink else ""
        font = f"<font>{bold}{ink}</font>" if bold or ink else ""
        fill = f'<fill><patternFill><bgColor rgb="{argb(paint.fill)}"/></patternFill></fill>' if paint.fill else ""
        return self._marks.setdefault(f"<dxf>{font}{fill}</dxf>", len(self._marks))

    def xml(self) -> str:
        """The part xl/styles.xml; cellStyles is there because readers warn without it."""
        fonts, borders = _fonts(argb(self._inks.accent_ink)), _borders(argb(self._inks.accent))
        formats = "".join(
            f'<numFmt numFmtId="{number}" formatCode="{escaped(code)}"/>' for code, number in self._formats.items()
        )
        cells = (*_FIXED_STYLES, *self._cells)
        return (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{_MAIN}">'
            + (f'<numFmts count="{len(self._formats)}">{formats}</numFmts>' if formats else "")
            + f'<fonts count="{len(fonts)}">{"".join(fonts)}</fonts>'
            + f'<fills count="{len(_FILLS)}">{"".join(_FILLS)}</fills>'
            + f'<borders count="{len(borders)}">{"".join(borders)}</borders>'
            + '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            + f'<cellXfs count="{len(cells)}">{"".join(cells)}</cellXfs>'
            + '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
            + f'<dxfs count="{len(self._marks)}">{"".join(self._marks)}</dxfs><tableStyles count="0"/></styleSheet>'
        )

    def _column_format(self, column: ResultColumn, decimals: int | None) -> int:
        if self._raw and column.type is FieldType.TEXT:
            return _BUILT_IN_FORMATS["General"]
        return self._number(number_format(column, decimals))

    def _number(self, code: str) -> int:
        if code in _BUILT_IN_FORMATS:
            return _BUILT_IN_FORMATS[code]
        return self._formats.setdefault(code, _FIRST_CUSTOM_FORMAT + len(self._formats))

    def _cell(self, style: str) -> int:
        return self._cells.setdefault(style, _FIXED + len(self._cells))


def _align(column: ResultColumn, *, is_apart: bool) -> str:
    """Spreadsheets set dates to the right, where they would touch the text of the next column."""
    if is_apart:
        return 'horizontal="left" indent="1"'
    return 'horizontal="left"' if column.type.is_temporal else ""


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
