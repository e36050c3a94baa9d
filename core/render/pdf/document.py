"""The document around the pages: fonts, pictures, footers, bookmarks, metadata; full pages leave memory at once."""

import io
from dataclasses import dataclass

from core.render.pdf.faces import embed, face
from core.render.pdf.file import PdfFile, text_string
from core.render.pdf.page import GlyphUse, Page, line_operators, rgb
from core.render.pdf.shaping import SANS, measure, set_line
from core.render.pdf.style import FOOTER_HEIGHT, HAIRLINE, MARGIN, QUIET, SMALL_SIZE
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
    """Begins pages, closes them with their footer, and writes everything that is shared at the end.

    The number of pages is known last, so each page's number is a small stream of its own, written at the end.
    """

    def __init__(self, file: PdfFile, *, width: float, height: float, manifest_line: str) -> None:
        """`width` and `height` of every page in points; `manifest_line` stands in every footer."""
        self._file = file
        self.width = width
        self.height = height
        self._manifest_line = manifest_line
        self._tree, self._resources = file.reserve(), file.reserve()
        self._pages: list[int] = []
        self._page_numbers: list[int] = []
        self._pictures: list[tuple[str, int]] = []
        self._bookmarks: list[tuple[str, int, float]] = []
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

    def bookmark(self, title: str, y: float) -> None:
        """An entry of the outline that leads to `y` on this page."""
        self._bookmarks.append((title, len(self._pages), self.height - y))

    def add_picture(self, image: ChartImage) -> str:
        """Embed a PNG, flattened on white; return the name pages draw it by."""
        from PIL import Image  # only reports with a chart need it

        with Image.open(io.BytesIO(image.png)) as picture:
            flat = Image.new("RGB", picture.size, "white")
            layered = picture.convert("RGBA")
            flat.paste(layered, mask=layered.getchannel("A"))
        number = self._file.add_stream(
            flat.tobytes(),
            b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8" % flat.size,
        )
        name = f"P{len(self._pictures)}"
        self._pictures.append((name, number))
        return name

    def finish(self, info: DocumentInfo) -> int:
        """Close the last page and write what all pages share. Returns the number of pages."""
        self._close_page()
        count = len(self._pages)
        self._write_page_numbers()
        fonts = b"".join(
            b"/%s %d 0 R" % (face(name).key.encode(), embed(self._file, face(name), glyphs))
            for name, glyphs in sorted(self.use.by_face.items())
        )
        pictures = b"".join(b"/%s %d 0 R" % (name.encode(), number) for name, number in self._pictures)
        self._file.add(b"<</Font<<%s>>/XObject<<%s>>>>" % (fonts, pictures), self._resources)
        kids = b" ".join(b"%d 0 R" % page for page in self._pages)
        self._file.add(
            b"<</Type/Pages/Count %d/Kids[%s]/MediaBox[0 0 %.2f %.2f]/Resources %d 0 R>>"
            % (count, kids, self.width, self.height, self._resources),
            self._tree,
        )
        root = self._file.add(
            b"<</Type/Catalog/Pages %d 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>%s>>"
            % (self._tree, self._outline())
        )
        entries = {"Title": info.title, "Author": info.author, "Subject": info.subject, "Keywords": info.keywords}
        entries |= {"Creator": "Broadsheet", "Producer": "Broadsheet"}
        body = b"".join(b"/%s%s" % (key.encode(), text_string(value)) for key, value in entries.items() if value)
        self._file.finish(root=root, info=self._file.add(b"<<%s>>" % body))
        return count

    def _blank(self) -> Page:
        return Page(width=self.width, height=self.height, use=self.use)

    def _close_page(self) -> None:
        page, y = self.page, self.height - MARGIN
        page.rule(MARGIN, y - 14, self.width - 2 * MARGIN, colour=HAIRLINE)
        line = fit(self._manifest_line, self.width - 2 * MARGIN - 120, _FOOTER_SIZE)
        page.text(line, MARGIN, y - 3, face_name=SANS, size=_FOOTER_SIZE, colour=QUIET)
        content, number = self._file.add_stream(page.content()), self._file.reserve()
        self._page_numbers.append(number)
        body = b"<</Type/Page/Parent %d 0 R/Contents[%d 0 R %d 0 R]>>" % (self._tree, content, number)
        self._pages.append(self._file.add(body))

    def _write_page_numbers(self) -> None:
        """The words "Page x of y", the second stream of every page."""
        count = len(self._page_numbers)
        for position, number in enumerate(self._page_numbers):
            line = set_line(f"Page {position + 1:,} of {count:,}", SANS)
            x = self.width - MARGIN - line.width * _FOOTER_SIZE / 1000
            shown = line_operators(line, _FOOTER_SIZE, self.use)
            operators = f"BT {rgb(QUIET)} rg 1 0 0 1 {x:.2f} {MARGIN + 3:.2f} Tm {shown} ET"
            self._file.add_stream(operators.encode("ascii"), number=number)

    def _outline(self) -> bytes:
        """Write the bookmarks, if any; the catalog's entry for them."""
        if not self._bookmarks:
            return b""
        root = self._file.reserve()
        numbers = [self._file.reserve() for _ in self._bookmarks]
        for position, (title, page, top) in enumerate(self._bookmarks):
            links = b"/Prev %d 0 R" % numbers[position - 1] if position else b""
            links += b"/Next %d 0 R" % numbers[position + 1] if position + 1 < len(numbers) else b""
            self._file.add(
                b"<</Title%s/Parent %d 0 R/Dest[%d 0 R/XYZ 0 %.2f null]%s>>"
                % (text_string(title), root, self._pages[page], top, links),
                numbers[position],
            )
        self._file.add(
            b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % (numbers[0], numbers[-1], len(numbers)), root
        )
        return b"/Outlines %d 0 R/PageMode/UseOutlines" % root


def fit(text: str, width: float, size: float = SMALL_SIZE, face_name: str = SANS) -> str:
    """The text, or as much of its beginning as fits `width` points, ending in an ellipsis."""
    if measure(text, face_name) * size / 1000 <= width:
        return text
    while text and measure(text + "…", face_name) * size / 1000 > width:
        text = text[:-1]
    return text.rstrip() + "…"
