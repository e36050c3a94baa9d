"""What a workbook holds that openpyxl does not keep, found in its parts, in words for whoever brings it.

What would make files dangerous or wrong is refused: macros, links to other workbooks, days counted from 1904.
"""

import re
from collections.abc import Iterator
from zipfile import ZipFile

from core.errors import InvalidUpload

_SHEETS, _DRAWINGS = r"xl/worksheets/[^/]+\.xml", r"xl/drawings/[^/]+\.xml"

#: Parts by name -> what is lost with them.
_PARTS = (
    (r"xl/(slicers|slicerCaches|timelines|timelineCaches)/.+", "slicers and timelines"),
    (r"xl/threadedComments/.+", "replies to comments (their text stays as a note)"),
    (r"xl/(ctrlProps|activeX)/.+", "buttons and other controls"),
    (r"xl/embeddings/.+", "embedded documents"),
    (r"xl/(connections\.xml|queryTables/.+|customData/.+)", "connections to data and their queries"),
    (r"customXml/item\d+\.xml", "custom XML data"),
    (r"xl/richData/.+", "linked data types and pictures inside cells"),
    (r"xl/charts/chartEx.+|xl/charts/chartex.+", "charts of newer kinds (waterfall, treemap, map, funnel …)"),
    (r"xl/charts/(style|colors)\d*\.xml", "the finer look of charts (effects, text styles); the charts stay"),
    (r"xl/media/.+\.(emf|wmf|svg)", "pictures that are EMF, WMF or SVG"),
    (r"xl/diagrams/.+", "SmartArt"),
    (r"xl/webextensions/.+", "add-ins"),
    (r"xl/model/.+", "the data model"),
)
#: XML in parts -> what is lost with it.
_MARKS = (
    (_DRAWINGS, rb"<(?:\w+:)?(?:sp|cxnSp|grpSp)[ />]", "text boxes and shapes"),
    (_SHEETS, rb"<(?:\w+:)?sparklineGroups?[ />]", "sparklines"),
    (_SHEETS, rb"<x14:conditionalFormatting[ />]", "icon sets and data bars in the form of Excel 2010 and later"),
    (_SHEETS, rb"<x14:dataValidation[ />]", "permitted values that refer to another sheet"),
    (_SHEETS, rb"<(?:\w+:)?legacyDrawingHF[ />]", "pictures in headers and footers"),
    (_SHEETS, rb"<(?:\w+:)?picture[ />]", "background pictures"),
    (_SHEETS, rb"<(?:\w+:)?customSheetViews?[ />]", "custom views"),
    (_SHEETS, rb"<(?:\w+:)?c [^<>]*\bcm=", "formulas that spill over (they keep the size they have)"),
)
_MACROS = re.compile(r"xl/(vbaProject\.bin|macrosheets/.+|dialogsheets/.+)", re.IGNORECASE)
_LINKS = re.compile(r"xl/externalLinks/.+\.xml", re.IGNORECASE)
_OLD_DAYS = re.compile(rb"<(?:\w+:)?workbookPr [^<>]*date1904=[\"'](?:1|true)")


def check_parts(archive: ZipFile) -> tuple[str, ...]:
    """What filling the workbook leaves out. Raises InvalidUpload where it cannot be a template."""
    names = archive.namelist()
    if any(_MACROS.fullmatch(name) for name in names) or b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise InvalidUpload("The workbook holds macros, which are not sent on. Save it as .xlsx without them.")
    if any(_LINKS.fullmatch(name) for name in names):
        raise InvalidUpload(
            "The workbook links to other workbooks, which its readers do not have. Break the links (Data, Edit links)."
        )
    if "xl/workbook.xml" in names and _OLD_DAYS.search(archive.read("xl/workbook.xml")):
        raise InvalidUpload(
            "The workbook counts days from 1904. Switch that off (Options, Advanced), and save it anew."
        )
    return tuple(dict.fromkeys(f"Not kept: {words}." for words in _lost(archive, names)))


def _lost(archive: ZipFile, names: list[str]) -> Iterator[str]:
    for pattern, words in _PARTS:
        if any(re.fullmatch(pattern, name, re.IGNORECASE) for name in names):
            yield words
    for pattern, mark, words in _MARKS:
        parts = (name for name in names if re.fullmatch(pattern, name, re.IGNORECASE))
        if any(re.search(mark, archive.read(name)) for name in parts):
            yield words
