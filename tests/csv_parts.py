"""Results as CSV beside what their source writes itself: for the suites of sources that write CSV."""

import io
from dataclasses import dataclass, replace

from core.catalog.sources.connector import CompiledQuery, CsvQuestion, Snapshot, WritesCsv
from core.domain.artifact import Rendering
from core.domain.csv_options import CsvLines, CsvOptions
from core.domain.result import Result, ResultColumn
from core.render.csv_renderer import CsvRenderer
from tests.source_benches.postgresql_bench import PostgreSqlBench


@dataclass
class AskedSource:
    """What the executor puts between result and snapshot, without its threshold."""

    snapshot: Snapshot
    question: CsvQuestion
    given: CsvLines | None = None

    def lines(self, keys, options):
        assert isinstance(self.snapshot, WritesCsv)
        self.given = self.snapshot.csv(replace(self.question, keys=tuple(keys), options=options))
        return self.given


def asked(
    sql: str, columns: tuple[ResultColumn, ...], timezone: str = "UTC", options: CsvOptions | None = None
) -> CsvQuestion:
    """All columns of a statement."""
    query = CompiledQuery(sql=sql)
    return CsvQuestion(
        statement=query,
        unordered=query,
        columns=columns,
        keys=tuple(each.key for each in columns),
        timezone=timezone,
        options=options or CsvOptions(),
    )


def written(result: Result, options: CsvOptions) -> tuple[bytes, Rendering]:
    """The renderer's file and what it says of it."""
    target = io.BytesIO()
    rendering = CsvRenderer(options).render(result, target)
    return target.getvalue(), rendering


def fill(bench: PostgreSqlBench, kinds: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Make a table of columns c0, c1, … behind a number; return the SELECT of its rows in order."""
    names = [f"c{place}" for place in range(len(kinds))]
    bench.execute("DROP TABLE IF EXISTS odd")
    bench.execute(f"CREATE TABLE odd (number bigint, {', '.join(map(' '.join, zip(names, kinds, strict=True)))})")
    marks = ", ".join(["%s"] * (len(kinds) + 1))
    with bench.administrator() as connection, connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.executemany(f"INSERT INTO odd VALUES ({marks})", [(n, *row) for n, row in enumerate(rows)])
    return f"SELECT {', '.join(names)} FROM odd ORDER BY number"
