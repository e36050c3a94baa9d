"""Backup and restore on a real PostgreSQL: what was made is there again, byte for byte, and as closed as it was."""

import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import URL

from core.bootstrap import Broadsheet, build, build_daemon, prepare
from core.bootstrap.keeping import back_up, restore
from core.clock import SystemClock
from core.db.dumping import check_empty
from core.db.embedded import EmbeddedPostgres
from core.domain.access import Principal
from core.domain.definition_json import parse_definition
from core.errors import BroadsheetError, InvalidInput, SettingError
from core.services import demo_workspace
from core.services.backup_archive import unpack
from core.services.command_line import principal_called
from core.settings import Settings
from tests.conftest import Tenant
from tests.integration.api_parts import _press, insert_orders, make_orders

PASSWORD = "nine quiet presses"
#: What may do what, without the names that belong to one installation.
_WALLS = """
    SELECT c.relname::text, c.relrowsecurity::text || c.relforcerowsecurity::text || coalesce(c.relacl::text, '')
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
    UNION ALL SELECT p.oid::regprocedure::text, p.prosecdef::text || coalesce(p.proacl::text, '')
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL SELECT tablename || '.' || policyname, cmd || roles::text || coalesce(qual, '')
        || coalesce(with_check, '')
    FROM pg_policies
    UNION ALL SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    ORDER BY 1, 2
"""


def _settings(url: URL, folder: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=folder,
        database_url=url.set(drivername="postgresql").render_as_string(hide_password=False),
        admin_email="admin@example.com",
        admin_password=PASSWORD,
    )


def _connect(url: URL) -> "psycopg.Connection[tuple[str, str]]":
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


def _walls(url: URL) -> list[tuple[str, str]]:
    with _connect(url) as connection:
        rows = connection.execute(_WALLS).fetchall()
    names = {str(url.username): "OWNER", f"{url.database}_app": "APP"}
    told = []
    for name, wall in rows:
        for own, role in names.items():
            wall = wall.replace(own, role)
        told.append((name, wall))
    return told


@dataclass
class Old:
    """An installation with a finished file in it."""

    settings: Settings
    owner: URL
    run_id: UUID
    content: bytes

    def destroy(self) -> None:
        with _connect(self.owner) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        shutil.rmtree(self.settings.data_dir)


@pytest.fixture
def old(empty_database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Old:
    monkeypatch.setattr(demo_workspace, "refresh_demo_data", lambda *_: False)
    settings = _settings(empty_database, tmp_path / "old")
    prepare(settings)
    with _connect(empty_database) as connection, connection.transaction():
        # The demo workspace has orders of its own.
        connection.execute("UPDATE datasets SET name = 'demo_orders' WHERE name = 'orders'")
    make_orders(settings.data_dir / "orders.duckdb", SystemClock())
    (settings.data_dir / "logs").mkdir()
    (settings.data_dir / "logs" / "web.log").write_text("nobody needs it")
    with patch("core.bootstrap.daemon.ProcessPress", _press):
        broadsheet, daemon = build(settings), build_daemon(settings)
    try:
        principal = principal_called(broadsheet.database, settings.admin_email)
        tenant = Tenant(
            organization_id=principal.organization_id,
            user_id=principal.user_id,
            principal=principal,
            password=PASSWORD,
        )
        dataset = insert_orders(broadsheet.database, tenant, uuid4)
        definition = {"dataset_id": str(dataset.id), "columns": ["order_id", "country"], "timezone": "UTC"}
        run = broadsheet.runs.export_draft(principal, parse_definition(definition), "Orders", "csv")
        daemon.run(run.id)
        content = _file_of(broadsheet, principal, run.id)
    finally:
        daemon.leave()
        broadsheet.close()
    assert len(content.splitlines()) == 1001
    return Old(settings=settings, owner=empty_database, run_id=run.id, content=content)


@pytest.fixture
def elsewhere(postgres: EmbeddedPostgres) -> Iterator[URL]:
    """A new database of another owner on the same server, who may make roles."""
    name = f"elsewhere_{uuid4().hex[:8]}"
    administrator = postgres.administrator_url
    with _connect(administrator) as connection:
        connection.execute(f"CREATE ROLE {name}_owner LOGIN CREATEROLE PASSWORD 'another-owner-of-the-tests'")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 OWNER {name}_owner")
    yield administrator.set(username=f"{name}_owner", password="another-owner-of-the-tests", database=name)
    with _connect(administrator) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"DROP ROLE IF EXISTS {name}_app")
        connection.execute(f"DROP ROLE {name}_owner")


def _file_of(broadsheet: Broadsheet, principal: Principal, run_id: UUID) -> bytes:
    artifact, content = broadsheet.runs.open_artifact(principal, run_id, "csv")
    with content:
        read = content.read()
    assert hashlib.sha256(read).hexdigest() == artifact.sha256
    return read


def _signed_in_file(settings: Settings, run_id: UUID) -> bytes:
    """Sign in with the old password, and download the old file."""
    broadsheet = build(settings)
    try:
        user_id = broadsheet.sign_in.verify(settings.admin_email, PASSWORD)
        principal = principal_called(broadsheet.database, settings.admin_email)
        assert principal.user_id == user_id
        return _file_of(broadsheet, principal, run_id)
    finally:
        broadsheet.close()


def _quiet(_read: int) -> None:
    """Nobody looks on."""


def test_a_restored_installation_is_the_one_that_was_backed_up(old: Old, elsewhere: URL, tmp_path: Path) -> None:
    target, walls = tmp_path / "all.tar", _walls(old.owner)
    made = back_up(old.settings, target, with_key=True, tell=_quiet)
    assert target.stat().st_mode & 0o777 == 0o600
    with tarfile.open(target) as tar:
        names = tar.getnames()
    assert "secret_key" in names
    assert "files/orders.duckdb" in names
    assert not [name for name in names if name.startswith(("files/logs", "files/secret_key", "files/spool"))]
    old.destroy()

    new = _settings(elsewhere, tmp_path / "new")
    restored = restore(new, target, tell=_quiet)
    assert restored.files == made.files
    assert _signed_in_file(new, old.run_id) == old.content
    assert (new.data_dir / "secret_key").stat().st_mode & 0o777 == 0o600
    assert _walls(elsewhere) == walls

    with pytest.raises(InvalidInput, match="not empty"):
        restore(new, target, tell=_quiet)


def test_without_its_key_a_backup_is_of_no_use(old: Old, elsewhere: URL, tmp_path: Path) -> None:
    target = tmp_path / "all.tar"
    key = (old.settings.data_dir / "secret_key").read_text()
    assert not back_up(old.settings, target, with_key=False, tell=_quiet).has_key
    assert key.encode() not in target.read_bytes()
    old.destroy()

    new = _settings(elsewhere, tmp_path / "new")
    with pytest.raises(SettingError, match="without its key"):
        restore(new, target, tell=_quiet)
    assert list(new.data_dir.iterdir()) == []
    other = new.model_copy(update={"secret_key": SecretStr("another key that is long enough for this")})
    with pytest.raises(SettingError, match="another key"):
        restore(other, target, tell=_quiet)

    right = new.model_copy(update={"secret_key": SecretStr(key)})
    restore(right, target, tell=_quiet)
    assert _signed_in_file(right, old.run_id) == old.content


def test_a_damaged_or_broken_off_backup_changes_nothing(old: Old, elsewhere: URL, tmp_path: Path) -> None:
    target = tmp_path / "all.tar"
    back_up(old.settings, target, with_key=True, tell=_quiet)
    content = target.read_bytes()
    new = _settings(elsewhere, tmp_path / "new")
    place = content.index(b"BSEALED1") + 200
    for harm, words in (
        (content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :], "is damaged"),
        (content[: len(content) // 2], "damaged|broke off"),
        (b"no tar at all", "no backup"),
    ):
        damaged = tmp_path / "damaged.tar"
        damaged.write_bytes(harm)
        with pytest.raises(BroadsheetError, match=words):
            restore(new, damaged, tell=_quiet)
        check_empty(elsewhere)
        assert list(new.data_dir.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "/outside", "files/../../outside"])
def test_nothing_is_unpacked_outside(name: str, tmp_path: Path) -> None:
    source = tmp_path / "bad.tar"
    with tarfile.open(source, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    (tmp_path / "in").mkdir()
    with pytest.raises(InvalidInput, match="it holds the name"):
        unpack(source, tmp_path / "in", tell=_quiet)
    assert not (tmp_path / "outside").exists()
