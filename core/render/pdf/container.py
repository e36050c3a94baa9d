"""reportlab's canvas and document, made to write each page to the target when it closes instead of keeping it.

reportlab's own classes hold every page, uncompressed, until the document is saved. Everything that is written is still
formatted by them: objects, cross-references, trailer.
"""

from itertools import count
from typing import Any, BinaryIO

from reportlab import rl_config
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

_PDF_VERSION = (1, 7)
#: reportlab knows this one only as a setting of the process; streams as ASCII would be a quarter longer.
rl_config.useA85 = 0


class _TargetFile(pdfdoc.PDFFile):  # type: ignore[misc]  # reportlab carries no types
    """Hands every piece to the target at once and keeps only the offset."""

    def __init__(self, target: BinaryIO) -> None:
        super().__init__(_PDF_VERSION)
        target.write(b"".join(self.strings))  # the header
        self.write = target.write


class _TimelessInfo(pdfdoc.PDFInfo):  # type: ignore[misc]
    """Metadata without the dates that reportlab makes up where a file must not depend on the clock."""

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        """The dictionary of what is known."""
        known = {
            "Title": self.title,
            "Author": self.author,
            "Subject": self.subject,
            "Keywords": self.keywords,
            "Creator": self.creator,
            "Producer": self.producer,
        }
        strings = {key: pdfdoc.PDFString(text) for key, text in known.items() if text}
        return bytes(pdfdoc.PDFDictionary(strings).format(document))


class _LateForm(pdfdoc.PDFObject):  # type: ignore[misc]
    """Keeps the object number of a form that pages use already and that is still to be drawn."""

    def format(self, document: pdfdoc.PDFDocument) -> bytes:  # noqa: ARG002 - reportlab's signature
        """Reached only where nobody drew it."""
        raise ValueError("a page uses a form that was never drawn")


class StreamedDocument(pdfdoc.PDFDocument):  # type: ignore[misc]
    """Writes a page and a late form as soon as they are added, the rest when it is saved."""

    def __init__(self, target: BinaryIO, *, lang: str) -> None:
        super().__init__(compression=1, invariant=1, pdfVersion=_PDF_VERSION, lang=lang)
        self._file = _TargetFile(target)
        self.info = _TimelessInfo()
        self.Reference(self.Pages)  # every page names it as its parent

    def addPage(self, page: pdfdoc.PDFPage) -> None:  # noqa: N802 - reportlab's name
        """Write the page with everything that belongs to it alone, and forget it."""
        first = self.objectcounter + 1
        name = self.thisPageName()
        super().addPage(page)
        self.Pages.pages[-1] = pdfdoc.PDFObjectReference(name)
        for number in count(first):
            if number not in self.numberToId:
                break
            self._write(self.numberToId[number])

    def xobjDict(self, formnames: list[str]) -> pdfdoc.PDFDictionary:  # noqa: N802
        """Pages may use a form before it is made: it gets its object number now."""
        for name in map(pdfdoc.xObjectName, formnames):
            if name not in self.idToObject:
                self.Reference(_LateForm(), name)
        return super().xobjDict(formnames)

    def addForm(self, name: str, form: pdfdoc.PDFObject) -> None:  # noqa: N802
        """Write a form under the number that pages know it by; a new one or a picture waits for the end."""
        internal_name = pdfdoc.xObjectName(name)
        if not isinstance(self.idToObject.get(internal_name), _LateForm):
            super().addForm(name, form)
            return
        self.idToObject[internal_name] = form
        self._write(internal_name)
        self.inObject = None

    def format(self) -> bytes:
        """Write what is left, the cross-reference table and the trailer; nothing remains to be returned."""
        catalog, info = self.Reference(self.Catalog), self.Reference(self.info)
        names: list[str] = []
        while (number := len(names) + 1) in self.numberToId:  # formatting an object may add others
            names.append(self.numberToId[number])
            if names[-1] not in self.idToOffset:
                self._write(names[-1])
        table = pdfdoc.PDFCrossReferenceTable()
        table.addsection(0, names)
        start = self._file.add(table.format(self))
        trailer = pdfdoc.PDFTrailer(startxref=start, Size=len(names) + 1, Root=catalog, Info=info, ID=self.ID())
        self._file.add(trailer.format(self))
        return b""

    def _write(self, name: str) -> None:
        """Write the registered object of that name; the file's id is a digest of all of them."""
        body = pdfdoc.PDFIndirectObject(name, self.idToObject[name]).format(self)
        self.updateSignature(body)
        self.idToOffset[name] = self._file.add(body)
        self.idToObject[name] = None


class StreamedCanvas(Canvas):  # type: ignore[misc]
    """A canvas on such a document. The same calls give the same bytes."""

    _doc: Any

    def __init__(self, target: BinaryIO, *, pagesize: tuple[float, float], lang: str) -> None:
        """`pagesize` in points; `target` needs only `write`; `lang` is the language of the text (BCP 47)."""
        super().__init__(target, pagesize=pagesize, pageCompression=1)
        self._doc = StreamedDocument(target, lang=lang)

    @property
    def document(self) -> StreamedDocument:
        """Where fonts are registered."""
        document: StreamedDocument = self._doc
        return document

    def _make_preamble(self) -> None:
        """No page begins in Helvetica, which would not be embedded."""
        self._preamble = ""
