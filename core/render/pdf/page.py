"""One page: text lines, hairlines, tints and pictures on reportlab's canvas, with the origin at the top left corner.

Text goes to the canvas as operators of our own: its text calls know neither glyph numbers nor fallback fonts.
"""

from reportlab.lib.utils import ImageReader

from core.render.pdf.container import StreamedCanvas
from core.render.pdf.faces import face
from core.render.pdf.shaping import TextLine, set_line

Colour = tuple[float, float, float]
_ROUND = 1  #: of line ends and joins


class GlyphUse:
    """Which glyphs of which font a document has drawn, and the text each stands for."""

    def __init__(self) -> None:
        self.by_face: dict[str, dict[int, str]] = {}

    def record(self, line: TextLine) -> None:
        """Note the glyphs of a line that is drawn."""
        for run in line.runs:
            known = self.by_face.setdefault(run.face_name, {})
            for glyph, text in run.glyphs:
                if not known.get(glyph):
                    known[glyph] = text


class Page:
    """The page (or form) the canvas is drawing; lengths are points, `y` counts down from the page's top."""

    def __init__(self, canvas: StreamedCanvas, *, height: float, use: GlyphUse) -> None:
        self._canvas = canvas
        self._use = use
        self.height = height

    def text(
        self, text: str, x: float, y: float, *, face_name: str, size: float, colour: Colour, align_right: bool = False
    ) -> float:
        """Draw one kerned line with its baseline at `y`; return its width."""
        line = set_line(text, face_name, kerned=True)
        width = line.width * size / 1000
        left = x - width if align_right else x
        shown = line_operators(line, size, self._use)
        self.raw(f"BT {rgb(colour)} rg 1 0 0 1 {left:.2f} {self.height - y:.2f} Tm {shown} ET")
        return width

    def rule(self, x: float, y: float, length: float, *, colour: Colour, thickness: float = 0.5) -> None:
        """A horizontal rule whose top edge is at `y`."""
        self.tint(x, y, length, thickness, colour=colour)

    def tint(self, x: float, y: float, width: float, height: float, *, colour: Colour) -> None:
        """A filled rectangle with its top left corner at (x, y)."""
        self._canvas.setFillColorRGB(*colour)
        self._canvas.rect(x, self.height - y - height, width, height, stroke=0, fill=1)

    def polyline(self, points: list[tuple[float, float]], *, colour: Colour, thickness: float) -> None:
        """A thin line through the points."""
        canvas = self._canvas
        canvas.setStrokeColorRGB(*colour)
        canvas.setLineWidth(thickness)
        canvas.setLineCap(_ROUND)
        canvas.setLineJoin(_ROUND)
        path = canvas.beginPath()
        for position, (x, y) in enumerate(points):
            (path.lineTo if position else path.moveTo)(x, self.height - y)
        canvas.drawPath(path)

    def picture(self, picture: ImageReader, x: float, y: float, width: float, height: float) -> None:
        """A picture with its top left corner at (x, y); the file holds the same picture once."""
        self._canvas.drawImage(picture, x, self.height - y - height, width, height)

    def raw(self, operators: str) -> None:
        """Operators made elsewhere, in PDF coordinates."""
        self._canvas.addLiteral(operators)


def rgb(colour: Colour) -> str:
    """The colour's three components as operands."""
    return " ".join(f"{part:.3f}" for part in colour)


def line_operators(line: TextLine, size: float, use: GlyphUse) -> str:
    """Operators that show a line at the current text position."""
    use.record(line)
    shown = []
    for run in line.runs:
        shown.append(f"/{face(run.face_name).key} {size:g} Tf")
        for rise, piece in run.pieces:
            shown.append(f"{rise * size / 1000:.2f} Ts {piece} 0 Ts" if rise else piece)
    return " ".join(shown)
