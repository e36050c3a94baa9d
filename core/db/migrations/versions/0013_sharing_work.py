"""What decides which run is taken next, and which runs share their work."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns."""
    op.execute(
        "ALTER TABLE runs ADD COLUMN priority SMALLINT DEFAULT 0 NOT NULL, ADD COLUMN source_id UUID, "
        "ADD COLUMN share_key TEXT, ADD COLUMN waiting_for TEXT"
    )


def downgrade() -> None:
    """Take them back."""
    op.execute(
        "ALTER TABLE runs DROP COLUMN priority, DROP COLUMN source_id, DROP COLUMN share_key, DROP COLUMN waiting_for"
    )
