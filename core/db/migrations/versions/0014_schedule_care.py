"""Pauses that end, failures that are told once, runs that are kept."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns."""
    op.execute(
        "ALTER TABLE schedules ADD COLUMN paused_until TIMESTAMPTZ, ADD COLUMN paused_because TEXT, "
        "ADD COLUMN failing_since TIMESTAMPTZ, ADD COLUMN failure_told_at TIMESTAMPTZ"
    )
    op.execute("ALTER TABLE runs ADD COLUMN pinned_at TIMESTAMPTZ, ADD COLUMN slow_told_at TIMESTAMPTZ")


def downgrade() -> None:
    """Take them back."""
    op.execute("ALTER TABLE runs DROP COLUMN pinned_at, DROP COLUMN slow_told_at")
    op.execute(
        "ALTER TABLE schedules DROP COLUMN paused_until, DROP COLUMN paused_because, DROP COLUMN failing_since, "
        "DROP COLUMN failure_told_at"
    )
