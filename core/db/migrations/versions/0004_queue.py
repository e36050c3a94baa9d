"""The job queue's own tables and functions: procrastinate 3.10, its SQL kept here word for word.

A newer procrastinate brings its own migration files; each becomes a migration of ours, this one is never edited.
"""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply procrastinate's schema."""
    schema = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(schema.replace("%", "%%"))  # the driver looks for placeholders


def downgrade() -> None:
    """Drop everything that procrastinate's schema made, found by its prefix."""
    op.get_bind().exec_driver_sql(
        """
        DO $$
        DECLARE target text;
        BEGIN
            DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers
                CASCADE;
            FOR target IN
                SELECT oid::regprocedure::text FROM pg_proc
                WHERE starts_with(proname, 'procrastinate_') AND pronamespace = 'public'::regnamespace
            LOOP
                EXECUTE 'DROP FUNCTION ' || target || ' CASCADE';
            END LOOP;
            DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type;
        END;
        $$
        """
    )
