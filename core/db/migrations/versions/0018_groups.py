"""Groups of recipients, who may receive reports, addresses that said yes, and the name a delivery goes out under."""

from alembic import op

revision = "0018"
down_revision = "0017"

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"

_TABLES = (
    (
        "groups",
        """
        name TEXT NOT NULL,
        description TEXT DEFAULT '' NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT uq_groups_organization_id_id UNIQUE (organization_id, id),
        """,
    ),
    (
        "group_members",
        """
        group_id UUID NOT NULL,
        user_id UUID,
        address TEXT,
        name TEXT DEFAULT '' NOT NULL,
        locale TEXT DEFAULT '' NOT NULL,
        CONSTRAINT uq_group_members_group_id_user_id_address UNIQUE NULLS NOT DISTINCT (group_id, user_id, address),
        CONSTRAINT ck_group_members_one CHECK ((user_id IS NULL) <> (address IS NULL)),
        CONSTRAINT fk_group_members_organization_id_group_id_groups
            FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_group_members_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        """,
    ),
    (
        "recipient_policies",
        """
        rule TEXT NOT NULL,
        domains TEXT[] NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT uq_recipient_policies_organization_id UNIQUE (organization_id),
        CONSTRAINT ck_recipient_policies_rule CHECK (rule IN ('anyone', 'members', 'domains', 'verified')),
        """,
    ),
    (
        "verified_addresses",
        """
        address TEXT NOT NULL,
        token_sha256 TEXT,
        asked_at TIMESTAMPTZ NOT NULL,
        asked_by UUID,
        times_asked INTEGER DEFAULT 1 NOT NULL,
        expires_at TIMESTAMPTZ NOT NULL,
        confirmed_at TIMESTAMPTZ,
        CONSTRAINT uq_verified_addresses_organization_id_address UNIQUE (organization_id, address),
        CONSTRAINT uq_verified_addresses_token_sha256 UNIQUE (token_sha256),
        CONSTRAINT fk_verified_addresses_asked_by_users
            FOREIGN KEY (asked_by) REFERENCES users (id) ON DELETE SET NULL,
        """,
    ),
)
_OWNED = """
        organization_id UUID NOT NULL,
        id UUID DEFAULT gen_random_uuid() NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT pk_{table} PRIMARY KEY (id),
        CONSTRAINT fk_{table}_organization_id_organizations
            FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
"""
_INDEXES = (
    "UNIQUE INDEX uq_groups_name ON groups (organization_id, lower(name))",
    "INDEX ix_group_members_organization_id_address ON group_members (organization_id, address)",
    "INDEX ix_group_members_user_id ON group_members (user_id)",
)
_NAMES = ("recipient_name", "recipient_locale")


def upgrade() -> None:
    """Add it all; the walls are those of every tenant table."""
    for table, columns in _TABLES:
        op.execute(f"CREATE TABLE {table} ({columns}{_OWNED.format(table=table)})")
        condition = f"organization_id = {_CURRENT}"
        op.execute(f"CREATE POLICY organization ON {table} USING ({condition}) WITH CHECK ({condition})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for index in _INDEXES:
        op.execute(f"CREATE {index}")
    added = ", ".join(f"ADD COLUMN {name} TEXT DEFAULT '' NOT NULL" for name in _NAMES)
    op.execute(f"ALTER TABLE deliveries {added}")
    op.execute(
        "CREATE FUNCTION organization_of_verification(p_sha256 text) RETURNS uuid LANGUAGE sql STABLE "
        f"{_HEAD} AS $$ SELECT v.organization_id FROM verified_addresses v WHERE v.token_sha256 = p_sha256 $$"
    )
    op.execute("REVOKE ALL ON FUNCTION organization_of_verification(text) FROM PUBLIC")


def downgrade() -> None:
    """Take it back; everybody may receive reports again."""
    op.execute("DROP FUNCTION organization_of_verification(text)")
    op.execute("ALTER TABLE deliveries " + ", ".join(f"DROP COLUMN {name}" for name in _NAMES))
    for table, _columns in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
