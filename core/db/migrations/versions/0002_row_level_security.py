"""Row-level security on every table that holds an organization's rows.

Three kinds of policies, all permissive:

* `organization`: everybody, the app's login role included, sees and writes the rows of the organization that the
  transaction named in `app.organization_id`; none was named: no rows.
* `owner`: the role that runs the migrations sees every row. FORCE puts the owner under the policies too, and the
  SECURITY DEFINER functions of 0003 run as the owner, which need be neither superuser nor BYPASSRLS. The policy
  names that one role, so it never widens what the app's role sees.
* `users` and `organizations` have no `organization_id`; theirs are spelled out.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

#: Every table with an `organization_id`.
_TENANT_TABLES = (
    "api_tokens",
    "artifacts",
    "datasets",
    "deliveries",
    "download_links",
    "memberships",
    "report_versions",
    "reports",
    "roles",
    "run_events",
    "runs",
    "schedules",
    "sessions",
    "sources",
)
_WALLED = (*_TENANT_TABLES, "organizations", "users")

#: `SET LOCAL` leaves '' behind in a pooled connection, which is no UUID.
_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"


def upgrade() -> None:
    """Put every tenant table behind its policies."""
    for table in _TENANT_TABLES:
        _policy(table, f"organization_id = {_CURRENT}")
    _policy("organizations", f"id = {_CURRENT}")
    _policy(
        "users",
        f"EXISTS (SELECT FROM memberships m WHERE m.user_id = users.id AND m.organization_id = {_CURRENT})",
    )
    for table in _WALLED:
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take the policies away."""
    for table in _WALLED:
        op.execute(f"DROP POLICY organization ON {table}")
        op.execute(f"DROP POLICY owner ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _policy(table: str, condition: str) -> None:
    op.execute(f"CREATE POLICY organization ON {table} USING ({condition}) WITH CHECK ({condition})")
