"""Datasets over a DuckDB file and a real PostgreSQL: drafts, checks, changes that break reports, drift, notices."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from core.catalog.sources.guarded import OPEN_SOURCES
from core.clock import FixedClock
from core.db.database import Database
from core.db.embedded import EmbeddedPostgres
from core.domain.catalog import SourceDraft
from core.domain.dataset import DatasetMeasure
from core.domain.definition import Aggregation, Measure
from core.domain.field import Field, FieldType
from core.domain.relation import Cardinality, CastStep, FillStep, JoinKey, RenameStep, SqlOrigin, TableOrigin
from core.errors import (
    BreaksReports,
    Conflict,
    InvalidDataset,
    InvalidInput,
    NotAllowed,
    NotFound,
    QueryFailed,
    SourceUnavailable,
)
from tests.conftest import Tenant
from tests.integration.api_parts import side_by_side
from tests.integration.catalog_parts import ORDERS, Catalog, as_role, change_shop, without
from tests.run_parts import insert_schedule
from tests.source_benches.postgresql_bench import READER_PASSWORD, PostgreSqlBench


@pytest.fixture
def catalog(database: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Catalog]:
    yield Catalog(database, clock, tmp_path)
    OPEN_SOURCES.close()


def test_a_table_becomes_a_labelled_dataset_with_its_joins(catalog: Catalog, tenant: Tenant) -> None:
    draft = catalog.datasets.draft(tenant.principal, catalog.source(tenant), ORDERS)
    assert (draft.name, draft.label, draft.row_noun, draft.time_field) == ("orders", "Orders", "orders", "ordered_at")
    assert draft.row_key == ("order_id",)
    assert [(join.name, join.keys, join.cardinality) for join in draft.joins] == [
        ("customer", (JoinKey(left="customer_id", right="customer_id"),), Cardinality.MANY_TO_ONE)
    ]
    labels = {field.name: field.label for field in draft.fields}
    assert labels["ordered_at"] == "Ordered at"
    assert labels["customer_country"] == "Customer country"
    assert catalog.datasets.check(tenant.principal, draft) == ()
    made = catalog.datasets.create(tenant.principal, draft)
    assert (made.id, made.version, made.is_certified) == (draft.id, 1, False)
    assert replace(made, updated_at=None) == draft
    assert catalog.catalog.dataset(tenant.principal, made.id) == made
    assert catalog.datasets.draft(tenant.principal, made.source_id, ORDERS).name == "orders_2"


def test_a_preview_shows_rows_as_reports_will(catalog: Catalog, tenant: Tenant) -> None:
    draft = catalog.datasets.draft(tenant.principal, catalog.source(tenant), ORDERS)
    shown = catalog.datasets.preview(tenant.principal, draft, rows=10)
    assert [column.key for column in shown.columns] == [field.name for field in draft.fields]
    assert sorted(map(str, shown.table.column("customer_name").to_pylist())) == ["Ana", "Ana", "Bo", "None"]
    with pytest.raises(InvalidInput) as refused:
        catalog.datasets.preview(tenant.principal, draft, rows=1001)
    assert refused.value.place == "rows"


def test_steps_are_previewed_one_by_one(catalog: Catalog, tenant: Tenant) -> None:
    draft = catalog.datasets.draft(tenant.principal, catalog.source(tenant), ORDERS)
    steps = (
        FillStep(column="status", value="unknown"),
        RenameStep(column="status", into="state"),
        CastStep(column="amount", type=FieldType.TEXT),
    )
    fields = tuple(
        Field(name="state", label="State", type=FieldType.TEXT) if field.name == "status" else field
        for field in draft.fields
        if field.table is None and field.name != "amount"
    )
    draft = replace(draft, steps=steps, joins=(), fields=fields)
    before = catalog.datasets.preview(tenant.principal, draft, steps=0)
    renamed = catalog.datasets.preview(tenant.principal, draft, steps=2)
    cast = catalog.datasets.preview(tenant.principal, draft, steps=3)
    assert "status" in before.table.column_names
    assert {"state", "amount"} < set(renamed.table.column_names)
    assert {column.key: column.type for column in cast.columns}["amount"] is FieldType.TEXT
    assert [column.key for column in catalog.datasets.preview(tenant.principal, draft).columns][3] == "state"
    with pytest.raises(InvalidInput) as refused:
        catalog.datasets.preview(tenant.principal, draft, steps=4)
    assert refused.value.place == "steps"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"label": "  "}, "label"),
        ({"label": "Two\nlines"}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"name": "no spaces"}, "name"),
        ({"name": "1st"}, "name"),
        ({"description": "x" * 2001}, "description"),
        ({"origin": TableOrigin(table_name="sqlite_master")}, "origin"),
        ({"origin": TableOrigin(table_name="duckdb_secrets", schema_name="system")}, "origin"),
        ({"time_field": "nothing"}, "time_field"),
    ],
)
def test_what_does_not_fit_names_its_place_and_nothing_is_saved(
    catalog: Catalog, tenant: Tenant, change: dict[str, Any], place: str
) -> None:
    draft = replace(catalog.datasets.draft(tenant.principal, catalog.source(tenant), ORDERS), **change)
    found = catalog.datasets.check(tenant.principal, draft)
    assert [problem.place for problem in found] == [place]
    with pytest.raises(InvalidInput) as refused:
        catalog.datasets.create(tenant.principal, draft)
    assert refused.value.place == place
    assert catalog.catalog.datasets(tenant.principal) == ()


def test_what_the_source_itself_refuses_is_not_saved(catalog: Catalog, tenant: Tenant) -> None:
    draft = catalog.datasets.draft(tenant.principal, catalog.source(tenant), ORDERS)
    origin = replace(draft.origin, columns=(*draft.origin.columns, replace(draft.origin.columns[0], name="gone")))
    broken = replace(
        draft, origin=origin, fields=(*draft.fields, Field(name="gone", label="Gone", type=FieldType.INTEGER))
    )
    with pytest.raises((InvalidDataset, QueryFailed)):
        catalog.datasets.create(tenant.principal, broken)
    assert len(catalog.datasets.check(tenant.principal, broken)) == 1
    assert catalog.catalog.datasets(tenant.principal) == ()


def test_names_and_labels_are_unique_also_side_by_side(catalog: Catalog, tenant: Tenant) -> None:
    draft = catalog.datasets.draft(tenant.principal, catalog.source(tenant), ORDERS)
    made = side_by_side(lambda _: catalog.datasets.create(tenant.principal, replace(draft, id=uuid4())), 4)
    assert sorted(type(one).__name__ for one in made) == ["Conflict"] * 3 + ["Dataset"]
    with pytest.raises(Conflict) as refused:
        catalog.datasets.create(tenant.principal, replace(draft, id=uuid4(), name="others", label="ORDERS"))
    assert refused.value.place == "label"


def test_a_stale_save_is_refused_and_versions_count(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    saved = catalog.datasets.save(tenant.principal, replace(made, description="Every order"), expected_version=1)
    assert (saved.version, saved.description) == (2, "Every order")
    with pytest.raises(Conflict, match="version 2"):
        catalog.datasets.save(tenant.principal, made, expected_version=1)
    assert catalog.datasets.save(tenant.principal, made).version == 3


def test_a_change_that_breaks_reports_names_them_and_needs_to_be_confirmed(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    filtered = {"items": [{"field": "status", "operator": "is", "values": ["paid"]}]}
    catalog.report(tenant, made, "Paid orders", columns=["order_id"], filters=filtered)
    catalog.report(tenant, made, "By customer", columns=["customer_name"])
    with pytest.raises(BreaksReports, match="Paid orders") as refused:
        catalog.datasets.save(tenant.principal, without(made, "status"))
    assert (refused.value.reports, refused.value.place) == (("Paid orders",), "fields")
    retyped = replace(
        made,
        steps=(CastStep(column="order_id", type=FieldType.TEXT),),
        fields=tuple(replace(f, type=FieldType.TEXT) if f.name == "order_id" else f for f in made.fields),
    )
    with pytest.raises(BreaksReports):
        catalog.datasets.save(tenant.principal, retyped)
    assert catalog.catalog.dataset(tenant.principal, made.id) == made
    assert catalog.datasets.save(tenant.principal, without(made, "customer_born_on")).version == 2
    saved = catalog.datasets.save(tenant.principal, without(made, "status"), is_confirmed=True)
    assert saved.field("status") is None
    report = catalog.reports.list(tenant.principal, search="Paid").items[0]
    assert catalog.catalog.problems(tenant.principal, report) != ()
    assert catalog.missing.tell() == 1


def test_a_certificate_stays_with_words_and_goes_with_substance(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    certified = catalog.datasets.certify(tenant.principal, made.id, True)
    assert (certified.is_certified, certified.version) == (True, 1)
    worded = replace(certified, label="All orders", fields=(replace(made.fields[0], label="No."), *made.fields[1:]))
    assert catalog.datasets.save(tenant.principal, worded).is_certified
    assert not catalog.datasets.save(tenant.principal, without(worded, "status")).is_certified
    smuggled = replace(made, id=uuid4(), name="mine", label="Mine", is_certified=True)
    assert not catalog.datasets.create(tenant.principal, smuggled).is_certified


def test_used_by_finds_fields_wherever_they_are_used(catalog: Catalog, tenant: Tenant) -> None:
    measure = DatasetMeasure(
        name="revenue", label="Revenue", measure=Measure(aggregation=Aggregation.SUM, field="amount")
    )
    net = Field(name="net", label="Net", type=FieldType.DECIMAL, expression="amount * 2")
    made = catalog.orders(tenant)
    made = catalog.datasets.save(tenant.principal, replace(made, fields=(*made.fields, net), measures=(measure,)))
    status = {"items": [{"items": [{"field": "status", "operator": "is", "values": ["paid"]}]}]}
    catalog.report(tenant, made, "Filter", columns=["order_id"], filters=status)
    catalog.report(tenant, made, "Group", groupings=[{"field": "status"}], measures=[{"aggregation": "count"}])
    catalog.report(tenant, made, "Computed", columns=["net"])
    catalog.report(
        tenant, made, "Measure", groupings=[{"field": "customer_name"}], measures=[{"dataset_measure": "revenue"}]
    )
    kpi = catalog.report(tenant, made, "Tile", columns=["order_id"], kpis=[{"aggregation": "max", "field": "amount"}])
    schedule = insert_schedule(catalog.database, tenant, kpi, next_run_at=None)

    def names(field: str | None) -> list[str]:
        return [use.name for use in catalog.datasets.used_by(tenant.principal, made.id, field).reports]

    assert names(None) == ["Computed", "Filter", "Group", "Measure", "Tile"]
    assert names("status") == ["Filter", "Group"]
    assert names("amount") == ["Computed", "Measure", "Tile"]
    assert names("customer_born_on") == []
    usage = catalog.datasets.used_by(tenant.principal, made.id, "amount")
    assert [(use.id, use.report_id) for use in usage.schedules] == [(schedule, kpi)]
    with pytest.raises(NotFound):
        catalog.datasets.used_by(tenant.principal, made.id, "nothing")


def test_what_reports_stand_on_is_not_deleted(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    report_id = catalog.report(tenant, made, "Orders", columns=["order_id"])
    with pytest.raises(Conflict, match="Orders"):
        catalog.datasets.delete(tenant.principal, made.id)
    with pytest.raises(Conflict, match="Orders"):
        catalog.sources.delete(tenant.principal, made.source_id)
    other = catalog.datasets.create(tenant.principal, replace(made, id=uuid4(), name="others", label="Others"))
    catalog.datasets.delete(tenant.principal, other.id)
    assert [one.id for one in catalog.catalog.datasets(tenant.principal)] == [made.id]
    catalog.library.delete(tenant.principal, report_id)
    catalog.datasets.delete(tenant.principal, made.id)
    catalog.sources.delete(tenant.principal, made.source_id)
    assert catalog.sources.list(tenant.principal) == ()


def test_drift_names_what_is_gone_changed_and_new(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    assert catalog.datasets.drift(tenant.principal, made.id).missing == ()
    change_shop(
        catalog.shop,
        """
        CREATE TABLE fresh AS SELECT order_id, customer_id, ordered_at, CAST(amount AS VARCHAR) AS amount,
            'web' AS sales_channel FROM orders;
        DROP TABLE orders; ALTER TABLE fresh RENAME TO orders;
        ALTER TABLE customers DROP COLUMN country;
        """,
    )
    drift = catalog.datasets.drift(tenant.principal, made.id)
    assert [(one.table, one.column, one.fields) for one in drift.missing] == [
        ("orders", "status", ("status",)),
        ("customers", "country", ("customer_country",)),
    ]
    assert [(one.column, one.was, one.is_now) for one in drift.changed] == [("amount", "decimal", "text")]
    assert drift.added == ("sales_channel",)


def test_a_lost_key_breaks_what_is_behind_it(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    change_shop(
        catalog.shop,
        """
        CREATE TABLE fresh AS SELECT order_id, ordered_at, status, amount FROM orders;
        DROP TABLE orders; ALTER TABLE fresh RENAME TO orders;
        """,
    )
    missing = catalog.datasets.drift(tenant.principal, made.id).missing
    assert [one.column for one in missing] == ["customer_id"]
    assert set(missing[0].fields) == {"customer_id", "customer_name", "customer_country", "customer_born_on"}


def test_a_refresh_keeps_what_people_wrote(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    words = tuple(replace(f, label="Sum") if f.name == "amount" else f for f in made.fields)
    made = catalog.datasets.save(tenant.principal, replace(made, fields=words))
    assert catalog.datasets.refresh(tenant.principal, made.id) == made
    change_shop(
        catalog.shop, "ALTER TABLE orders ADD COLUMN sales_channel VARCHAR; ALTER TABLE orders DROP COLUMN status"
    )
    saved = catalog.datasets.refresh(tenant.principal, made.id)
    added, amount = saved.field("sales_channel"), saved.field("amount")
    assert added is not None
    assert amount is not None
    assert (added.label, amount.label, saved.version) == ("Sales channel", "Sum", 3)
    assert saved.field("status") is not None


def test_a_refresh_that_changes_a_used_type_needs_to_be_confirmed(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    catalog.report(tenant, made, "Amounts", columns=["amount"])
    change_shop(catalog.shop, "ALTER TABLE orders ALTER COLUMN amount TYPE VARCHAR")
    with pytest.raises(BreaksReports, match="Amounts"):
        catalog.datasets.refresh(tenant.principal, made.id)
    field = catalog.datasets.refresh(tenant.principal, made.id, is_confirmed=True).field("amount")
    assert field is not None
    assert field.type is FieldType.TEXT


def test_an_owner_is_told_once_until_it_healed_and_broke_anew(
    catalog: Catalog, tenant: Tenant, clock: FixedClock
) -> None:
    made = catalog.orders(tenant)
    report_id = catalog.report(tenant, made, "Paid orders", columns=["order_id", "status"])
    catalog.report(tenant, made, "Plain", columns=["order_id"])
    report = catalog.reports.get(tenant.principal, report_id)

    def look() -> int:
        clock.advance(timedelta(days=2))
        catalog.watch.check()
        return catalog.missing.tell()

    assert (look(), catalog.catalog.problems(tenant.principal, report)) == (0, ())
    change_shop(catalog.shop, "ALTER TABLE orders RENAME COLUMN status TO state")
    assert look() == 1
    message = catalog.channel.messages[0]
    assert "Paid orders" in message.subject
    assert "Status" in message.text
    assert f"?report={report_id}" in message.text
    assert "Plain" not in message.text
    assert [problem.place for problem in catalog.catalog.problems(tenant.principal, report)] == ["columns[1]"]
    assert (look(), look(), len(catalog.channel.messages)) == (0, 0, 1)
    change_shop(catalog.shop, "ALTER TABLE orders RENAME COLUMN state TO status")
    assert (look(), catalog.catalog.problems(tenant.principal, report)) == (0, ())
    change_shop(catalog.shop, "ALTER TABLE orders RENAME COLUMN status TO state")
    assert look() == 1
    assert catalog.channel.messages[1].reference != message.reference


def test_a_look_comes_once_a_day_and_one_dead_source_stops_no_other(
    catalog: Catalog, tenant: Tenant, make_organization: Callable[..., Tenant], clock: FixedClock
) -> None:
    other = make_organization()
    for one in (tenant, other):
        catalog.report(one, catalog.orders(one), "Orders", columns=["order_id", "status"])
    assert catalog.watch.check() == 0
    clock.advance(timedelta(days=2))
    catalog.shop.rename(catalog.shop.with_suffix(".away"))
    assert catalog.watch.check() == 2
    assert catalog.watch.check() == 0
    assert catalog.missing.tell() == 0


def test_saved_sql_needs_its_permission_and_answers_its_columns(catalog: Catalog, tenant: Tenant) -> None:
    source_id = catalog.source(tenant)
    sql = "SELECT status, count(*) AS orders, sum(amount) AS total FROM orders GROUP BY status"
    draft = catalog.datasets.draft_sql(tenant.principal, source_id, sql)
    assert isinstance(draft.origin, SqlOrigin)
    assert {field.name: field.type for field in draft.fields} == {
        "status": FieldType.TEXT,
        "orders": FieldType.INTEGER,
        "total": FieldType.DECIMAL,
    }
    person = replace(tenant.principal, permissions=tenant.principal.permissions - {"write_sql"})
    made = catalog.datasets.create(tenant.principal, replace(draft, name="totals", label="Totals"))
    asked: list[Callable[[], object]] = [
        lambda: catalog.datasets.draft_sql(person, source_id, sql),
        lambda: catalog.datasets.preview(person, draft),
        lambda: catalog.datasets.create(person, replace(draft, id=uuid4())),
        lambda: catalog.datasets.save(person, made),
    ]
    for ask in asked:
        with pytest.raises(NotAllowed, match="SQL"):
            ask()
    rows = catalog.datasets.preview(tenant.principal, made).table.to_pylist()
    assert {row["status"]: row["orders"] for row in rows} == {"paid": 3, "open": 1}
    with pytest.raises(InvalidDataset):
        catalog.datasets.draft_sql(tenant.principal, source_id, "SELECT [1, 2] AS numbers")


def test_another_organizations_dataset_does_not_exist(
    catalog: Catalog, tenant: Tenant, make_organization: Callable[..., Tenant]
) -> None:
    other = make_organization()
    made = catalog.orders(other)
    person = tenant.principal
    asked: list[Callable[[], object]] = [
        lambda: catalog.catalog.dataset(person, made.id),
        lambda: catalog.catalog.field_values(person, made.id, "status"),
        lambda: catalog.datasets.save(person, made),
        lambda: catalog.datasets.delete(person, made.id),
        lambda: catalog.datasets.certify(person, made.id, True),
        lambda: catalog.datasets.used_by(person, made.id),
        lambda: catalog.datasets.drift(person, made.id),
        lambda: catalog.datasets.refresh(person, made.id),
        lambda: catalog.datasets.draft(person, made.source_id, ORDERS),
        lambda: catalog.datasets.draft_sql(person, made.source_id, "SELECT 1 AS a"),
        lambda: catalog.datasets.preview(person, made),
        lambda: catalog.datasets.create(person, replace(made, id=uuid4())),
    ]
    for ask in asked:
        with pytest.raises(NotFound):
            ask()
    assert catalog.catalog.datasets(person) == ()
    assert [problem.place for problem in catalog.datasets.check(person, made)] == ["source_id"]


@pytest.mark.parametrize("role", ["viewer", "editor", "publisher", "data_admin"])
def test_who_may_what(catalog: Catalog, tenant: Tenant, role: str) -> None:
    made = catalog.orders(tenant)
    person = as_role(tenant.principal, role)
    assert catalog.catalog.dataset(person, made.id) == made
    assert catalog.datasets.used_by(person, made.id).reports == ()
    asked: list[Callable[[], object]] = [
        lambda: catalog.datasets.draft(person, made.source_id, ORDERS),
        lambda: catalog.datasets.check(person, made),
        lambda: catalog.datasets.preview(person, made),
        lambda: catalog.datasets.create(person, replace(made, id=uuid4(), name="more", label="More")),
        lambda: catalog.datasets.save(person, made),
        lambda: catalog.datasets.certify(person, made.id, True),
        lambda: catalog.datasets.drift(person, made.id),
        lambda: catalog.datasets.refresh(person, made.id),
        lambda: catalog.datasets.delete(person, made.id),
    ]
    for ask in asked:
        if role == "data_admin":
            ask()
        else:
            with pytest.raises(NotAllowed):
                ask()


def test_lists_of_values_are_bounded(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    assert dict(catalog.catalog.field_values(tenant.principal, made.id, "status")) == {"paid": 3, "open": 1}
    for limit in (0, 1001):
        with pytest.raises(InvalidInput):
            catalog.catalog.field_values(tenant.principal, made.id, "status", limit=limit)
    with pytest.raises(InvalidInput):
        catalog.catalog.field_values(tenant.principal, made.id, "status", search="x" * 201)


def test_a_postgresql_server_becomes_a_dataset(
    catalog: Catalog, tenant: Tenant, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    with PostgreSqlBench(postgres, tmp_path) as server:
        server.execute("CREATE TABLE customers (customer_id int PRIMARY KEY, name text, balance numeric(12, 2))")
        server.execute(
            "CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int REFERENCES customers, at timestamptz)"
        )
        server.execute("INSERT INTO customers VALUES (1, 'Ana', 1.50)")
        server.execute("INSERT INTO orders VALUES (7, 1, '2026-11-20 10:00+00'), (8, NULL, NULL)")
        source_id = catalog.sources.create(tenant.principal, _server(server)).id
        found = catalog.sources.test_saved(tenant.principal, source_id)
        assert (found.is_ok, found.server) == (True, "PostgreSQL")
        made = catalog.datasets.create(tenant.principal, catalog.datasets.draft(tenant.principal, source_id, ORDERS))
        rows = catalog.datasets.preview(tenant.principal, made).table.to_pylist()
        assert [(row["order_id"], row["customer_name"]) for row in rows] == [(7, "Ana"), (8, None)]
        sql = "SELECT name, balance, balance > 1 AS is_rich, current_date AS day FROM customers"
        columns = catalog.datasets.draft_sql(tenant.principal, source_id, sql).origin.columns
        assert [(column.name, column.type) for column in columns] == [
            ("name", FieldType.TEXT),
            ("balance", FieldType.DECIMAL),
            ("is_rich", FieldType.BOOLEAN),
            ("day", FieldType.DATE),
        ]
        with pytest.raises(InvalidDataset):
            catalog.datasets.draft_sql(tenant.principal, source_id, "SELECT 1 AS a, 2 AS a")
        hidden = replace(made, id=uuid4(), name="x", label="X", origin=TableOrigin(table_name="pg_shadow"))
        with pytest.raises(InvalidDataset):
            catalog.datasets.preview(tenant.principal, hidden)
        server.execute("ALTER TABLE customers DROP COLUMN name")
        missing = catalog.datasets.drift(tenant.principal, made.id).missing
        assert [(one.table, one.column, one.fields) for one in missing] == [("customers", "name", ("customer_name",))]


def test_the_products_own_database_is_no_source(
    catalog: Catalog, tenant: Tenant, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    """Not even for somebody who knows its owner's password."""
    url = postgres.owner_url
    with PostgreSqlBench(postgres, tmp_path) as server:
        own = replace(
            _server(server, database=str(url.database), user=str(url.username)),
            secrets={"password": str(url.password)},
        )
        found = catalog.sources.test(tenant.principal, own)
        assert (found.is_ok, "Workspace activity" in found.message) == (False, True), found.message
        source_id = catalog.sources.create(tenant.principal, own).id
        with pytest.raises(SourceUnavailable, match="Workspace activity"):
            catalog.sources.introspect(tenant.principal, source_id)


def _server(server: PostgreSqlBench, **changes: Any) -> SourceDraft:
    connection = {
        "host": "127.0.0.1",
        "port": server.port,
        "database": server.database,
        "user": server.reader,
        "tls": "none",
        **changes,
    }
    return SourceDraft(name="Server", kind="postgresql", connection=connection, secrets={"password": READER_PASSWORD})
