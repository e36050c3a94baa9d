"""Fills a template with made-up rows when it is brought: what cannot be filled is refused then, not at night."""

from datetime import UTC, datetime
from io import BytesIO

import pyarrow as pa
from openpyxl.workbook import Workbook

from core.domain.field import FieldType
from core.domain.result import ColumnRole, Result, ResultColumn, ResultHead
from core.domain.workbook_template import TemplateColumn, TemplateTable
from core.errors import InvalidUpload
from core.render.cell_text import TEXT
from core.render.xlsx.template import TemplateRenderer
from core.render.xlsx.template_places import TableArea
from core.render.xlsx.template_rows import formula_of

_ROWS = 3
_AT = datetime(2000, 1, 1, tzinfo=UTC)


def table_contents(workbook: Workbook, area: TableArea | None) -> TemplateTable | None:
    """The table as people are told of it. Raises InvalidUpload where no column of it can be filled."""
    if area is None:
        return None
    cells = (workbook[area.sheet].cell(area.first, column) for column in range(area.left, area.right + 1))
    columns = tuple(
        TemplateColumn(heading=heading, is_formula=formula_of(cell) is not None)
        for heading, cell in zip(area.headings, cells, strict=True)
    )
    if not any(column.heading and not column.is_formula for column in columns):
        raise InvalidUpload(f"The table ({area.words}) has no headings. Give it the report's columns.", place="table")
    return TemplateTable(name=area.name, place=area.words, columns=columns)


def try_filling(content: bytes, table: TemplateTable | None) -> None:
    """Fill the workbook and throw it away; raises what filling it raises."""
    headings = [column.heading for column in table.columns if column.heading] if table else ["Column"]
    columns = tuple(
        ResultColumn(key=f"c{index}", label=heading, type=FieldType.TEXT, role=ColumnRole.DIMENSION)
        for index, heading in enumerate(headings)
    )
    values = pa.array([f"row {number}" for number in range(_ROWS)], TEXT)
    batch = pa.RecordBatch.from_arrays([values] * len(columns), names=[column.key for column in columns])
    TemplateRenderer(content).render(Result(head=_head(columns), batches=[batch]), BytesIO())


def _head(columns: tuple[ResultColumn, ...]) -> ResultHead:
    return ResultHead(
        report_id=None,
        report_version=None,
        title="Trial",
        sentence="",
        columns=columns,
        rows_matched=_ROWS,
        row_limit=None,
        logical_at=_AT,
        as_of=_AT,
        is_snapshot=True,
        timezone="UTC",
    )
