"""A font in a document: the subset of its glyphs that was drawn, as the objects reportlab asks its fonts for.

Text is written as glyph numbers (Identity-H), so the font needs no encoding, only widths and a map back to text.
"""

from collections.abc import Mapping

from reportlab.pdfbase import pdfdoc

from core.render.pdf.container import StreamedDocument
from core.render.pdf.faces import Face


class EmbeddedFont:
    """Stands where reportlab's `TTFont` stands: known to the document by name, asked for its objects at the end."""

    def __init__(self, font: Face, characters: Mapping[int, str]) -> None:
        """`characters`: the glyphs that were drawn and the text each stands for."""
        self.fontName = font.name  # reportlab's name for it
        self._font = font
        self._characters = characters
        self._used = sorted(characters)

    def register(self, document: StreamedDocument) -> None:
        """Have the document ask for the objects when it is saved."""
        document.fontMapping[self.fontName] = f"/{self._font.key}"
        document.delayedFonts.append(self)

    def addObjects(self, doc: StreamedDocument) -> None:  # noqa: N802 - called by reportlab
        """Add the font with its glyphs (ISO 32000-1, 9.7)."""
        style = "".join(part.title() for part in self.fontName.split("-"))
        name = pdfdoc.PDFName(f"{_subset_tag(self._used)}+{style}")
        descendant = pdfdoc.PDFDictionary(
            {
                "Type": "/Font",
                "Subtype": "/CIDFontType2",
                "BaseFont": name,
                "CIDSystemInfo": pdfdoc.PDFDictionary(
                    {
                        "Registry": pdfdoc.PDFString("Adobe"),
                        "Ordering": pdfdoc.PDFString("Identity"),
                        "Supplement": 0,
                    }
                ),
                "FontDescriptor": doc.Reference(self._descriptor(doc, name)),
                "DW": 0,
                "W": self._widths(),
                "CIDToGIDMap": "/Identity",
            }
        )
        font = pdfdoc.PDFDictionary(
            {
                "Type": "/Font",
                "Subtype": "/Type0",
                "BaseFont": name,
                "Encoding": "/Identity-H",
                "DescendantFonts": pdfdoc.PDFArray([doc.Reference(descendant)]),
                "ToUnicode": doc.Reference(_stream(_to_unicode(self._characters, self._used))),
            }
        )
        doc.idToObject[pdfdoc.BasicFonts].dict[self._font.key] = doc.Reference(font)

    def _descriptor(self, doc: StreamedDocument, name: str) -> pdfdoc.PDFDictionary:
        data = self._font.subset(self._used)
        ascent, descent = int(self._font.ascent), int(self._font.descent)
        return pdfdoc.PDFDictionary(
            {
                "Type": "/FontDescriptor",
                "FontName": name,
                "Flags": 4,
                "FontBBox": pdfdoc.PDFArrayCompact([-500, descent, 2000, ascent]),
                "ItalicAngle": 0,
                "Ascent": ascent,
                "Descent": descent,
                "CapHeight": 660,
                "StemV": 80,
                "FontFile2": doc.Reference(_stream(data, Length1=len(data))),
            }
        )

    def _widths(self) -> pdfdoc.PDFArray:
        """Glyph number and width, one after the other."""
        entries: list[object] = []
        for glyph in self._used:
            entries += [glyph, pdfdoc.PDFArrayCompact([round(self._font.widths[glyph])])]
        return pdfdoc.PDFArrayCompact(entries)


def _stream(content: bytes, **entries: int) -> pdfdoc.PDFStream:
    return pdfdoc.PDFStream(pdfdoc.PDFDictionary(entries), content, [pdfdoc.PDFZCompress])


def _subset_tag(used: list[int]) -> str:
    """Six letters that name the subset, from its glyphs (9.6.4)."""
    number = sum((position + 1) * glyph for position, glyph in enumerate(used))
    return "".join(chr(ord("A") + (number // 26**place) % 26) for place in range(6))


def _to_unicode(characters: Mapping[int, str], used: list[int]) -> bytes:
    """The map that makes the text selectable and searchable (9.10.3)."""
    lines = [
        f"<{glyph:04X}><{characters[glyph].encode('utf-16-be').hex().upper()}>" for glyph in used if characters[glyph]
    ]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode()
