"""The app's login role: what it is granted, how it is made, and what makes a role unfit.

Grants live here and not in the migrations: the role's name belongs to the installation, and a start renews them once
they have changed.
"""

import re
from typing import LiteralString

from psycopg import Connection, sql
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from core.errors import SettingError

_EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"

#: What the app's role may do with each table. Organizations and people are made by the owner only.
TABLE_GRANTS: dict[str, tuple[LiteralString, ...]] = {
    "organizations": ("SELECT", "UPDATE (name, timezone, settings, branding, logo)"),
    "users": (
        "SELECT (id, email, name, timezone, is_active, is_service, failed_sign_ins, locked_until, created_at)",
        "UPDATE (name, timezone, is_active)",
    ),
    "roles": (_EVERYTHING,),
    "memberships": (_EVERYTHING,),
    "invitations": (_EVERYTHING,),
    "sessions": (_EVERYTHING,),
    "second_factors": (),
    "recovery_codes": (),
    "password_resets": (),
    "sign_in_limits": (),
    "single_sign_ons": (),
    "api_tokens": (_EVERYTHING,),
    "sources": (_EVERYTHING,),
    "datasets": (_EVERYTHING,),
    "reports": (_EVERYTHING,),
    "report_versions": ("SELECT, INSERT, DELETE",),
    "report_notices": (_EVERYTHING,),
    "folders": (_EVERYTHING,),
    "report_grants": (_EVERYTHING,),
    "report_favourites": (_EVERYTHING,),
    "report_drafts": (_EVERYTHING,),
    "calendars": (_EVERYTHING,),
    "dashboards": (_EVERYTHING,),
    "dashboard_versions": ("SELECT, INSERT, DELETE",),
    "dashboard_reports": ("SELECT, INSERT, DELETE",),
    "dashboard_grants": (_EVERYTHING,),
    "schedules": (_EVERYTHING,),
    "owner_notices": (_EVERYTHING,),
    "runs": (_EVERYTHING,),
    "run_events": ("SELECT, INSERT, DELETE",),
    "artifacts": (_EVERYTHING,),
    "deliveries": (_EVERYTHING,),
    "destinations": (_EVERYTHING,),
    "burst_parts": (_EVERYTHING,),
    "burst_recipients": (_EVERYTHING,),
    "email_configs": (_EVERYTHING,),
    "suppressions": (_EVERYTHING,),
    "mail_tokens": (_EVERYTHING,),
    "groups": (_EVERYTHING,),
    "person_attributes": (_EVERYTHING,),
    "group_members": (_EVERYTHING,),
    "recipient_policies": (_EVERYTHING,),
    "verified_addresses": (_EVERYTHING,),
    "workbook_templates": (_EVERYTHING,),
    "download_links": (_EVERYTHING,),
    "link_uses": ("SELECT, INSERT, DELETE",),
    "delivery_events": ("SELECT, INSERT, DELETE",),
    "sent_copies": (_EVERYTHING,),
    "sent_parts": ("SELECT, INSERT, DELETE",),
    "bounces": (_EVERYTHING,),
    "bounce_intakes": (_EVERYTHING,),
    "audit_events": ("SELECT, INSERT",),
    "audit_details": ("SELECT, INSERT",),
    "audit_links": ("SELECT, INSERT",),
    "audit_waiting": ("SELECT, INSERT, DELETE",),
    "audit_heads": ("SELECT, INSERT, UPDATE",),
    "quotas": ("SELECT, INSERT, UPDATE",),
    "request_counts": (_EVERYTHING,),
    "kept_answers": (_EVERYTHING,),
    "alert_limits": ("SELECT, INSERT, UPDATE",),
    "alert_incidents": (_EVERYTHING,),
    "daemons": (_EVERYTHING,),
    "alembic_version": ("SELECT",),
    "procrastinate_jobs": (_EVERYTHING,),
    "procrastinate_events": (_EVERYTHING,),
    "procrastinate_workers": (_EVERYTHING,),
    "procrastinate_periodic_defers": (_EVERYTHING,),
}

#: What a workspace sees of its own doings; row-level security holds on the tables below.
VIEW_GRANTS: dict[str, tuple[LiteralString, ...]] = {
    "activity_runs": ("SELECT",),
    "activity_deliveries": ("SELECT",),
    "activity_sign_ins": ("SELECT",),
}

#: The SECURITY DEFINER functions.
FUNCTION_GRANTS = (
    "find_sign_in(text)",
    "record_sign_in(uuid, boolean, timestamptz)",
    "account_of(uuid)",
    "set_password(uuid, text, text, timestamptz)",
    "put_password_reset(uuid, text, timestamptz, timestamptz, timestamptz)",
    "find_password_reset(text, timestamptz)",
    "use_password_reset(text, text, timestamptz)",
    "put_second_factor(uuid, text)",
    "put_recovery_codes(uuid, text[])",
    "confirm_second_factor(uuid, bigint, text[], timestamptz)",
    "take_factor_step(uuid, bigint)",
    "take_recovery_code(uuid, text, timestamptz)",
    "remove_second_factor(uuid)",
    "sessions_of_user(uuid, timestamptz)",
    "end_sessions(uuid, uuid, text, timestamptz)",
    "note_session_seen(text, timestamptz)",
    "take_sign_in(text, integer, timestamptz)",
    "give_back_sign_in(text, integer)",
    "take_single_sign_on(text, timestamptz, timestamptz)",
    "enter_by_sso(text, text, text)",
    "join_by_sso(text, text, text, text, text, text)",
    "principals_of_user(uuid)",
    "principal_of_session(text, timestamptz)",
    "principal_of_api_token(text, timestamptz)",
    "organization_of_invitation(text)",
    "create_account(text, text, text, timestamptz)",
    "create_service_account(text)",
    "move_session(text, uuid, timestamptz)",
    "manages_installation(uuid)",
    "all_organizations(uuid)",
    "create_organization(uuid, text, text, jsonb, text)",
    "change_organization(uuid, uuid, text, timestamptz)",
    "due_schedules(timestamptz, integer)",
    "open_work(timestamptz, integer)",
    "organization_of_run(uuid)",
    "organization_of_delivery(uuid)",
    "organization_of_link(text)",
    "organization_of_mail(text)",
    "organization_of_mail_token(text)",
    "organization_of_verification(text)",
    "artifacts_older_than(timestamptz, integer)",
    "organizations_without_source(text, text)",
    "datasets_to_check(timestamptz, integer)",
    "organizations_to_tell(timestamptz)",
    "next_turn(uuid, smallint)",
    "takes_reader(uuid, timestamptz)",
    "next_run(timestamptz)",
    "say_who_waits(timestamptz, integer)",
    "ready_runs(timestamptz, integer)",
    "schedules_to_come(timestamptz, integer, uuid)",
    "due_schedules_after(timestamptz, integer, timestamptz, uuid)",
    "schedules_to_resume(timestamptz, integer)",
    "care_due(timestamptz, timestamptz, timestamptz, integer)",
    "runs_older_than(timestamptz, integer)",
    "forget_owner_notices(timestamptz)",
    "quota_of(uuid, text)",
    "quota_use(uuid, timestamptz)",
    "audit_chains()",
    "audit_chains_waiting()",
    "erase_audit_details(uuid[])",
    "artifacts_past_their_days(timestamptz, integer)",
    "erase_address(text, text, text)",
    "erase_account(uuid, text)",
    "forget_sessions(timestamptz)",
    "metrics_figures(timestamptz, timestamptz, float8[], integer, text)",
    "operations_storage(uuid)",
    "operations_queue(uuid)",
    "operations_failing(uuid, integer)",
    "operations_reports(uuid, timestamptz, integer)",
    "alert_standing(timestamptz)",
    "installation_administrators()",
)

#: Why a role is not fit to be the app's; no row: it is fit.
_UNFIT = text("""
    SELECT CASE
        WHEN r.rolsuper THEN 'is a superuser'
        WHEN r.rolbypassrls THEN 'has BYPASSRLS'
        ELSE 'owns the tables'
    END
    FROM pg_roles r
    WHERE r.rolname = current_user AND (
        r.rolsuper OR r.rolbypassrls OR EXISTS (
            SELECT FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND pg_has_role(r.oid, c.relowner, 'MEMBER')))
""")


def app_role_name(database: str) -> str:
    """Return the login role that belongs to a database; roles span a server, so each database has its own."""
    return f"{database}_app"


def ensure_app_role(owner: Connection[object], role: str, password: str) -> None:
    """Create the login role or renew its password and its limits. Raises SettingError where the owner may not."""
    # The server gets the verifier, not the password: statements can end up in its log.
    verifier = owner.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    exists = owner.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None
    if not exists and not _may_create_roles(owner):
        raise SettingError(
            f"DATABASE_URL: the role {owner.info.user} may not create the app's own role. Give it CREATEROLE, or set "
            "MIGRATION_DATABASE_URL to the owner's URL and DATABASE_URL to a second role's.",
            place="DATABASE_URL",
        )
    owner.execute(
        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
            sql.SQL("ALTER" if exists else "CREATE"), sql.Identifier(role), sql.Literal(verifier)
        )
    )


def grant_app(owner: Connection[object], role: str) -> None:
    """Give `role` exactly what the app needs: what it held before on these tables is taken first."""
    grantee = sql.Identifier(role)
    run = owner.execute
    run(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(owner.info.dbname), grantee))
    run(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(grantee))
    for table, privileges in (TABLE_GRANTS | VIEW_GRANTS).items():
        run(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(table), grantee))
        for privilege in privileges:
            run(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(privilege), sql.Identifier(table), grantee))
    run(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(grantee))
    for function in FUNCTION_GRANTS:
        run(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), grantee))


def why_unfit(connection: SqlConnection) -> str | None:
    """Return why row-level security would not hold the connected role ("is a superuser"), or None where it does."""
    return connection.execute(_UNFIT).scalar()


def as_driver_url(url: str) -> URL:
    """Return a PostgreSQL URL for SQLAlchemy with psycopg 3, whichever of its three spellings was set."""
    return make_url(re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", url))


def _may_create_roles(owner: Connection[object]) -> bool:
    row = owner.execute("SELECT FROM pg_roles WHERE rolname = current_user AND (rolcreaterole OR rolsuper)").fetchone()
    return row is not None
