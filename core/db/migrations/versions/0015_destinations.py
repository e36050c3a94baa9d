"""Destinations: where channels other than mail deliver to, with their secrets sealed."""

from alembic import op

revision = "0015"
down_revision = "0014"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"

_DESTINATIONS = """
CREATE TABLE destinations (
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    settings JSONB NOT NULL,
    secrets TEXT,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_destinations PRIMARY KEY (id),
    CONSTRAINT uq_destinations_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT fk_destinations_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
"""


def upgrade() -> None:
    """Add the table behind row-level security, and let a delivery say which destination it goes to."""
    op.execute(_DESTINATIONS)
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON destinations USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON destinations TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE destinations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE destinations FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE deliveries ADD COLUMN destination_id UUID")
    op.execute("ALTER TABLE deliveries DROP CONSTRAINT uq_deliveries_run_id_channel_address")
    # Two destinations of one channel may keep the same folder; without one there is one way to an address.
    op.execute(
        "ALTER TABLE deliveries ADD CONSTRAINT uq_deliveries_run_id_channel_destination_id_address "
        "UNIQUE NULLS NOT DISTINCT (run_id, channel, destination_id, address)"
    )


def downgrade() -> None:
    """Take it back; what went to destinations is forgotten, for without them two rows may be one."""
    op.execute("DELETE FROM deliveries WHERE destination_id IS NOT NULL")
    op.execute("ALTER TABLE deliveries DROP CONSTRAINT uq_deliveries_run_id_channel_destination_id_address")
    op.execute(
        "ALTER TABLE deliveries ADD CONSTRAINT uq_deliveries_run_id_channel_address UNIQUE (run_id, channel, address)"
    )
    op.execute("ALTER TABLE deliveries DROP COLUMN destination_id")
    op.execute("DROP TABLE destinations")
