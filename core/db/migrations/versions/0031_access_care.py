"""Care for sessions: those that ended a while ago are forgotten, with the addresses and devices they were used from."""

from alembic import op

revision = "0031"
down_revision = "0030"

_SIGNATURE = "forget_sessions(timestamptz)"


def upgrade() -> None:
    """Add it; the daemon calls it now and then."""
    op.execute(f"""
        CREATE FUNCTION {_SIGNATURE} RETURNS bigint
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
            DELETE FROM password_resets WHERE expires_at < $1;
            WITH gone AS (
                DELETE FROM sessions WHERE least(expires_at, coalesce(revoked_at, expires_at)) < $1 RETURNING 1)
            SELECT count(*) FROM gone
        $$
    """)
    op.execute(f"REVOKE ALL ON FUNCTION {_SIGNATURE} FROM PUBLIC")


def downgrade() -> None:
    """Take it back; what was forgotten stays so."""
    op.execute(f"DROP FUNCTION {_SIGNATURE}")
