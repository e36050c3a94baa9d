"""What waits for nobody is shared out among runs and organizations: thousands of one run hold up no other's work."""

from alembic import op

revision = "0030"
down_revision = "0029"

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
#: Of a run so many deliveries are looked at in one sweep: a job for one of them sends the others as well.
_OF_A_RUN = 100
#: As revision 0013 left it: a lease that ends far from now was given before the clock was set back.
_LAPSED = "{row}.lease_until < p_now OR {row}.lease_until > p_now + interval '5 minutes'"
_RUNS = f"""
    SELECT 'run' AS kind, r.id, r.organization_id, r.created_at, r.id AS run_id
    FROM runs r
    WHERE r.finished_at IS NULL AND (r.state = 'running' AND ({_LAPSED.format(row="r")}))"""
_DELIVERIES = f"""
    SELECT 'delivery', d.id, d.organization_id, d.created_at, d.run_id
    FROM deliveries d
    WHERE d.sent_at IS NULL AND (
        (d.state = 'sending' AND ({_LAPSED.format(row="d")}))
        OR (d.state IN ('pending', 'retry', 'unknown') AND d.next_attempt_at <= p_now)
        OR (d.state IN ('pending', 'retry') AND d.next_attempt_at IS NULL
            AND d.created_at < p_now - interval '15 seconds'))"""
_OLDEST_FIRST = f"""
    SELECT w.kind, w.id, w.organization_id FROM ({_RUNS} UNION ALL {_DELIVERIES}) w
    ORDER BY w.created_at, w.id LIMIT p_max"""
_IN_TURN = f"""
    SELECT t.kind, t.id, t.organization_id FROM (
        SELECT w.*, row_number() OVER (PARTITION BY w.organization_id ORDER BY w.created_at, w.id) AS turn FROM (
            SELECT o.*, row_number() OVER (PARTITION BY o.kind, o.run_id ORDER BY o.created_at, o.id) AS place
            FROM ({_RUNS} UNION ALL {_DELIVERIES}) o
        ) w
        WHERE w.place <= {_OF_A_RUN}
    ) t
    ORDER BY t.turn, t.created_at, t.id LIMIT p_max"""


def upgrade() -> None:
    """Organizations take turns, the oldest work of each first."""
    _replace(_IN_TURN)


def downgrade() -> None:
    """The oldest first, whoever it belongs to."""
    _replace(_OLDEST_FIRST)


def _replace(body: str) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION open_work(p_now timestamptz, p_max integer) "
        f"RETURNS TABLE (kind text, id uuid, organization_id uuid) LANGUAGE sql STABLE {_HEAD} AS $$ {body} $$"
    )
