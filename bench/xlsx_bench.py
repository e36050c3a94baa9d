"""Workbooks from spooled rows and from PostgreSQL, each made in a process of its own, read back by another reader.

Run: python -m bench.xlsx_bench [rows ...]
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg

from bench.figures import Figure
from bench.figures import table as table_of
from core.catalog.drafts import draft_dataset
from core.catalog.sources import open_draft
from core.clock import SystemClock
from core.db.embedded import EmbeddedPostgres, start_embedded
from core.domain.dataset import Source
from core.domain.definition import ReportDefinition
from core.domain.relation import TableOrigin
from core.domain.result import Result
from core.query.executor import HeadFields, QueryExecutor
from core.query.head_json import dump_head, load_head
from core.query.spool import open_spool, write_spool
from core.render import renderer_for
from core.settings import Settings

SPOOLED_ROWS = 100_000
ROWS = 1_000_000
_REPEATS = 3
_READER = "reader"
_SPOOLED_LIMIT_S, _SPOOLED_LIMIT_MIB = 1.2, 250
_LIMIT_S, _LIMIT_MIB = 8.0, 300  #: of a million rows; the memory is that of any number
_ORDER_LINES = """
CREATE TABLE {table} AS
SELECT 'ORD-' || lpad((i / 3)::text, 8, '0') AS order_id,
       timestamptz '2026-01-01 00:00:00+00' + i * interval '7 seconds' AS ordered_at,
       date '2026-01-02' + (i % 300)::integer AS ship_on,
       CASE i % 5 WHEN 0 THEN 'Ana Müller' WHEN 1 THEN 'Contoso, Ltd' WHEN 2 THEN 'O''Hara "Quick" & <co>'
                  WHEN 3 THEN '東京商事' ELSE 'Fabrikam ' || i % 9973 END AS customer,
       (ARRAY['DE', 'FR', 'US', 'JP'])[1 + i % 4] AS country,
       'Product ' || i % 977 AS product,
       i % 49 + 1 AS quantity,
       ((i * 7919) % 99900 + 100)::numeric(12, 2) AS price,
       (i % 41) / 100.0::double precision AS discount,
       i % 10 <> 0 AS paid,
       CASE WHEN i % 3 = 0 THEN 'Note ' || i END AS note,
       CASE WHEN i % 20 <> 0 THEN (((i * 104729) % 9999900) / 100.0)::numeric(14, 2) END AS amount
FROM generate_series(0::bigint, {rows} - 1) AS numbers(i)
"""


def measure(rows: Sequence[int] = (ROWS,)) -> list[Figure]:
    """Spooled rows to a file, then each number of rows from PostgreSQL to a file."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = start_embedded(folder)
    try:
        url = _shop(server)
        figures = _spooled(folder, server.port, url)
        for count in rows:
            figures += _from_postgresql(folder, server.port, url, count)
        return figures
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _spooled(folder: Path, port: int, url: str) -> list[Figure]:
    _fill(url, SPOOLED_ROWS)
    _child("--spool", str(folder), str(port), str(SPOOLED_ROWS))
    reports = [_child("--spooled", str(folder)) for _ in range(_REPEATS)]
    name = f"{SPOOLED_ROWS:,} spooled rows x 12 to a workbook, typed and styled"
    return _figures(name, reports, limit_s=_SPOOLED_LIMIT_S, limit_mib=_SPOOLED_LIMIT_MIB)


def _from_postgresql(folder: Path, port: int, url: str, rows: int) -> list[Figure]:
    expected = _fill(url, rows)
    reports = [
        _child("--postgresql", str(folder), str(port), str(rows)) for _ in range(_REPEATS if rows <= ROWS else 1)
    ]
    path = folder / "out.xlsx"
    found = _child("--read", str(path)) if rows <= ROWS else {"rows": _row_elements(path)}
    if found != {key: expected[key] for key in found} or any(report["rows"] != rows for report in reports):
        raise SystemExit(f"the workbook holds {found}, the table {expected}")
    figures = _figures(
        f"{rows:,} rows x 12 from PostgreSQL to a workbook",
        reports,
        limit_s=_LIMIT_S * rows / ROWS,
        limit_mib=_LIMIT_MIB,
    )
    return [*figures, Figure(name="the workbook", measured=path.stat().st_size / 2**20, unit="MiB")]


def _figures(name: str, reports: Sequence[dict[str, float]], *, limit_s: float, limit_mib: float) -> list[Figure]:
    best = min(report["seconds"] for report in reports)
    peak = max(report["peak_mib"] for report in reports)
    return [
        Figure(name=name, measured=best, unit="s", limit=limit_s),
        Figure(name="its peak memory, the whole process", measured=peak, unit="MiB", limit=limit_mib),
    ]


def _child(*arguments: str) -> dict[str, float]:
    output = subprocess.run(
        [sys.executable, "-m", "bench.xlsx_bench", *arguments], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    report: dict[str, float] = json.loads(output)
    return report


@contextmanager
def _asked(folder: Path, port: int, rows: int) -> Iterator[Result]:
    """The result of a report of all columns, as a run asks for it."""
    connection = {"host": "127.0.0.1", "port": port, "database": "shop", "user": _READER, "tls": "none"}
    source = Source(id=uuid4(), organization_id=uuid4(), name="Shop", kind="postgresql", connection=connection)
    settings = Settings(data_dir=folder, allow_private_hosts=("127.0.0.1",))
    connector = open_draft(source, {"password": _READER}, settings)
    dataset = draft_dataset(source, connector.introspect(TableOrigin(table_name=_table(rows)))[0])
    asked = ReportDefinition(dataset_id=dataset.id, columns=tuple(each.name for each in dataset.fields), limit=None)
    executor = QueryExecutor(lambda _: connector, SystemClock())
    fields = HeadFields(title="Order lines")
    with executor.run(
        asked, dataset, source, head_fields=fields, logical_at=datetime.now(UTC), deadline_s=600
    ) as result:
        yield result
    connector.close()


def spool(folder: Path, port: int, rows: int) -> dict[str, float]:
    """Keep the rows of a result in a file, with all that is known of them."""
    with _asked(folder, port, rows) as result:
        (folder / "head.json").write_text(json.dumps(dump_head(result.head)))
        return {"rows": write_spool(result, folder / "rows.arrow")}


def from_spool(folder: Path) -> dict[str, float]:
    """Write the workbook of spooled rows in this process."""
    head = load_head(json.loads((folder / "head.json").read_text()))
    started = time.perf_counter()
    rows = _write(open_spool(folder / "rows.arrow", head), folder)
    return {"rows": rows, "seconds": time.perf_counter() - started, "peak_mib": _peak_mib()}


def from_postgresql(folder: Path, port: int, rows: int) -> dict[str, float]:
    """Ask PostgreSQL and write the workbook in this process."""
    started = time.perf_counter()
    with _asked(folder, port, rows) as result:
        written = _write(result, folder)
    return {"rows": written, "seconds": time.perf_counter() - started, "peak_mib": _peak_mib()}


def _write(result: Result, folder: Path) -> int:
    with (folder / "out.xlsx").open("w+b") as target:
        return renderer_for("xlsx").render(result, target).rows


def read(path: Path) -> dict[str, float]:
    """What another reader finds in the sheets: how many rows, and what quantities and prices add up to."""
    from python_calamine import CalamineWorkbook

    rows = quantity = price = 0.0
    workbook = CalamineWorkbook.from_path(path)
    for name in workbook.sheet_names[1:]:
        for row in workbook.get_sheet_by_name(name).iter_rows():
            if isinstance(row[6], float):  # not the header
                rows, quantity, price = rows + 1, quantity + row[6], price + float(row[7])
    return {"rows": rows, "quantity": quantity, "price": price}


def _row_elements(path: Path) -> int:
    """Rows below the headers, for files that no reader takes into memory."""
    rows = 0
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if not re.fullmatch(r"xl/worksheets/sheet(?!1\.)\d+\.xml", name):
                continue
            with package.open(name) as sheet:
                ending = b""
                while block := sheet.read(1 << 20):
                    text = ending + block
                    rows += text.count(b"<row ")
                    ending = text[-4:]
            rows -= 1
    return rows


def _peak_mib() -> float:
    """Of this program only: what getrusage says begins with what the parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _shop(server: EmbeddedPostgres) -> str:
    """A database of its own, and its address."""
    url = server.administrator_url.set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute(f"CREATE ROLE {_READER} LOGIN PASSWORD '{_READER}'")
    return url.set(database="shop").render_as_string(hide_password=False)


def _fill(url: str, rows: int) -> dict[str, float]:
    """Make the table; returns what its columns add up to."""
    table = _table(rows)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_ORDER_LINES.format(table=table, rows=rows))
        connection.execute(f"VACUUM ANALYZE {table}")
        connection.execute(f"GRANT SELECT ON {table} TO {_READER}")
        quantity, price = connection.execute(f"SELECT sum(quantity), sum(price) FROM {table}").fetchone() or (0, 0)
    return {"rows": rows, "quantity": float(quantity), "price": float(price)}


def _table(rows: int) -> str:
    return f"order_lines_{rows}"


def main(arguments: list[str]) -> None:
    """Measure, or do one part of it in this process."""
    match arguments:
        case ["--spool", folder, port, rows]:
            print(json.dumps(spool(Path(folder), int(port), int(rows))))
        case ["--spooled", folder]:
            print(json.dumps(from_spool(Path(folder))))
        case ["--postgresql", folder, port, rows]:
            print(json.dumps(from_postgresql(Path(folder), int(port), int(rows))))
        case ["--read", path]:
            print(json.dumps(read(Path(path))))
        case counts:
            print(table_of(measure(tuple(map(int, counts)) or (ROWS,))))


if __name__ == "__main__":
    main(sys.argv[1:])
