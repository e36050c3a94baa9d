"""The workspace's own activity: in every organization, its own rows only, read-only, kept by the product."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import insert, text

from core.catalog.sources.connector import CompiledQuery, Connector
from core.catalog.sources.guarded import OPEN_SOURCES
from core.catalog.sources.workspace_source import VIEWS, WorkspaceConnector
from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import DeliveryRow, SessionRow
from core.domain.access import BUILT_IN_ROLES
from core.domain.catalog import WORKSPACE_KIND, SourceDraft
from core.domain.dataset import Dataset
from core.domain.definition_json import parse_definition
from core.domain.field import FieldType
from core.domain.relation import TableOrigin
from core.errors import Conflict, NotAllowed, NotFound, QueryFailed
from core.query.executor import QueryExecutor
from core.secrets import SecretBox
from core.services.catalog import CatalogService
from core.services.connections import Connections
from core.services.datasets import DatasetService
from core.services.ready_made import ensure_ready_made
from core.services.reports import ReportService
from core.services.sources import SourceService
from core.services.workspace_activity import activity_datasets, ensure_workspace_activity, way_to_activity
from core.settings import Settings, load_settings
from tests.conftest import Tenant
from tests.run_parts import insert_run

KEY = "a secret key of the tests, long enough"


class Workspace:
    """The services, with the way to the product's own database."""

    def __init__(self, database: Database, urls: DatabaseUrls, settings: Settings, clock: FixedClock) -> None:
        connections = Connections(
            database, SecretBox(KEY), settings, clock, own_secrets=lambda source: way_to_activity(source, urls.app)
        )
        executor = QueryExecutor(connections.open, clock)
        self.sources = SourceService(database, connections)
        self.datasets = DatasetService(database, connections, clock)
        self.catalog = CatalogService(database, executor)
        self.reports = ReportService(database, self.catalog, executor, clock, row_limit_default=1000)
        self.connections = connections

    def dataset(self, tenant: Tenant, name: str) -> Dataset:
        return next(one for one in self.catalog.datasets(tenant.principal) if one.name == name)

    def rows(self, tenant: Tenant, name: str, **parts: Any) -> list[dict[str, Any]]:
        dataset = self.dataset(tenant, name)
        definition = parse_definition({"dataset_id": str(dataset.id), "timezone": "UTC", **parts})
        rows: list[dict[str, Any]] = self.reports.preview(tenant.principal, definition).table.to_pylist()
        return rows

    def connector(self, tenant: Tenant) -> Connector:
        source = next(one for one in self.sources.list(tenant.principal) if one.kind == WORKSPACE_KIND)
        return self.connections.open(source)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(_env_file=None, data_dir=tmp_path, secret_key=KEY)


@pytest.fixture
def workspace(
    database: Database, database_urls: DatabaseUrls, settings: Settings, clock: FixedClock
) -> Iterator[Workspace]:
    yield Workspace(database, database_urls, settings, clock)
    OPEN_SOURCES.close()


@pytest.fixture
def two(database: Database, make_organization: Callable[..., Tenant], clock: FixedClock) -> tuple[Tenant, Tenant]:
    """Two organizations, each with a run, a delivery and a session."""
    tenants = make_organization(), make_organization()
    for number, tenant in enumerate(tenants, start=1):
        run_id = insert_run(database, tenant, title=f"Report {number}")
        with database.organization(tenant.organization_id) as session:
            session.execute(
                insert(DeliveryRow).values(
                    organization_id=tenant.organization_id,
                    run_id=run_id,
                    channel="email",
                    address=f"reader{number}@example.com",
                    state="sent",
                    created_at=clock.now(),
                    sent_at=clock.now() + timedelta(seconds=90),
                )
            )
            session.execute(
                insert(SessionRow).values(
                    organization_id=tenant.organization_id,
                    user_id=tenant.user_id,
                    token_sha256=f"hash of {number}",
                    expires_at=clock.now() + timedelta(days=1),
                )
            )
    ensure_workspace_activity(database)
    return tenants


def test_each_organization_sees_its_own_doings_only(workspace: Workspace, two: tuple[Tenant, Tenant]) -> None:
    for number, tenant in enumerate(two, start=1):
        runs = workspace.rows(tenant, "activity_runs", columns=["report", "status", "requested_by"])
        assert runs == [{"report": f"Report {number}", "status": "pending", "requested_by": tenant.principal.name}]
        sent = workspace.rows(tenant, "activity_deliveries", columns=["recipient", "status", "took_s"])
        assert sent == [{"recipient": f"reader{number}@example.com", "status": "sent", "took_s": 90.0}]
        people = workspace.rows(tenant, "activity_sign_ins", columns=["email", "role"])
        assert people == [{"email": tenant.principal.email, "role": "installation_admin"}]


def test_the_activity_is_reported_like_any_other_data(workspace: Workspace, two: tuple[Tenant, Tenant]) -> None:
    rows = workspace.rows(
        two[0],
        "activity_runs",
        groupings=[{"field": "created_at", "grain": "month"}],
        measures=[{"aggregation": "count"}, {"dataset_measure": "failed_runs"}, {"dataset_measure": "success_rate"}],
    )
    assert [list(row.values())[1:] for row in rows] == [[1, 0, 0.0]]


def test_every_field_is_what_the_view_has(workspace: Workspace, two: tuple[Tenant, Tenant]) -> None:
    found = {draft.table_name: draft for draft in workspace.connector(two[0]).introspect()}
    assert set(found) == VIEWS
    for dataset in activity_datasets():
        columns = {field.name: field.type for field in found[dataset.name].fields}
        assert {field.name: field.type for field in dataset.fields} == columns
        assert all(field.label and field.description.endswith(".") for field in dataset.fields)
        assert dataset.time_field is not None
        assert all(field.type is not FieldType.BOOLEAN for field in dataset.fields)


def test_every_organization_has_it_once_however_often_and_at_once_starts_come(
    database: Database, workspace: Workspace, make_organization: Callable[..., Tenant]
) -> None:
    first = make_organization()
    assert (ensure_workspace_activity(database), ensure_workspace_activity(database)) == (1, 0)
    second = make_organization()
    assert ensure_workspace_activity(database) == 1
    for tenant in (first, second):
        assert [source.kind for source in workspace.sources.list(tenant.principal)] == [WORKSPACE_KIND]
        shown = [(dataset.label, dataset.folder) for dataset in workspace.catalog.datasets(tenant.principal)]
        assert [label for label, _ in shown] == ["Deliveries", "Runs", "Sign-ins"]
        assert {folder for _, folder in shown} == {"Workspace activity"}


def test_an_older_edition_is_renewed_in_place(database: Database, workspace: Workspace, tenant: Tenant) -> None:
    ensure_workspace_activity(database)
    before = workspace.dataset(tenant, "activity_runs")
    with database.organization(tenant.organization_id) as session:
        session.execute(text("""UPDATE sources SET connection = '{"edition": "0"}'"""))
        session.execute(text("UPDATE datasets SET label = 'Old'"))
    assert ensure_workspace_activity(database) == 1
    after = workspace.dataset(tenant, "activity_runs")
    assert (after.id, after.label, after.version) == (before.id, "Runs", before.version + 1)


def test_it_can_be_neither_changed_nor_deleted_nor_built_upon(workspace: Workspace, two: tuple[Tenant, Tenant]) -> None:
    person = two[0].principal
    source = workspace.sources.list(person)[0]
    runs = workspace.dataset(two[0], "activity_runs")
    draft = SourceDraft(name="Mine", kind="duckdb", connection={"path": "shop.duckdb"})
    asked: list[Callable[[], object]] = [
        lambda: workspace.sources.save(person, source.id, draft),
        lambda: workspace.sources.delete(person, source.id),
        lambda: workspace.datasets.save(person, replace(runs, label="Mine")),
        lambda: workspace.datasets.delete(person, runs.id),
        lambda: workspace.datasets.certify(person, runs.id, False),
        lambda: workspace.datasets.refresh(person, runs.id),
        lambda: workspace.datasets.draft(person, source.id, TableOrigin(table_name="users")),
        lambda: workspace.datasets.draft_sql(person, source.id, "SELECT password_hash FROM users"),
        lambda: workspace.datasets.preview(person, replace(runs, origin=TableOrigin(table_name="sessions"))),
        lambda: workspace.datasets.create(person, replace(runs, id=uuid4(), name="mine", label="Mine")),
    ]
    for ask in asked:
        with pytest.raises(Conflict, match="kept by Broadsheet"):
            ask()
    for table in ("users", "sessions", "sources", "runs"):
        with pytest.raises(NotFound):
            workspace.sources.sample(person, source.id, TableOrigin(table_name=table))


def test_its_connection_only_reads_and_names_the_organization_in_every_transaction(
    database_urls: DatabaseUrls, two: tuple[Tenant, Tenant], clock: FixedClock
) -> None:
    url = database_urls.app
    conninfo = make_conninfo(**url.translate_connect_args(username="user", database="dbname"), **url.query)
    connector = WorkspaceConnector(conninfo, str(two[0].organization_id), clock=clock)
    assert "broadsheet_app" not in repr(connector)
    count = CompiledQuery(sql="SELECT count(*) AS n FROM runs")
    for _ in range(2):
        with connector.snapshot(deadline_s=10) as snapshot:
            assert snapshot.fetch(count).column("n").to_pylist() == [1]
    with pytest.raises(QueryFailed, match="only reads"), connector.snapshot(deadline_s=10) as snapshot:
        snapshot.fetch(CompiledQuery(sql="DELETE FROM runs RETURNING id"))
    connector.close()
    nobody = WorkspaceConnector(conninfo, "", clock=clock)
    with nobody.snapshot(deadline_s=10) as snapshot:
        assert snapshot.fetch(count).column("n").to_pylist() == [0]
    nobody.close()


def test_the_views_show_no_secret_and_cannot_be_written(database: Database, two: tuple[Tenant, Tenant]) -> None:
    with database.organization(two[0].organization_id) as session:
        everything = str([session.execute(text(f"SELECT * FROM {view}")).all() for view in sorted(VIEWS)])
        assert "hash of" not in everything
        assert "Report 1" in everything
    for view in sorted(VIEWS):
        with database.installation() as session:
            assert session.execute(text(f"SELECT * FROM {view}")).all() == []
            may = text("SELECT has_table_privilege(:view, 'INSERT, UPDATE, DELETE, TRUNCATE')")
            assert session.execute(may, {"view": view}).scalar_one() is False


def test_clickhouse_of_the_environment_is_ready_made_once_for_the_oldest_organization(
    database: Database, workspace: Workspace, settings: Settings, make_organization: Callable[..., Tenant]
) -> None:
    first, second = make_organization(), make_organization()
    asked = settings.model_copy(update={"clickhouse_host": "clickhouse.internal", "clickhouse_port": 8124})
    assert ensure_ready_made(database, settings) is False
    assert ensure_ready_made(database, asked) is True
    made = workspace.sources.list(first.principal)
    assert [(source.kind, source.name) for source in made] == [("clickhouse", "ClickHouse")]
    assert (made[0].connection["host"], made[0].connection["port"]) == ("clickhouse.internal", 8124)
    assert workspace.sources.list(second.principal) == ()
    assert ensure_ready_made(database, asked) is False
    workspace.sources.delete(first.principal, made[0].id)
    assert ensure_ready_made(database, asked) is False


def test_who_signed_in_is_only_for_those_who_manage_people(workspace, database, tenant):
    ensure_workspace_activity(database)
    viewer = replace(tenant, principal=replace(tenant.principal, role="viewer", permissions=BUILT_IN_ROLES["viewer"]))
    sign_ins = workspace.dataset(tenant, "activity_sign_ins")
    assert {one.name for one in workspace.catalog.datasets(viewer.principal)} >= {"activity_runs"}
    assert sign_ins.name not in {one.name for one in workspace.catalog.datasets(viewer.principal)}
    with pytest.raises(NotAllowed, match="manage the people"):
        workspace.catalog.dataset(viewer.principal, sign_ins.id)
    question = parse_definition({"dataset_id": str(sign_ins.id), "columns": ["email"], "timezone": "UTC"})
    with pytest.raises(NotAllowed):
        workspace.reports.preview(viewer.principal, question)
