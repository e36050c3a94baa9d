"""Retention: a file that was removed after its time keeps its row, with the hash and the manifest."""

from alembic import op
from sqlalchemy import Column, DateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the mark and the function that finds files old enough; a run that has not ended keeps its files."""
    op.add_column("artifacts", Column("deleted_at", DateTime(timezone=True)))
    op.execute(
        """
        CREATE FUNCTION artifacts_older_than(p_before timestamptz, p_max integer)
        RETURNS TABLE (artifact_id uuid, organization_id uuid)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
            SELECT a.id, a.organization_id
            FROM artifacts a JOIN runs r ON r.organization_id = a.organization_id AND r.id = a.run_id
            WHERE a.deleted_at IS NULL AND a.created_at < p_before AND r.finished_at IS NOT NULL
            ORDER BY a.created_at, a.id LIMIT p_max
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION artifacts_older_than(timestamptz, integer) FROM PUBLIC")


def downgrade() -> None:
    """Drop both; which files are gone is forgotten."""
    op.execute("DROP FUNCTION artifacts_older_than(timestamptz, integer)")
    op.drop_column("artifacts", "deleted_at")
