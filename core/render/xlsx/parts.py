"""The workbook's connecting parts: content types, relationships, the list of sheets, document properties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.render.markup import escaped
from core.render.xlsx.plain_cells import absolute, sheet_reference

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
NAMESPACES = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DRAWING = "application/vnd.openxmlformats-officedocument.drawing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEntry:
    """A sheet as the workbook lists it."""

    name: str
    number: int  #: of its part: xl/worksheets/sheet2.xml
    area: str | None = None  #: the filtered cells, header included; None: a sheet without rows
    has_filter: bool = True  #: over the area


def relationships(targets: list[tuple[str, str]]) -> str:
    """A .rels part; `targets` are (kind, path) in the order of their ids; a kind without "/" is an office one."""
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{kind if "/" in kind else f"{_OFFICE}/{kind}"}" Target="{path}"/>'
        for number, (kind, path) in enumerate(targets, start=1)
    )
    return f'{DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def package_relationships() -> str:
    """The part _rels/.rels, where reading begins."""
    return relationships(
        [
            ("officeDocument", "xl/workbook.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
            ("extended-properties", "docProps/app.xml"),
        ]
    )


def sheet_part(number: int) -> str:
    """The name of a sheet's part."""
    return f"xl/worksheets/sheet{number}.xml"


def content_types(*, sheets: int, charts: int, has_drawing: bool, has_pictures: bool) -> str:
    """The part [Content_Types].xml."""
    kinds = [("xl/workbook.xml", f"{_SPREADSHEET}.sheet.main+xml"), ("xl/styles.xml", f"{_SPREADSHEET}.styles+xml")]
    kinds += [(sheet_part(number), f"{_SPREADSHEET}.worksheet+xml") for number in range(1, sheets + 1)]
    kinds += [
        ("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
        ("docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml"),
    ]
    if has_drawing:
        kinds.append(("xl/drawings/drawing1.xml", f"{_DRAWING}+xml"))
    kinds += [(f"xl/charts/chart{number}.xml", f"{_DRAWING}ml.chart+xml") for number in range(1, charts + 1)]
    listed = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds)
    picture = '<Default Extension="png" ContentType="image/png"/>' if has_pictures else ""
    return (
        f'{DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{picture}{listed}</Types>'
    )


def workbook(entries: Sequence[SheetEntry]) -> str:
    """The part xl/workbook.xml; `entries` in the order of their tabs, which is that of their relationships."""
    sheets = "".join(
        f'<sheet name="{escaped(entry.name)}" sheetId="{entry.number}" r:id="rId{place}"/>'
        for place, entry in enumerate(entries, start=1)
    )
    filtered, titles = [], []
    for index, entry in enumerate(entries):
        if entry.area is None:
            continue
        sheet = escaped(sheet_reference(entry.name))
        first, last = entry.area.split(":")
        if entry.has_filter:
            filtered.append(
                f'<definedName name="_xlnm._FilterDatabase" localSheetId="{index}" hidden="1">'
                f"{sheet}{absolute(first)}:{absolute(last)}</definedName>"
            )
        titles.append(f'<definedName name="_xlnm.Print_Titles" localSheetId="{index}">{sheet}$1:$1</definedName>')
    return (
        f'{DECLARATION}<workbook {NAMESPACES}><bookViews><workbookView activeTab="0"/></bookViews>'
        f"<sheets>{sheets}</sheets>"
        f"<definedNames>{''.join(filtered + titles)}</definedNames></workbook>"
    )


def core_properties(*, title: str, subject: str, creator: str, as_of: datetime) -> str:
    """The part docProps/core.xml; its times are those of the data, files carry no clock."""
    stamp = as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'{DECLARATION}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escaped(title)}</dc:title><dc:subject>{escaped(subject)}</dc:subject>"
        f"<dc:creator>{escaped(creator)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{stamp}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{stamp}</dcterms:modified></cp:coreProperties>'
    )


def app_properties() -> str:
    """The part docProps/app.xml."""
    return (
        f'{DECLARATION}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        "<Application>Broadsheet</Application></Properties>"
    )
