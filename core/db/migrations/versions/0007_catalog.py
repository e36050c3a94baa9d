"""The catalog that people change: versions, certified datasets, what owners were told, and the workspace's activity.

The views show a workspace its own doings. They run with the rights of whoever asks (`security_invoker`), so row-level
security shows each organization its own rows only, and they leave out every hash, address book and definition.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
#: Roles that may write SQL from now on.
_MAY_WRITE_SQL = "('data_admin', 'organization_admin', 'installation_admin')"

_NOTICES = """
CREATE TABLE report_notices (
    report_id UUID NOT NULL,
    field TEXT NOT NULL,
    organization_id UUID NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    told_at TIMESTAMPTZ,
    attempt INTEGER DEFAULT 0 NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    CONSTRAINT pk_report_notices PRIMARY KEY (report_id, field),
    CONSTRAINT fk_report_notices_organization_id_report_id_reports
        FOREIGN KEY (organization_id, report_id) REFERENCES reports (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_report_notices_untold ON report_notices (next_attempt_at) WHERE told_at IS NULL;
"""

_VIEWS = {
    "activity_runs": """
        SELECT r.id::text AS run_id, r.title AS report, r.kind, r.state AS status, p.name AS requested_by,
            s.name AS schedule, r.created_at, r.started_at, r.finished_at, r.logical_at, r.attempt AS attempts,
            array_to_string(r.formats, ', ') AS formats, r.rows_matched, r.rows_delivered, r.query_s, r.render_s,
            r.deliver_s, extract(epoch FROM r.finished_at - r.started_at)::double precision AS duration_s,
            r.error_code
        FROM runs r
        LEFT JOIN users p ON p.id = r.requested_by
        LEFT JOIN schedules s ON s.id = r.schedule_id
    """,
    "activity_deliveries": """
        SELECT d.id::text AS delivery_id, d.run_id::text AS run_id, r.title AS report, s.name AS schedule, d.channel,
            d.address AS recipient, d.state AS status, d.attempt AS attempts, d.created_at, d.sent_at,
            extract(epoch FROM d.sent_at - d.created_at)::double precision AS took_s
        FROM deliveries d
        JOIN runs r ON r.id = d.run_id
        LEFT JOIN schedules s ON s.id = r.schedule_id
    """,
    "activity_sign_ins": """
        SELECT s.id::text AS sign_in_id, u.name AS person, u.email, o.name AS role, s.created_at AS signed_in_at,
            s.revoked_at AS signed_out_at, s.expires_at
        FROM sessions s
        LEFT JOIN users u ON u.id = s.user_id
        LEFT JOIN memberships m ON m.user_id = s.user_id AND m.organization_id = s.organization_id
        LEFT JOIN roles o ON o.id = m.role_id
    """,
}

#: signature, result, body
_FUNCTIONS = (
    (
        # Which organizations lack what a start makes, whatever the name it bears there.
        "organizations_without_source(p_kind text, p_edition text)",
        "SETOF uuid",
        """
        SELECT o.id FROM organizations o
        WHERE NOT EXISTS (
            SELECT FROM sources s
            WHERE s.organization_id = o.id AND s.kind = p_kind AND s.connection->>'edition' = p_edition)
        ORDER BY o.created_at, o.id
        """,
    ),
    (
        # Datasets that reports stand on and that were not compared with their source since.
        "datasets_to_check(p_before timestamptz, p_max integer)",
        "TABLE (dataset_id uuid, organization_id uuid)",
        """
        SELECT d.id, d.organization_id FROM datasets d
        WHERE coalesce(d.checked_at, d.created_at) < p_before
            AND EXISTS (SELECT FROM reports r WHERE r.dataset_id = d.id AND r.archived_at IS NULL)
        ORDER BY coalesce(d.checked_at, d.created_at), d.id LIMIT p_max
        """,
    ),
    (
        "organizations_to_tell(p_now timestamptz)",
        "SETOF uuid",
        """
        SELECT DISTINCT n.organization_id FROM report_notices n WHERE n.told_at IS NULL AND n.next_attempt_at <= p_now
        """,
    ),
)


def upgrade() -> None:
    """Add columns, table, views and functions, and let the administrators of data write SQL."""
    op.execute("ALTER TABLE sources ADD COLUMN version INTEGER DEFAULT 1 NOT NULL")
    op.execute(
        """
        ALTER TABLE datasets
            ADD COLUMN version INTEGER DEFAULT 1 NOT NULL,
            ADD COLUMN is_certified BOOLEAN DEFAULT false NOT NULL,
            ADD COLUMN checked_at TIMESTAMPTZ
        """
    )
    op.execute(_NOTICES)
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON report_notices USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON report_notices TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE report_notices ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE report_notices FORCE ROW LEVEL SECURITY")
    for name, body in _VIEWS.items():
        op.execute(f"CREATE VIEW {name} WITH (security_invoker = true) AS {body}")
    for signature, result, body in _FUNCTIONS:
        op.get_bind().exec_driver_sql(
            f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE sql STABLE {_HEAD} AS $$ {body} $$"
        )
        op.get_bind().exec_driver_sql(f"REVOKE ALL ON FUNCTION {_arguments(signature)} FROM PUBLIC")
    op.execute(
        f"""
        UPDATE roles SET permissions = array_append(permissions, 'write_sql')
        WHERE name IN {_MAY_WRITE_SQL} AND NOT 'write_sql' = ANY (permissions)
        """
    )


def downgrade() -> None:
    """Take it all back; who was told what is forgotten."""
    op.execute("UPDATE roles SET permissions = array_remove(permissions, 'write_sql')")
    for signature, *_ in reversed(_FUNCTIONS):
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {_arguments(signature)}")
    for name in reversed(_VIEWS):
        op.execute(f"DROP VIEW {name}")
    op.execute("DROP TABLE report_notices")
    op.execute("ALTER TABLE datasets DROP COLUMN version, DROP COLUMN is_certified, DROP COLUMN checked_at")
    op.execute("ALTER TABLE sources DROP COLUMN version")


def _arguments(signature: str) -> str:
    """Return the name with its argument types only."""
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[1] for argument in arguments.split(', '))})"
