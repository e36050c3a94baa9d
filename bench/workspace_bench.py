"""The demo workspace as people use it: previews in the service, and all order lines as CSV against the source itself.

python -m bench.workspace_bench
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from bench.figures import Figure, table
from core.bootstrap import Broadsheet, build, prepare
from core.catalog.sources import open_source
from core.clock import SystemClock
from core.db.embedded import start_embedded
from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Grouping, Measure, Period, ReportDefinition, Sort
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Grain, Operator, WindowKind
from core.query.executor import HeadFields, QueryExecutor
from core.query.spool import open_spool, write_spool
from core.render import renderer_for
from core.services.demo_workspace import demo_path
from core.settings import load_settings

PREVIEW_LIMIT_MS = 300
CSV_LIMIT = 2.0
REPEATS = 200
CSV_REPEATS = 5


@contextmanager
def workspace() -> Iterator[tuple[Broadsheet, Principal]]:
    """A fresh demo workspace on an embedded PostgreSQL in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = start_embedded(folder)
    try:
        url = server.owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
        settings = load_settings(
            _env_file=None, data_dir=folder, database_url=url, admin_password="a password for benches"
        )
        prepare(settings)
        broadsheet = build(settings)
        token = broadsheet.sessions.open(broadsheet.sign_in.verify(settings.admin_email, "a password for benches"))
        yield broadsheet, broadsheet.access.principal_for_session(token)
        broadsheet.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure() -> list[Figure]:
    """95th percentiles of previews, and the ratio of our CSV to the source's own."""
    with workspace() as (broadsheet, principal):
        orders = next(d for d in broadsheet.catalog.datasets(principal) if d.name == "orders")
        previews = [
            Figure(
                name=f"preview in the service, {name}, p95 of {REPEATS}",
                measured=_p95(lambda d=definition: broadsheet.reports.preview(principal, d)),
                unit="ms",
                limit=PREVIEW_LIMIT_MS,
            )
            for name, definition in questions(orders).items()
        ]
        return [*previews, *_csv(broadsheet, principal, orders)]


def questions(orders: Dataset) -> dict[str, ReportDefinition]:
    """Grouped and filtered questions to the order lines."""
    revenue = Measure(aggregation=Aggregation.SUM, field="amount")
    by_month = ReportDefinition(
        dataset_id=orders.id,
        groupings=(Grouping(field="ordered_at", grain=Grain.MONTH), Grouping(field="country")),
        measures=(Measure(aggregation=Aggregation.COUNT), revenue),
        filters=FilterGroup(
            items=(Condition(field="is_return", operator=Operator.IS, values=(False,)),),
        ),
        sort=(Sort(key=revenue.key, descending=True),),
        timezone="America/New_York",
    )
    period = Period(field="ordered_at", window=DateWindow(kind=WindowKind.LAST, n=12, unit=DateUnit.MONTH))
    searched = Condition(field="product_name", operator=Operator.CONTAINS, values=("a",))
    return {
        "orders by month and country, three years": by_month,
        "orders by month and country, last 12 months": replace(by_month, period=period),
        "orders by country, text search": replace(
            by_month, groupings=(Grouping(field="country"),), filters=FilterGroup(items=(searched,))
        ),
    }


def _p95(work: Callable[[], object]) -> float:
    """Milliseconds that 95 of 100 calls stay under, after a warm-up."""
    for _ in range(5):
        work()
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def _csv(broadsheet: Broadsheet, principal: Principal, orders: Dataset) -> list[Figure]:
    """All order lines: query, spool and CSV as a run does them, in turns with DuckDB's COPY of the same columns."""
    everything = ReportDefinition(dataset_id=orders.id, columns=tuple(f.name for f in orders.fields), limit=None)
    _, source = broadsheet.catalog.dataset_and_source(principal, orders.id)
    executor = QueryExecutor(lambda wanted: open_source(wanted, {}, broadsheet.settings), SystemClock())
    folder = broadsheet.settings.data_dir
    fields = HeadFields(title="Order lines")

    def ours() -> None:
        spool = folder / "bench.arrow"
        with executor.run(
            everything,
            orders,
            source,
            head_fields=fields,
            logical_at=broadsheet.clock.now(),
            deadline_s=600,
            should_stop=lambda: False,
        ) as result:
            write_spool(result, spool)
            with (folder / "ours.csv").open("wb") as target:
                renderer_for("csv").render(open_spool(spool, result.head), target)

    def theirs() -> None:
        columns = ", ".join(f'"{field.name}"' for field in orders.fields)
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{demo_path(broadsheet.settings)}' AS demo (READ_ONLY)")
            connection.execute(
                f"COPY (SELECT {columns} FROM demo.{orders.table_name}) TO '{folder / 'theirs.csv'}' (HEADER)"
            )

    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(CSV_REPEATS + 1)]
    mine, copied = (statistics.median(values) for values in zip(*pairs[1:], strict=True))
    return [
        Figure(name="CSV of all order lines (query, spool, file)", measured=mine, unit="s", limit=CSV_LIMIT * copied),
        Figure(name="the source's own COPY of the same", measured=copied, unit="s"),
    ]


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(table(measure()))
