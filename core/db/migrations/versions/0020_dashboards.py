"""Dashboards: arrangements of reports with immutable versions, and schedules that send one."""

from alembic import op

revision = "0020"
down_revision = "0019"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"

_DASHBOARDS = """
CREATE TABLE dashboards (
    owner_id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    version INTEGER NOT NULL,
    archived_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_dashboards PRIMARY KEY (id),
    CONSTRAINT uq_dashboards_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_dashboards_owner_id_users FOREIGN KEY (owner_id) REFERENCES users (id),
    CONSTRAINT fk_dashboards_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
"""
_VERSIONS = """
CREATE TABLE dashboard_versions (
    dashboard_id UUID NOT NULL,
    version INTEGER NOT NULL,
    organization_id UUID NOT NULL,
    content JSONB NOT NULL,
    content_sha256 TEXT NOT NULL,
    saved_by UUID NOT NULL,
    saved_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_dashboard_versions PRIMARY KEY (dashboard_id, version),
    CONSTRAINT fk_dashboard_versions_organization_id_dashboard_id_dashboards
        FOREIGN KEY (organization_id, dashboard_id) REFERENCES dashboards (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_dashboard_versions_saved_by_users FOREIGN KEY (saved_by) REFERENCES users (id)
)
"""
_REPORTS = """
CREATE TABLE dashboard_reports (
    dashboard_id UUID NOT NULL,
    report_id UUID NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_dashboard_reports PRIMARY KEY (dashboard_id, report_id),
    CONSTRAINT fk_dashboard_reports_organization_id_dashboard_id_dashboards
        FOREIGN KEY (organization_id, dashboard_id) REFERENCES dashboards (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_dashboard_reports_organization_id_report_id_reports
        FOREIGN KEY (organization_id, report_id) REFERENCES reports (organization_id, id) ON DELETE CASCADE
)
"""
_TABLES = ("dashboards", "dashboard_versions", "dashboard_reports")


def upgrade() -> None:
    """Add the tables behind row-level security; a schedule sends either a report or a dashboard."""
    for statement in (_DASHBOARDS, _VERSIONS, _REPORTS):
        op.execute(statement)
    op.execute("CREATE INDEX ix_dashboard_reports_report_id ON dashboard_reports (report_id)")
    condition = f"organization_id = {_CURRENT}"
    for table in _TABLES:
        op.execute(f"CREATE POLICY organization ON {table} USING ({condition}) WITH CHECK ({condition})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE schedules ALTER COLUMN report_id DROP NOT NULL")
    op.execute("ALTER TABLE schedules ADD COLUMN dashboard_id UUID")
    op.execute(
        "ALTER TABLE schedules ADD CONSTRAINT fk_schedules_organization_id_dashboard_id_dashboards "
        "FOREIGN KEY (organization_id, dashboard_id) REFERENCES dashboards (organization_id, id)"
    )
    op.execute(
        "ALTER TABLE schedules ADD CONSTRAINT ck_schedules_subject CHECK (num_nonnulls(report_id, dashboard_id) = 1)"
    )
    op.execute("CREATE INDEX ix_schedules_dashboard_id ON schedules (dashboard_id) WHERE dashboard_id IS NOT NULL")


def downgrade() -> None:
    """Take it back; dashboards and their schedules are forgotten, what these sent stays."""
    op.execute("DELETE FROM schedules WHERE report_id IS NULL")
    op.execute("ALTER TABLE schedules DROP COLUMN dashboard_id")
    op.execute("ALTER TABLE schedules ALTER COLUMN report_id SET NOT NULL")
    op.execute("DROP TABLE dashboard_reports, dashboard_versions, dashboards")
