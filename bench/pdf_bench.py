"""How long the PDF renderer takes and how much memory it holds, by number of rows (eight columns, mixed types).

Each file is made in a process of its own and read back by poppler's pdftotext, where that is installed: every order has
to be there, in its order.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.figures import Figure, table
from core.domain.field import FieldType, Format, NumberStyle
from core.domain.result import ColumnRole, Result, ResultColumn, ResultHead, Total
from core.render.pdf_renderer import PdfRenderer

#: Rows -> the seconds they may take.
LIMITS_S = {1_000: 0.6, 10_000: 1.5, 100_000: 8.0}
GROUPED_ROWS = 10_000
_FIRST = 10_000  #: number of the first order
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
                pa.array(_FIRST + number),
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


class Orders:
    """The rows, made again whenever they are asked for."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return batches(self._rows)


def result(rows: int, *, is_grouped: bool = False) -> Result:
    """A result of that many rows; grouped by order, so that every row gets a subtotal, which is the worst there is."""
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
        totals=tuple(_subtotal(_FIRST + row) for row in range(rows)) if is_grouped else (),
    )
    return Result(head=head, batches=Orders(rows))


def measure() -> list[Figure]:
    """Seconds and peak memory of each size, and of one with a subtotal for every row."""
    figures: list[Figure] = []
    for rows, limit in LIMITS_S.items():
        found = _in_a_process(rows, "plain")
        figures.append(Figure(name=f"PDF of {rows:,} rows x 8", measured=found["seconds"], unit="s", limit=limit))
        figures.append(Figure(name=f"memory of the process that made {rows:,}", measured=found["peak"], unit="MiB"))
    found = _in_a_process(GROUPED_ROWS, "grouped")
    name = f"PDF of {GROUPED_ROWS:,} rows, each with heading and subtotal"
    return [*figures, Figure(name=name, measured=found["seconds"], unit="s")]


def _in_a_process(rows: int, kind: str) -> dict[str, float]:
    """Make one file in a process of its own and read it with another program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.pdf"
        command = [sys.executable, "-m", "bench.pdf_bench", kind, str(rows), str(path)]
        found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        _check(path, rows)
        return found


def _check(path: Path, rows: int) -> None:
    """Every order stands in the file, in its order."""
    if shutil.which("pdftotext") is None:
        print("pdftotext is not installed: the files were not read back.", file=sys.stderr)
        return
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True).stdout.decode()
    found = [int(order) for order in re.findall(r"^ *(\d{5,6})  ", text, re.MULTILINE)]
    if found != list(range(_FIRST, _FIRST + rows)):
        raise RuntimeError(f"{path.name}: {len(found):,} orders were read back, {rows:,} were written.")


def _make(kind: str, rows: int, path: Path) -> None:
    """What the process of its own does: a small file first, so that modules and fonts are loaded."""
    with tempfile.TemporaryFile() as target:
        PdfRenderer().render(result(10), target)
    with path.open("wb") as target:
        started = time.perf_counter()
        PdfRenderer().render(result(rows, is_grouped=kind == "grouped"), target)
        seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text()
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


def _subtotal(order: int) -> Total:
    return Total(level=1, keys=(order,), values=(None, None, None, None, None, order % 97, None, None))


if __name__ == "__main__":
    if len(sys.argv) == 4:
        _make(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    else:
        print(table(measure()))
