"""One page's drawing operators: text lines, hairlines, tints and pictures, with the origin at the top left corner."""

from core.render.pdf.faces import face
from core.render.pdf.shaping import TextLine, set_line

Colour = tuple[float, float, float]


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
    """Collects operators; lengths are points, `y` counts down from the page's top."""

    def __init__(self, *, width: float, height: float, use: GlyphUse) -> None:
        self.width = width
        self.height = height
        self.use = use
        self.operators: list[str] = []

    def text(
        self, text: str, x: float, y: float, *, face_name: str, size: float, colour: Colour, align_right: bool = False
    ) -> float:
        """Draw one kerned line with its baseline at `y`; return its width."""
        line = set_line(text, face_name, kerned=True)
        width = line.width * size / 1000
        left = x - width if align_right else x
        shown = line_operators(line, size, self.use)
        self.operators.append(f"BT {rgb(colour)} rg 1 0 0 1 {left:.2f} {self.height - y:.2f} Tm {shown} ET")
        return width

    def rule(self, x: float, y: float, length: float, *, colour: Colour, thickness: float = 0.5) -> None:
        """A horizontal rule whose top edge is at `y`."""
        self.tint(x, y, length, thickness, colour=colour)

    def tint(self, x: float, y: float, width: float, height: float, *, colour: Colour) -> None:
        """A filled rectangle with its top left corner at (x, y)."""
        self.operators.append(f"{rgb(colour)} rg {x:.2f} {self.height - y - height:.2f} {width:.2f} {height:.2f} re f")

    def polyline(self, points: list[tuple[float, float]], *, colour: Colour, thickness: float) -> None:
        """A thin line through the points."""
        moves = " ".join(
            f"{x:.2f} {self.height - y:.2f} {'l' if position else 'm'}" for position, (x, y) in enumerate(points)
        )
        self.operators.append(f"{rgb(colour)} RG {thickness} w 1 J 1 j {moves} S")

    def picture(self, name: str, x: float, y: float, width: float, height: float) -> None:
        """A picture known to the document as `name`, its top left corner at (x, y)."""
        self.operators.append(f"q {width:.2f} 0 0 {height:.2f} {x:.2f} {self.height - y - height:.2f} cm /{name} Do Q")

    def raw(self, operators: str) -> None:
        """Operators made elsewhere, in PDF coordinates."""
        self.operators.append(operators)

    def content(self) -> bytes:
        """The page's content stream."""
        return "\n".join(self.operators).encode("ascii")


def rgb(colour: Colour) -> str:
    """The colour's three components as operands."""
    return " ".join(f"{part:.3f}" for part in colour)


def line_operators(line: TextLine, size: float, use: GlyphUse) -> str:
    """Operators that show a line at the current text position. What is reordered carries its text for copying."""
    use.record(line)
    shown = []
    for run in line.runs:
        shown.append(f"/{face(run.face_name).key} {size:g} Tf")
        for rise, piece in run.pieces:
            shown.append(f"{rise * size / 1000:.2f} Ts {piece} 0 Ts" if rise else piece)
    operators = " ".join(shown)
    if not line.is_bidirectional:
        return operators
    text = line.text.encode("utf-16-be", "replace").hex().upper()
    return f"/Span<</ActualText<FEFF{text}>>>BDC {operators} EMC"
