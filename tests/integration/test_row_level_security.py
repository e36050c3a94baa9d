"""The second wall: whatever the code above forgets, the app's login role sees one organization."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from core.db import access_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.roles import TABLE_GRANTS, VIEW_GRANTS
from core.db.tables import (
    AlertIncidentRow,
    AlertLimitRow,
    ApiTokenRow,
    ArtifactRow,
    AuditDetailRow,
    AuditEventRow,
    AuditHeadRow,
    AuditLinkRow,
    AuditWaitingRow,
    Base,
    BounceIntakeRow,
    BounceRow,
    BurstPartRow,
    BurstRecipientRow,
    CalendarRow,
    DashboardGrantRow,
    DashboardReportRow,
    DashboardRow,
    DashboardVersionRow,
    DatasetRow,
    DeliveryEventRow,
    DeliveryRow,
    DestinationRow,
    DownloadLinkRow,
    EmailConfigRow,
    FolderRow,
    GroupMemberRow,
    GroupRow,
    InvitationRow,
    KeptAnswerRow,
    LinkUseRow,
    MailTokenRow,
    OwnerNoticeRow,
    PersonAttributeRow,
    QuotaRow,
    RecipientPolicyRow,
    ReportDraftRow,
    ReportFavouriteRow,
    ReportGrantRow,
    ReportNoticeRow,
    ReportRow,
    ReportVersionRow,
    RequestCountRow,
    RoleRow,
    RunEventRow,
    RunRow,
    ScheduleRow,
    SentCopyRow,
    SentPartRow,
    SessionRow,
    SourceRow,
    SuppressionRow,
    VerifiedAddressRow,
    WorkbookTemplateRow,
)
from core.errors import DatabaseUnavailable
from tests.conftest import PASSWORD, Tenant

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TENANT_TABLES = sorted(name for name, table in Base.metadata.tables.items() if "organization_id" in table.columns)


def _fill(session: Session, tenant: Tenant) -> dict[str, UUID]:
    """Insert one row into every tenant table; returns the ids that tests speak of."""
    here: dict[str, Any] = {"organization_id": tenant.organization_id}
    ids = {name: uuid4() for name in ("source", "dataset", "report", "schedule", "run", "artifact", "delivery")}

    def add(table: type[Base], **values: Any) -> None:
        session.execute(insert(table).values(**here, **values))

    add(SourceRow, id=ids["source"], name="s", kind="duckdb", connection={})
    add(DatasetRow, id=ids["dataset"], source_id=ids["source"], name="d", label="D", content={})
    add(ReportRow, id=ids["report"], owner_id=tenant.user_id, dataset_id=ids["dataset"], name="r", version=1)
    add(
        ReportVersionRow,
        report_id=ids["report"],
        version=1,
        definition={},
        definition_sha256="x",
        saved_by=tenant.user_id,
    )
    add(DashboardRow, id=ids["report"], owner_id=tenant.user_id, name="b", version=1)
    add(
        DashboardVersionRow,
        dashboard_id=ids["report"],
        version=1,
        content={},
        content_sha256="x",
        saved_by=tenant.user_id,
    )
    add(DashboardReportRow, dashboard_id=ids["report"], report_id=ids["report"])
    add(FolderRow, name="f")
    add(ReportGrantRow, report_id=ids["report"], user_id=tenant.user_id, level="view")
    add(DashboardGrantRow, dashboard_id=ids["report"], user_id=tenant.user_id, level="view")
    add(ReportFavouriteRow, report_id=ids["report"], user_id=tenant.user_id)
    add(ReportNoticeRow, report_id=ids["report"], field="country", found_at=NOW, next_attempt_at=NOW)
    add(
        ScheduleRow,
        id=ids["schedule"],
        report_id=ids["report"],
        owner_id=tenant.user_id,
        name="s",
        config={},
        recipients=[],
        formats=["csv"],
        next_run_at=NOW - timedelta(minutes=1),
    )
    add(
        RunRow,
        id=ids["run"],
        kind="manual",
        title="t",
        definition={},
        definition_sha256="x",
        formats=["csv"],
        logical_at=NOW,
        created_at=NOW - timedelta(minutes=1),
    )
    add(RunEventRow, run_id=ids["run"], at=NOW, name="n", message="m")
    add(OwnerNoticeRow, user_id=tenant.user_id, kind="slow", key="k", about="a", reason="r", found_at=NOW)
    add(
        ArtifactRow,
        id=ids["artifact"],
        run_id=ids["run"],
        format="csv",
        file_name="f",
        media_type="text/csv",
        store="file",
        storage_key="k",
        sha256="x",
        size_bytes=1,
        manifest={},
    )
    add(DeliveryRow, id=ids["delivery"], run_id=ids["run"], channel="email", address="a@b.c", created_at=NOW)
    add(BurstPartRow, run_id=ids["run"], place=0, content={})
    burst = {"address": "a@b.c", "facts": {}, "formats": ["csv"], "outcome": "sent"}
    add(BurstRecipientRow, run_id=ids["run"], place=0, line=1, **burst)
    draft = {"id": ids["report"], "name": "r", "description": "", "definition": {}, "is_touched": True}
    add(ReportDraftRow, user_id=tenant.user_id, updated_at=NOW, **draft)
    add(CalendarRow, name="c", working_week=[1])
    add(DestinationRow, channel="folder", name="d", settings={})
    add(EmailConfigRow, preset="custom", host="h", port=25, security="tls", username="", sender="a@example.com")
    add(SuppressionRow, address="a@b.c", reason="added")
    add(GroupRow, id=ids["run"], name="g")
    add(GroupMemberRow, group_id=ids["run"], address="a@b.c")
    add(PersonAttributeRow, user_id=None, name="region", given=["north"])
    add(RecipientPolicyRow, rule="members", domains=[])
    add(VerifiedAddressRow, address="a@b.c", asked_at=NOW, expires_at=NOW)
    add(MailTokenRow, token_sha256=str(ids["run"]), address="a@b.c", schedule_id=ids["schedule"])
    add(
        WorkbookTemplateRow,
        name="t",
        file_name="f",
        content=b"x",
        sha256="x",
        size_bytes=1,
        contents={},
        uploaded_by=tenant.user_id,
    )
    event, sealed = uuid4(), {"position": 1, "sha256": "x", "linked_at": NOW, "caught_up_at": NOW}
    add(AuditEventRow, id=event, at=NOW, action="a.b", kind="a", detail_sha256="x")
    add(AuditDetailRow, event_id=event, actor="a", object_name="o", changes="{}")
    add(AuditWaitingRow, event_id=event)
    add(AuditLinkRow, event_id=event, **sealed)
    add(AuditHeadRow, seal="x", **sealed)
    add(QuotaRow)
    add(AlertLimitRow)
    add(AlertIncidentRow, id=event, kind="backlog", found="f", opened_at=NOW)
    add(KeptAnswerRow, user_id=tenant.user_id, key="k", request_sha256="x", began_at=NOW)
    add(RequestCountRow, user_id=tenant.user_id, minute=NOW, used=1)
    sha = str(tenant.organization_id)
    link, until = uuid4(), NOW + timedelta(days=1)
    add(DownloadLinkRow, id=link, artifact_id=ids["artifact"], token_sha256=sha, expires_at=until)
    add(LinkUseRow, link_id=link, at=NOW, network="unknown", result="opened")
    add(SentCopyRow, delivery_id=ids["delivery"], at=NOW, subject="s", content="c", files=[])
    add(SentPartRow, run_id=ids["run"], sha256="x", content=b"x")
    add(DeliveryEventRow, delivery_id=ids["delivery"], state="sent", attempt=1)
    add(BounceRow, provider="p", event_id="e", kind="hard", address="a", reason="r", happened_at=NOW)
    add(BounceIntakeRow, provider="p", secrets="s")
    add(SessionRow, user_id=tenant.user_id, token_sha256=sha, expires_at=NOW + timedelta(days=1))
    add(ApiTokenRow, user_id=tenant.user_id, name="t", token_sha256=sha)
    role = select(RoleRow.id).where(RoleRow.organization_id == tenant.organization_id, RoleRow.name == "viewer")
    invited = {"email": "e", "role_id": role.scalar_subquery(), "token_sha256": sha, "invited_by": tenant.user_id}
    add(InvitationRow, **invited, invited_at=NOW, expires_at=NOW)
    session.commit()
    return ids


@pytest.fixture
def two(make_organization: Callable[..., Tenant], owner_session: Session) -> tuple[Tenant, Tenant, dict[str, UUID]]:
    """Two organizations, both with a row in every table, and the ids of the second one's rows."""
    first, second = make_organization(), make_organization()
    _fill(owner_session, first)
    return first, second, _fill(owner_session, second)


def _organizations(session: Session, table: str) -> set[UUID]:
    return set(session.execute(text(f"SELECT organization_id FROM {table}")).scalars())


def test_each_table_shows_one_organization_only(database: Database, two: tuple[Tenant, Tenant, Any]) -> None:
    first, second, _ = two
    for table in TENANT_TABLES:
        for tenant in (first, second):
            with database.organization(tenant.organization_id) as session:
                assert _organizations(session, table) == {tenant.organization_id}, table
        with database.installation() as session:
            assert _organizations(session, table) == set(), table


def test_each_view_shows_one_organization_only(
    database: Database, owner_session: Session, two: tuple[Tenant, Tenant, Any]
) -> None:
    counts = {}
    for view in VIEW_GRANTS:
        for tenant in two[:2]:
            with database.organization(tenant.organization_id) as session:
                counts[view, tenant] = session.execute(text(f"SELECT count(*) FROM {view}")).scalar_one()
        with database.installation() as session:
            assert session.execute(text(f"SELECT * FROM {view}")).all() == [], view
    assert set(counts.values()) == {1}
    invoked = owner_session.execute(
        text("SELECT relname FROM pg_class WHERE relkind = 'v' AND 'security_invoker=true' = ANY (reloptions)")
    ).scalars()
    views = owner_session.execute(text("SELECT viewname FROM pg_views WHERE schemaname = 'public'")).scalars()
    assert set(invoked) == set(views) == set(VIEW_GRANTS)


def test_people_and_organizations_are_those_of_the_current_one(
    database: Database, two: tuple[Tenant, Tenant, Any]
) -> None:
    first, _, _ = two
    with database.organization(first.organization_id) as session:
        assert session.execute(text("SELECT id FROM users")).scalars().all() == [first.user_id]
        assert session.execute(text("SELECT id FROM organizations")).scalars().all() == [first.organization_id]
    with database.installation() as session:
        assert session.execute(text("SELECT id FROM users")).scalars().all() == []
        assert session.execute(text("SELECT id FROM organizations")).scalars().all() == []


def test_rows_cannot_be_written_into_another_organization(database: Database, two: tuple[Tenant, Tenant, Any]) -> None:
    first, second, ids = two
    with pytest.raises(ProgrammingError, match="row-level security"), database.organization(first.organization_id) as s:
        s.execute(insert(SourceRow).values(organization_id=second.organization_id, name="x", kind="k", connection={}))
    with database.organization(first.organization_id) as session:
        for statement in ("UPDATE runs SET title = 'mine' WHERE id = :id", "DELETE FROM runs WHERE id = :id"):
            assert session.execute(text(statement), {"id": ids["run"]}).rowcount == 0  # type: ignore[attr-defined]
    with pytest.raises(ProgrammingError, match="row-level security"), database.organization(first.organization_id) as s:
        s.execute(text("UPDATE sources SET organization_id = :id"), {"id": second.organization_id})


def test_every_table_with_an_organization_is_forced_behind_its_policies(owner_session: Session) -> None:
    walled = owner_session.execute(
        text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity ORDER BY relname")
    ).scalars()
    out_of_reach = [table for table, privileges in TABLE_GRANTS.items() if not privileges]
    assert list(walled) == sorted([*TENANT_TABLES, *out_of_reach, "organizations", "users"])


def test_the_owner_is_no_superuser_in_these_tests(owner_session: Session) -> None:
    """Otherwise the SECURITY DEFINER functions below would prove nothing."""
    row = owner_session.execute(text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")).one()
    assert tuple(row) == (False, False)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password_hash FROM users",
        "SELECT * FROM users",
        "UPDATE users SET password_hash = ''",
        "INSERT INTO users (email, name, password_hash) VALUES ('a', 'b', 'c')",
        "INSERT INTO organizations (name) VALUES ('mine')",
        "UPDATE report_versions SET definition = '{}'",
        "UPDATE run_events SET message = ''",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE runs DISABLE ROW LEVEL SECURITY",
        "SET ROLE broadsheet_owner",
    ],
)
def test_the_app_role_may_not(database: Database, tenant: Tenant, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):  # noqa: SIM117
        with database.organization(tenant.organization_id) as session:
            session.execute(text(statement))


def test_the_functions_are_closed_to_everybody_else(owner_session: Session) -> None:
    open_to_all = owner_session.execute(
        text("""
        SELECT proname FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prosecdef AND has_function_privilege('public', oid, 'EXECUTE')
        """)
    ).scalars()
    assert list(open_to_all) == []


def test_a_pooled_connection_forgets_the_organization(database_urls: DatabaseUrls, tenant: Tenant) -> None:
    engine = create_engine(database_urls.app, pool_size=1, max_overflow=0)
    with engine.begin() as connection:
        connection.execute(
            text("SELECT set_config('app.organization_id', :id, true)"), {"id": str(tenant.organization_id)}
        )
        assert connection.execute(text("SELECT count(*) FROM roles")).scalar_one() > 0
    with engine.begin() as connection:
        assert connection.execute(text("SELECT current_setting('app.organization_id', true)")).scalar_one() == ""
        assert connection.execute(text("SELECT count(*) FROM roles")).scalar_one() == 0
    engine.dispose()


@pytest.fixture
def installation(database: Database) -> Iterator[Session]:
    """A transaction of the app without an organization."""
    with database.installation() as session:
        yield session


def test_sign_in_finds_the_person_whatever_the_organization(installation: Session, tenant: Tenant) -> None:
    found = access_repository.find_credentials(installation, f"  {tenant.principal.email.upper()} ")
    assert found is not None
    assert (found.user_id, found.is_active, found.locked_until) == (tenant.user_id, True, None)
    assert found.password_hash.startswith("$2b$04$")
    assert PASSWORD not in found.password_hash
    assert access_repository.find_credentials(installation, "nobody@example.com") is None


def test_failures_lock_for_longer_and_longer(installation: Session, tenant: Tenant) -> None:
    locks = []
    for _ in range(12):
        access_repository.record_sign_in(installation, tenant.user_id, ok=False, now=NOW)
        found = access_repository.find_credentials(installation, tenant.principal.email)
        assert found is not None
        locks.append(None if found.locked_until is None else int((found.locked_until - NOW).total_seconds() / 60))
    assert locks == [None, None, None, None, 1, 2, 4, 8, 16, 32, 60, 60]
    access_repository.record_sign_in(installation, tenant.user_id, ok=True, now=NOW)
    found = access_repository.find_credentials(installation, tenant.principal.email)
    assert found is not None
    assert found.locked_until is None


def test_principals_come_with_their_permissions(installation: Session, tenant: Tenant) -> None:
    assert access_repository.principals_of_user(installation, tenant.user_id) == (tenant.principal,)


def test_sessions_and_tokens_lead_to_their_principal_until_they_end(
    database: Database, two: tuple[Tenant, Tenant, Any]
) -> None:
    first, _, _ = two
    sha = str(first.organization_id)
    with database.installation() as session:
        assert access_repository.principal_of_session(session, sha, NOW) == first.principal
        assert access_repository.principal_of_session(session, sha, NOW + timedelta(days=2)) is None
        assert access_repository.principal_of_session(session, "unknown", NOW) is None
        assert access_repository.principal_of_api_token(session, sha, NOW + timedelta(days=2)) == replace(
            first.principal, by_token=True
        )
    with database.organization(first.organization_id) as session:
        access_repository.revoke_session(session, sha, NOW)
        session.execute(text("UPDATE api_tokens SET revoked_at = now()"))
    with database.installation() as session:
        assert access_repository.principal_of_session(session, sha, NOW) is None
        assert access_repository.principal_of_api_token(session, sha, NOW) is None


def test_a_deactivated_person_is_nobody(database: Database, two: tuple[Tenant, Tenant, Any]) -> None:
    first, _, _ = two
    with database.organization(first.organization_id) as session:
        session.execute(text("UPDATE users SET is_active = false"))
    with database.installation() as session:
        assert access_repository.principal_of_session(session, str(first.organization_id), NOW) is None
        assert access_repository.principals_of_user(session, first.user_id) == ()


def test_planning_sees_the_due_schedules_of_all(database: Database, two: tuple[Tenant, Tenant, Any]) -> None:
    with database.installation() as session:
        due = session.execute(text("SELECT organization_id FROM due_schedules(:now, 10)"), {"now": NOW}).scalars()
        assert set(due) == {tenant.organization_id for tenant in two[:2]}
        assert session.execute(text("SELECT * FROM due_schedules(:now, 1)"), {"now": NOW}).all()[1:] == []
        early = {"now": NOW - timedelta(minutes=2)}
        assert session.execute(text("SELECT * FROM due_schedules(:now, 10)"), early).all() == []


@pytest.mark.parametrize(
    ("change", "is_open"),
    [
        ("state = 'pending'", False),
        ("state = 'waiting', next_attempt_at = :now", False),
        ("state = 'running', lease_until = :now - interval '1 second'", True),
        ("state = 'running', lease_until = :now + interval '1 second', next_attempt_at = :now", False),
        ("state = 'held'", False),
        ("state = 'completed', finished_at = :now", False),
    ],
)
def test_runs_that_nobody_works_on_are_open_work(
    owner_session: Session, database: Database, tenant: Tenant, change: str, is_open: bool
) -> None:
    ids = _fill(owner_session, tenant)
    owner_session.execute(text(f"UPDATE runs SET {change}").bindparams(**({"now": NOW} if ":now" in change else {})))
    owner_session.commit()
    with database.installation() as session:
        found = session.execute(text("SELECT kind, id, organization_id FROM open_work(:now, 10)"), {"now": NOW}).all()
    assert [tuple(row) for row in found] == ([("run", ids["run"], tenant.organization_id)] if is_open else [])


@pytest.mark.parametrize(
    ("change", "is_ready"),
    [
        ("state = 'pending'", True),
        ("state = 'pending', created_at = :now - interval '14 seconds'", False),
        ("state = 'pending', next_attempt_at = :now + interval '1 second'", False),
        ("state = 'waiting', next_attempt_at = :now", True),
        ("state = 'waiting', next_attempt_at = :now + interval '1 second', lease_until = :now - interval '1 h'", False),
        ("state = 'running', lease_until = :now - interval '1 second'", False),
        ("state = 'held'", False),
        ("state = 'completed', finished_at = :now", False),
    ],
)
def test_runs_that_stand_in_line_unnoticed_are_ready(
    owner_session: Session, database: Database, tenant: Tenant, change: str, is_ready: bool
) -> None:
    ids = _fill(owner_session, tenant)
    owner_session.execute(text(f"UPDATE runs SET {change}").bindparams(**({"now": NOW} if ":now" in change else {})))
    owner_session.commit()
    with database.installation() as session:
        found = session.execute(text("SELECT run_id FROM ready_runs(:now, 10)"), {"now": NOW}).scalars()
        assert list(found) == ([ids["run"]] if is_ready else [])


@pytest.mark.parametrize(
    ("change", "is_open"),
    [
        ("state = 'pending', created_at = :now - interval '16 seconds'", True),
        ("state = 'pending', created_at = :now", False),
        ("state = 'retry', next_attempt_at = :now", True),
        ("state = 'retry', next_attempt_at = :now + interval '1 second'", False),
        ("state = 'sending', lease_until = :now - interval '1 second'", True),
        ("state = 'sending', lease_until = :now + interval '1 second'", False),
        ("state = 'unknown'", False),
        ("state = 'unknown', next_attempt_at = :now", True),
        ("state = 'sent', sent_at = :now", False),
        ("state = 'failed'", False),
    ],
)
def test_deliveries_that_nobody_works_on_are_open_work(
    owner_session: Session, database: Database, tenant: Tenant, change: str, is_open: bool
) -> None:
    ids = _fill(owner_session, tenant)
    owner_session.execute(text("UPDATE runs SET state = 'held'"))
    owner_session.execute(
        text(f"UPDATE deliveries SET {change}").bindparams(**({"now": NOW} if ":now" in change else {}))
    )
    owner_session.commit()
    with database.installation() as session:
        found = session.execute(text("SELECT kind, id FROM open_work(:now, 10)"), {"now": NOW}).all()
    assert [tuple(row) for row in found] == ([("delivery", ids["delivery"])] if is_open else [])


def test_thousands_of_deliveries_of_one_run_hold_up_nobody_elses_work(
    owner_session: Session, database: Database, two: tuple[Tenant, Tenant, dict[str, UUID]]
) -> None:
    """They are the oldest, and more than one sweep looks at."""
    first, second, ids = two
    owner_session.execute(text("UPDATE deliveries SET state = 'sent', sent_at = :now"), {"now": NOW})
    many = (
        "INSERT INTO deliveries (organization_id, run_id, channel, address, role, state, next_attempt_at, created_at) "
        "SELECT organization_id, id, 'email', 'p' || n || '@example.com', 'to', 'pending', :now, "
        "created_at - interval '1 day' FROM runs, generate_series(1, 1000) AS n WHERE organization_id = :whose"
    )
    owner_session.execute(text(many), {"now": NOW, "whose": first.organization_id})
    lapsed = text("UPDATE runs SET state = 'running', lease_until = :now - interval '1 second'")
    owner_session.execute(lapsed, {"now": NOW})
    owner_session.commit()
    with database.installation() as session:
        found = session.execute(text("SELECT kind, id, organization_id FROM open_work(:now, 500)"), {"now": NOW}).all()
    assert [tuple(row) for row in found if row.organization_id == second.organization_id] == [
        ("run", ids["run"], second.organization_id)
    ]
    theirs = [row.kind for row in found if row.organization_id == first.organization_id]
    assert (theirs.count("run"), theirs.count("delivery")) == (1, 100), "nor its own other work"


def test_a_wake_up_and_a_link_find_their_organization(
    database: Database, two: tuple[Tenant, Tenant, dict[str, UUID]]
) -> None:
    _, second, ids = two
    with database.installation() as session:

        def ask(sql: str, **values: Any) -> Any:
            return session.execute(text(sql), values).first()

        assert ask("SELECT organization_of_run(:id)", id=ids["run"]) == (second.organization_id,)
        assert ask("SELECT organization_of_delivery(:id)", id=ids["delivery"]) == (second.organization_id,)
        assert ask("SELECT organization_of_run(:id)", id=uuid4()) == (None,)
        sha = str(second.organization_id)
        link = "SELECT organization_of_link(:sha)"
        assert ask(link, sha=sha) == (second.organization_id,)
        assert ask(link, sha="other") == (None,)


def test_the_typed_session_sees_the_same_wall(database: Database, two: tuple[Tenant, Tenant, Any]) -> None:
    first, _, _ = two
    with database.organization(first.organization_id) as session:
        assert session.execute(select(ReportRow.organization_id)).scalars().all() == [first.organization_id]


def test_a_transaction_that_stands_still_gives_its_locks_back(database_urls: DatabaseUrls, tenant: Tenant) -> None:
    frozen, other = Database(database_urls.app, pool_size=1, most_still_s=0.2), Database(database_urls.app, pool_size=1)
    locked = text("SELECT id FROM organizations FOR UPDATE")

    def freeze_until_another_has_the_lock() -> None:
        with frozen.organization(tenant.organization_id) as session:
            session.execute(locked)
            with other.organization(tenant.organization_id) as waiting:
                assert waiting.execute(locked).scalars().all() == [tenant.organization_id]
            session.execute(locked)

    try:
        with pytest.raises(DatabaseUnavailable):
            freeze_until_another_has_the_lock()
    finally:
        frozen.dispose()
        other.dispose()
