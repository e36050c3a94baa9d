from datetime import UTC, datetime

import pyarrow as pa
import pytest
from reportlab.lib.pagesizes import A4

from core.domain.appearance import Chart, ChartKind
from core.domain.field import FieldType
from core.domain.result import ColumnRole, Result, ResultColumn, ResultHead
from core.render.palette import template
from core.render.pdf.style import MARGIN
from core.render.renderer import ChartImage
from core.runs.rendering import draw_picture

AS_OF = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


class Drawer:
    reason = None

    def png(self, figure: object, *, width: int, height: int, scale: float = 2.0) -> ChartImage:
        self.width, self.height, self.scale = width, height, scale
        return ChartImage(png=b"", width=round(width * scale), height=round(height * scale))


@pytest.fixture
def drawer() -> Drawer:
    columns = (
        ResultColumn(key="city", label="City", type=FieldType.TEXT, role=ColumnRole.DIMENSION),
        ResultColumn(key="sessions", label="Sessions", type=FieldType.INTEGER, role=ColumnRole.MEASURE),
    )
    head = ResultHead(
        report_id=None, report_version=1, title="Usage", sentence="", columns=columns, rows_matched=1, row_limit=None,
        logical_at=AS_OF, as_of=AS_OF, is_snapshot=True, timezone="UTC",
        chart=Chart(kind=ChartKind.BAR, x="city", y=("sessions",)),
    )  # fmt: skip
    batch = pa.record_batch([pa.array(["Wien"]), pa.array([1])], ["city", "sessions"])
    drawer = Drawer()
    draw_picture(Result(head=head, batches=[batch]), drawer)
    return drawer


def test_the_labels_of_a_chart_are_as_large_on_paper_as_the_table(drawer: Drawer) -> None:
    points = template().layout.xaxis.tickfont.size * (A4[0] - 2 * MARGIN) / drawer.width
    assert 7.5 <= points <= 8.0


def test_a_chart_is_drawn_sharp_enough_for_print(drawer: Drawer) -> None:
    assert drawer.width * drawer.scale / ((A4[0] - 2 * MARGIN) / 72) >= 300
