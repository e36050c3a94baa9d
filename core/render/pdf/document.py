"""The document around the pages: footers, page numbers, bookmarks, metadata, fonts; full pages leave memory at once."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from PIL import Image
from reportlab.lib.utils import ImageReader

from core.domain.branding import Logo
from core.render.pdf.container import StreamedCanvas
from core.render.pdf.faces import face
from core.render.pdf.fonts import EmbeddedFont
from core.render.pdf.page import GlyphUse, Page
from core.render.pdf.shaping import SANS, measure
from core.render.pdf.style import FOOTER_HEIGHT, HAIRLINE, MARGIN, QUIET, SMALL_SIZE, Look
from core.render.renderer import ChartImage

_FOOTER_SIZE = 7.5


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """Metadata that viewers show; no stamp of when the file was made."""

    title: str
    author: str
    subject: str
    keywords: str


class Document:
    """Begins pages on reportlab's canvas and closes them with their footer.

    The number of pages is known last, so each page's number is a form that the page uses and that is made at the end.
    """

    def __init__(
        self, target: BinaryIO, *, width: float, height: float, manifest_line: str, look: Look | None = None
    ) -> None:
        """`width` and `height` of every page in points; `manifest_line` stands in every footer."""
        self.width = width
        self.height = height
        self.look = look or Look()
        self.page_of: dict[str, int] = {}  #: number of the page each bookmark leads to, from 1
        self._manifest_line = manifest_line
        self._canvas = StreamedCanvas(target, pagesize=(width, height), lang="en")
        self._pages_closed = 0
        self._linked: set[str] = set()
        self.use = GlyphUse()
        self.page = self._blank()

    @property
    def bottom(self) -> float:
        """The lowest `y` the text may reach."""
        return self.height - MARGIN - FOOTER_HEIGHT

    def next_page(self) -> Page:
        """Close the page and begin another."""
        self._close_page()
        self.page = self._blank()
        return self.page

    def bookmark(self, title: str, y: float, *, key: str, level: int = 0) -> None:
        """An entry of the outline that leads to `y` on this page; `key` is its own, level 1 lies below level 0."""
        self._canvas.bookmarkHorizontal(key, 0, self.height - y)
        self._canvas.addOutlineEntry(title, key, level)
        self.page_of[key] = self._pages_closed + 1

    def link(self, key: str, x: float, y: float, width: float, height: float) -> None:
        """Make a place on this page lead to a bookmark, one that is still to come too."""
        bottom = self.height - y - height
        self._canvas.linkRect("", key, (x, bottom, x + width, bottom + height), Border="[0 0 0]")
        self._linked.add(key)

    def leave_open(self, name: str) -> None:
        """Leave something on this page to be drawn by `fill_in` when it is known."""
        self._canvas.doForm(name)

    def fill_in(self, name: str, draw: Callable[[Page], None]) -> None:
        """Draw what `leave_open` left, at its place on that page."""
        self._canvas.beginForm(name)
        draw(self._blank())
        self._canvas.endForm(hasImages=0)

    def finish(self, info: DocumentInfo) -> int:
        """Close the last page and write what all pages share. Returns the number of pages."""
        for key in sorted(self._linked - self.page_of.keys()):
            self._canvas.bookmarkHorizontal(key, 0, self.height - MARGIN)
        self._close_page()
        self._draw_page_numbers()
        for name, glyphs in sorted(self.use.by_face.items()):
            EmbeddedFont(face(name), glyphs).register(self._canvas.document)
        canvas = self._canvas
        canvas.setTitle(info.title)
        canvas.setAuthor(info.author)
        canvas.setSubject(info.subject)
        canvas.setKeywords(info.keywords)
        canvas.setCreator("Broadsheet")
        canvas.setViewerPreference("DisplayDocTitle", "true")
        canvas.showOutline()
        canvas.save()
        return self._pages_closed

    def _blank(self) -> Page:
        return Page(self._canvas, height=self.height, use=self.use)

    def _close_page(self) -> None:
        page, y = self.page, self.height - MARGIN
        page.rule(MARGIN, y - 14, self.width - 2 * MARGIN, colour=HAIRLINE)
        line = fit(self._manifest_line, self.width - 2 * MARGIN - 120, _FOOTER_SIZE)
        page.text(line, MARGIN, y - 3, face_name=SANS, size=_FOOTER_SIZE, colour=QUIET)
        self._pages_closed += 1
        self.leave_open(_number_form(self._pages_closed))
        self._canvas.showPage()

    def _draw_page_numbers(self) -> None:
        """The words "Page x of y", a form for each page."""
        right, y = self.width - MARGIN, self.height - MARGIN - 3
        for number in range(1, self._pages_closed + 1):
            text = f"Page {number} of {self._pages_closed}"
            self.fill_in(_number_form(number), partial(_draw_number, text=text, right=right, y=y))


def _draw_number(page: Page, *, text: str, right: float, y: float) -> None:
    page.text(text, right, y, face_name=SANS, size=_FOOTER_SIZE, colour=QUIET, align_right=True)


def flattened(image: ChartImage | Logo) -> ImageReader:
    """The picture on white, ready to be drawn."""
    with Image.open(io.BytesIO(image.png)) as picture:
        flat = Image.new("RGB", picture.size, "white")
        layered = picture.convert("RGBA")
        flat.paste(layered, mask=layered.getchannel("A"))
    return ImageReader(flat)


def fit(text: str, width: float, size: float = SMALL_SIZE, face_name: str = SANS) -> str:
    """The text, or as much of its beginning as fits `width` points, ending in an ellipsis."""
    if measure(text, face_name) * size / 1000 <= width:
        return text
    while text and measure(text + "…", face_name) * size / 1000 > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _number_form(page: int) -> str:
    return f"page-{page}"
