"""Pauses that end, owners who left, failures that are told once, runs that are kept."""

from alembic import op

revision = "0014"
down_revision = "0013"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"

_NOTICES = """
CREATE TABLE owner_notices (
    user_id UUID NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    schedule_id UUID,
    run_id UUID,
    about TEXT NOT NULL,
    reason TEXT NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    mail_id UUID,
    told_at TIMESTAMPTZ,
    attempt INTEGER DEFAULT 0 NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_owner_notices PRIMARY KEY (id),
    CONSTRAINT uq_owner_notices_organization_id_user_id_key UNIQUE (organization_id, user_id, key),
    CONSTRAINT ck_owner_notices_kind
        CHECK (kind IN ('failed', 'recovered', 'held', 'stale', 'left', 'slow')),
    CONSTRAINT fk_owner_notices_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_owner_notices_organization_id_schedule_id_schedules
        FOREIGN KEY (organization_id, schedule_id) REFERENCES schedules (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_owner_notices_organization_id_run_id_runs
        FOREIGN KEY (organization_id, run_id) REFERENCES runs (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_owner_notices_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
"""
_INDEXES = (
    "CREATE INDEX ix_owner_notices_untold ON owner_notices (next_attempt_at) WHERE told_at IS NULL",
    "CREATE INDEX ix_owner_notices_run_id ON owner_notices (run_id)",
    "CREATE INDEX ix_owner_notices_schedule_id ON owner_notices (schedule_id)",
    "CREATE INDEX ix_schedules_resuming ON schedules (paused_until) WHERE paused_until IS NOT NULL",
    "CREATE INDEX ix_schedules_failing ON schedules (failing_since) WHERE failing_since IS NOT NULL",
    "CREATE INDEX ix_schedules_owner_id ON schedules (owner_id)",
    """
    CREATE INDEX ix_runs_failures ON runs (finished_at)
        WHERE kind = 'scheduled' AND state IN ('failed', 'partial') AND failure_noted_at IS NULL
    """,
    "CREATE INDEX ix_artifacts_storage_key ON artifacts (storage_key) WHERE deleted_at IS NULL",
)

#: Whether the owner of `s` is an active member of its organization.
_HAS_OWNER = """
EXISTS (
    SELECT FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active
    WHERE m.organization_id = s.organization_id AND m.user_id = s.owner_id AND m.left_at IS NULL)
"""

#: signature, result, volatility, body
_FUNCTIONS = (
    (
        "schedules_to_resume(p_now timestamptz, p_max integer)",
        "TABLE (schedule_id uuid, organization_id uuid)",
        "STABLE",
        """
        SELECT s.id, s.organization_id FROM schedules s
        WHERE s.paused_until IS NOT NULL AND s.paused_until <= p_now AND NOT s.is_active AND s.owner_left_at IS NULL
        ORDER BY s.paused_until, s.id LIMIT p_max
        """,
    ),
    (
        # What somebody has to be told of, or be spared: each concern by an index of its own.
        "care_due(p_now timestamptz, p_soon timestamptz, p_slow_before timestamptz, p_max integer)",
        "TABLE (concern text, organization_id uuid, id uuid)",
        "STABLE",
        f"""
        (SELECT DISTINCT 'left', s.organization_id, s.owner_id FROM schedules s
            WHERE s.is_active AND s.next_run_at <= p_soon AND NOT {_HAS_OWNER} LIMIT p_max)
        UNION ALL
        (SELECT 'failed', r.organization_id, r.id FROM runs r
            WHERE r.kind = 'scheduled' AND r.state IN ('failed', 'partial') AND r.failure_noted_at IS NULL
            ORDER BY r.finished_at, r.id LIMIT p_max)
        UNION ALL
        (SELECT 'recovered', s.organization_id, s.id FROM schedules s
            CROSS JOIN LATERAL (
                SELECT r.state FROM runs r
                WHERE r.schedule_id = s.id AND r.kind IN ('scheduled', 'manual')
                    AND r.state IN ('completed', 'skipped', 'failed', 'partial')
                ORDER BY r.created_at DESC, r.logical_at DESC, r.id LIMIT 1
            ) newest
            WHERE s.failing_since IS NOT NULL AND newest.state IN ('completed', 'skipped') LIMIT p_max)
        UNION ALL
        (SELECT 'held', r.organization_id, r.id FROM runs r
            WHERE r.finished_at IS NULL AND r.state = 'held' AND r.schedule_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM owner_notices n WHERE n.run_id = r.id AND n.kind = 'held') LIMIT p_max)
        UNION ALL
        (SELECT 'slow', r.organization_id, r.id FROM runs r
            WHERE r.finished_at IS NULL AND r.state IN ('pending', 'waiting', 'running')
                AND r.kind IN ('manual', 'test', 'export') AND r.recipients <> '[]'::jsonb
                AND r.slow_told_at IS NULL AND r.created_at < p_slow_before AND r.requested_by IS NOT NULL LIMIT p_max)
        UNION ALL
        (SELECT DISTINCT 'news', n.organization_id, n.organization_id FROM owner_notices n
            WHERE n.told_at IS NULL AND n.next_attempt_at <= p_now)
        """,
    ),
    (
        # The newest completed run of a schedule stays: the next one compares itself with it.
        "runs_older_than(p_before timestamptz, p_max integer)",
        "TABLE (run_id uuid, organization_id uuid)",
        "STABLE",
        """
        SELECT r.id, r.organization_id FROM runs r
        WHERE r.finished_at < p_before AND r.pinned_at IS NULL
            AND NOT EXISTS (SELECT FROM artifacts a WHERE a.run_id = r.id AND a.deleted_at IS NULL)
            AND (r.schedule_id IS NULL OR r.state <> 'completed' OR EXISTS (
                SELECT FROM runs n
                WHERE n.schedule_id = r.schedule_id AND n.state = 'completed' AND n.created_at > r.created_at))
        ORDER BY r.finished_at, r.id LIMIT p_max
        """,
    ),
    (
        "forget_owner_notices(p_before timestamptz)",
        "void",
        "VOLATILE",
        "DELETE FROM owner_notices WHERE found_at < p_before AND (told_at IS NOT NULL OR next_attempt_at IS NULL)",
    ),
)

_PRINCIPAL = (
    "user_id uuid, organization_id uuid, email text, name text, organization text, role text, "
    "permissions text[], timezone text"
)
_PRINCIPAL_COLUMNS = "u.id, o.id, u.email, u.name, o.name, r.name, r.permissions, u.timezone"
_PRINCIPAL_JOINS = """
        JOIN users u ON u.id = m.user_id AND u.is_active
        JOIN organizations o ON o.id = m.organization_id
        JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.role_id"""


def upgrade() -> None:
    """Add columns, table and functions. Failures of the past are no news."""
    op.execute("ALTER TABLE memberships ADD COLUMN left_at TIMESTAMPTZ")
    op.execute(
        "ALTER TABLE schedules ADD COLUMN paused_until TIMESTAMPTZ, ADD COLUMN paused_because TEXT, "
        "ADD COLUMN owner_left_at TIMESTAMPTZ, "
        "ADD COLUMN failing_since TIMESTAMPTZ, ADD COLUMN failure_told_at TIMESTAMPTZ"
    )
    op.execute(
        "ALTER TABLE runs ADD COLUMN pinned_at TIMESTAMPTZ, ADD COLUMN slow_told_at TIMESTAMPTZ, "
        "ADD COLUMN failure_noted_at TIMESTAMPTZ"
    )
    op.execute("UPDATE runs SET failure_noted_at = now() WHERE kind = 'scheduled' AND state IN ('failed', 'partial')")
    op.execute(_NOTICES)
    for index in _INDEXES:
        op.execute(index)
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON owner_notices USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON owner_notices TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE owner_notices ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE owner_notices FORCE ROW LEVEL SECURITY")
    for signature, result, volatility, body in _FUNCTIONS:
        op.get_bind().exec_driver_sql(
            f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE sql {volatility} {_HEAD} AS $$ {body} $$"
        )
        op.get_bind().exec_driver_sql(f"REVOKE ALL ON FUNCTION {_arguments(signature)} FROM PUBLIC")
    _replace_artifacts_older_than("AND r.pinned_at IS NULL")
    _replace_principals("AND m.left_at IS NULL")


def downgrade() -> None:
    """Take it all back: who left is no member at all, who was told what is forgotten."""
    op.execute("DELETE FROM memberships WHERE left_at IS NOT NULL")
    _replace_principals("")
    _replace_artifacts_older_than("")
    for signature, *_ in reversed(_FUNCTIONS):
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {_arguments(signature)}")
    op.execute("DROP TABLE owner_notices")
    op.execute("DROP INDEX ix_artifacts_storage_key")
    op.execute("DROP INDEX ix_schedules_owner_id")
    op.execute("ALTER TABLE runs DROP COLUMN pinned_at, DROP COLUMN slow_told_at, DROP COLUMN failure_noted_at")
    op.execute(
        "ALTER TABLE schedules DROP COLUMN paused_until, DROP COLUMN paused_because, DROP COLUMN owner_left_at, "
        "DROP COLUMN failing_since, DROP COLUMN failure_told_at"
    )
    op.execute("ALTER TABLE memberships DROP COLUMN left_at")


def _replace_artifacts_older_than(condition: str) -> None:
    """A pinned run keeps its files."""
    op.get_bind().exec_driver_sql(
        f"""
        CREATE OR REPLACE FUNCTION artifacts_older_than(p_before timestamptz, p_max integer)
        RETURNS TABLE (artifact_id uuid, organization_id uuid)
        LANGUAGE sql STABLE {_HEAD} AS $$
            SELECT a.id, a.organization_id
            FROM artifacts a JOIN runs r ON r.organization_id = a.organization_id AND r.id = a.run_id
            WHERE a.deleted_at IS NULL AND a.created_at < p_before AND r.finished_at IS NOT NULL {condition}
            ORDER BY a.created_at, a.id LIMIT p_max
        $$
        """
    )


def _replace_principals(condition: str) -> None:
    """Who left is nobody here any more, whatever session or token is shown."""
    _replace_principal(
        "principals_of_user(p_user uuid)",
        f"TABLE ({_PRINCIPAL})",
        f"""
        SELECT {_PRINCIPAL_COLUMNS}
        FROM memberships m {_PRINCIPAL_JOINS}
        WHERE m.user_id = p_user {condition}
        ORDER BY o.created_at, o.id
        """,
    )
    for function, table, more, still_good in (
        ("principal_of_session", "sessions", "session_id", "x.expires_at > p_now"),
        ("principal_of_api_token", "api_tokens", "token_id", "(x.expires_at IS NULL OR x.expires_at > p_now)"),
    ):
        _replace_principal(
            f"{function}(p_sha256 text, p_now timestamptz)",
            f"TABLE ({_PRINCIPAL}, {more} uuid)",
            f"""
            SELECT {_PRINCIPAL_COLUMNS}, x.id
            FROM {table} x
            JOIN memberships m ON m.organization_id = x.organization_id AND m.user_id = x.user_id {_PRINCIPAL_JOINS}
            WHERE x.token_sha256 = p_sha256 AND x.revoked_at IS NULL AND {still_good} {condition}
            """,
        )


def _replace_principal(signature: str, result: str, body: str) -> None:
    op.get_bind().exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {signature} RETURNS {result} LANGUAGE sql STABLE {_HEAD} AS $$ {body} $$"
    )


def _arguments(signature: str) -> str:
    """Return the name with its argument types only."""
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[1] for argument in arguments.split(', '))})"
