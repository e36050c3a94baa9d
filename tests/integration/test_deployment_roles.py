"""The roles of `docs/deploy/make-roles.sh` on a real PostgreSQL: one migrates, the other is all the processes need."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import URL

from core.bootstrap import build, prepare
from core.bootstrap.checkup import checkup
from core.db.cluster import program
from core.db.embedded import EmbeddedPostgres
from core.services import demo_workspace
from core.services.checkup.finding import State, ok
from core.settings import Settings

SCRIPT = Path(__file__).parents[2] / "docs" / "deploy" / "make-roles.sh"
PASSWORD = "nine quiet presses"


@pytest.fixture
def place(postgres: EmbeddedPostgres) -> Iterator[URL]:
    """An administrator's URL of a new database with the script's roles, all under names of their own."""
    name, administrator = f"broadsheet{uuid4().hex[:8]}", postgres.administrator_url
    with psycopg.connect(_text(administrator), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    environment = {
        "PATH": f"{program('psql').parent}{os.pathsep}{os.defpath}",
        "PGHOST": str(administrator.host),
        "PGPORT": str(administrator.port),
        "PGPASSWORD": str(administrator.password),
        "OWNER_PASSWORD": "owner's-own",
        "APP_PASSWORD": "app's-own",
    }
    script = SCRIPT.read_text(encoding="utf-8").replace("broadsheet", name)
    subprocess.run(["sh", "-c", script], env=environment, check=True, capture_output=True)
    yield administrator.set(database=name)
    with psycopg.connect(_text(administrator), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"DROP ROLE {name}_app, {name}_owner")


def _text(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_prepare_as_the_owner_then_work_as_the_app(place: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_workspace, "refresh_demo_data", lambda *_: False)
    app = _text(place.set(username=f"{place.database}_app", password="app's-own"))
    owner = _text(place.set(username=f"{place.database}_owner", password="owner's-own"))
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=app,
        admin_email="admin@example.com",
        admin_password=PASSWORD,
    )
    prepare(settings.model_copy(update={"migration_database_url": SecretStr(owner)}))
    broadsheet = build(settings)  # as the processes: they know the app's role alone
    try:
        assert broadsheet.sign_in.verify("admin@example.com", PASSWORD)
    finally:
        broadsheet.close()
    monkeypatch.setattr("core.bootstrap.checkup.check_browser", lambda: ok("browser", "not asked here"))
    states = {finding.part: finding.state for finding in checkup(settings)}
    assert (states["role"], states["migrations"], states["database"]) == (State.OK, State.OK, State.OK)
