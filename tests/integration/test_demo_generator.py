"""The demo's file: its size, its days, its awkward texts, and that a refresh equals a fresh start."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pytest

from core.demo.content import DatasetDraft, demo_datasets
from core.demo.days import EARLIEST_TODAY
from core.demo.generator import generate_demo, newest_moment, refresh_demo
from core.domain.field import FieldType

_TODAY = date(2026, 11, 20)
_LATER = _TODAY + timedelta(days=3)
#: The column that says which day a row belongs to.
_DAY_OF = {
    "customers": "created_on",
    "order_lines": "ordered_at",
    "invoices": "issued_on",
    "outreach": "sent_at",
    "usage_events": "occurred_at",
}
_TYPES = {
    FieldType.TEXT: ("VARCHAR",),
    FieldType.INTEGER: ("INTEGER", "BIGINT"),
    FieldType.DECIMAL: ("DECIMAL",),
    FieldType.BOOLEAN: ("BOOLEAN",),
    FieldType.DATE: ("DATE",),
    FieldType.DATETIME: ("TIMESTAMP",),
}


def newest_day(path: Path) -> date | None:
    newest = newest_moment(path)
    return newest.date() if newest else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo_path(folder: Path) -> Path:
    path = folder / "demo.duckdb"
    generate_demo(path, today=_TODAY)
    return path


@pytest.fixture(scope="module")
def later_path(folder: Path) -> Path:
    path = folder / "later.duckdb"
    generate_demo(path, today=_LATER)
    return path


@pytest.fixture(scope="module")
def demo(demo_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo_path), read_only=True) as connection:
        yield connection


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row


def _checksums(path: Path, table: str, day: str, *, columns: str = "*") -> dict[date, tuple[int, int]]:
    """For each day the number of its rows and a checksum over all their values."""
    lines = f"SELECT {day}::DATE AS day, to_json(rows)::VARCHAR AS line FROM (SELECT {columns} FROM {table}) AS rows"
    sql = f"SELECT day, count(*), sum(hash(line)::HUGEINT) FROM ({lines}) GROUP BY day"
    with duckdb.connect(str(path), read_only=True) as connection:
        return {found: (count, checksum) for found, count, checksum in connection.execute(sql).fetchall()}


@pytest.mark.parametrize(
    ("table", "least", "most"),
    [
        ("customers", 10_000, 16_000),
        ("products", 400, 400),
        ("order_lines", 300_000, 420_000),
        ("invoices", 18_000, 24_000),
        ("outreach", 50_000, 70_000),
        ("usage_events", 500_000, 640_000),
    ],
)
def test_tables_have_their_size(demo: duckdb.DuckDBPyConnection, table: str, least: int, most: int) -> None:
    (count,) = _one(demo, f"SELECT count(*) FROM {table}")
    assert isinstance(count, int)
    assert least <= count <= most


@pytest.mark.parametrize(("table", "days"), [("order_lines", 1096), ("outreach", 1096), ("usage_events", 90)])
def test_every_day_up_to_today_has_rows(demo: duckdb.DuckDBPyConnection, table: str, days: int) -> None:
    day = _DAY_OF[table]
    found = _one(demo, f"SELECT min({day})::DATE, max({day})::DATE, count(DISTINCT {day}::DATE) FROM {table}")
    assert found == (_TODAY - timedelta(days=days - 1), _TODAY, days)


def test_the_file_is_small(demo_path: Path) -> None:
    assert demo_path.stat().st_size < 60_000_000


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("customers", "customer_id"),
        ("products", "sku"),
        ("order_lines", "order_id || '/' || line_no"),
        ("invoices", "invoice_number"),
        ("outreach", "message_id"),
        ("usage_events", "event_id"),
    ],
)
def test_keys_are_unique(demo: duckdb.DuckDBPyConnection, table: str, key: str) -> None:
    assert _one(demo, f"SELECT count(*) - count(DISTINCT {key}) FROM {table}") == (0,)


@pytest.mark.parametrize("draft", demo_datasets(), ids=lambda draft: draft.name)
def test_datasets_describe_their_tables(demo: duckdb.DuckDBPyConnection, draft: DatasetDraft) -> None:
    sql = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position"
    columns = demo.execute(sql, [draft.table_name]).fetchall()
    assert [name for name, _ in columns] == [field.name for field in draft.fields]
    for (name, data_type), field in zip(columns, draft.fields, strict=True):
        assert data_type.partition("(")[0] in _TYPES[field.type], name


def test_same_seed_same_rows_and_another_seed_others(demo_path: Path, folder: Path) -> None:
    again, other = folder / "again.duckdb", folder / "other.duckdb"
    generate_demo(again, today=_TODAY)
    generate_demo(other, today=_TODAY, seed=7)
    for table, day in {**_DAY_OF, "products": "DATE '2026-01-01'"}.items():
        first = _checksums(demo_path, table, day)
        assert _checksums(again, table, day) == first
        assert not set(_checksums(other, table, day).values()) & set(first.values())


@pytest.mark.parametrize("table", [table for table in _DAY_OF if table != "invoices"])
def test_a_day_does_not_change_when_days_are_added(demo_path: Path, later_path: Path, table: str) -> None:
    before, after = (_checksums(path, table, _DAY_OF[table]) for path in (demo_path, later_path))
    shared = before.keys() & after.keys()
    assert len(shared) == len(before) - (0 if table == "customers" else 3)
    assert {day: before[day] for day in shared} == {day: after[day] for day in shared}


def test_invoices_change_only_by_being_paid_or_reminded(demo_path: Path, later_path: Path) -> None:
    fixed = "* EXCLUDE (paid_on, status, reminders)"
    before, after = (_checksums(path, "invoices", "issued_on", columns=fixed) for path in (demo_path, later_path))
    shared = before.keys() & after.keys()
    assert {day: before[day] for day in shared} == {day: after[day] for day in shared}


def test_a_refresh_equals_a_fresh_start(later_path: Path, folder: Path) -> None:
    path = folder / "refreshed.duckdb"
    assert refresh_demo(path, today=_TODAY) is True
    assert newest_day(path) == _TODAY
    assert refresh_demo(path, today=_TODAY) is False
    assert refresh_demo(path, today=_LATER) is True
    for table, day in _DAY_OF.items():
        assert _checksums(path, table, day) == _checksums(later_path, table, day)


def test_a_refresh_swaps_the_file_under_its_readers(folder: Path) -> None:
    path = folder / "it's read.duckdb"
    generate_demo(path, today=_TODAY)
    inode = path.stat().st_ino
    with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as reader:
        assert refresh_demo(path, today=_TODAY) is False
        assert path.stat().st_ino == inode
        assert refresh_demo(path, today=_LATER) is True
        assert path.stat().st_ino != inode
        assert _one(reader, "SELECT max(occurred_at)::DATE FROM usage_events") == (_TODAY,)
    assert newest_day(path) == _LATER
    assert [entry.name for entry in folder.iterdir() if entry.name.startswith(".")] == []


def test_an_unreadable_file_is_replaced(folder: Path) -> None:
    path = folder / "broken.duckdb"
    path.write_bytes(b"this is not a database" * 1000)
    assert newest_day(path) is None
    assert refresh_demo(path, today=_TODAY) is True
    assert newest_day(path) == _TODAY


def test_a_failed_generation_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "kept.duckdb"
    path.write_bytes(b"old")
    monkeypatch.setattr("core.demo.generator.build_usage_events", lambda *_args, **_named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        generate_demo(path, today=_TODAY)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in folder.iterdir() if entry.name.startswith(".")] == []


def test_a_day_before_the_history_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=str(EARLIEST_TODAY)):
        generate_demo(folder / "early.duckdb", today=EARLIEST_TODAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("customers", "name SIMILAR TO '.*[äöüßéèñłş].*'"),
        ("customers", r"regexp_matches(name, '\p{Greek}')"),
        ("customers", r"regexp_matches(name, '\p{Cyrillic}')"),
        ("customers", r"regexp_matches(name, '\p{Han}')"),
        ("customers", r"regexp_matches(name, '\p{Hangul}')"),
        ("customers", r"regexp_matches(name, '\p{Hebrew}')"),
        ("customers", r"regexp_matches(name, '\p{Arabic}')"),
        ("customers", "company = 'O''Brien, \"Bob\" & Sons'"),
        ("customers", "company IS NULL"),
        ("customers", "marketing_consent IS NULL"),
        ("order_lines", "note LIKE '=SUM%'"),
        ("order_lines", "note = '-10% agreed'"),
        ("order_lines", "note LIKE '%' || chr(10) || '%'"),
        ("order_lines", "note LIKE '%\"%'"),
        ("order_lines", "note IS NULL"),
        ("order_lines", "payment_method IS NULL"),
        ("order_lines", "is_return AND quantity < 0 AND amount < 0"),
        ("invoices", "status = 'paid' AND paid_on IS NOT NULL"),
        ("invoices", "status = 'open' AND paid_on IS NULL"),
        ("invoices", "status = 'overdue' AND reminders > 0"),
        ("invoices", "status = 'void'"),
        ("usage_events", "duration_ms IS NULL"),
        ("outreach", "unsubscribed"),
    ],
)
def test_awkward_rows_are_there(demo: duckdb.DuckDBPyConnection, table: str, condition: str) -> None:
    (count,) = _one(demo, f"SELECT count(*) FROM {table} WHERE {condition}")
    assert isinstance(count, int)
    assert count > 3


@pytest.mark.parametrize(
    ("table", "contradiction"),
    [
        ("order_lines", "amount <> round(quantity * unit_price * (1 - discount_rate), 2)"),
        ("order_lines", "is_return <> (quantity < 0)"),
        ("order_lines NATURAL JOIN (SELECT customer_id, created_on FROM customers)", "ordered_at::DATE <= created_on"),
        ("order_lines", "customer_name IS NULL OR product_name IS NULL"),
        ("invoices", "total_amount <> net_amount + tax_amount"),
        ("invoices", "paid_on > DATE '2026-11-20' OR paid_on <= issued_on"),
        (
            "invoices",
            "status = 'overdue' AND due_on >= DATE '2026-11-20' OR status = 'open' AND due_on < DATE '2026-11-20'",
        ),
        ("outreach", "(opened AND NOT delivered) OR (clicked AND NOT opened) OR opens <> opened::INTEGER"),
        ("usage_events", "is_error AND credits > 0"),
    ],
)
def test_rows_do_not_contradict_themselves(demo: duckdb.DuckDBPyConnection, table: str, contradiction: str) -> None:
    assert _one(demo, f"SELECT count(*) FROM {table} WHERE {contradiction}") == (0,)


def test_one_day_in_the_window_looks_like_an_incident(demo: duckdb.DuckDBPyConnection) -> None:
    rates = demo.execute(
        "SELECT avg(is_error::INTEGER) FROM usage_events GROUP BY occurred_at::DATE ORDER BY 1 DESC"
    ).fetchall()
    assert rates[0][0] > 0.02
    assert rates[2][0] < 0.02


def test_the_week_and_the_features_are_uneven(demo: duckdb.DuckDBPyConnection) -> None:
    (weekend,) = _one(demo, "SELECT avg((isodow(occurred_at) > 5)::INTEGER) FROM usage_events")
    assert isinstance(weekend, float)
    assert 0.05 < weekend < 0.2
    shares = demo.execute("SELECT count(*) FROM usage_events GROUP BY feature ORDER BY 1 DESC").fetchall()
    assert len(shares) == 14
    assert shares[0][0] > 20 * shares[-1][0]


def test_nothing_happens_after_now_and_the_rest_of_the_day_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "demo.duckdb"
    noon = datetime.combine(_TODAY, time(12), tzinfo=UTC)
    assert refresh_demo(path, today=_TODAY, until=noon) is True
    newest = newest_moment(path)
    assert newest is not None
    assert noon.replace(tzinfo=None) - timedelta(hours=1) < newest <= noon.replace(tzinfo=None)
    with duckdb.connect(str(path), read_only=True) as connection:
        later = "SELECT count(*) FROM {} WHERE {} > ?"
        for table, column in (("order_lines", "ordered_at"), ("outreach", "sent_at"), ("usage_events", "occurred_at")):
            row = connection.execute(later.format(table, column), [noon.replace(tzinfo=None)]).fetchone()
            assert row == (0,)
    assert refresh_demo(path, today=_TODAY, until=noon + timedelta(minutes=10)) is False
    assert refresh_demo(path, today=_TODAY, until=noon + timedelta(hours=3)) is True
