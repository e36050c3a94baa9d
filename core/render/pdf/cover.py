"""The cover: a page of its own with logo, title, period, contents with page numbers, and what the report rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.moments import instant_words
from core.domain.result import ResultHead
from core.render.cell_text import clean_characters
from core.render.masthead import facts, period_words, row_words
from core.render.pdf.document import Document, fit
from core.render.pdf.facts import CLOSING, CLOSING_KEY, KNOWN_LAST, draw_facts
from core.render.pdf.front import draw_logo, paragraph
from core.render.pdf.page import Page
from core.render.pdf.shaping import SANS, SEMIBOLD, SERIF
from core.render.pdf.style import HAIRLINE, INK, MARGIN, QUIET, TEXT_SIZE
from core.render.pdf.wrapping import shortened, wrap

_TITLE_SIZE = 36.0
_TITLE_LEADING = 41.0
_MOST_TITLE_LINES = 4
_MOST_GROUPS = 10  #: listed by name
_ENTRY_HEIGHT = 16.0
_CONTENTS = "contents"
_RESTS_ON = "What this report rests on"
_BETWEEN = 28.0  #: contents and facts on a page that lies


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the contents and the bookmark it leads to."""

    title: str
    key: str
    level: int = 0


def contents(head: ResultHead, groups: Sequence[str], *, has_chart: bool) -> list[Entry]:
    """What the report holds; of many groups the first ones."""
    entries = [Entry(title="Figures", key="figures")] if head.kpis else []
    if has_chart:
        entries.append(Entry(title="Chart", key="chart"))
    entries.append(Entry(title=row_words(head, head.rows_delivered), key="table"))
    entries += [Entry(title=title, key=f"group-{n}", level=1) for n, title in enumerate(groups[:_MOST_GROUPS])]
    more = len(groups) - _MOST_GROUPS
    if more > 0:
        words = f"and {more:,} more group{'s' if more > 1 else ''}"
        entries.append(Entry(title=words, key=f"group-{_MOST_GROUPS}", level=1))
    return [*entries, Entry(title=CLOSING, key=CLOSING_KEY)]


class Cover:
    """Draws the cover and, when the last page is known, its page numbers."""

    def __init__(self, document: Document, head: ResultHead, entries: Sequence[Entry]) -> None:
        self._document = document
        self._head = head
        self._entries = entries
        self._tops: list[float] = []
        self._lies = document.width > document.height
        room = document.width - 2 * MARGIN
        self._width = (room - _BETWEEN) / 2 if self._lies else room  #: of the contents

    def draw(self) -> None:
        """Draw it and begin the page behind it."""
        document, head = self._document, self._head
        document.bookmark(clean_characters(head.title), MARGIN, key="report")
        y = self._draw_title(self._draw_house())
        for text in (head.description, head.sentence):
            if text:
                y = paragraph(document, text, y + 4, size=11.0)
        y = self._draw_contents(y + 22)
        listed = facts(head, rows=head.rows_delivered, altered={}, notes=())
        known = [fact for fact in listed if fact[0] not in KNOWN_LAST]
        if self._lies:
            left = MARGIN + self._width + _BETWEEN
            draw_facts(document, _RESTS_ON, known, self._tops[0] - 15, left=left)
        else:
            draw_facts(document, _RESTS_ON, known, y)
        document.next_page()

    def finish(self) -> None:
        """Draw the page numbers of the contents."""
        self._document.fill_in(_CONTENTS, self._draw_numbers)

    def _draw_house(self) -> float:
        """Logo and organization at the top."""
        document = self._document
        name = fit(clean_characters(self._head.organization), 260, 11.0, SEMIBOLD)
        taken = draw_logo(document, MARGIN, MARGIN, width=200, height=52)
        if taken:
            right = document.width - MARGIN
            document.page.text(name, right, MARGIN + 11, face_name=SEMIBOLD, size=11.0, colour=QUIET, align_right=True)
            return MARGIN + 52
        document.page.text(name, MARGIN, MARGIN + 11, face_name=SEMIBOLD, size=11.0, colour=INK)
        return MARGIN + 14

    def _draw_title(self, y: float) -> float:
        document, head = self._document, self._head
        page, width = document.page, document.width - 2 * MARGIN
        y = max(y + 40, document.height * (0.14 if self._lies else 0.2))
        page.rule(MARGIN, y, 64, colour=document.look.accent, thickness=3.0)
        y += 8
        title = wrap(clean_characters(head.title), SERIF, width=width * 1000 / _TITLE_SIZE, kerned=True)
        for line in shortened(title, _MOST_TITLE_LINES):
            y += _TITLE_LEADING
            page.text(line, MARGIN - 1.5, y - 6, face_name=SERIF, size=_TITLE_SIZE, colour=INK)
        y += 19
        period = period_words(head.period) if head.period else "All time"
        page.text(period, MARGIN, y, face_name=SEMIBOLD, size=13.0, colour=INK)
        as_of = f"Data as of {instant_words(head.as_of, head.timezone)}"
        page.text(as_of, MARGIN, y + 16, face_name=SANS, size=TEXT_SIZE, colour=QUIET)
        return y + 24

    def _draw_contents(self, y: float) -> float:
        """The entries; their numbers are drawn when they are known."""
        document = self._document
        if y + len(self._entries) * _ENTRY_HEIGHT > document.bottom:
            document.next_page()
            y = MARGIN
        width = self._width
        for entry in self._entries:
            indent = 14.0 * entry.level
            size = TEXT_SIZE + (0.5 if entry.level == 0 else 0)
            title = fit(clean_characters(entry.title), width - 60 - indent, size, SANS)
            document.page.text(title, MARGIN + indent, y + 11, face_name=SANS, size=size, colour=INK)
            document.page.rule(MARGIN, y + _ENTRY_HEIGHT - 0.5, width, colour=HAIRLINE)
            document.link(entry.key, MARGIN, y, width, _ENTRY_HEIGHT)
            self._tops.append(y)
            y += _ENTRY_HEIGHT
        document.leave_open(_CONTENTS)
        return y

    def _draw_numbers(self, page: Page) -> None:
        right = MARGIN + self._width
        for entry, top in zip(self._entries, self._tops, strict=True):
            number = str(self._document.page_of.get(entry.key, ""))
            page.text(number, right, top + 11, face_name=SANS, size=TEXT_SIZE, colour=QUIET, align_right=True)
