"""Mail servers of organizations, addresses that are left alone, and the links with which people ask for that."""

from alembic import op

revision = "0016"
down_revision = "0015"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_OWNED = """
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
"""

_TABLES = {
    "email_configs": f"""
CREATE TABLE email_configs (
    preset TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    security TEXT NOT NULL,
    username TEXT NOT NULL,
    sender TEXT NOT NULL,
    secrets TEXT,
    dkim_domain TEXT,
    dkim_selector TEXT,
    dkim_public TEXT,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    {_OWNED}
    CONSTRAINT pk_email_configs PRIMARY KEY (id),
    CONSTRAINT uq_email_configs_organization_id UNIQUE (organization_id),
    CONSTRAINT fk_email_configs_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
""",
    "suppressions": f"""
CREATE TABLE suppressions (
    address TEXT NOT NULL,
    schedule_id UUID,
    reason TEXT NOT NULL,
    until TIMESTAMPTZ,
    note TEXT DEFAULT '' NOT NULL,
    created_by UUID,
    {_OWNED}
    CONSTRAINT pk_suppressions PRIMARY KEY (id),
    CONSTRAINT uq_suppressions_organization_id_address_schedule_id
        UNIQUE NULLS NOT DISTINCT (organization_id, address, schedule_id),
    CONSTRAINT ck_suppressions_reason
        CHECK (reason IN ('unsubscribed', 'snoozed', 'added', 'removed', 'bounced', 'complained')),
    CONSTRAINT fk_suppressions_organization_id_schedule_id_schedules
        FOREIGN KEY (organization_id, schedule_id) REFERENCES schedules (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_suppressions_created_by_users FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT fk_suppressions_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
""",
    "mail_tokens": f"""
CREATE TABLE mail_tokens (
    token_sha256 TEXT NOT NULL,
    address TEXT NOT NULL,
    schedule_id UUID,
    {_OWNED}
    CONSTRAINT pk_mail_tokens PRIMARY KEY (id),
    CONSTRAINT uq_mail_tokens_token_sha256 UNIQUE (token_sha256),
    CONSTRAINT fk_mail_tokens_organization_id_schedule_id_schedules
        FOREIGN KEY (organization_id, schedule_id) REFERENCES schedules (organization_id, id)
        ON DELETE SET NULL (schedule_id),
    CONSTRAINT fk_mail_tokens_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
""",
}
_INDEXES = (
    "CREATE INDEX ix_suppressions_schedule_id ON suppressions (schedule_id)",
    "CREATE INDEX ix_mail_tokens_schedule_id ON mail_tokens (schedule_id)",
)


def upgrade() -> None:
    """Add the tables behind row-level security, and the way from a link to whose mail it was in."""
    condition = f"organization_id = {_CURRENT}"
    for table, statement in _TABLES.items():
        op.execute(statement)
        op.execute(f"CREATE POLICY organization ON {table} USING ({condition}) WITH CHECK ({condition})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for index in _INDEXES:
        op.execute(index)
    op.execute(
        "CREATE FUNCTION organization_of_mail_token(p_sha256 text) RETURNS uuid LANGUAGE sql STABLE "
        f"{_HEAD} AS $$ SELECT t.organization_id FROM mail_tokens t WHERE t.token_sha256 = p_sha256 $$"
    )
    op.execute("REVOKE ALL ON FUNCTION organization_of_mail_token(text) FROM PUBLIC")


def downgrade() -> None:
    """Take it back; who unsubscribed is forgotten."""
    op.execute("DROP FUNCTION organization_of_mail_token(text)")
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
