"""CSV from a source to a file, as a run makes it, beside the source's own CSV; each in a process of its own.

Every file is read by pyarrow afterwards, column by column against the rows that were put in.
Run: python -m bench.csv_bench [rows]
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import psycopg
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench.export_bench import order_lines
from bench.figures import Figure
from bench.figures import table as table_of
from core.db.embedded import EmbeddedPostgres, start_embedded

ROWS = 1_000_000
_REPEATS = 5
_TABLE = "order_lines"
_READER = "reader"
#: Times the source's own CSV.
POSTGRESQL_LIMIT, DUCKDB_LIMIT = 1.3, 1.2
#: Of PostgreSQL's, which works elsewhere: the other engines keep their own memory in the exporting process.
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
    table: str = _TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A source, how fast its own tool writes CSV (seconds), and what ours may take."""

    name: str
    place: Place
    own: Callable[[], float]
    limit: float | None = None
    memory_mib: float | None = None


def measure(rows: int = ROWS) -> list[Figure]:
    """The same rows in each source; the best of five each, in turns with the yardstick."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with ExitStack() as stack:
            given = folder / "given.parquet"
            pq.write_table(order_lines(rows), given)
            shop = _filled_duckdb(folder, given)
            peers = [
                stack.enter_context(_postgresql(folder, shop)),
                Peer(
                    name="DuckDB",
                    place=Place(kind="duckdb", folder=str(folder), connection={"path": shop.name}, secrets={}),
                    own=lambda: _duckdb_copy(shop, folder),
                    limit=DUCKDB_LIMIT,
                ),
                _chdb(folder, given),
            ]
            return [figure for peer in peers for figure in _compared(peer, given, rows)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compared(peer: Peer, given: Path, rows: int) -> Iterator[Figure]:
    own, seconds, grown, peak = [], [], [], []
    for _ in range(_REPEATS):
        own.append(peer.own())
        output = subprocess.run(
            [sys.executable, "-m", "bench.csv_export", json.dumps(asdict(peer.place))],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        report = json.loads(output)
        assert report["rows"] == rows
        seconds.append(report["seconds"])
        grown.append(report["grown_mib"])
        peak.append(report["peak_mib"])
    confirm(Path(peer.place.folder) / "ours.csv", given)
    best = min(own)
    yield Figure(name=f"{peer.name}'s own CSV of {rows:,} rows x 12", measured=best, unit="s")
    yield Figure(name=f"CSV of the same from {peer.name}", measured=min(seconds), unit="s")
    yield Figure(name=f"that, times {peer.name}'s own", measured=min(seconds) / best, unit="x", limit=peer.limit)
    yield Figure(name="its peak memory, the whole process", measured=max(peak), unit="MiB", limit=peer.memory_mib)
    yield Figure(name="of that since the program was loaded", measured=max(grown), unit="MiB")


def confirm(file: Path, given: Path) -> None:
    """Read the file with pyarrow; raises AssertionError where a column is not what was put in."""
    put_in = pq.read_table(given).sort_by("ordered_at")
    labels = pa_csv.open_csv(file).schema.names
    read = pa_csv.read_csv(
        file,
        convert_options=pa_csv.ConvertOptions(
            column_types=dict(zip(labels, put_in.schema.types, strict=True)),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    ).sort_by(labels[put_in.schema.names.index("ordered_at")])
    for name, written, column in zip(labels, read.columns, put_in.columns, strict=True):
        assert written.equals(column), f"{name} is not what was put in"


def _filled_duckdb(folder: Path, given: Path) -> Path:
    path = folder / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE {_TABLE} AS SELECT * FROM read_parquet('{given}')")
    return path


@contextmanager
def _postgresql(folder: Path, shop: Path) -> Iterator[Peer]:
    server = start_embedded(folder)
    try:
        url = _fill_postgresql(server, shop)
        connection = {"host": "127.0.0.1", "port": server.port, "database": "shop", "user": _READER, "tls": "none"}
        yield Peer(
            name="PostgreSQL",
            place=Place(kind="postgresql", folder=str(folder), connection=connection, secrets={"password": _READER}),
            own=lambda: _psql(url, folder),
            limit=POSTGRESQL_LIMIT,
            memory_mib=MEMORY_LIMIT_MIB,
        )
    finally:
        server.stop()


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


def _chdb(folder: Path, given: Path) -> Peer:
    data = folder / "chdb" / "shop"
    data.mkdir(parents=True)
    _ask_chdb(data, f"CREATE TABLE {_TABLE} ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM file('{given}')")
    own = f"SELECT * FROM {_TABLE} INTO OUTFILE '{folder / 'chdb.csv'}' TRUNCATE FORMAT CSVWithNames"
    return Peer(
        name="ClickHouse (chdb)",
        place=Place(kind="chdb", folder=str(folder), connection={"folder": "shop"}, secrets={}),
        own=lambda: _ask_chdb(data, own),
    )


def _ask_chdb(data: Path, sql: str) -> float:
    """In a process of its own: the engine locks its folder. Seconds of the query alone."""
    program = (
        "import sys, time; from chdb.state import connect; c = connect(sys.argv[1]); t = time.perf_counter(); "
        "c.query(sys.argv[2]); print(time.perf_counter() - t); c.close()"
    )
    done = subprocess.run([sys.executable, "-c", program, str(data), sql], stdout=subprocess.PIPE, check=True)
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    print(table_of(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)))
