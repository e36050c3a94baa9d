"""What a report rests on, as a list of labels and texts: on the cover, or at the end of a report without one."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.render.cell_text import clean_characters
from core.render.pdf.document import Document
from core.render.pdf.shaping import SANS, SEMIBOLD, SERIF
from core.render.pdf.style import HAIRLINE, INK, MARGIN, QUIET
from core.render.pdf.wrapping import wrap

_SIZE = 8.0
_LEADING = 11.0
_GAP = 3.0
_LABEL_WIDTH = 92.0
_TITLE_GAP = 26.0
_TITLE_HEIGHT = 36.0  #: with the gap above
_BETWEEN = 20.0  #: columns

CLOSING = "Rows, altered cells and notes"
CLOSING_KEY = "closing"
KNOWN_LAST = ("Rows", "Altered cells", "Notes")  #: labels of what is known when the last row is

Fact = tuple[str, str]  #: label and text; the text may have several lines


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """Facts below each other, their texts wrapped."""

    left: float
    facts: Sequence[tuple[str, Sequence[str]]]

    @property
    def height(self) -> float:
        return sum(_GAP + _LEADING * len(lines) for _, lines in self.facts)


def draw_facts(
    document: Document, title: str, listed: Sequence[Fact], y: float, *, left: float = MARGIN, key: str | None = None
) -> float:
    """Draw the list from `left` to the right margin under its title, with a bookmark `key`; return the `y` below."""
    width = document.width - MARGIN - left
    return _draw(document, title, [_column(listed, left, width)], y, key=key)


def draw_closing(document: Document, listed: Sequence[Fact], y: float, *, has_cover: bool) -> float:
    """Draw the list at the end of the report: behind a cover, only what the cover could not know."""
    if has_cover:
        known_last = [fact for fact in listed if fact[0] in KNOWN_LAST]
        return draw_facts(document, CLOSING, known_last, y, key=CLOSING_KEY)
    width = (document.width - 2 * MARGIN - _BETWEEN) / 2
    columns = _two_columns(listed, width)
    if max(column.height for column in columns) + _TITLE_HEIGHT > document.bottom - MARGIN:
        return draw_facts(document, "About this report", listed, y, key=CLOSING_KEY)
    return _draw(document, "About this report", columns, y, key=CLOSING_KEY)


def _two_columns(listed: Sequence[Fact], width: float) -> list[_Column]:
    """The list cut where both parts are about as high."""
    right = MARGIN + width + _BETWEEN
    cuts = (
        [_column(listed[:cut], MARGIN, width), _column(listed[cut:], right, width)] for cut in range(1, len(listed) + 1)
    )
    return min(cuts, key=lambda columns: max(column.height for column in columns))


def _column(listed: Sequence[Fact], left: float, width: float) -> _Column:
    room = (width - _LABEL_WIDTH) * 1000 / _SIZE
    return _Column(
        left=left,
        facts=[(label, wrap(clean_characters(text), SANS, width=room, kerned=True)) for label, text in listed],
    )


def _draw(document: Document, title: str, columns: Sequence[_Column], y: float, *, key: str | None) -> float:
    """On one page where it fits one; a single column may go on over pages."""
    height = _TITLE_HEIGHT + max(column.height for column in columns)
    if y + min(height, document.bottom - MARGIN) > document.bottom:
        document.next_page()
        y = MARGIN - _TITLE_GAP + 10
    y += _TITLE_GAP
    if key is not None:
        document.bookmark(title, y - 14, key=key)
    left = columns[0].left
    document.page.text(title, left, y, face_name=SERIF, size=12.0, colour=INK)
    document.page.rule(left, y + 6, document.width - MARGIN - left, colour=HAIRLINE)
    return max(_draw_column(document, column, y + 10) for column in columns)


def _draw_column(document: Document, column: _Column, y: float) -> float:
    for label, lines in column.facts:
        y += _GAP
        for number, line in enumerate(lines):
            if y + _LEADING > document.bottom:
                document.next_page()
                y = MARGIN
            y += _LEADING
            if number == 0:
                document.page.text(label, column.left, y - 2, face_name=SEMIBOLD, size=_SIZE, colour=QUIET)
            document.page.text(line, column.left + _LABEL_WIDTH, y - 2, face_name=SANS, size=_SIZE, colour=INK)
    return y
