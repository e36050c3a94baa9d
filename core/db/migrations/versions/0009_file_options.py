"""How files are made: options of schedules and runs, what an organization's files look like, and a run's progress."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns."""
    op.execute("ALTER TABLE schedules ADD COLUMN file_options JSONB DEFAULT '{}'::jsonb NOT NULL")
    op.execute("ALTER TABLE runs ADD COLUMN file_options JSONB DEFAULT '{}'::jsonb NOT NULL, ADD COLUMN progress JSONB")
    op.execute(
        "ALTER TABLE organizations ADD COLUMN branding JSONB DEFAULT '{}'::jsonb NOT NULL, ADD COLUMN logo BYTEA"
    )


def downgrade() -> None:
    """Take them back; what people chose is forgotten."""
    op.execute("ALTER TABLE organizations DROP COLUMN branding, DROP COLUMN logo")
    op.execute("ALTER TABLE runs DROP COLUMN file_options, DROP COLUMN progress")
    op.execute("ALTER TABLE schedules DROP COLUMN file_options")
