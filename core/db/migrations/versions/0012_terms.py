"""Terms of schedules and runs: conditions, fresh data, approval, and what they are judged by."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns and an index."""
    op.execute(
        "ALTER TABLE schedules ADD COLUMN terms JSONB DEFAULT '{}'::jsonb NOT NULL, "
        "ADD COLUMN is_alerting BOOLEAN DEFAULT false NOT NULL"
    )
    op.execute(
        "ALTER TABLE runs ADD COLUMN terms JSONB DEFAULT '{}'::jsonb NOT NULL, ADD COLUMN fingerprint JSONB, "
        "ADD COLUMN held_because TEXT, ADD COLUMN is_stale BOOLEAN DEFAULT false NOT NULL"
    )
    # What earlier runs of a schedule found is asked for by their moment, the latest first.
    op.execute("CREATE INDEX ix_runs_schedule_logical ON runs (schedule_id, logical_at DESC)")


def downgrade() -> None:
    """Take them back."""
    op.execute("DROP INDEX ix_runs_schedule_logical")
    op.execute(
        "ALTER TABLE runs DROP COLUMN terms, DROP COLUMN fingerprint, DROP COLUMN held_because, DROP COLUMN is_stale"
    )
    op.execute("ALTER TABLE schedules DROP COLUMN terms, DROP COLUMN is_alerting")
