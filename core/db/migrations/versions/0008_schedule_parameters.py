"""Values for parameters: those a schedule fixes, and those a run was given."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add a column to both."""
    op.execute("ALTER TABLE schedules ADD COLUMN report_parameters JSONB DEFAULT '{}'::jsonb NOT NULL")
    op.execute("ALTER TABLE runs ADD COLUMN parameters JSONB DEFAULT '{}'::jsonb NOT NULL")


def downgrade() -> None:
    """Take them back; what schedules fixed is forgotten."""
    op.execute("ALTER TABLE runs DROP COLUMN parameters")
    op.execute("ALTER TABLE schedules DROP COLUMN report_parameters")
