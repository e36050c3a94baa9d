"""Workbooks that people brought to be filled."""

from alembic import op

revision = "0010"
down_revision = "0009"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"

_TEMPLATES = """
CREATE TABLE workbook_templates (
    name TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content BYTEA NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    contents JSONB NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    uploaded_by UUID NOT NULL,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_workbook_templates PRIMARY KEY (id),
    CONSTRAINT uq_workbook_templates_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT fk_workbook_templates_uploaded_by_users FOREIGN KEY (uploaded_by) REFERENCES users (id),
    CONSTRAINT fk_workbook_templates_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
"""


def upgrade() -> None:
    """Add the table behind row-level security."""
    op.execute(_TEMPLATES)
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON workbook_templates USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON workbook_templates TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE workbook_templates ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE workbook_templates FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take it back; the workbooks are forgotten."""
    op.execute("DROP TABLE workbook_templates")
