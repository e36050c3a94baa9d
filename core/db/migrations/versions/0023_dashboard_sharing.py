"""Sharing of dashboards: who may see and change one, as of reports.

A dashboard that the person of a transaction may not see does not exist for it, as the policy of that name has it for
reports.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_PERSON = "nullif(current_setting('app.person_id', true), '')::uuid"

_GRANTS = """
CREATE TABLE dashboard_grants (
    dashboard_id UUID NOT NULL,
    user_id UUID,
    group_id UUID,
    level TEXT NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_dashboard_grants PRIMARY KEY (id),
    CONSTRAINT ck_dashboard_grants_one CHECK ((user_id IS NULL) <> (group_id IS NULL)),
    CONSTRAINT ck_dashboard_grants_level CHECK (level IN ('view', 'edit')),
    CONSTRAINT uq_dashboard_grants_dashboard_id_user_id_group_id
        UNIQUE NULLS NOT DISTINCT (dashboard_id, user_id, group_id),
    CONSTRAINT fk_dashboard_grants_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT fk_dashboard_grants_organization_id_dashboard_id_dashboards
        FOREIGN KEY (organization_id, dashboard_id) REFERENCES dashboards (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_dashboard_grants_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_dashboard_grants_organization_id_group_id_groups
        FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE
)
"""
_COLUMNS = (
    "ADD COLUMN visibility TEXT DEFAULT 'organization' NOT NULL",
    "ADD COLUMN everyone TEXT DEFAULT 'edit' NOT NULL",
    "ADD CONSTRAINT ck_dashboards_visibility CHECK (visibility IN ('private', 'shared', 'organization'))",
    "ADD CONSTRAINT ck_dashboards_everyone CHECK (everyone IN ('view', 'edit'))",
)
_INDEXES = (
    "ix_dashboard_grants_user_id ON dashboard_grants (user_id)",
    "ix_dashboard_grants_group_id ON dashboard_grants (group_id)",
)
#: As `core.domain.library.Shared` is read by the policy.
_SEEN = f"""
    {_PERSON} IS NULL
    OR visibility = 'organization'
    OR owner_id = {_PERSON}
    OR (visibility = 'shared' AND EXISTS (
        SELECT FROM dashboard_grants g WHERE g.dashboard_id = dashboards.id AND (
            g.user_id = {_PERSON}
            OR g.group_id IN (SELECT m.group_id FROM group_members m WHERE m.user_id = {_PERSON}))))
"""


def upgrade() -> None:
    """Add it; dashboards stay visible to their organization."""
    op.execute(_GRANTS)
    for index in _INDEXES:
        op.execute(f"CREATE INDEX {index}")
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON dashboard_grants USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON dashboard_grants TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE dashboard_grants ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE dashboard_grants FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE dashboards {', '.join(_COLUMNS)}")
    op.execute(f"CREATE POLICY person ON dashboards AS RESTRICTIVE USING ({_SEEN}) WITH CHECK (true)")


def downgrade() -> None:
    """Take it back; what was private is seen by everybody in its organization again."""
    op.execute("DROP POLICY person ON dashboards")
    op.execute("DROP TABLE dashboard_grants")
    op.execute("ALTER TABLE dashboards DROP COLUMN visibility, DROP COLUMN everyone")
