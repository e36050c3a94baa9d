"""What decides which run is taken next, and which runs share their work.

Runs that are ready stand in one line: by priority, then by their turn. Turns are virtual times (start-time fair
queueing, Goyal, Vin and Cheng 1996): an organization's runs take one turn after another from the head of the line on,
so however many one organization has, another's next one stands no further back than one run of each.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
#: A run that nobody holds and that waits for no moment. In the indexes' words, so that the planner finds them.
_READY = "state IN ('pending', 'waiting') AND next_attempt_at IS NULL"
_READING = (
    "r.state = 'running' AND r.finished_at IS NULL AND r.step = 'created' "
    "AND r.lease_until > p_now AND r.lease_until <= p_now + interval '5 minutes'"
)
#: As `core.catalog.sources.guarded.limit_of` reads it.
_LIMIT = """
    coalesce((SELECT CASE WHEN jsonb_typeof(s.connection -> 'max_connections') = 'number'
                     THEN least(greatest((s.connection ->> 'max_connections')::numeric::int, 1), 64) END
              FROM sources s WHERE s.id = {source}), 4)"""

#: signature, result, language and volatility, body
_FUNCTIONS = (
    (
        # The place behind everything the organization has in line, and never before the head of the line.
        "next_turn(p_organization uuid, p_priority smallint)",
        "bigint",
        "sql STABLE",
        f"""
        SELECT greatest(
            (SELECT max(turn) + 1 FROM runs
             WHERE organization_id = p_organization AND priority = p_priority AND {_READY}),
            (SELECT turn FROM runs WHERE priority = p_priority AND {_READY}
             ORDER BY priority DESC, turn, created_at, id LIMIT 1),
            0)
        """,
    ),
    (
        # Whether a source takes another reader now. The lock lasts to the end of the transaction: of two workers that
        # look at the same moment, the second one counts the first one's run.
        "takes_reader(p_source uuid, p_now timestamptz)",
        "boolean",
        "plpgsql VOLATILE",
        f"""
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended(p_source::text, 13));
            RETURN (SELECT count(*) FROM runs r WHERE r.source_id = p_source AND {_READING})
                < {_LIMIT.format(source="p_source")};
        END
        """,
    ),
    (
        # Locks the first run in line whose source takes another reader.
        "next_run(p_now timestamptz)",
        "TABLE (run_id uuid, organization_id uuid)",
        "plpgsql VOLATILE",
        f"""
        #variable_conflict use_column
        DECLARE
            full_sources uuid[];
            head record;
        BEGIN
            UPDATE runs SET next_attempt_at = NULL WHERE id IN (
                SELECT id FROM runs WHERE state = 'waiting' AND next_attempt_at <= p_now
                ORDER BY next_attempt_at LIMIT 50 FOR NO KEY UPDATE SKIP LOCKED);
            full_sources := ARRAY(
                SELECT r.source_id FROM runs r WHERE {_READING} AND r.source_id IS NOT NULL GROUP BY r.source_id
                HAVING count(*) >= {_LIMIT.format(source="r.source_id")});
            LOOP
                SELECT r.id, r.organization_id, r.source_id INTO head FROM runs r
                WHERE {_READY} AND (r.source_id IS NULL OR r.source_id <> ALL (full_sources))
                ORDER BY r.priority DESC, r.turn, r.created_at, r.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
                EXIT WHEN NOT FOUND;
                IF head.source_id IS NULL OR takes_reader(head.source_id, p_now) THEN
                    RETURN QUERY SELECT head.id, head.organization_id;
                    RETURN;
                END IF;
                full_sources := full_sources || head.source_id;
            END LOOP;
        END
        """,
    ),
    (
        # Says what the first runs in line of each full source wait for; nothing where all is said.
        "say_who_waits(p_now timestamptz, p_max integer)",
        "bigint",
        "sql VOLATILE",
        f"""
        WITH reading AS (
            SELECT r.source_id, count(*) AS readers FROM runs r
            WHERE {_READING} AND r.source_id IS NOT NULL GROUP BY r.source_id
            HAVING count(*) >= {_LIMIT.format(source="r.source_id")}
        ), waiting AS (
            SELECT w.id, w.words FROM reading f JOIN sources s ON s.id = f.source_id CROSS JOIN LATERAL (
                SELECT r.id, format('Waiting for the source %s: %s.', s.name, CASE f.readers
                    WHEN 1 THEN '1 report reads it now' ELSE f.readers || ' reports read it now' END) AS words,
                    r.waiting_for
                FROM runs r WHERE r.source_id = f.source_id AND {_READY}
                ORDER BY r.priority DESC, r.turn, r.created_at, r.id LIMIT p_max) w
            WHERE w.waiting_for IS DISTINCT FROM w.words
        ), said AS (
            UPDATE runs r SET waiting_for = w.words FROM waiting w WHERE r.id = w.id AND {_READY} RETURNING r.id
        )
        SELECT count(*) FROM said
        """,
    ),
    (
        # Runs that have been in line for fifteen seconds: that is what a job has before the sweep queues one itself.
        "ready_runs(p_now timestamptz, p_max integer)",
        "TABLE (run_id uuid)",
        "sql STABLE",
        f"""
        SELECT r.id FROM runs r
        WHERE ({_READY} AND r.created_at < p_now - interval '15 seconds')
            OR (r.state = 'waiting' AND r.next_attempt_at <= p_now)
        LIMIT p_max
        """,
    ),
    (
        # Schedules whose next slot is to come, behind a place in the order of their ids.
        "schedules_to_come(p_now timestamptz, p_max integer, p_after_id uuid)",
        "TABLE (schedule_id uuid, organization_id uuid, next_run_at timestamptz)",
        "sql STABLE",
        """
        SELECT s.id, s.organization_id, s.next_run_at FROM schedules s
        WHERE s.is_active AND s.next_run_at > p_now AND s.id > p_after_id
        ORDER BY s.id LIMIT p_max
        """,
    ),
    (
        # Due schedules, the longest due first, behind a place in that order.
        "due_schedules_after(p_now timestamptz, p_max integer, p_after timestamptz, p_after_id uuid)",
        "TABLE (schedule_id uuid, organization_id uuid, next_run_at timestamptz)",
        "sql STABLE",
        """
        SELECT s.id, s.organization_id, s.next_run_at FROM schedules s
        WHERE s.is_active AND s.next_run_at <= p_now AND (s.next_run_at, s.id) > (p_after, p_after_id)
        ORDER BY s.next_run_at, s.id LIMIT p_max
        """,
    ),
)

_OPEN_DELIVERIES = """
    SELECT 'delivery', d.id, d.organization_id, d.created_at
    FROM deliveries d
    WHERE d.sent_at IS NULL AND (
        (d.state = 'sending' AND {sending})
        OR (d.state IN ('pending', 'retry', 'unknown') AND d.next_attempt_at <= p_now)
        OR (d.state IN ('pending', 'retry') AND d.next_attempt_at IS NULL
            AND d.created_at < p_now - interval '15 seconds'))"""
#: A lease that ends far from now was given before the clock was set back.
_LAPSED = "(r.state = 'running' AND (r.lease_until < p_now OR r.lease_until > p_now + interval '5 minutes'))"
_LAPSED_BEFORE = "(r.state = 'running' AND r.lease_until < p_now)"
_LATE = """
    OR (r.state IN ('pending', 'waiting') AND r.next_attempt_at <= p_now)
    OR (r.state IN ('pending', 'waiting') AND r.next_attempt_at IS NULL
        AND r.created_at < p_now - interval '15 seconds')"""


def upgrade() -> None:
    """Add the columns, the line and who looks at it; the sweep looks at single runs only where a lease lapsed."""
    op.execute(
        "ALTER TABLE runs ADD COLUMN priority SMALLINT DEFAULT 0 NOT NULL, ADD COLUMN source_id UUID, "
        "ADD COLUMN share_key TEXT, ADD COLUMN waiting_for TEXT, ADD COLUMN turn BIGINT DEFAULT 0 NOT NULL"
    )
    op.execute(f"CREATE INDEX ix_runs_line ON runs (priority DESC, turn, created_at, id) WHERE {_READY}")
    op.execute(f"CREATE INDEX ix_runs_turns ON runs (organization_id, priority, turn) WHERE {_READY}")
    op.execute("CREATE INDEX ix_runs_put_off ON runs (next_attempt_at) WHERE state = 'waiting'")
    op.execute("CREATE INDEX ix_runs_share_key ON runs (share_key) WHERE share_key IS NOT NULL")
    for signature, result, language, body in _FUNCTIONS:
        op.get_bind().exec_driver_sql(
            f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE {language} {_HEAD} AS $$ {body} $$".replace(
                "%", "%%"
            )
        )
        op.get_bind().exec_driver_sql(f"REVOKE ALL ON FUNCTION {_arguments(signature)} FROM PUBLIC")
    op.execute(_open_work(_LAPSED, "(d.lease_until < p_now OR d.lease_until > p_now + interval '5 minutes')"))


def downgrade() -> None:
    """Take them back."""
    op.execute(_open_work(_LAPSED_BEFORE + _LATE, "d.lease_until < p_now"))
    for signature, *_ in reversed(_FUNCTIONS):
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {_arguments(signature)}")
    for name in ("share_key", "put_off", "turns", "line"):
        op.execute(f"DROP INDEX ix_runs_{name}")
    op.execute(
        "ALTER TABLE runs DROP COLUMN priority, DROP COLUMN source_id, DROP COLUMN share_key, "
        "DROP COLUMN waiting_for, DROP COLUMN turn"
    )


def _open_work(runs: str, sending: str) -> str:
    return f"""
        CREATE OR REPLACE FUNCTION open_work(p_now timestamptz, p_max integer)
        RETURNS TABLE (kind text, id uuid, organization_id uuid) LANGUAGE sql STABLE {_HEAD} AS $$
            SELECT w.kind, w.id, w.organization_id FROM (
                SELECT 'run' AS kind, r.id, r.organization_id, r.created_at
                FROM runs r
                WHERE r.finished_at IS NULL AND ({runs})
                UNION ALL {_OPEN_DELIVERIES.format(sending=sending)}
            ) w
            ORDER BY w.created_at, w.id LIMIT p_max
        $$"""


def _arguments(signature: str) -> str:
    """Return the name with its argument types only."""
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[1] for argument in arguments.split(', '))})"
