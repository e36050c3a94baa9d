"""What the database's owner does: prepare, migrate alone, the demo workspace, and accounts from the command line."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from core.bootstrap import NewUser, add_user, build, migrate, prepare, reset_factor, reset_password, seed_demo
from core.db import access_repository, second_factor_repository
from core.db.database import Database
from core.db.embedded import EmbeddedPostgres, start_embedded
from core.errors import BroadsheetError, Conflict, NotSignedIn
from core.launcher.preparing import find_prepared
from core.services import demo_workspace
from core.settings import Settings

ROOT = Path(__file__).parents[2]
PASSWORD = "nine quiet presses"


@pytest.fixture
def settings(empty_database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation on an empty database; its demo data is taken as made."""
    monkeypatch.setattr(demo_workspace, "refresh_demo_data", lambda *_: False)
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=empty_database.render_as_string(hide_password=False),
        admin_email="admin@example.com",
    )


@pytest.fixture
def owner(empty_database: URL) -> Iterator[Database]:
    """The owner's own view of that database."""
    database = Database(empty_database, pool_size=1)
    yield database
    database.dispose()


def _new(email: str, **other: str) -> NewUser:
    return NewUser(**({"email": email, "password": PASSWORD, "role": "viewer"} | other))


def _organizations(owner: Database) -> list[str]:
    with owner.installation() as session:
        return list(access_repository.list_organizations(session))


def _organizations_of(settings: Settings, email: str, password: str) -> set[tuple[str, str]]:
    """Sign in, and return the organizations with the role in each."""
    broadsheet = build(settings)
    try:
        user_id = broadsheet.sign_in.verify(email, password)
        with broadsheet.database.installation() as session:
            return {(one.organization, one.role) for one in access_repository.principals_of_user(session, user_id)}
    finally:
        broadsheet.close()


def test_a_second_start_finds_everything_prepared(settings: Settings) -> None:
    assert find_prepared(settings) is None
    urls, sign_in = prepare(settings)
    assert sign_in is not None
    assert sign_in.password is not None
    found = find_prepared(settings)
    assert found is not None
    assert (found.app_url, found.email) == (
        urls.app.set(drivername="postgresql").render_as_string(hide_password=False),
        None,
    )
    assert prepare(settings) == (urls, None)


def test_a_start_that_broke_off_before_the_workspace_is_prepared_again(settings: Settings) -> None:
    migrate(settings)
    assert find_prepared(settings) is None


def test_a_renamed_organization_gets_no_second_workspace(settings: Settings, owner: Database) -> None:
    prepare(settings)
    with owner.installation() as session:
        session.execute(text("UPDATE organizations SET name = 'Renamed'"))
    assert find_prepared(settings) is not None
    assert prepare(settings)[1] is None
    assert _organizations(owner) == ["Renamed"]


def test_migrating_seeds_nothing(settings: Settings, owner: Database) -> None:
    migrate(settings)
    assert _organizations(owner) == []


def test_the_demo_workspace_comes_beside_other_organizations(settings: Settings, owner: Database) -> None:
    migrate(settings)
    with owner.installation() as session:
        access_repository.insert_organization(session, "First", "UTC")
    add_user(settings, _new("admin@example.com", role="viewer"))
    made = seed_demo(settings)
    assert made is not None
    assert made.password is None
    assert seed_demo(settings) is None
    assert _organizations_of(settings, "admin@example.com", PASSWORD) == {
        ("First", "viewer"),
        ("Demo workspace", "installation_admin"),
    }


def test_an_added_account_signs_in(settings: Settings) -> None:
    prepare(settings)
    added = add_user(settings, _new(" New.Person@Example.com ", role="editor"))
    assert added.email == "new.person@example.com"
    assert _organizations_of(settings, "new.person@example.com", PASSWORD) == {("Demo workspace", "editor")}


def test_a_known_account_joins_another_organization_and_keeps_its_password(settings: Settings, owner: Database) -> None:
    prepare(settings)
    with owner.installation() as session:
        access_repository.insert_organization(session, "Second", "UTC")
    add_user(settings, _new("person@example.com", organization="Second"))
    again = add_user(settings, _new("person@example.com", organization="Demo workspace", password="another password"))
    assert again.was_known
    assert len(_organizations_of(settings, "person@example.com", PASSWORD)) == 2
    with pytest.raises(NotSignedIn):
        _organizations_of(settings, "person@example.com", "another password")
    with pytest.raises(Conflict, match="belongs to Second already"):
        add_user(settings, _new("person@example.com", organization="Second"))
    with pytest.raises(BroadsheetError, match="Name one with --organization; there are: Demo workspace, Second"):
        add_user(settings, _new("other@example.com"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"email": "nobody"}, "not an e-mail address"),
        ({"password": "short"}, "at least 12 characters"),
        ({"role": "king"}, "There is no role 'king'; there are: data_admin, editor"),
        ({"organization": "Nowhere"}, "There is no organization 'Nowhere'; there are: Demo workspace"),
        ({"name": "two\nlines"}, "on one line"),
    ],
)
def test_bad_input_says_what_to_mend(settings: Settings, wrong: dict[str, str], message: str) -> None:
    prepare(settings)
    with pytest.raises(BroadsheetError, match=message) as raised:
        add_user(settings, _new(**({"email": "person@example.com"} | wrong)))
    assert "\n" not in raised.value.user_message


def test_who_lost_the_factor_or_the_password_is_let_in_again_and_the_audit_says_so(
    settings: Settings, owner: Database
) -> None:
    prepare(settings)
    added = add_user(settings, _new("admin@example.org", role="organization_admin"))
    with owner.installation() as session:
        user_id = access_repository.find_user(session, added.email)
        assert user_id is not None
        assert second_factor_repository.put_offer(session, user_id, "sealed")
        assert second_factor_repository.confirm(session, user_id, step=1, code_sha256s=["a"], now=datetime.now(UTC))
    broadsheet = build(settings)
    token = broadsheet.sessions.open(user_id)
    reset_factor(settings, email="Admin@example.org")
    with pytest.raises(NotSignedIn):
        broadsheet.access.principal_for_session(token)
    with pytest.raises(BroadsheetError, match="no second factor"):
        reset_factor(settings, email=added.email)
    with pytest.raises(BroadsheetError, match="easy to guess"):
        reset_password(settings, email=added.email, password="passwordpassword")
    reset_password(settings, email=added.email, password="eleven purple harbours")
    assert broadsheet.sign_in.verify(added.email, "eleven purple harbours") == user_id
    broadsheet.close()
    with owner.installation() as session:
        told = session.execute(
            text("SELECT e.action, d.actor FROM audit_events e JOIN audit_details d ON d.event_id = e.id")
        ).all()
    by_command = {action for action, actor in told if actor == "Command line"}
    assert by_command == {"person.added", "second_factor.reset", "password.changed"}


def test_an_installation_without_an_organization_says_how_to_get_one(settings: Settings) -> None:
    with pytest.raises(BroadsheetError, match="There is no organization yet"):
        add_user(settings, _new("person@example.com"))


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path) -> Run:
    """Run `python -m core` on the embedded database of a data folder."""

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data")} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def running(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """The embedded server as `./run` holds it."""
    server = start_embedded(tmp_path / "data")
    yield server
    server.stop()


def test_the_commands_work_beside_a_running_installation(running: EmbeddedPostgres, command: Run) -> None:
    done = command("migrate")
    assert (done.returncode, done.stdout, done.stderr) == (0, "The database has the newest schema.\n", "")
    done = command("seed-demo", ADMIN_PASSWORD=PASSWORD)
    assert (done.returncode, done.stdout) == (0, "The demo workspace is ready. Sign in as admin@broadsheet.local.\n")
    done = command("user", "add", "person@example.com", "--name", "A Person", USER_PASSWORD=PASSWORD)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "person@example.com belongs to Demo workspace as viewer.\n",
        "",
    )
    done = command("user", "add", "person@example.com", USER_PASSWORD=PASSWORD)
    assert (done.returncode, done.stderr) == (
        1,
        "broadsheet: person@example.com belongs to Demo workspace already.\n",
    )
    assert running.is_running()


def test_the_commands_start_the_database_where_nothing_runs(command: Run, tmp_path: Path) -> None:
    done = command("user", "add", "person@example.com")
    assert done.returncode == 1
    assert done.stderr.startswith("broadsheet: Set USER_PASSWORD")
    assert done.stderr.count("\n") == 1
    done = command("migrate")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "data" / "postgres" / "data" / "postmaster.pid").exists()
