"""The workbook's connecting parts: content types, relationships, the list of sheets, document properties."""

from datetime import UTC

from core.domain.result import ResultHead
from core.render.markup import escaped
from core.render.xlsx.sheet import DECLARATION, NAMESPACES

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


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


def content_types(*, sheets: int, has_chart: bool) -> str:
    """The part [Content_Types].xml."""
    kinds = [("/xl/workbook.xml", f"{_SPREADSHEET}.sheet.main+xml"), ("/xl/styles.xml", f"{_SPREADSHEET}.styles+xml")]
    kinds += [(f"/xl/worksheets/sheet{number}.xml", f"{_SPREADSHEET}.worksheet+xml") for number in range(1, sheets + 1)]
    kinds += [
        ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
        ("/docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml"),
    ]
    if has_chart:
        kinds.append(("/xl/drawings/drawing1.xml", "application/vnd.openxmlformats-officedocument.drawing+xml"))
    listed = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in kinds)
    picture = '<Default Extension="png" ContentType="image/png"/>' if has_chart else ""
    return (
        f'{DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{picture}{listed}</Types>'
    )


def workbook(names: list[str], ranges: list[str]) -> str:
    """The part xl/workbook.xml. `names` are all sheets, the cover first; `ranges` the filtered areas of the others."""
    sheets = "".join(
        f'<sheet name="{escaped(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, start=1)
    )
    defined = []
    for index, (name, area) in enumerate(zip(names[1:], ranges, strict=True), start=1):
        first, last = area.split(":")
        absolute = f"'{name}'!{_absolute(first)}:{_absolute(last)}"
        defined.append(
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{index}" hidden="1">{absolute}</definedName>'
        )
        defined.append(f'<definedName name="_xlnm.Print_Titles" localSheetId="{index}">\'{name}\'!$1:$1</definedName>')
    return (
        f'{DECLARATION}<workbook {NAMESPACES}><bookViews><workbookView activeTab="0"/></bookViews>'
        f"<sheets>{sheets}</sheets>"
        f"<definedNames>{''.join(sorted(defined))}</definedNames></workbook>"
    )


def core_properties(head: ResultHead) -> str:
    """The part docProps/core.xml; its times are those of the data, files carry no clock."""
    stamp = head.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'{DECLARATION}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escaped(head.title)}</dc:title><dc:subject>{escaped(head.sentence)}</dc:subject>"
        f"<dc:creator>{escaped(head.organization or head.owner)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{stamp}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{stamp}</dcterms:modified></cp:coreProperties>'
    )


def app_properties() -> str:
    """The part docProps/app.xml."""
    return (
        f'{DECLARATION}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        "<Application>Broadsheet</Application></Properties>"
    )


def _absolute(cell: str) -> str:
    letters = cell.rstrip("0123456789")
    return f"${letters}${cell[len(letters) :]}"
