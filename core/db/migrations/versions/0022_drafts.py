"""Drafts of reports: what a person has changed and not saved, so that it outlives the browser's tab."""

from alembic import op

revision = "0022"
down_revision = "0021"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_TABLE = """
CREATE TABLE report_drafts (
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    id UUID NOT NULL,
    report_id UUID,
    version INTEGER,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    definition JSONB NOT NULL,
    is_touched BOOLEAN NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_report_drafts PRIMARY KEY (organization_id, user_id, id),
    CONSTRAINT fk_report_drafts_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT fk_report_drafts_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_report_drafts_organization_id_report_id_reports
        FOREIGN KEY (organization_id, report_id) REFERENCES reports (organization_id, id) ON DELETE CASCADE
)
"""


def upgrade() -> None:
    """Add it; the walls are those of every tenant table."""
    op.execute(_TABLE)
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON report_drafts USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON report_drafts TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE report_drafts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE report_drafts FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take it back; what was not saved is lost."""
    op.execute("DROP TABLE report_drafts")
