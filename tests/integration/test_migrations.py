"""The migrations build exactly what the typed tables say, from nothing, on an owner that is no superuser."""

import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from core.db import migrate as migrate_module
from core.db import migrations
from core.db.migrate import DatabaseUrls, find_urls, is_current, migrate, prepare_database
from core.db.roles import TABLE_GRANTS
from core.db.schema import change_schema, newest_revision
from core.db.tables import Base
from core.domain.dataset_json import dump_content, load_dataset
from core.domain.field import Field, FieldType, Format, NumberStyle
from core.domain.relation import TableOrigin
from core.errors import DatabaseUnavailable, SettingError
from core.settings import Settings

_SHAPE = """
    SELECT 'column', c.table_name || '.' || c.column_name,
        concat_ws(' ', c.data_type, c.udt_name, c.is_nullable, c.column_default)
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
    UNION ALL
    SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
    UNION ALL
    SELECT 'index', tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def _engine(url: URL | None) -> Engine:
    assert url is not None
    return create_engine(url, poolclass=NullPool)


def _shape(connection: Connection) -> set[tuple[str, ...]]:
    foreign = ("procrastinate", "idx_procrastinate", "alembic_version")
    return {tuple(row) for row in connection.execute(text(_SHAPE)) if not row[1].startswith(foreign)}


def test_the_migrated_database_is_what_the_typed_tables_say(database_copy: DatabaseUrls, empty_database: URL) -> None:
    with _engine(empty_database).begin() as connection:
        Base.metadata.create_all(connection)
        expected = _shape(connection)
    with _engine(database_copy.owner).begin() as connection:
        assert _shape(connection) == expected
        difference = compare_metadata(
            MigrationContext.configure(
                connection,
                opts={
                    "compare_server_default": True,
                    "include_name": lambda name, kind, _: kind != "table" or "procrastinate" not in name,
                },
            ),
            Base.metadata,
        )
    assert difference == []


def test_everything_can_be_taken_back_and_made_again(empty_database: URL) -> None:
    migrate(empty_database, app_password="first")
    with _engine(empty_database).begin() as connection:
        before = _shape(connection)
        change_schema(connection, "base", down=True)
        left = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = ANY ('{r,S,v}')"
            )
        ).scalars()
        assert list(left) == ["alembic_version"]
        left = connection.execute(text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"))
        assert list(left) == []
        change_schema(connection)
        assert _shape(connection) == before


def test_two_starts_at_once_both_succeed(empty_database: URL) -> None:
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(migrate, empty_database, app_password="same") for _ in range(2)]
    urls = {start.result() for start in starts}
    with _engine(urls.pop()).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM organizations")).scalar_one() == 0


def test_every_table_has_its_grants_written_down() -> None:
    ours = {name for name in TABLE_GRANTS if not name.startswith(("procrastinate", "alembic"))}
    assert ours == set(Base.metadata.tables)


def test_the_queue_schema_is_the_installed_one() -> None:
    """Red after an upgrade of procrastinate: its new migration files then become a migration here."""
    installed = (files("procrastinate.sql") / "schema.sql").read_text(encoding="utf-8")
    ours = Path(str(files(migrations) / "versions" / "0004_queue.sql")).read_text(encoding="utf-8")
    assert ours == installed


def _settings(url: URL, migration: URL | None = None) -> Settings:
    return Settings(
        _env_file=None,
        database_url=url.render_as_string(hide_password=False).replace("+psycopg", ""),
        migration_database_url=migration and migration.render_as_string(hide_password=False),
    )


def test_the_owners_url_alone_makes_the_apps_role(empty_database: URL) -> None:
    urls = prepare_database(_settings(empty_database), app_password="derived")
    assert urls.owner == empty_database
    assert urls.app.username == f"{empty_database.database}_app"
    with _engine(urls.app).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM reports")).scalar_one() == 0


def test_the_apps_url_alone_is_taken_as_it_is(database_copy: DatabaseUrls) -> None:
    urls = prepare_database(_settings(database_copy.app), app_password="derived")
    assert urls == DatabaseUrls(app=database_copy.app, owner=None)


def test_an_own_role_for_the_app_gets_its_grants(empty_database: URL) -> None:
    role = f"{empty_database.database}_second"
    with _engine(empty_database).begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'of its own'"))
    app = empty_database.set(username=role, password="of its own")
    assert prepare_database(_settings(app, empty_database), app_password="unused") == DatabaseUrls(
        app=app, owner=empty_database
    )
    with _engine(app).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM runs")).scalar_one() == 0


def test_another_role_for_the_app_gets_its_grants_on_a_database_that_is_in_use(database_copy: DatabaseUrls) -> None:
    assert database_copy.owner is not None
    role = f"{database_copy.owner.database}_third"
    with _engine(database_copy.owner).begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'of its own'"))
    app = database_copy.owner.set(username=role, password="of its own")
    prepare_database(_settings(app, database_copy.owner), app_password="unused")
    with _engine(app).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM runs")).scalar_one() == 0


def test_the_newest_revision_is_alembics() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_a_second_start_migrates_nothing(empty_database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(empty_database)
    first = prepare_database(settings, app_password="derived")
    monkeypatch.setattr(migrate_module, "migrate", None)
    assert prepare_database(settings, app_password="derived") == first


@pytest.mark.parametrize("change", ["password", "grants", "revision"])
def test_a_second_start_renews_what_has_changed(
    empty_database: URL, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    settings = _settings(empty_database)
    prepare_database(settings, app_password="first")
    if change == "grants":
        monkeypatch.setitem(TABLE_GRANTS, "daemons", ("SELECT",))
    if change == "revision":
        with _engine(empty_database).begin() as connection:
            change_schema(connection, "0003", down=True)
    password = "second" if change == "password" else "first"
    assert not is_current(find_urls(settings, app_password=password).app)
    assert is_current(prepare_database(settings, app_password=password).app)


def test_an_app_role_that_could_go_around_the_policies_is_refused(database_copy: DatabaseUrls) -> None:
    assert database_copy.owner is not None
    with pytest.raises(SettingError, match="owns the tables"):
        prepare_database(_settings(database_copy.owner, database_copy.owner), app_password="unused")


def test_a_database_of_another_version_is_refused(database_copy: DatabaseUrls) -> None:
    with _engine(database_copy.owner).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    with pytest.raises(SettingError, match="another version"):
        prepare_database(_settings(database_copy.app), app_password="unused")


def test_a_server_that_is_away_is_named_without_its_password(database_copy: DatabaseUrls) -> None:
    with pytest.raises(DatabaseUnavailable) as raised:
        prepare_database(_settings(database_copy.app.set(password="wrong-one")), app_password="unused")
    assert "cannot be reached" in raised.value.user_message
    assert "wrong-one" not in raised.value.user_message


_OLD_FIELD = {
    "name": "amount",
    "label": "Amount",
    "type": "decimal",
    "description": "What was paid",
    "format": {"style": "currency", "decimals": 2, "unit": "EUR"},
    "is_measure": True,
    "is_personal": False,
}


def _insert_dataset(connection: Connection, content: dict[str, Any]) -> tuple[UUID, UUID]:
    """Returns the ids of its organization and its source."""
    statement = """
        WITH o AS (INSERT INTO organizations (name) VALUES ('Shop') RETURNING id),
        s AS (
            INSERT INTO sources (organization_id, name, kind, connection)
            SELECT id, 'Shop', 'duckdb', '{}' FROM o RETURNING id, organization_id
        )
        INSERT INTO datasets (organization_id, source_id, name, label, content)
        SELECT organization_id, id, 'n', 'N', CAST(:content AS jsonb) FROM s RETURNING organization_id, source_id
    """
    organization_id, source_id = connection.execute(text(statement), {"content": json.dumps(content)}).one()
    return organization_id, source_id


@pytest.mark.parametrize("schema_name", [None, "sales"])
def test_a_dataset_of_before_is_read_after_the_upgrade_and_can_go_back(
    empty_database: URL, schema_name: str | None
) -> None:
    old = {
        "description": "One row an order",
        "schema_name": schema_name,
        "table_name": "orders",
        "time_field": "at",
        "row_noun": "orders",
        "fields": [_OLD_FIELD, {**_OLD_FIELD, "name": "at", "type": "datetime"}],
    }
    with _engine(empty_database).begin() as connection:
        change_schema(connection, "0005")
        organization, source = _insert_dataset(connection, old)
        change_schema(connection)
        content = connection.execute(text("SELECT content FROM datasets")).scalar_one()
        dataset = load_dataset(
            content, dataset_id=uuid4(), organization_id=organization, source_id=source, name="n", label="N"
        )
        assert dataset.origin == TableOrigin(table_name="orders", schema_name=schema_name)
        assert (dataset.description, dataset.time_field, dataset.row_noun) == ("One row an order", "at", "orders")
        assert dataset.fields[0] == Field(
            name="amount",
            label="Amount",
            type=FieldType.DECIMAL,
            description="What was paid",
            format=Format(style=NumberStyle.CURRENCY, decimals=2, unit="EUR"),
            is_measure=True,
        )
        connection.execute(text("UPDATE datasets SET content = :c"), {"c": json.dumps(dump_content(dataset))})
        change_schema(connection, "0005", down=True)
        assert connection.execute(text("SELECT content FROM datasets")).scalar_one() == old


def test_a_dataset_of_saved_sql_keeps_the_schema_from_going_back(empty_database: URL) -> None:
    content = {"origin": {"sql": "SELECT 1 AS one", "columns": [{"name": "one", "type": "integer"}]}, "fields": []}
    with _engine(empty_database).begin() as connection:
        change_schema(connection, "0006")
        _insert_dataset(connection, content)
        with pytest.raises(DBAPIError, match="saved SQL have no older form"), connection.begin_nested():
            change_schema(connection, "0005", down=True)
        assert connection.execute(text("SELECT content FROM datasets")).scalar_one() == content


def test_roles_that_were_there_may_write_sql_where_they_look_after_data(database_copy: DatabaseUrls) -> None:
    with _engine(database_copy.owner).begin() as connection:
        change_schema(connection, "0006", down=True)
        made = connection.execute(text("INSERT INTO organizations (name) VALUES ('Old') RETURNING id")).scalar_one()
        for role in ("viewer", "editor", "data_admin", "organization_admin", "installation_admin", "of their own"):
            connection.execute(
                text("INSERT INTO roles (organization_id, name, permissions) VALUES (:id, :role, '{manage_catalog}')"),
                {"id": made, "role": role},
            )
        change_schema(connection)
        may = "SELECT name FROM roles WHERE organization_id = :id AND 'write_sql' = ANY (permissions) ORDER BY name"
        rows = connection.execute(text(may), {"id": made})
        assert list(rows.scalars()) == ["data_admin", "installation_admin", "organization_admin"]
