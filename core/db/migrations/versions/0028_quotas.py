"""Quotas: limits of an organization, what counts against them, and the line of runs that knows how many it may have.

The installation's own limits stand under the nil UUID, so that triggers and the line know them.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_INSTALLATION = "'00000000-0000-0000-0000-000000000000'::uuid"
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_TABLES = {
    "quotas": """CREATE TABLE quotas (
        organization_id UUID NOT NULL,
        limits JSONB DEFAULT '{}'::jsonb NOT NULL,
        changed_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT pk_quotas PRIMARY KEY (organization_id)
    )""",
    # After a crash everybody begins the minute anew.
    "request_counts": """CREATE UNLOGGED TABLE request_counts (
        organization_id UUID NOT NULL,
        user_id UUID NOT NULL,
        minute TIMESTAMPTZ NOT NULL,
        used INTEGER NOT NULL,
        CONSTRAINT pk_request_counts PRIMARY KEY (organization_id, user_id)
    )""",
}
_READY = "state IN ('pending', 'waiting') AND next_attempt_at IS NULL"
_HELD = (
    "r.state = 'running' AND r.finished_at IS NULL "
    "AND r.lease_until > p_now AND r.lease_until <= p_now + interval '5 minutes'"
)
_READING = f"{_HELD} AND r.step = 'created'"
#: As `core.catalog.sources.guarded.limit_of` reads it.
_LIMIT = """
    coalesce((SELECT CASE WHEN jsonb_typeof(s.connection -> 'max_connections') = 'number'
                     THEN least(greatest((s.connection ->> 'max_connections')::numeric::int, 1), 64) END
              FROM sources s WHERE s.id = {source}), 4)"""
_LOCK = "PERFORM pg_advisory_xact_lock(hashtextextended({organization}::text, {what}))"

#: signature, result, language and volatility, body
_NEW = (
    (
        # A limit of an organization, or the installation's; null: there is none.
        "quota_of(p_organization uuid, p_name text)",
        "bigint",
        "sql STABLE",
        f"""
        SELECT (limits ->> p_name)::bigint FROM quotas
        WHERE organization_id IN (p_organization, {_INSTALLATION}) AND limits ? p_name
        ORDER BY organization_id = p_organization DESC LIMIT 1
        """,
    ),
    (
        # What counts against the limits, whatever the person of the transaction may see.
        "quota_use(p_user uuid, p_now timestamptz)",
        """TABLE (schedules bigint, own_schedules bigint, starts bigint, first_start timestamptz, running bigint,
            stored_bytes bigint, requests bigint)""",
        "sql STABLE",
        f"""
        SELECT
            (SELECT count(*) FROM schedules s WHERE s.organization_id = {_CURRENT}),
            (SELECT count(*) FROM schedules s WHERE s.organization_id = {_CURRENT} AND s.owner_id = p_user),
            t.starts, t.first_start,
            (SELECT count(*) FROM runs r WHERE r.organization_id = {_CURRENT} AND {_HELD}),
            (SELECT coalesce(sum(a.size_bytes), 0)::bigint FROM artifacts a
             WHERE a.organization_id = {_CURRENT} AND a.deleted_at IS NULL),
            (SELECT coalesce(sum(c.used), 0)::bigint FROM request_counts c
             WHERE c.organization_id = {_CURRENT} AND c.user_id = p_user AND c.minute = date_trunc('minute', p_now))
        FROM (
            SELECT count(*) AS starts, min(r.created_at) AS first_start FROM runs r
            WHERE r.organization_id = {_CURRENT} AND r.kind IN ('manual', 'test', 'export')
            AND r.created_at > p_now - interval '1 minute') t
        """,
    ),
    (
        # Whether an organization may have another run now. Of two workers that look at the same moment, the second one
        # counts the first one's run.
        "takes_run(p_organization uuid, p_now timestamptz)",
        "boolean",
        "plpgsql VOLATILE",
        f"""
        DECLARE most bigint := quota_of(p_organization, 'runs_at_once');
        BEGIN
            IF most IS NULL THEN RETURN true; END IF;
            {_LOCK.format(organization="p_organization", what=28)};
            RETURN (SELECT count(*) FROM runs r WHERE r.organization_id = p_organization AND {_HELD}) < most;
        END
        """,
    ),
)
_FILES = f"""
CREATE FUNCTION hold_file_quotas() RETURNS trigger LANGUAGE plpgsql {_HEAD} AS $$
DECLARE
    made record;
    most bigint;
    used bigint;
BEGIN
    FOR made IN SELECT DISTINCT organization_id, run_id FROM added LOOP
        most := quota_of(made.organization_id, 'bytes_per_run');
        IF most IS NOT NULL THEN
            used := (SELECT sum(size_bytes) FROM artifacts WHERE run_id = made.run_id AND deleted_at IS NULL);
            IF used > most THEN
                RAISE EXCEPTION USING ERRCODE = 'BQ001', MESSAGE = format(
                    'The files of this run take %s; one run may make %s. Ask for fewer rows or fewer files.',
                    pg_size_pretty(used), pg_size_pretty(most));
            END IF;
        END IF;
        most := quota_of(made.organization_id, 'storage_bytes');
        IF most IS NOT NULL THEN
            {_LOCK.format(organization="made.organization_id", what=29)};
            used := (SELECT sum(size_bytes) FROM artifacts
                     WHERE organization_id = made.organization_id AND deleted_at IS NULL);
            IF used > most THEN
                RAISE EXCEPTION USING ERRCODE = 'BQ001', MESSAGE = format(
                    'With these files your organization would keep %s; it may keep %s. '
                    'There is room again once older files were removed.', pg_size_pretty(used), pg_size_pretty(most));
            END IF;
        END IF;
    END LOOP;
    RETURN NULL;
END $$
"""
_ON_FILES = """
CREATE TRIGGER hold_file_quotas AFTER INSERT ON artifacts REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION hold_file_quotas()
"""


def _next_run(*, counts: bool) -> str:
    """As revision 0013 has it, and with `counts` past organizations that have as many runs as they may."""
    full = f"""
        full_organizations := ARRAY(
            SELECT r.organization_id FROM runs r WHERE {_HELD} GROUP BY r.organization_id
            HAVING count(*) >= quota_of(r.organization_id, 'runs_at_once'));"""
    takes = """
            IF NOT takes_run(head.organization_id, p_now) THEN
                full_organizations := full_organizations || head.organization_id;
                CONTINUE;
            END IF;"""
    return f"""
    CREATE OR REPLACE FUNCTION next_run(p_now timestamptz) RETURNS TABLE (run_id uuid, organization_id uuid)
    LANGUAGE plpgsql VOLATILE {_HEAD} AS $$
    #variable_conflict use_column
    DECLARE
        full_sources uuid[];
        full_organizations uuid[] := ARRAY[]::uuid[];
        head record;
    BEGIN
        UPDATE runs SET next_attempt_at = NULL WHERE id IN (
            SELECT id FROM runs WHERE state = 'waiting' AND next_attempt_at <= p_now
            ORDER BY next_attempt_at LIMIT 50 FOR NO KEY UPDATE SKIP LOCKED);
        full_sources := ARRAY(
            SELECT r.source_id FROM runs r WHERE {_READING} AND r.source_id IS NOT NULL GROUP BY r.source_id
            HAVING count(*) >= {_LIMIT.format(source="r.source_id")});
        {full if counts else ""}
        LOOP
            SELECT r.id, r.organization_id, r.source_id INTO head FROM runs r
            WHERE {_READY} AND (r.source_id IS NULL OR r.source_id <> ALL (full_sources))
            AND r.organization_id <> ALL (full_organizations)
            ORDER BY r.priority DESC, r.turn, r.created_at, r.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
            EXIT WHEN NOT FOUND;
            {takes if counts else ""}
            IF head.source_id IS NULL OR takes_reader(head.source_id, p_now) THEN
                RETURN QUERY SELECT head.id, head.organization_id;
                RETURN;
            END IF;
            full_sources := full_sources || head.source_id;
        END LOOP;
    END $$
    """


def upgrade() -> None:
    """Add it; nothing is limited that was not before."""
    here = f"organization_id = {_CURRENT}"
    for table, ddl in _TABLES.items():
        op.execute(ddl)
        op.execute(f"CREATE POLICY organization ON {table} USING ({here}) WITH CHECK ({here})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for signature, result, language, body in _NEW:
        op.execute(f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE {language} {_HEAD} AS $$ {body} $$")
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    op.execute(_FILES)
    op.execute("REVOKE ALL ON FUNCTION hold_file_quotas() FROM PUBLIC")
    op.execute(_ON_FILES)
    op.execute(_next_run(counts=True))


def downgrade() -> None:
    """Take it back."""
    op.execute(_next_run(counts=False))
    op.execute("DROP TRIGGER hold_file_quotas ON artifacts")
    op.execute("DROP FUNCTION hold_file_quotas()")
    for signature, *_ in reversed(_NEW):
        op.execute(f"DROP FUNCTION {signature}")
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
