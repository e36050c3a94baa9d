"""Conditional formatting as a spreadsheet's own rules, so that they go on marking when somebody changes a cell.

The first rule that fits a cell wins, as everywhere; a sheet's totals are not marked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.domain.appearance import FormatRule, RuleKind
from core.domain.result import ResultColumn
from core.render.cells import header_label
from core.render.markup import escaped
from core.render.palette import LIGHT
from core.render.rules import Look
from core.render.tones import paint
from core.render.xlsx.marks import mark_formula
from core.render.xlsx.sheet_columns import FIRST_ROW, SheetColumn
from core.render.xlsx.sheet_rows import SheetRows
from core.render.xlsx.styles import Styles, argb

_EXTENSION = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_RULE_EXTENSION = "{B025F937-C7B1-47D3-B67F-A62EFF666E3E}"
_SHEET_EXTENSION = "{78C0D931-6437-407d-A8EE-F0AAD7539E65}"
_Stretches = Sequence[tuple[int, int]]  #: first and last row of each stretch of rows on a sheet
SHEET_SCALES = "Shades and bars compare the cells of one sheet: the rows go on over several."


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRules:
    """What the rules are in a sheet's XML: `body` before its margins, `extension` at its end."""

    body: str = ""
    extension: str = ""


class RuleWriter:
    """Writes the rules of one report for each of its sheets."""

    def __init__(
        self,
        rules: Sequence[FormatRule],
        columns: Sequence[SheetColumn],
        styles: Styles,
        *,
        timezone: str,
        accent: str | None = None,
    ) -> None:
        self._shown = [column for column in columns if not column.column.is_hidden]
        self._styles = styles
        self._timezone = timezone
        self._accent = accent
        self._placed = [(rule, _places(rule, columns)) for rule in rules]

    def on_sheet(self, sheet: SheetRows) -> SheetRules:
        """The rules over the rows of a sheet, subtotals left out."""
        if not sheet.rows:
            return SheetRules()
        stretches = tuple(sheet.stretches())
        body: list[str] = []
        bars: list[str] = []
        for rule, places in self._placed:
            if not places:
                continue
            if rule.kind is RuleKind.MARK:
                body += list(self._marks(rule, places, stretches, len(body) + 1))
                continue
            area = " ".join(_area(place, place, stretches) for place in places)
            number = len(body) + 1
            body.append(_formatting(area, self._shades(rule, number)))
            if rule.kind is RuleKind.BAR:
                bars.append(self._bar_extension(rule, number, area))
        return SheetRules(body="".join(body), extension=_extension(bars) if bars else "")

    def notes(self, *, sheets: int) -> tuple[str, ...]:
        """What to be said of rules that do less here than elsewhere."""
        told = [
            f"The rule that marks {header_label(place.column)} is too long for a spreadsheet; its marks are missing."
            for rule, places in self._placed
            for place in places[:1]
            if rule.kind is RuleKind.MARK and self._formula(rule, place) is None
        ]
        scaled = any(rule.kind is not RuleKind.MARK and places for rule, places in self._placed)
        return (*told, SHEET_SCALES) if scaled and sheets > 1 else tuple(told)

    def _marks(
        self, rule: FormatRule, places: Sequence[SheetColumn], stretches: _Stretches, number: int
    ) -> Iterator[str]:
        """A spread measure marks each of its columns by itself; a whole row is marked by any of them."""
        style = self._styles.mark(paint(Look(kind=rule.kind, tone=rule.tone), accent=self._accent))
        for place in places:
            formula = self._formula(rule, place)
            if formula is None:
                continue
            ends = (self._shown[0], self._shown[-1]) if rule.whole_row else (place, place)
            area = _area(*ends, stretches)
            yield _formatting(
                area,
                f'<cfRule type="expression" dxfId="{style}" priority="{number}" stopIfTrue="1">'
                f"<formula>{escaped(formula)}</formula></cfRule>",
            )
            number += 1

    def _formula(self, rule: FormatRule, place: SheetColumn) -> str | None:
        """When the rule holds; where numbers have a shade or bar already, only for cells without a number."""
        cell = f"${place.letter}{FIRST_ROW}"
        formula = mark_formula(rule, place.column, cell, self._timezone)
        if formula is None or rule.whole_row or not self._is_shaded_before(rule, place):
            return formula
        return f"AND(NOT(ISNUMBER({cell})),{formula})"

    def _is_shaded_before(self, rule: FormatRule, place: SheetColumn) -> bool:
        for other, places in self._placed:
            if other is rule:
                return False
            if other.kind is not RuleKind.MARK and place in places:
                return True
        return False

    def _shades(self, rule: FormatRule, number: int) -> str:
        if rule.kind is RuleKind.SCALE:
            ends = [paint(Look(kind=rule.kind, tone=rule.tone, level=level), accent=self._accent) for level in (0, 1)]
            colours = "".join(f'<color rgb="{argb(end.fill)}"/>' for end in ends if end.fill)
            return (
                f'<cfRule type="colorScale" priority="{number}"><colorScale><cfvo type="min"/><cfvo type="max"/>'
                f"{colours}</colorScale></cfRule>"
            )
        return (
            f'<cfRule type="dataBar" priority="{number}"><dataBar><cfvo type="min"/><cfvo type="max"/>'
            f'<color rgb="{self._bar_colour(rule)}"/></dataBar><extLst>'
            f'<ext xmlns:x14="{_EXTENSION}" uri="{_RULE_EXTENSION}">'
            f"<x14:id>{_bar_id(number)}</x14:id></ext></extLst></cfRule>"
        )

    def _bar_colour(self, rule: FormatRule) -> str:
        return argb(paint(Look(kind=rule.kind, tone=rule.tone, ends=1.0), accent=self._accent).bar or LIGHT.hairline)

    def _bar_extension(self, rule: FormatRule, number: int, area: str) -> str:
        """Bars begin at zero, without a gradient, and negative ones go the other way: what older readers cannot say."""
        return (
            '<x14:conditionalFormatting xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
            f'<x14:cfRule type="dataBar" id="{_bar_id(number)}">'
            '<x14:dataBar minLength="0" maxLength="100" gradient="0">'
            '<x14:cfvo type="autoMin"/><x14:cfvo type="autoMax"/>'
            f'<x14:negativeFillColor rgb="{self._bar_colour(rule)}"/><x14:axisColor rgb="{argb(LIGHT.quiet)}"/>'
            f"</x14:dataBar></x14:cfRule><xm:sqref>{area}</xm:sqref>"
            "</x14:conditionalFormatting>"
        )


def _places(rule: FormatRule, columns: Sequence[SheetColumn]) -> tuple[SheetColumn, ...]:
    """The columns a rule is for; a spread measure stands in several, besides the one of its totals."""
    spread = tuple(each for each in columns if each.column.spans and each.column.key.startswith(f"{rule.key}|"))
    return spread or tuple(each for each in columns if _is_for(rule, each.column))


def _is_for(rule: FormatRule, column: ResultColumn) -> bool:
    return column.key == rule.key


def _area(first: SheetColumn, last: SheetColumn, stretches: _Stretches) -> str:
    return " ".join(f"{first.letter}{start}:{last.letter}{end}" for start, end in stretches)


def _formatting(area: str, rule: str) -> str:
    return f'<conditionalFormatting sqref="{area}">{rule}</conditionalFormatting>'


def _bar_id(number: int) -> str:
    return f"{{B0A5D5E7-0000-4000-8000-{number:012d}}}"


def _extension(bars: Sequence[str]) -> str:
    return (
        f'<extLst><ext xmlns:x14="{_EXTENSION}" uri="{_SHEET_EXTENSION}"><x14:conditionalFormattings>'
        f"{''.join(bars)}</x14:conditionalFormattings></ext></extLst>"
    )
