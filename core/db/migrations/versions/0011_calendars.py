"""Calendars of an organization."""

from alembic import op

revision = "0011"
down_revision = "0010"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"

_CALENDARS = """
CREATE TABLE calendars (
    name TEXT NOT NULL,
    days_off JSONB DEFAULT '[]'::jsonb NOT NULL,
    working_week JSONB NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_calendars PRIMARY KEY (id),
    CONSTRAINT uq_calendars_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT fk_calendars_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
"""


def upgrade() -> None:
    """Add the table behind row-level security."""
    op.execute(_CALENDARS)
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON calendars USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON calendars TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE calendars ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE calendars FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take it back; the calendars are forgotten."""
    op.execute("DROP TABLE calendars")
