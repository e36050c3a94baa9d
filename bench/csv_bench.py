"""CSV from a source to a file, as a run makes it, beside the source's own COPY; each in a process of its own.

Run: python -m bench.csv_bench [rows]
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg

from bench.export_bench import order_lines
from bench.figures import Figure
from bench.figures import table as table_of
from core.catalog.drafts import draft_dataset
from core.catalog.sources import open_draft
from core.clock import SystemClock
from core.db.embedded import EmbeddedPostgres, start_embedded
from core.domain.dataset import Source
from core.domain.definition import ReportDefinition
from core.domain.relation import TableOrigin
from core.query.executor import HeadFields, QueryExecutor
from core.render import renderer_for
from core.settings import Settings

ROWS = 1_000_000
_REPEATS = 3
_TABLE = "order_lines"
_READER = "reader"
#: Times the source's own COPY.
POSTGRESQL_LIMIT, DUCKDB_LIMIT = 1.3, 1.2
MEMORY_LIMIT_MIB = 150
_COLUMNS = """order_id text, ordered_at timestamptz, ship_on date, customer text, country text, product text,
    quantity bigint, price numeric(12, 2), discount double precision, paid boolean, note text, amount numeric(14, 2)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the rows lie."""

    kind: str
    folder: str
    connection: dict[str, str | int | bool]
    secrets: dict[str, str]


def measure(rows: int = ROWS) -> list[Figure]:
    """The same rows in PostgreSQL and in a DuckDB file; the best of three each, in turns with the yardstick."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = start_embedded(folder)
    try:
        shop = folder / "shop.duckdb"
        _fill_duckdb(shop, rows)
        url = _fill_postgresql(server, shop)
        postgresql = Place(
            kind="postgresql",
            folder=str(folder),
            connection={"host": "127.0.0.1", "port": server.port, "database": "shop", "user": _READER, "tls": "none"},
            secrets={"password": _READER},
        )
        file = Place(kind="duckdb", folder=str(folder), connection={"path": shop.name}, secrets={})
        return [
            *_compared("PostgreSQL", postgresql, lambda: _psql(url, folder), POSTGRESQL_LIMIT, rows),
            *_compared("DuckDB", file, lambda: _duckdb_copy(shop, folder), DUCKDB_LIMIT, rows),
        ]
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _compared(name: str, place: Place, yardstick: Callable[[], float], limit: float, rows: int) -> list[Figure]:
    copied, seconds, grown, peak = [], [], [], []
    for _ in range(_REPEATS):
        copied.append(yardstick())
        output = subprocess.run(
            [sys.executable, "-m", "bench.csv_bench", "--export", json.dumps(asdict(place))],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        report = json.loads(output)
        assert report["rows"] == rows
        seconds.append(report["seconds"])
        grown.append(report["grown_mib"])
        peak.append(report["peak_mib"])
    own = min(copied)
    return [
        Figure(name=f"{name}'s own COPY of {rows:,} rows x 12 to CSV", measured=own, unit="s"),
        Figure(name=f"CSV of the same from {name}", measured=min(seconds), unit="s", limit=limit * own),
        Figure(name="its peak memory, the whole process", measured=max(peak), unit="MiB", limit=MEMORY_LIMIT_MIB),
        Figure(name="of that since the program was loaded", measured=max(grown), unit="MiB"),
    ]


def export(place: Place) -> dict[str, float]:
    """Write the table's rows in this process; how long it took, and what it held at most."""
    source = Source(id=uuid4(), organization_id=uuid4(), name="Shop", kind=place.kind, connection=place.connection)
    settings = Settings(data_dir=Path(place.folder), allow_private_hosts=("127.0.0.1",))
    connector = open_draft(source, place.secrets, settings)
    dataset = draft_dataset(source, connector.introspect(TableOrigin(table_name=_TABLE))[0])
    asked = ReportDefinition(dataset_id=dataset.id, columns=tuple(each.name for each in dataset.fields), limit=None)
    renderer = renderer_for("csv")
    before, started = _peak_mib(), time.perf_counter()
    with (
        QueryExecutor(lambda _: connector, SystemClock()).run(
            asked,
            dataset,
            source,
            head_fields=HeadFields(title="Order lines"),
            logical_at=datetime.now(UTC),
            deadline_s=600,
        ) as result,
        (Path(place.folder) / "ours.csv").open("w+b") as target,
    ):
        rows = renderer.render(result, target).rows
    seconds = time.perf_counter() - started
    connector.close()
    peak = _peak_mib()
    return {"rows": rows, "seconds": seconds, "peak_mib": peak, "grown_mib": peak - before}


def _peak_mib() -> float:
    """Of this program only: what getrusage says begins with what the parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _fill_duckdb(path: Path, rows: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.register("given", order_lines(rows))
        connection.execute(f"CREATE TABLE {_TABLE} AS SELECT * FROM given")


def _fill_postgresql(server: EmbeddedPostgres, shop: Path) -> str:
    """The same rows; returns the address of their database."""
    url = server.administrator_url.set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop TEMPLATE template0 ENCODING 'UTF8'")
    text = url.set(database="shop").render_as_string(hide_password=False)
    lines = shop.with_suffix(".csv")
    with duckdb.connect(str(shop), read_only=True) as source:
        source.execute("SET TimeZone = 'UTC'")
        source.execute(f"COPY {_TABLE} TO '{lines}' (HEADER false)")
    with psycopg.connect(text, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {_TABLE} ({_COLUMNS})")
        with (
            lines.open("rb") as file,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {_TABLE} FROM STDIN (FORMAT csv)") as copy,
        ):
            while block := file.read(1 << 20):
                copy.write(block)
        connection.execute(f"VACUUM ANALYZE {_TABLE}")
        connection.execute(f"CREATE ROLE {_READER} LOGIN PASSWORD '{_READER}'")
        connection.execute(f"GRANT SELECT ON {_TABLE} TO {_READER}")
    return text


def _psql(url: str, folder: Path) -> float:
    command = f"\\copy (SELECT * FROM {_TABLE}) TO '{folder / 'psql.csv'}' (FORMAT csv, HEADER)"
    started = time.perf_counter()
    subprocess.run(["psql", url, "-qXc", command], check=True)
    return time.perf_counter() - started


def _duckdb_copy(shop: Path, folder: Path) -> float:
    with duckdb.connect(str(shop), read_only=True) as connection:
        started = time.perf_counter()
        connection.execute(f"COPY {_TABLE} TO '{folder / 'duckdb.csv'}' (HEADER)")
        return time.perf_counter() - started


if __name__ == "__main__":
    if sys.argv[1:2] == ["--export"]:
        print(json.dumps(export(Place(**json.loads(sys.argv[2])))))
    else:
        print(table_of(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)))
