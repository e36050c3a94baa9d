"""How long the PDF renderer takes and how much memory it adds, by number of rows (eight columns, mixed types)."""

import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from bench.figures import Figure, table
from core.domain.field import FieldType, Format, NumberStyle
from core.domain.result import ColumnRole, Result, ResultColumn, ResultHead
from core.render.pdf_renderer import PdfRenderer

#: Rows -> the seconds they may take.
LIMITS_S = {1_000: 0.6, 10_000: 1.5, 100_000: 8.0}
ZONE = "America/New_York"
AS_OF = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
NAMES = ["Zoë Müller", "Łukasz Żółć", "Νίκος Παπάς", "Ольга Иванова", "José Peña", "山田太郎", "محمد علي", "Ann Lee"]
CITIES = ["Hamburg", "São Paulo", "Kraków", "Αθήνα", "New York", "Wien"]


def columns() -> tuple[ResultColumn, ...]:
    """Ids, times, texts, exact numbers, days, flags."""

    def column(key: str, label: str, kind: FieldType, **style: object) -> ResultColumn:
        return ResultColumn(key=key, label=label, type=kind, role=ColumnRole.DIMENSION, format=Format(**style))

    return (
        column("id", "Order", FieldType.INTEGER, style=NumberStyle.PLAIN),
        column("at", "Ordered at", FieldType.DATETIME),
        column("customer", "Customer", FieldType.TEXT),
        column("city", "City", FieldType.TEXT),
        column("amount", "Amount", FieldType.DECIMAL, style=NumberStyle.CURRENCY, unit="EUR"),
        column("items", "Items", FieldType.INTEGER),
        column("day", "Due", FieldType.DATE),
        column("paid", "Paid", FieldType.BOOLEAN),
    )


def batches(rows: int, *, size: int = 10_000) -> Iterator[pa.RecordBatch]:
    """Rows made batch by batch, the same every time."""
    names = [column.key for column in columns()]
    for start in range(0, rows, size):
        number = np.arange(start, min(start + size, rows))
        yield pa.record_batch(
            [
                pa.array(10_000 + number),
                pa.array(1_780_000_000_000_000 + number * 37_000_000, pa.timestamp("us", tz=ZONE)),
                pa.array(NAMES).take(pa.array(number % len(NAMES))),
                pa.array(CITIES).take(pa.array(number * 7 % len(CITIES))),
                pa.array(number * 7919 % 10_000_000).cast(pa.decimal128(19, 0)).cast(pa.decimal128(21, 2)),
                pa.array(number % 97),
                pa.array((20_000 + number % 700).astype(np.int32), pa.date32()),
                pa.array(number % 3 == 0),
            ],
            names=names,
        )


def result(rows: int) -> Result:
    """A result of that many rows that can be read once."""
    head = ResultHead(
        report_id=None,
        report_version=1,
        title="Orders",
        sentence="Every order.",
        columns=columns(),
        rows_matched=rows,
        row_limit=None,
        logical_at=AS_OF,
        as_of=AS_OF,
        is_snapshot=True,
        timezone=ZONE,
        organization="Harbour & Lane Ltd",
    )
    return Result(head=head, batches=batches(rows))


def measure() -> list[Figure]:
    """Seconds of each size; the last figure is the process's peak memory after the largest."""
    _seconds(10)
    figures = [
        Figure(name=f"PDF of {rows:,} rows x 8", measured=_seconds(rows), unit="s", limit=limit)
        for rows, limit in LIMITS_S.items()
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*figures, Figure(name="peak memory of the process that made them", measured=peak, unit="MiB")]


def _seconds(rows: int) -> float:
    """Render once into a temporary file."""
    with tempfile.TemporaryFile() as target:
        started = time.perf_counter()
        PdfRenderer().render(result(rows), target)
        return time.perf_counter() - started


if __name__ == "__main__":
    print(table(measure()))
