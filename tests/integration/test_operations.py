"""Operations: figures of one organization and of all; administrators are told once, and again when it is over."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import RunRow, ScheduleRow
from core.deliver.email_channel import EmailChannel
from core.domain.operations import Scope
from core.domain.operations_alerts import LEAST_FAILED, AlertKind
from core.runs.notices import OwnerNotices
from core.services.admin_alerts import AlertWatch
from core.settings import Settings
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, add_member, start
from tests.mail_server import MailServer
from tests.run_parts import NOW, insert_report, insert_run, insert_schedule

MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def watch(database: Database, clock: FixedClock, server: MailServer, tmp_path: Path) -> AlertWatch:
    settings = Settings(_env_file=None, smtp_host=server.host, smtp_port=server.port, smtp_security="none")
    channel = EmailChannel(settings, timeout_s=20, final_timeout_s=20)
    notices = OwnerNotices(database, clock, channel=channel, base_url="http://reports.example.com")
    found = AlertWatch(database, clock, notices=notices, data_dir=tmp_path)
    found._of_disk = lambda: (50, 100)  # type: ignore[method-assign]
    return found


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def look(watch: AlertWatch, server: MailServer) -> Callable[[], list[tuple[tuple[str, ...], str, str]]]:
    """Look as a daemon does, and write the mails: to whom, about what, what they say."""

    def looked() -> list[tuple[tuple[str, ...], str, str]]:
        server.mails.clear()
        for organization_id in watch.look():
            watch._notices.tell(organization_id)
        return mails_of(server)

    return looked


def mails_of(server: MailServer) -> list[tuple[tuple[str, ...], str, str]]:
    told = []
    for mail in server.mails:
        body = mail.message.get_body(("plain",))
        assert body is not None
        told.append((mail.recipients, str(mail.message["Subject"]), body.get_content()))
    return sorted(told)


def end_runs(database: Database, tenant: Tenant, state: str, *, at: Any) -> None:
    with database.organization(tenant.organization_id) as session:
        session.execute(update(RunRow).values(state=state, started_at=at, finished_at=at))


def beat(database: Database, clock: FixedClock) -> None:
    values = {"now": clock.now()}
    with database.installation() as session:
        session.execute(text("DELETE FROM daemons"))
        session.execute(
            text(
                "INSERT INTO daemons (id, host, process_id, started_at, seen_at) "
                "VALUES (gen_random_uuid(), 'one', 7, :now, :now)"
            ),
            values,
        )


def test_administrators_are_told_once_and_again_when_it_is_over(
    database: Database,
    clock: FixedClock,
    owner_session: Session,
    make_organization: Callable[..., Tenant],
    look: Callable[[], Any],
) -> None:
    tenant, quiet = make_organization(role="organization_admin"), make_organization(role="organization_admin")
    add_member(owner_session, tenant, role="viewer", name="Viewer")
    beat(database, clock)
    runs = [insert_run(database, tenant, now=clock.now()) for _ in range(LEAST_FAILED)]
    clock.advance(14 * MINUTE)
    assert look() == []
    clock.advance(2 * MINUTE)
    [(to, subject, words)] = look()
    assert to == (tenant.principal.email,)
    assert subject == f"{tenant.principal.organization}: needs looking after"
    assert "waiting for 16 minutes" in words
    assert "http://reports.example.com/operations" in words
    assert f"an administrator of {tenant.principal.organization}" in words
    clock.advance(MINUTE)
    assert look() == [], "once"
    end_runs(database, tenant, "failed", at=clock.now())
    assert [(subject, words.split(".")[0]) for _, subject, words in look()] == [
        (f"{tenant.principal.organization}: is well again", _over(tenant, "1 minute")),
        (f"{tenant.principal.organization}: needs looking after", _failed(tenant, len(runs))),
    ]
    assert look() == []
    clock.advance(timedelta(hours=2))
    [(to, subject, words)] = look()
    assert "is well again" in subject
    assert quiet.principal.email not in to


def _over(tenant: Tenant, minutes: str) -> str:
    return f"“{tenant.principal.organization}”: It is over after {minutes}"


def _failed(tenant: Tenant, count: int) -> str:
    what = f"{count} of {count} runs of the last hour failed, or did not reach everybody"
    return f"“{tenant.principal.organization}”: {what}"


def test_where_no_daemon_lives_the_web_process_says_so(
    database: Database,
    clock: FixedClock,
    tenant: Tenant,
    watch: AlertWatch,
    server: MailServer,
    look: Callable[[], Any],
) -> None:
    """`tenant` looks after the installation."""
    beat(database, clock)
    assert watch.stand_in() == 0
    clock.advance(MINUTE)
    assert watch.stand_in() == 0, "a daemon may be about to say that it lives"
    clock.advance(2 * MINUTE)
    assert watch.stand_in() == 0, "an upgrade takes that long"
    clock.advance(3 * MINUTE)
    assert watch.stand_in() == 1
    [(to, subject, words)] = mails_of(server)
    assert (to, subject) == ((tenant.principal.email,), "This installation: needs looking after")
    assert "For 6 minutes nothing has made or sent reports" in words
    clock.advance(MINUTE)
    assert watch.stand_in() == 0
    beat(database, clock)
    [(to, subject, _)] = look()
    assert (to, subject) == ((tenant.principal.email,), "This installation: is well again")
    assert watch.stand_in() == 0
    clock.advance(timedelta(hours=8))
    assert watch.stand_in() == 0, "the machine slept"
    beat(database, clock)
    assert watch.stand_in() == 0


def test_a_daemon_that_looks_lives(
    installation: Installation, database: Database, clock: FixedClock, tenant: Tenant
) -> None:
    services = installation.broadsheet.alerts
    services.set(tenant.principal, {AlertKind.STORAGE: None}, scope=Scope.INSTALLATION)  # of this machine's disk
    beat(database, clock)
    clock.advance(timedelta(hours=8))
    assert installation.daemon.alert() == 0
    clock.advance(timedelta(hours=8))
    assert installation.broadsheet.alert_watch.look() == {tenant.organization_id}
    assert installation.daemon.alert() == 1, "it is over"


def test_silence_counts_from_when_it_was_noticed_where_daemons_said_goodbye(
    database: Database, clock: FixedClock, tenant: Tenant, watch: AlertWatch
) -> None:
    assert watch.stand_in() == 0
    clock.advance(4 * MINUTE)
    assert watch.stand_in() == 0
    clock.advance(2 * MINUTE)
    assert watch.stand_in() == 1


def test_a_full_disk_is_told(tenant: Tenant, watch: AlertWatch, look: Callable[[], Any]) -> None:
    watch._of_disk = lambda: (95, 100)  # type: ignore[method-assign]
    [(_, _, words)] = look()
    assert "The disk of the data folder is 95 % full" in words
    watch._of_disk = lambda: (89, 100)  # type: ignore[method-assign]
    assert look() == [], "not clearly below"
    watch._of_disk = lambda: (70, 100)  # type: ignore[method-assign]
    [(_, subject, _)] = look()
    assert "is well again" in subject


def test_thresholds_are_set_followed_and_recorded(installation: Installation, make_organization: Any) -> None:
    everybody, tenant = make_organization(), make_organization(role="organization_admin")
    admin, client = installation.sign_in(everybody), installation.sign_in(tenant)
    address = "/api/operations/alerts"

    def limits(of: Any = client, scope: str = "organization") -> dict[str, tuple[Any, bool]]:
        found = of.get(address, params={"scope": scope}).json()["thresholds"]
        return {one["name"]: (one["limit"], one["is_own"]) for one in found}

    assert limits() == {"failures": (30, False), "backlog": (15, False), "storage": (90, False)}
    assert client.patch(address, json={"limits": {"backlog": 5, "failures": None}}).status_code == 200
    wide = {"scope": "installation", "limits": {"backlog": 60, "silence": 2}}
    assert admin.patch(address, json=wide).status_code == 200
    assert limits() == {"failures": (None, True), "backlog": (5, True), "storage": (90, False)}
    assert client.patch(address, json={"follow": ["backlog"]}).status_code == 200
    assert limits()["backlog"] == (60, False)
    assert limits(admin, "installation")["silence"] == (2, True)
    for refused in ({"silence": 5}, {"backlog": 0}, {"storage": 101}):
        assert client.patch(address, json={"limits": refused}).status_code == 422, refused
    assert client.patch(address, json=wide).status_code == 403
    changed = client.get("/api/audit", params={"action": "alerts.changed"}).json()["items"]
    assert [one["after"] for one in changed] == [{"backlog": None}, {"backlog": 5, "failures": "never"}]


def test_the_figures_of_one_organization_and_of_all(
    installation: Installation, database: Database, clock: FixedClock, make_organization: Any
) -> None:
    everybody, tenant = make_organization(), make_organization(role="organization_admin")
    beat(database, clock)
    report_id = insert_report(database, tenant)
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=NOW)
    for seconds in (1, 2, 9):
        run_id = insert_run(database, tenant, now=clock.now(), report_id=report_id, schedule_id=schedule_id)
        _end(database, tenant, run_id, seconds=seconds)
    insert_run(database, everybody, now=clock.now() - timedelta(minutes=3))
    mine = installation.broadsheet.operations.get(tenant.principal)
    assert (mine.queue.depth, mine.waits) == (0, None)
    [slow] = mine.slow
    assert (slow.title, slow.runs, slow.p50_s, slow.query_s, slow.rows_made) == ("Weekly revenue", 3, 2, 6, 300)
    assert (slow.bytes_made, slow.report_id) == (3000, report_id)
    [failing] = mine.failing
    assert (failing.schedule_id, failing.failures, failing.reason) == (schedule_id, 3, "The source is away.")
    assert [(one.format, one.files, one.bytes) for one in mine.stored] == [("csv", 3, 3000)]
    assert [(one.host, one.is_silent) for one in mine.daemons] == [("", False)]
    whole = installation.broadsheet.operations.get(everybody.principal, scope=Scope.INSTALLATION)
    assert (whole.queue.depth, whole.waits, whole.workers) == (1, timedelta(minutes=3), 2)
    assert [(one.organization, one.reason) for one in whole.failing] == [(tenant.principal.organization, None)]
    assert whole.daemons[0].host == "one"
    own = installation.broadsheet.operations.get(everybody.principal)
    assert (own.failing, own.stored, own.slow) == ((), (), ())
    client = installation.sign_in(tenant)
    told = client.get("/api/operations", params={"days": 30}).json()
    assert told["queue"] == {"runs": {}, "deliveries": {}, "waiting_since": None, "depth": 0, "waits_s": None}
    assert told["costly"][0]["query_s"] == 6
    assert client.get("/api/operations", params={"days": 2}).status_code == 422
    assert client.get("/api/operations", params={"scope": "installation"}).status_code == 403


_ARTIFACT = text("""
    INSERT INTO artifacts (organization_id, run_id, format, file_name, media_type, store, storage_key, sha256,
        size_bytes, manifest)
    VALUES (:organization, :run, 'csv', 'f', 'text/csv', 'file', :run, '', 1000, '{}')
""")


def _end(database: Database, tenant: Tenant, run_id: UUID, *, seconds: int) -> None:
    """The run took as long, asked for two seconds, brought a hundred rows and a file, and failed."""
    with database.organization(tenant.organization_id) as session:
        session.execute(
            update(RunRow)
            .where(RunRow.id == run_id)
            .values(
                state="failed",
                started_at=NOW,
                finished_at=NOW + timedelta(seconds=seconds),
                query_s=2.0,
                rows_delivered=100,
                error_message="The source is away.",
            )
        )
        session.execute(update(ScheduleRow).values(failing_since=NOW))
        session.execute(_ARTIFACT, {"organization": tenant.organization_id, "run": run_id})
