"""Writes the demo's DuckDB file and renews it when a new day has begun; its neighbours decide what is in it."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from core.demo.days import EARLIEST_TODAY
from core.demo.invoices import build_invoices
from core.demo.outreach import build_outreach
from core.demo.people import build_customers
from core.demo.retail import build_order_lines, build_products
from core.demo.usage import build_usage_events

DEFAULT_SEED = 20260101
_FRESH_FOR = timedelta(hours=1)
#: When a row happened, in the tables whose rows have a time of day.
_HAPPENED_AT = {"order_lines": "ordered_at", "outreach": "sent_at", "usage_events": "occurred_at"}


def generate_demo(path: Path, *, today: date, until: datetime | None = None, seed: int = DEFAULT_SEED) -> None:
    """Write the days up to and including `today` (UTC) to a new file that then takes `path`'s place.

    A day's rows follow from `seed` and the day alone, but for invoices: whether one is paid depends on `today` too.
    `until` (aware) leaves out what happens later, so that nothing in the demo lies in the future.
    Raises ValueError where `today` leaves no room for three years of history.
    """
    if today < EARLIEST_TODAY:
        raise ValueError(f"the demo's history begins too late for {today}; the first possible day is {EARLIEST_TODAY}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        _write(fresh, today=today, until=until, seed=seed)
        _sync(fresh)
        fresh.replace(path)
    _sync(path.parent)


def refresh_demo(path: Path, *, today: date, until: datetime | None = None, seed: int = DEFAULT_SEED) -> bool:
    """Bring the file at `path` up to `today`; True where it was missing, unreadable or older and has been replaced.

    With `until`, a file that ends within the hour before it is new enough.
    The whole file is made anew: as days never change, that adds the missing ones and drops those that left the window.
    Readers that hold the old file open keep the old rows until they open `path` again.
    """
    newest = newest_moment(path)
    if newest is not None and newest >= (_naive(until) - _FRESH_FOR if until else datetime.combine(today, time())):
        return False
    generate_demo(path, today=today, until=until, seed=seed)
    return True


def newest_moment(path: Path) -> datetime | None:
    """When the last event in the file at `path` happened (UTC, naive); None where there is none to be read."""
    if not path.exists():
        return None
    try:
        # Attached, because a connection would need the very settings that other readers in this process opened it with.
        with duckdb.connect() as connection:
            connection.execute("ATTACH ? AS demo (READ_ONLY)", [str(path)])
            row = connection.execute("SELECT max(occurred_at) FROM demo.usage_events").fetchone()
    except duckdb.Error:
        return None
    return row[0] if row else None


def _tables(*, today: date, seed: int) -> Iterator[tuple[str, pa.Table]]:
    """One table after the other, so that only one of the large ones is in memory."""
    customers, products = build_customers(today, seed=seed), build_products(seed=seed)
    yield "customers", customers.table
    yield "products", products.table
    yield "order_lines", build_order_lines(today, customers, products, seed=seed)
    yield "invoices", build_invoices(today, customers, seed=seed)
    yield "outreach", build_outreach(today, seed=seed)
    yield "usage_events", build_usage_events(today, seed=seed)


def _write(path: Path, *, today: date, until: datetime | None, seed: int) -> None:
    with duckdb.connect(str(path)) as connection:
        for name, table in _tables(today=today, seed=seed):
            connection.register("rows_to_write", table)
            happened = _HAPPENED_AT.get(name)
            if until is None or happened is None:
                connection.execute(f'CREATE TABLE "{name}" AS FROM rows_to_write')
            else:
                past = f'CREATE TABLE "{name}" AS FROM rows_to_write WHERE {happened} <= ?'
                connection.execute(past, [_naive(until)])
            connection.unregister("rows_to_write")
        connection.execute("CHECKPOINT")


def _naive(instant: datetime) -> datetime:
    """An aware instant as the tables hold it: UTC without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _sync(path: Path) -> None:
    """Have a file, or a folder's list of names, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
