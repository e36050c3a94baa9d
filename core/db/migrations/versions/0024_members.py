"""Members: invitations, closed memberships and organizations, own roles, service accounts, tokens that may less.

A membership that is closed has `left_at` too, so that whatever asks who is here has one question; `deactivated_at`
tells who is expected back from who was removed.
"""

from alembic import op

revision = "0024"
down_revision = "0023"

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"

#: Who gets a new permission, by the names of the roles that every organization starts with.
_GIVEN = {
    "manage_policies": ("data_admin", "organization_admin", "installation_admin"),
    "view_audit": ("organization_admin", "installation_admin"),
}
_BUILT_IN = ("viewer", "editor", "publisher", "data_admin", "organization_admin", "installation_admin")

_INVITATIONS = """
CREATE TABLE invitations (
    email TEXT NOT NULL,
    role_id UUID NOT NULL,
    group_ids UUID[] DEFAULT '{}' NOT NULL,
    token_sha256 TEXT NOT NULL,
    invited_by UUID NOT NULL,
    invited_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    mailed_at TIMESTAMPTZ,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_invitations PRIMARY KEY (id),
    CONSTRAINT uq_invitations_token_sha256 UNIQUE (token_sha256),
    CONSTRAINT uq_invitations_organization_id_email UNIQUE (organization_id, email),
    CONSTRAINT fk_invitations_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT fk_invitations_organization_id_role_id_roles
        FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id),
    CONSTRAINT fk_invitations_invited_by_users FOREIGN KEY (invited_by) REFERENCES users (id) ON DELETE CASCADE
)
"""

_COLUMNS = {
    "organizations": ("deactivated_at TIMESTAMPTZ",),
    "users": ("is_service BOOLEAN DEFAULT false NOT NULL",),
    "roles": (
        "description TEXT DEFAULT '' NOT NULL",
        "is_built_in BOOLEAN DEFAULT false NOT NULL",
        "version INTEGER DEFAULT 1 NOT NULL",
    ),
    "memberships": (
        "deactivated_at TIMESTAMPTZ",
        "responsible_id UUID CONSTRAINT fk_memberships_responsible_id_users REFERENCES users (id) ON DELETE SET NULL",
    ),
    "api_tokens": (
        "scopes TEXT[]",
        "made_by UUID CONSTRAINT fk_api_tokens_made_by_users REFERENCES users (id) ON DELETE SET NULL",
    ),
}

#: signature, result, volatility, body
_FUNCTIONS = (
    (
        "organization_of_invitation(p_sha256 text)",
        "uuid",
        "STABLE",
        "SELECT i.organization_id FROM invitations i WHERE i.token_sha256 = p_sha256",
    ),
    (
        # The address comes from an open invitation, so that accounts are made for nobody else.
        "create_account(p_sha256 text, p_name text, p_password_hash text, p_now timestamptz)",
        "uuid",
        "VOLATILE",
        """
        INSERT INTO users (email, name, password_hash, timezone)
        SELECT i.email, p_name, p_password_hash, o.timezone
        FROM invitations i JOIN organizations o ON o.id = i.organization_id
        WHERE i.token_sha256 = p_sha256 AND i.expires_at > p_now
        ON CONFLICT (email) DO NOTHING
        RETURNING id
        """,
    ),
    (
        # No hash is like this one, and sign-in does not find them either.
        "create_service_account(p_name text)",
        "uuid",
        "VOLATILE",
        """
        INSERT INTO users (email, name, password_hash, is_service)
        SELECT 'service-' || gen_random_uuid() || '@service.invalid', p_name, '!', true
        RETURNING id
        """,
    ),
    (
        "move_session(p_sha256 text, p_organization uuid, p_now timestamptz)",
        "boolean",
        "VOLATILE",
        """
        WITH moved AS (
            UPDATE sessions s SET organization_id = p_organization
            WHERE s.token_sha256 = p_sha256 AND s.revoked_at IS NULL AND s.expires_at > p_now
                AND EXISTS (SELECT FROM principals_of_user(s.user_id) p WHERE p.organization_id = p_organization)
            RETURNING s.id)
        SELECT EXISTS (SELECT FROM moved)
        """,
    ),
    (
        "manages_installation(p_user uuid)",
        "boolean",
        "STABLE",
        "SELECT EXISTS (SELECT FROM principals_of_user(p_user) p WHERE 'manage_installation' = ANY (p.permissions))",
    ),
    (
        "all_organizations(p_actor uuid)",
        "TABLE (id uuid, name text, timezone text, deactivated_at timestamptz, created_at timestamptz, people bigint)",
        "STABLE",
        """
        SELECT o.id, o.name, o.timezone, o.deactivated_at, o.created_at, (
            SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active AND NOT u.is_service
            WHERE m.organization_id = o.id AND m.left_at IS NULL)
        FROM organizations o WHERE manages_installation(p_actor)
        """,
    ),
    (
        # Whoever makes it is its first member, in the role that manages the installation.
        "create_organization(p_actor uuid, p_name text, p_timezone text, p_roles jsonb, p_role text)",
        "uuid",
        "VOLATILE",
        """
        WITH made AS (
            INSERT INTO organizations (name, timezone)
            SELECT p_name, p_timezone WHERE manages_installation(p_actor)
            RETURNING id),
        its_roles AS (
            INSERT INTO roles (organization_id, name, permissions, is_built_in)
            SELECT made.id, r.key, ARRAY(SELECT jsonb_array_elements_text(r.value)), true
            FROM made CROSS JOIN jsonb_each(p_roles) r
            RETURNING id, organization_id, name)
        INSERT INTO memberships (organization_id, user_id, role_id)
        SELECT its_roles.organization_id, p_actor, its_roles.id FROM its_roles WHERE its_roles.name = p_role
        RETURNING organization_id
        """,
    ),
    (
        "change_organization(p_actor uuid, p_organization uuid, p_name text, p_deactivated_at timestamptz)",
        "boolean",
        "VOLATILE",
        """
        WITH changed AS (
            UPDATE organizations o SET name = p_name, deactivated_at = p_deactivated_at
            WHERE o.id = p_organization AND manages_installation(p_actor)
            RETURNING o.id)
        SELECT EXISTS (SELECT FROM changed)
        """,
    ),
)

_PRINCIPAL = (
    "user_id uuid, organization_id uuid, email text, name text, organization text, role text, "
    "permissions text[], timezone text"
)
_DUE = "due_schedules_after(p_now timestamptz, p_max integer, p_after timestamptz, p_after_id uuid)"


def upgrade() -> None:
    """Add it all; the built-in roles get what is new."""
    for table, columns in _COLUMNS.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {column}" for column in columns))
    op.execute(f"UPDATE roles SET is_built_in = true WHERE name IN {_BUILT_IN}")
    for permission, roles in _GIVEN.items():
        op.execute(
            f"UPDATE roles SET permissions = ARRAY(SELECT unnest(array_append(permissions, '{permission}')) ORDER BY 1)"
            f" WHERE name IN {roles} AND NOT '{permission}' = ANY (permissions)"
        )
    op.execute(_INVITATIONS)
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON invitations USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON invitations TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE invitations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invitations FORCE ROW LEVEL SECURITY")
    _replace_older(is_up=True)
    for signature, result, volatility, body in _FUNCTIONS:
        op.get_bind().exec_driver_sql(
            f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE sql {volatility} {_HEAD} AS $$ {body} $$"
        )
        op.get_bind().exec_driver_sql(f"REVOKE ALL ON FUNCTION {_arguments(signature)} FROM PUBLIC")


def downgrade() -> None:
    """Take it back; service accounts and roles of one's own go, and who held such a role becomes a viewer."""
    for signature, *_ in reversed(_FUNCTIONS):
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {_arguments(signature)}")
    _replace_older(is_up=False)
    op.execute("DROP TABLE invitations")
    op.execute("UPDATE users SET is_active = false WHERE is_service")
    op.execute(
        "UPDATE memberships m SET role_id = v.id FROM roles r, roles v WHERE r.id = m.role_id AND NOT r.is_built_in "
        "AND v.organization_id = m.organization_id AND v.name = 'viewer'"
    )
    op.execute("DELETE FROM roles WHERE NOT is_built_in")
    for permission in _GIVEN:
        op.execute(f"UPDATE roles SET permissions = array_remove(permissions, '{permission}')")
    for table, columns in _COLUMNS.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"DROP COLUMN {column.split()[0]}" for column in columns))


def _replace_older(*, is_up: bool) -> None:
    """A closed organization has no members and no due schedules; tokens give what is held now and in their scopes."""
    joins = f"""
        JOIN users u ON u.id = m.user_id AND u.is_active
        JOIN organizations o ON o.id = m.organization_id {"AND o.deactivated_at IS NULL" if is_up else ""}
        JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.role_id"""
    columns = "u.id, o.id, u.email, u.name, o.name, r.name, {}, u.timezone"
    held = columns.format("r.permissions")
    _replace(
        "principals_of_user(p_user uuid)",
        f"TABLE ({_PRINCIPAL})",
        f"""
        SELECT {held} FROM memberships m {joins}
        WHERE m.user_id = p_user AND m.left_at IS NULL ORDER BY o.created_at, o.id
        """,
    )
    of_whom = f"JOIN memberships m ON m.organization_id = x.organization_id AND m.user_id = x.user_id {joins}"
    good = "x.token_sha256 = p_sha256 AND x.revoked_at IS NULL AND m.left_at IS NULL"
    _replace(
        "principal_of_session(p_sha256 text, p_now timestamptz)",
        f"TABLE ({_PRINCIPAL}, session_id uuid)",
        f"SELECT {held}, x.id FROM sessions x {of_whom} WHERE {good} AND x.expires_at > p_now",
    )
    scoped = """CASE WHEN x.scopes IS NULL THEN r.permissions
        ELSE ARRAY(SELECT unnest(r.permissions) INTERSECT SELECT unnest(x.scopes)) END"""
    noted = """UPDATE api_tokens t SET last_used_at = p_now
        WHERE t.token_sha256 = p_sha256 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > p_now)
            AND (t.last_used_at IS NULL OR t.last_used_at < p_now - interval '1 minute');"""
    _replace(
        "principal_of_api_token(p_sha256 text, p_now timestamptz)",
        f"TABLE ({_PRINCIPAL}, token_id uuid)",
        f"""
        {noted if is_up else ""}
        SELECT {columns.format(scoped) if is_up else held}, x.id FROM api_tokens x {of_whom}
        WHERE {good} AND (x.expires_at IS NULL OR x.expires_at > p_now)
        """,
        volatility="VOLATILE" if is_up else "STABLE",
    )
    _replace(
        "find_sign_in(p_email text)",
        "TABLE (user_id uuid, email text, name text, password_hash text, is_active boolean, locked_until timestamptz)",
        f"""
        SELECT u.id, u.email, u.name, u.password_hash, u.is_active, u.locked_until
        FROM users u WHERE u.email = lower(btrim(p_email)) {"AND NOT u.is_service" if is_up else ""}
        """,
    )
    is_open = "JOIN organizations o ON o.id = s.organization_id AND o.deactivated_at IS NULL"
    _replace(
        _DUE,
        "TABLE (schedule_id uuid, organization_id uuid, next_run_at timestamptz)",
        f"""
        SELECT s.id, s.organization_id, s.next_run_at FROM schedules s {is_open if is_up else ""}
        WHERE s.is_active AND s.next_run_at <= p_now AND (s.next_run_at, s.id) > (p_after, p_after_id)
        ORDER BY s.next_run_at, s.id LIMIT p_max
        """,
    )


def _replace(signature: str, result: str, body: str, *, volatility: str = "STABLE") -> None:
    op.get_bind().exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {signature} RETURNS {result} LANGUAGE sql {volatility} {_HEAD} AS $$ {body} $$"
    )


def _arguments(signature: str) -> str:
    """Return the name with its argument types only."""
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[1] for argument in arguments.split(', '))})"
