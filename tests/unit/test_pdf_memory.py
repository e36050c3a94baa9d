"""The PDF renderer's memory: it holds a page and a block of rows, whatever the number of rows."""

import io
import tracemalloc
from collections.abc import Iterator

import pyarrow as pa
import pytest

from core.domain.field import FieldType
from core.domain.result import Result, Total
from core.render.groups import grouping_places
from core.render.pdf_renderer import PdfRenderer
from tests.render_results import column, head_of

COLUMNS = (column("name", FieldType.TEXT), column("id", FieldType.INTEGER))


class Stream:
    """Batches of a name and a number, made whenever they are asked for."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for start in range(0, self.rows, 2_000):
            yield pa.record_batch(
                [pa.array(["Customer"] * 2_000), pa.array(range(start, start + 2_000))], ["name", "id"]
            )


@pytest.mark.parametrize("totals", [(), (Total(level=1, keys=("Customer",), values=(None, None)),)])
def test_memory_does_not_grow_with_the_rows(totals: tuple[Total, ...]) -> None:
    class Sink(io.RawIOBase):
        def write(self, data: object) -> int:
            return len(data)  # type: ignore[arg-type]

    def peak(rows: int) -> int:
        result = Result(head=head_of(COLUMNS, rows, totals=totals), batches=Stream(rows))
        assert grouping_places(result) == ((0,) if totals else ())
        tracemalloc.start()
        PdfRenderer().render(result, Sink())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2_000)
    small, large = peak(4_000), peak(20_000)
    assert large < small + 1_000_000
