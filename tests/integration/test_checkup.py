"""`doctor`: every check sees what is wrong with its part and says how to mend it."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert
from sqlalchemy.engine import URL

from core.bootstrap.checkup import checkup
from core.clock import FixedClock, SystemClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import DaemonRow
from core.services.checkup.database_check import check_database
from core.services.checkup.drawing_check import check_browser, check_fonts
from core.services.checkup.finding import Finding, State, exit_code, fail, ok, warn
from core.services.checkup.mail_check import check_mail
from core.services.checkup.secrets_check import check_secrets
from core.services.checkup.storage_check import check_bucket, check_storage, why_not_writable
from core.settings import Settings
from tests.mail_server import MailServer
from tests.s3_server import s3_server

ROOT = Path(__file__).parents[2]
STRONG = "Jq3-xTz81_mLw0vRb92KdYhP6sNcUe4G"


def _settings(folder: Path, **more: Any) -> Settings:
    folder.mkdir(mode=0o700, exist_ok=True)
    return Settings(_env_file=None, data_dir=folder, **{"secret_key": STRONG, **more})


def _states(findings: tuple[Finding, ...]) -> dict[str, State]:
    return {finding.part: finding.state for finding in findings}


def _why(findings: tuple[Finding, ...], part: str) -> str:
    return " ".join(f"{one.found} {one.mend}" for one in findings if one.part == part)


def test_a_sound_database_with_a_daemon(database: Database, database_urls: DatabaseUrls) -> None:
    now = SystemClock().now()
    with database.installation() as session:
        values = {"id": "0" * 32, "host": "here", "process_id": 1, "started_at": now, "seen_at": now}
        session.execute(insert(DaemonRow).values(values))
    findings = check_database(database_urls.app, SystemClock())
    assert _states(findings) == dict.fromkeys(("database", "role", "clock", "migrations", "daemon"), State.OK)
    assert "PostgreSQL 18" in _why(findings, "database")
    assert "on here" in _why(findings, "daemon")


def test_a_role_that_owns_the_tables_is_told(database_urls: DatabaseUrls) -> None:
    assert database_urls.owner is not None
    findings = check_database(database_urls.owner, SystemClock())
    assert _states(findings)["role"] is State.FAIL
    assert "owns the tables" in _why(findings, "role")
    assert _states(findings)["daemon"] is State.FAIL


def test_an_empty_or_older_database_is_told(empty_database: URL, database_copy: DatabaseUrls) -> None:
    findings = check_database(empty_database, SystemClock())
    assert _states(findings)["migrations"] is State.FAIL
    assert _states(findings)["daemon"] is State.WARN
    assert database_copy.owner is not None
    with psycopg.connect(database_copy.owner.set(drivername="postgresql").render_as_string(False)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    findings = check_database(database_copy.owner, SystemClock())
    assert "core migrate" in _why(findings, "migrations")


@pytest.mark.parametrize(("ahead_s", "state"), [(0, State.OK), (10, State.WARN), (-120, State.FAIL)])
def test_clocks_that_differ_are_told(database_urls: DatabaseUrls, ahead_s: int, state: State) -> None:
    clock = FixedClock(SystemClock().now() + timedelta(seconds=ahead_s))
    assert _states(check_database(database_urls.app, clock))["clock"] is state


def test_a_database_that_is_away_is_told() -> None:
    url = URL.create("postgresql+psycopg", username="nobody", host="127.0.0.1", port=9, database="none")
    assert _states(check_database(url, SystemClock())) == {"database": State.FAIL, "daemon": State.WARN}


def test_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(tmp_path / "data")
    assert check_storage(settings).state in (State.OK, State.WARN)  # the machine's own room
    assert why_not_writable(settings.data_dir) is None
    assert list(settings.data_dir.iterdir()) == []
    monkeypatch.setattr("core.services.checkup.storage_check.LEAST_FREE_BYTES", 1 << 60)
    assert check_storage(settings).state is State.FAIL
    assert "MiB are free" in str(why_not_writable(settings.data_dir))
    settings.data_dir.rmdir()
    assert check_storage(settings).state is State.FAIL


def test_bucket(tmp_path: Path) -> None:
    assert check_bucket(_settings(tmp_path)) == ()
    with s3_server() as server:
        settings = _settings(tmp_path, **server.settings())
        assert [finding.state for finding in check_bucket(settings)] == [State.OK]
        assert "Contents" not in server.client.list_objects_v2(Bucket=settings.s3_bucket)
        other = settings.model_copy(update={"s3_bucket": "not-there"})
        assert [finding.state for finding in check_bucket(other)] == [State.FAIL]


def test_mail(tmp_path: Path) -> None:
    assert "outbox" in check_mail(_settings(tmp_path)).found
    with MailServer() as server:
        settings = _settings(tmp_path, smtp_host=server.host, smtp_port=server.port, smtp_security="none")
        assert check_mail(settings).state is State.OK
        assert server.mails == []
        server.faults["ehlo"] = "421 4.3.2 not now"
        assert check_mail(settings).state is State.FAIL
    assert check_mail(settings).state is State.FAIL


def test_fonts_and_browser(tmp_path: Path) -> None:
    assert check_fonts().state is State.OK
    assert check_fonts(tmp_path).state is State.FAIL
    missing = check_browser(tmp_path / "no-browser")
    assert missing.state is State.WARN
    assert "apt-get install chromium" in missing.mend


def test_secrets(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    settings = _settings(tmp_path / "data")
    assert [one.state for one in check_secrets(settings, env_file)] == [State.OK]
    weak = _settings(tmp_path / "data", admin_password="short", public_url="http://reports")
    env_file.touch(mode=0o644)
    settings.data_dir.chmod(0o755)
    findings = check_secrets(weak, env_file)
    assert [one.state for one in findings] == [State.WARN] * 4
    told = _why(findings, "secrets")
    assert "short" not in told.replace("is short", "")
    key = settings.data_dir / "secret_key"
    key.touch(mode=0o640)
    assert check_secrets(settings.model_copy(update={"secret_key": None}), env_file)[0].state is State.FAIL


def test_exit_codes() -> None:
    fine, odd, bad = ok("a", "b"), warn("a", "b", "c"), fail("a", "b", "c")
    assert [exit_code(one) for one in ((fine,), (fine, odd), (odd, bad, fine))] == [0, 1, 2]


def test_looking_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.bootstrap.checkup.check_browser", lambda: ok("browser", "not asked here"))
    findings = tuple(checkup(_settings(tmp_path / "data", secret_key=None)))
    assert "was not made yet" in _why(findings, "database")
    assert list((tmp_path / "data").iterdir()) == []


def test_the_command_says_it_as_json(database_urls: DatabaseUrls, tmp_path: Path) -> None:
    environment = {
        "PATH": "/nonexistent",
        "BROWSER_PATH": "/nonexistent",
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": STRONG,
        "DATABASE_URL": database_urls.app.set(drivername="postgresql").render_as_string(False),
    }
    command = [sys.executable, "-m", "core", "doctor", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert done.returncode == said["exit_code"] == 2  # no daemon
    states = {one["part"]: one["state"] for one in said["findings"]}
    assert states["database"] == states["migrations"] == states["role"] == states["fonts"] == "ok"
    assert (states["daemon"], states["browser"], states["mail"]) == ("fail", "warn", "warn")
    assert all(one["mend"] for one in said["findings"] if one["state"] != "ok")
