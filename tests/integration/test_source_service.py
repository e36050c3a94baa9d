"""Sources over the real database: secrets that never come back, names, versions, tests, tables, and who may what."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.catalog.sources.guarded import OPEN_SOURCES
from core.clock import FixedClock
from core.db import source_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.catalog import SourceDraft
from core.domain.relation import TableOrigin
from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.secrets import SecretBox
from core.services.connections import Connections
from core.services.sources import SourceService
from core.services.workspace_activity import way_to_activity
from core.settings import load_settings
from tests.conftest import Tenant
from tests.integration.api_parts import side_by_side
from tests.integration.catalog_parts import as_role, change_shop, make_shop, shop_draft

PASSWORD = "s3cret of the warehouse"
KEY = "a secret key of the tests, long enough"
WAREHOUSE = SourceDraft(
    name="Warehouse",
    kind="postgresql",
    connection={"host": "db.example.com", "port": 5432, "database": "shop", "user": "reader"},
    secrets={"password": PASSWORD},
)


@pytest.fixture
def connections(
    database: Database, database_urls: DatabaseUrls, clock: FixedClock, tmp_path: Path
) -> Iterator[Connections]:
    settings = load_settings(_env_file=None, data_dir=tmp_path, secret_key=KEY)
    yield Connections(
        database,
        SecretBox(KEY),
        settings,
        clock,
        own_secrets=lambda source: way_to_activity(source, database_urls.app),
    )
    OPEN_SOURCES.close()


@pytest.fixture
def service(database: Database, connections: Connections, tmp_path: Path) -> SourceService:
    make_shop(tmp_path / "shop.duckdb")
    return SourceService(database, connections)


def _stored(database: Database, tenant: Tenant, source_id: UUID) -> str | None:
    with database.organization(tenant.organization_id) as session:
        return source_repository.sealed_secrets(session, source_id)


def test_a_source_is_made_listed_tested_and_looked_into(service: SourceService, tenant: Tenant) -> None:
    person = tenant.principal
    made = service.create(person, shop_draft(name="  Shop  "))
    assert (made.name, made.kind, made.connection["path"], made.version) == ("Shop", "duckdb", "shop.duckdb", 1)
    assert service.list(person) == (made,)
    assert service.get(person, made.id) == made
    found = service.test_saved(person, made.id)
    assert (found.is_ok, found.server) == (True, "DuckDB file")
    tables = {table.table_name: table for table in service.introspect(person, made.id)}
    assert set(tables) == {"customers", "orders"}
    assert [field.name for field in tables["orders"].fields][:2] == ["order_id", "customer_id"]
    sample = service.sample(person, made.id, TableOrigin(table_name="customers"), rows=2)
    assert (sample.num_rows, sample.column("name").to_pylist()) == (2, ["Ana", "Bo"])
    with pytest.raises(NotFound):
        service.sample(person, made.id, TableOrigin(table_name="secrets"))


def test_a_test_says_what_is_wrong_and_saves_nothing(service: SourceService, tenant: Tenant) -> None:
    found = service.test(tenant.principal, shop_draft(path="nowhere.duckdb"))
    assert not found.is_ok
    assert "nowhere.duckdb" in found.message
    assert service.test(tenant.principal, shop_draft()).is_ok
    private = replace(WAREHOUSE, connection={**WAREHOUSE.connection, "host": "127.0.0.1"})
    refused = service.test(tenant.principal, private)
    assert (refused.is_ok, "private network" in refused.message) == (False, True)
    assert service.list(tenant.principal) == ()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "name"),
        ({"name": "Two\nlines"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "Half\ud800"}, "name"),
        ({"kind": "sqlite"}, "kind"),
        ({"kind": "workspace", "connection": {}}, "kind"),
        ({"connection": {}}, "connection.path"),
        ({"connection": {"path": 3}}, "connection.path"),
        ({"connection": {"path": "a\0b"}}, "connection.path"),
        ({"connection": {"path": "x" * 1001}}, "connection.path"),
        ({"connection": {"path": "a", "url": "postgresql://x"}}, "connection.url"),
        ({"secrets": {"path": "a"}}, "secrets.path"),
        ({"secrets": {"password": "a"}}, "secrets.password"),
    ],
)
def test_what_does_not_fit_names_its_place_and_nothing_is_saved(
    service: SourceService, tenant: Tenant, changes: dict[str, Any], place: str
) -> None:
    for ask in (service.create, service.test):
        with pytest.raises(InvalidInput) as refused:
            ask(tenant.principal, shop_draft(**changes))
        assert refused.value.place == place
    assert service.list(tenant.principal) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", "5432"), ("port", True), ("port", -1), ("port", 2**31), ("tls", "perhaps"), ("host", 5)],
)
def test_each_field_takes_its_own_type(service: SourceService, tenant: Tenant, name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.create(tenant.principal, replace(WAREHOUSE, connection={**WAREHOUSE.connection, name: value}))
    assert refused.value.place == f"connection.{name}"


def test_secrets_are_encrypted_and_never_shown(
    service: SourceService,
    tenant: Tenant,
    database: Database,
    connections: Connections,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    made = service.create(tenant.principal, WAREHOUSE)
    sealed = _stored(database, tenant, made.id)
    assert sealed is not None
    assert PASSWORD not in sealed
    assert connections.unseal(sealed) == {"password": PASSWORD}
    service.test(tenant.principal, WAREHOUSE)
    shown = [repr(WAREHOUSE), repr(made), repr(service.list(tenant.principal)), repr(connections), caplog.text]
    assert not [one for one in shown if PASSWORD in one]
    with database.organization(tenant.organization_id) as session:
        everything = json.dumps([list(map(str, row)) for row in session.execute(text("SELECT * FROM sources"))])
    assert PASSWORD not in everything


def test_a_save_without_secrets_keeps_them_and_new_ones_replace_them(
    service: SourceService, tenant: Tenant, database: Database, connections: Connections
) -> None:
    person = tenant.principal
    made = service.create(person, WAREHOUSE)
    changed = {**WAREHOUSE.connection, "database": "shop2", "max_connections": 7}
    saved = service.save(person, made.id, replace(WAREHOUSE, name="Lake", connection=changed, secrets={}))
    assert (saved.name, saved.version, saved.connection["database"]) == ("Lake", 2, "shop2")
    assert connections.unseal(_stored(database, tenant, made.id)) == {"password": PASSWORD}
    service.save(person, made.id, replace(WAREHOUSE, secrets={"password": "another one"}))
    assert connections.unseal(_stored(database, tenant, made.id)) == {"password": "another one"}


@pytest.mark.parametrize(
    ("name", "value"), [("host", "evil.example.com"), ("port", 5433), ("user", "root"), ("tls", "none")]
)
def test_stored_secrets_go_nowhere_else(service: SourceService, tenant: Tenant, name: str, value: Any) -> None:
    """Whoever may change a source but does not know its password must not learn it from a server of their own."""
    made = service.create(tenant.principal, WAREHOUSE)
    elsewhere = replace(WAREHOUSE, connection={**WAREHOUSE.connection, name: value}, secrets={})
    asked: list[Callable[[], object]] = [
        lambda: service.save(tenant.principal, made.id, elsewhere),
        lambda: service.test(tenant.principal, elsewhere, made.id),
    ]
    for ask in asked:
        with pytest.raises(InvalidInput, match="again") as refused:
            ask()
        assert refused.value.place == "secrets.password"
    assert service.get(tenant.principal, made.id) == made
    given = replace(elsewhere, secrets={"password": "known"})
    assert service.save(tenant.principal, made.id, given).connection[name] == value


def test_names_are_unique_whatever_their_case_also_side_by_side(service: SourceService, tenant: Tenant) -> None:
    made = side_by_side(
        lambda number: service.create(tenant.principal, shop_draft(name="Shop" if number % 2 else "SHOP")), 6
    )
    assert sorted(type(one).__name__ for one in made) == ["Conflict"] * 5 + ["Source"]
    refused = next(one for one in made if isinstance(one, Conflict))
    assert refused.place == "name"
    other = service.create(tenant.principal, shop_draft(name="Other"))
    with pytest.raises(Conflict):
        service.save(tenant.principal, other.id, shop_draft(name="shop"))
    assert service.save(tenant.principal, other.id, shop_draft(name="OTHER")).name == "OTHER"


def test_a_stale_save_is_refused(service: SourceService, tenant: Tenant) -> None:
    made = service.create(tenant.principal, shop_draft())
    service.save(tenant.principal, made.id, shop_draft(name="Second"), expected_version=1)
    with pytest.raises(Conflict, match="version 2"):
        service.save(tenant.principal, made.id, shop_draft(name="Third"), expected_version=1)
    assert service.get(tenant.principal, made.id).name == "Second"
    assert service.save(tenant.principal, made.id, shop_draft(name="Third")).version == 3


def test_a_changed_source_is_opened_anew(service: SourceService, tenant: Tenant, tmp_path: Path) -> None:
    made = service.create(tenant.principal, shop_draft())
    assert len(service.introspect(tenant.principal, made.id)) == 2
    change_shop(tmp_path / "other.duckdb", "CREATE TABLE visits (visited_at TIMESTAMP)")
    service.save(tenant.principal, made.id, shop_draft(path="other.duckdb"))
    assert [table.table_name for table in service.introspect(tenant.principal, made.id)] == ["visits"]
    service.delete(tenant.principal, made.id)
    assert service.list(tenant.principal) == ()


def test_another_organizations_source_does_not_exist(
    service: SourceService, make_organization: Callable[..., Tenant]
) -> None:
    mine, theirs = make_organization(), make_organization()
    made = service.create(theirs.principal, replace(WAREHOUSE, kind="postgresql"))
    person = mine.principal
    asked: list[Callable[[], object]] = [
        lambda: service.get(person, made.id),
        lambda: service.save(person, made.id, WAREHOUSE),
        lambda: service.delete(person, made.id),
        lambda: service.test(person, replace(WAREHOUSE, secrets={}), made.id),
        lambda: service.test_saved(person, made.id),
        lambda: service.introspect(person, made.id),
        lambda: service.sample(person, made.id, TableOrigin(table_name="orders")),
        lambda: service.get(person, uuid4()),
    ]
    for ask in asked:
        with pytest.raises(NotFound):
            ask()
    assert service.list(person) == ()
    assert service.create(person, WAREHOUSE).name == "Warehouse"


def test_files_of_the_server_are_connected_by_who_manages_the_installation(
    service: SourceService, tenant: Tenant
) -> None:
    made = service.create(tenant.principal, shop_draft())
    person = as_role(tenant.principal, "organization_admin")
    asked: list[Callable[[], object]] = [
        lambda: service.create(person, shop_draft(name="More")),
        lambda: service.test(person, shop_draft()),
        lambda: service.save(person, made.id, shop_draft(path="other.duckdb")),
    ]
    for ask in asked:
        with pytest.raises(NotAllowed, match="all organizations share"):
            ask()
    assert service.save(person, made.id, shop_draft(name="Only its name")).name == "Only its name"


@pytest.mark.parametrize("role", ["viewer", "editor", "publisher", "data_admin", "organization_admin"])
def test_who_may_what(service: SourceService, tenant: Tenant, role: str) -> None:
    made = service.create(tenant.principal, shop_draft())
    person = as_role(tenant.principal, role)
    assert service.get(person, made.id) == made
    asked: list[Callable[[], object]] = [
        lambda: service.create(person, WAREHOUSE),
        lambda: service.test(person, WAREHOUSE),
        lambda: service.test_saved(person, made.id),
        lambda: service.introspect(person, made.id),
        lambda: service.sample(person, made.id, TableOrigin(table_name="orders")),
        lambda: service.save(person, made.id, shop_draft()),
        lambda: service.delete(person, made.id),
    ]
    for ask in asked:
        if role in ("data_admin", "organization_admin"):
            ask()
        else:
            with pytest.raises(NotAllowed):
                ask()


def test_kinds_are_those_that_people_may_create(service: SourceService) -> None:
    keys = [kind.key for kind in service.kinds()]
    assert {"postgresql", "mysql", "clickhouse", "duckdb"} <= set(keys)
    assert not {"workspace", "file"} & set(keys)
