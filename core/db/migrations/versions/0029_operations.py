"""What operators see and are told: figures over organizations in one statement, thresholds of alerts, incidents.

The functions answer counts, sums and names of reports, schedules and sources, of all organizations where null is asked
of. The installation's own thresholds and incidents stand under the nil UUID.
"""

from alembic import op

revision = "0029"
down_revision = "0028"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_INSTALLATION = "'00000000-0000-0000-0000-000000000000'::uuid"
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_TABLES = {
    "alert_limits": """
        organization_id UUID NOT NULL,
        limits JSONB DEFAULT '{}'::jsonb NOT NULL,
        changed_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT pk_alert_limits PRIMARY KEY (organization_id)
    """,
    "alert_incidents": """
        id UUID NOT NULL,
        organization_id UUID NOT NULL,
        kind TEXT NOT NULL,
        found TEXT NOT NULL,
        opened_at TIMESTAMPTZ NOT NULL,
        closed_at TIMESTAMPTZ,
        CONSTRAINT pk_alert_incidents PRIMARY KEY (id)
    """,
}
_INDEXES = (
    "CREATE UNIQUE INDEX uq_alert_incidents_open ON alert_incidents (organization_id, kind) WHERE closed_at IS NULL",
    "CREATE INDEX ix_alert_incidents_organization_id_opened_at ON alert_incidents (organization_id, opened_at)",
)
_NOTICE_KINDS = ("failed", "recovered", "held", "stale", "left", "slow")
_NEW_NOTICE_KINDS = (*_NOTICE_KINDS, "alert", "alert_over")
_UNSETTLED = "state IN ('pending', 'sending', 'retry', 'unknown')"
_READY = "state IN ('pending', 'waiting') AND next_attempt_at IS NULL"
#: Organization by organization by its index, in one statement.
_RECENT_RUNS = """
    FROM organizations o CROSS JOIN LATERAL (
        SELECT {columns} FROM runs r WHERE r.organization_id = o.id AND r.created_at >= {since} OFFSET 0) r"""

#: signature, result, body
_FUNCTIONS = (
    (
        # Figures of all organizations, added up; of titles and names the p_most most frequent, the rest under p_other.
        "metrics_figures(p_since timestamptz, p_day timestamptz, p_buckets float8[], p_most integer, p_other text)",
        "TABLE (what text, one text, two text, value float8)",
        f"""
        WITH recent AS MATERIALIZED (
            SELECT r.* {
            _RECENT_RUNS.format(
                columns="r.state, r.title, r.source_id, r.query_s, r.render_s, r.deliver_s, "
                "extract(epoch FROM r.finished_at - r.started_at)::float8 AS total_s",
                since="p_since",
            )
        }
        ), titles AS (
            SELECT title FROM recent GROUP BY title ORDER BY count(*) DESC, title LIMIT p_most
        ), asked AS MATERIALIZED (
            SELECT s.name, r.query_s FROM recent r JOIN sources s ON s.id = r.source_id WHERE r.query_s IS NOT NULL
        ), names AS (
            SELECT name FROM asked GROUP BY name ORDER BY count(*) DESC, name LIMIT p_most
        ), phases AS (
            SELECT p.phase, p.took_s FROM recent, LATERAL (VALUES
                ('query', query_s), ('render', render_s), ('deliver', deliver_s), ('total', total_s)) p (phase, took_s)
            WHERE p.took_s IS NOT NULL
        ), sent AS MATERIALIZED (
            SELECT d.* FROM organizations o CROSS JOIN LATERAL (
                SELECT d.channel, d.state, d.created_at FROM deliveries d
                WHERE d.organization_id = o.id AND d.created_at >= p_day OFFSET 0) d
        )
        SELECT 'runs', state, CASE WHEN title IN (SELECT title FROM titles) THEN left(title, 80) ELSE p_other END,
            count(*)::float8
        FROM recent GROUP BY 2, 3
        UNION ALL
        SELECT 'bucket', phase, width_bucket(took_s, p_buckets)::text, count(*) FROM phases GROUP BY 2, 3
        UNION ALL
        SELECT 'took', phase, '', sum(took_s) FROM phases GROUP BY 2
        UNION ALL
        SELECT w.what, CASE WHEN name IN (SELECT name FROM names) THEN left(name, 80) ELSE p_other END, '', sum(w.value)
        FROM asked, LATERAL (VALUES ('source_s', query_s), ('source_runs', 1)) w (what, value)
        GROUP BY 1, 2
        UNION ALL
        SELECT 'open_runs', state, '', count(*) FROM runs WHERE finished_at IS NULL GROUP BY 2
        UNION ALL
        SELECT 'waiting_since', '', '', extract(epoch FROM min(created_at)) FROM runs WHERE {_READY}
        HAVING count(*) > 0
        UNION ALL
        SELECT 'open_deliveries', state, '', count(*) FROM deliveries WHERE {_UNSETTLED} GROUP BY 2
        UNION ALL
        SELECT 'deliveries', channel, state, count(*) FROM sent WHERE created_at >= p_since GROUP BY 2, 3
        UNION ALL
        SELECT 'alerts', kind, '', count(*) FROM alert_incidents WHERE closed_at IS NULL GROUP BY 2
        UNION ALL
        SELECT 'mails', state, '', count(*) FROM sent
        WHERE channel = 'email' AND state IN ('sent', 'bounced') GROUP BY 2
        """,
    ),
    (
        # Kept files; reads the whole table where all organizations are asked of.
        "operations_storage(p_organization uuid)",
        "TABLE (organization_id uuid, organization text, store text, format text, files bigint, bytes bigint)",
        """
        SELECT o.id, o.name, a.store, a.format, a.files, a.bytes
        FROM (
            SELECT a.organization_id, a.store, a.format, count(*) AS files, sum(a.size_bytes)::bigint AS bytes
            FROM artifacts a
            WHERE a.deleted_at IS NULL AND (p_organization IS NULL OR a.organization_id = p_organization)
            GROUP BY 1, 2, 3) a
        JOIN organizations o ON o.id = a.organization_id
        ORDER BY a.bytes DESC, o.name, a.store, a.format
        """,
    ),
    (
        "operations_queue(p_organization uuid)",
        "TABLE (what text, state text, waiting bigint, since timestamptz)",
        f"""
        SELECT 'runs', r.state, count(*), min(r.created_at) FILTER (WHERE r.next_attempt_at IS NULL)
        FROM runs r
        WHERE r.finished_at IS NULL AND (p_organization IS NULL OR r.organization_id = p_organization) GROUP BY 2
        UNION ALL
        SELECT 'deliveries', d.state, count(*), min(d.created_at)
        FROM deliveries d
        WHERE d.{_UNSETTLED} AND (p_organization IS NULL OR d.organization_id = p_organization) GROUP BY 2
        """,
    ),
    (
        # Schedules that fail now, those that have failed most often first.
        "operations_failing(p_organization uuid, p_most integer)",
        """TABLE (schedule_id uuid, organization_id uuid, organization text, name text, failing_since timestamptz,
            failures bigint, last_run_id uuid, last_failed_at timestamptz)""",
        """
        SELECT s.id, o.id, o.name, s.name, s.failing_since, f.failures, f.last_run_id, f.last_failed_at
        FROM schedules s
        JOIN organizations o ON o.id = s.organization_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS failures, max(r.finished_at) AS last_failed_at,
                (array_agg(r.id ORDER BY r.finished_at DESC, r.id))[1] AS last_run_id
            FROM runs r
            WHERE r.schedule_id = s.id AND r.state IN ('failed', 'partial') AND r.finished_at >= s.failing_since) f
        WHERE s.failing_since IS NOT NULL AND (p_organization IS NULL OR s.organization_id = p_organization)
        ORDER BY f.failures DESC, s.failing_since, s.id LIMIT p_most
        """,
    ),
    (
        # What reports took since an instant: the p_most slowest, and those whose sources worked for longest.
        "operations_reports(p_organization uuid, p_since timestamptz, p_most integer)",
        """TABLE (report_id uuid, organization_id uuid, organization text, title text, runs bigint, p50_s float8,
            p95_s float8, query_s float8, rows_made bigint, bytes_made bigint, slow_place bigint, cost_place bigint)""",
        f"""
        WITH recent AS MATERIALIZED (
            SELECT o.id AS organization_id, o.name AS organization, r.* {
            _RECENT_RUNS.format(
                columns="r.id, r.report_id, r.title, r.query_s, r.rows_delivered, "
                "extract(epoch FROM r.finished_at - r.started_at)::float8 AS total_s, "
                "CASE WHEN r.report_id IS NULL THEN r.title END AS unsaved",
                since="p_since",
            )
        }
            WHERE p_organization IS NULL OR o.id = p_organization
        ), sums AS (
            SELECT r.report_id, r.organization_id, r.organization, r.unsaved, max(r.title) AS title, count(*) AS runs,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY r.total_s) AS p50_s,
                percentile_cont(0.95) WITHIN GROUP (ORDER BY r.total_s) AS p95_s,
                coalesce(sum(r.query_s), 0) AS query_s, coalesce(sum(r.rows_delivered), 0)::bigint AS rows_made,
                array_agg(r.id) AS ids
            FROM recent r WHERE r.total_s IS NOT NULL GROUP BY 1, 2, 3, 4
        ), placed AS (
            SELECT s.*, row_number() OVER (ORDER BY s.p95_s DESC, s.organization_id, s.title) AS slow_place,
                row_number() OVER (ORDER BY s.query_s DESC, s.organization_id, s.title) AS cost_place
            FROM sums s
        )
        SELECT s.report_id, s.organization_id, s.organization, s.title, s.runs, s.p50_s, s.p95_s, s.query_s,
            s.rows_made,
            (SELECT coalesce(sum(a.size_bytes), 0)::bigint FROM artifacts a WHERE a.run_id = ANY (s.ids)),
            s.slow_place, s.cost_place
        FROM placed s WHERE s.slow_place <= p_most OR s.cost_place <= p_most
        """,
    ),
    (
        # What the daemon compares with thresholds: of each organization, and of the installation in a row of its own.
        "alert_standing(p_since timestamptz)",
        """TABLE (organization_id uuid, organization text, ended bigint, failed bigint, waiting_since timestamptz,
            stored_bytes bigint, most_bytes bigint, limits jsonb, open_kinds text[])""",
        f"""
        SELECT o.id, o.name, coalesce(r.ended, 0), coalesce(r.failed, 0), w.since,
            CASE WHEN quota_of(o.id, 'storage_bytes') IS NULL THEN 0 ELSE (
                SELECT coalesce(sum(a.size_bytes), 0)::bigint FROM artifacts a
                WHERE a.organization_id = o.id AND a.deleted_at IS NULL) END,
            quota_of(o.id, 'storage_bytes'), coalesce(l.limits, '{{}}'::jsonb), i.kinds
        FROM (SELECT id, name FROM organizations WHERE deactivated_at IS NULL UNION ALL SELECT {_INSTALLATION}, '') o
        LEFT JOIN LATERAL (
            SELECT count(*) AS ended, count(*) FILTER (WHERE r.state IN ('failed', 'partial')) AS failed
            FROM runs r
            WHERE r.organization_id = o.id AND r.created_at >= p_since - interval '1 day' AND r.finished_at >= p_since
            AND r.state IN ('completed', 'partial', 'failed')) r ON true
        LEFT JOIN LATERAL (
            SELECT min(r.created_at) AS since FROM runs r
            WHERE (o.id = {_INSTALLATION} OR r.organization_id = o.id) AND r.state IN ('pending', 'waiting')
            AND r.next_attempt_at IS NULL) w ON true
        LEFT JOIN alert_limits l ON l.organization_id = o.id
        LEFT JOIN LATERAL (
            SELECT coalesce(array_agg(a.kind), '{{}}') AS kinds FROM alert_incidents a
            WHERE a.organization_id = o.id AND a.closed_at IS NULL) i ON true
        """,
    ),
    (
        # Whoever looks after the installation, each in the first of their organizations.
        "installation_administrators()",
        "TABLE (user_id uuid, organization_id uuid)",
        """
        SELECT DISTINCT ON (u.id) u.id, m.organization_id
        FROM memberships m
        JOIN users u ON u.id = m.user_id AND u.is_active AND NOT u.is_service
        JOIN organizations o ON o.id = m.organization_id
        JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.role_id
        WHERE 'manage_installation' = ANY (r.permissions) AND m.left_at IS NULL
            AND o.deactivated_at IS NULL
        ORDER BY u.id, o.created_at, o.id
        """,
    ),
)


def upgrade() -> None:
    """Add it; nobody is alerted of what is past."""
    here = f"organization_id = {_CURRENT}"
    for table, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        op.execute(f"CREATE POLICY organization ON {table} USING ({here}) WITH CHECK ({here})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for index in _INDEXES:
        op.execute(index)
    _take_notice_kinds(_NEW_NOTICE_KINDS)
    for signature, result, body in _FUNCTIONS:
        op.get_bind().exec_driver_sql(
            f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE sql STABLE {_HEAD} AS $$ {body} $$"
        )
        op.get_bind().exec_driver_sql(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")


def downgrade() -> None:
    """Take it back, with what was said in alerts."""
    for signature, *_ in reversed(_FUNCTIONS):
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {signature}")
    op.execute("DELETE FROM owner_notices WHERE kind IN ('alert', 'alert_over')")
    _take_notice_kinds(_NOTICE_KINDS)
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")


def _take_notice_kinds(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("ALTER TABLE owner_notices DROP CONSTRAINT ck_owner_notices_kind")
    op.execute(f"ALTER TABLE owner_notices ADD CONSTRAINT ck_owner_notices_kind CHECK (kind IN ({listed}))")
