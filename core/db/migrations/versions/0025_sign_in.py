"""Signing in: resets of passwords, second factors, what a session tells of itself, limits, single sign-on.

A person may belong to several organizations, so none of these tables is an organization's. The app's role holds no
grant on them: the functions answer one narrow question each.
"""

from alembic import op

revision = "0025"
down_revision = "0024"

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_WALLED = ("second_factors", "recovery_codes", "password_resets", "sign_in_limits", "single_sign_ons")

_TABLES = """
ALTER TABLE users
    ADD COLUMN password_changed_at TIMESTAMPTZ,
    ADD COLUMN sso_issuer TEXT,
    ADD COLUMN sso_subject TEXT,
    ADD CONSTRAINT uq_users_sso_issuer_sso_subject UNIQUE (sso_issuer, sso_subject),
    ADD CONSTRAINT ck_users_sso CHECK ((sso_issuer IS NULL) = (sso_subject IS NULL));

ALTER TABLE sessions
    ADD COLUMN address TEXT DEFAULT '' NOT NULL,
    ADD COLUMN device TEXT DEFAULT '' NOT NULL,
    ADD COLUMN last_seen_at TIMESTAMPTZ;

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE second_factors (
    user_id UUID NOT NULL,
    sealed_secret TEXT NOT NULL,
    confirmed_at TIMESTAMPTZ,
    last_step BIGINT DEFAULT 0 NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_second_factors PRIMARY KEY (user_id),
    CONSTRAINT fk_second_factors_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE recovery_codes (
    user_id UUID NOT NULL,
    code_sha256 TEXT NOT NULL,
    used_at TIMESTAMPTZ,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, code_sha256),
    CONSTRAINT fk_recovery_codes_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE password_resets (
    token_sha256 TEXT NOT NULL,
    user_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_password_resets PRIMARY KEY (token_sha256),
    CONSTRAINT uq_password_resets_user_id UNIQUE (user_id),
    CONSTRAINT fk_password_resets_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE sign_in_limits (
    key TEXT NOT NULL,
    tokens DOUBLE PRECISION NOT NULL,
    filled_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_sign_in_limits PRIMARY KEY (key)
);

CREATE TABLE single_sign_ons (
    login_sha256 TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_single_sign_ons PRIMARY KEY (login_sha256)
);
"""

_BEFORE = """
        SELECT u.id, u.email, u.name, u.password_hash, u.is_active, u.locked_until
        FROM users u WHERE u.email = lower(btrim(p_email)) AND NOT u.is_service
"""
_FIND_SIGN_IN = (
    "find_sign_in(p_email text)",
    "TABLE (user_id uuid, email text, name text, password_hash text, is_active boolean, locked_until timestamptz)",
    "sql STABLE",
)

#: signature, result, language and volatility, body
_FUNCTIONS = (
    (
        "account_of(p_user uuid)",
        (
            "TABLE (user_id uuid, email text, name text, password_hash text, is_active boolean, "
            "locked_until timestamptz, uses_sso boolean, password_changed_at timestamptz, sealed_secret text, "
            "factor_confirmed_at timestamptz, recovery_left bigint, is_factor_required boolean)"
        ),
        "sql STABLE",
        """
        SELECT u.id, u.email, u.name, u.password_hash, u.is_active, u.locked_until, u.sso_subject IS NOT NULL,
            u.password_changed_at, f.sealed_secret, f.confirmed_at,
            (SELECT count(*) FROM recovery_codes c WHERE c.user_id = u.id AND c.used_at IS NULL),
            EXISTS (SELECT FROM memberships m JOIN organizations o ON o.id = m.organization_id
                WHERE m.user_id = u.id AND m.left_at IS NULL AND o.deactivated_at IS NULL
                    AND o.settings ->> 'second_factor' = 'required')
        FROM users u LEFT JOIN second_factors f ON f.user_id = u.id
        WHERE u.id = p_user
        """,
    ),
    (
        # Every session but the one that is kept ends, and so does a link that was mailed.
        "set_password(p_user uuid, p_hash text, p_keep text, p_now timestamptz)",
        "void",
        "sql VOLATILE",
        """
        UPDATE users SET password_hash = p_hash, password_changed_at = p_now, failed_sign_ins = 0, locked_until = NULL
        WHERE id = p_user AND sso_subject IS NULL;
        UPDATE sessions SET revoked_at = p_now
        WHERE user_id = p_user AND revoked_at IS NULL AND token_sha256 IS DISTINCT FROM p_keep;
        DELETE FROM password_resets WHERE user_id = p_user;
        """,
    ),
    (
        # Whether a link was made: one that is younger than p_not_since stands in the way.
        (
            "put_password_reset(p_user uuid, p_sha256 text, p_now timestamptz, p_expires_at timestamptz, "
            "p_not_since timestamptz)"
        ),
        "boolean",
        "sql VOLATILE",
        """
        WITH made AS (
            INSERT INTO password_resets AS r (token_sha256, user_id, created_at, expires_at)
            VALUES (p_sha256, p_user, p_now, p_expires_at)
            ON CONFLICT (user_id) DO UPDATE SET token_sha256 = excluded.token_sha256,
                created_at = excluded.created_at, expires_at = excluded.expires_at
                WHERE r.created_at <= p_not_since
            RETURNING 1)
        SELECT EXISTS (SELECT FROM made)
        """,
    ),
    (
        "find_password_reset(p_sha256 text, p_now timestamptz)",
        "uuid",
        "sql STABLE",
        """
        SELECT r.user_id FROM password_resets r JOIN users u ON u.id = r.user_id
        WHERE r.token_sha256 = p_sha256 AND r.expires_at > p_now AND u.is_active AND u.sso_subject IS NULL
        """,
    ),
    (
        # A link is good once: of two at the same instant the second finds no row.
        "use_password_reset(p_sha256 text, p_hash text, p_now timestamptz)",
        "uuid",
        "plpgsql VOLATILE",
        """
        DECLARE v_user uuid;
        BEGIN
            DELETE FROM password_resets r USING users u
            WHERE r.token_sha256 = p_sha256 AND r.expires_at > p_now
                AND u.id = r.user_id AND u.is_active AND u.sso_subject IS NULL
            RETURNING r.user_id INTO v_user;
            IF v_user IS NOT NULL THEN
                PERFORM set_password(v_user, p_hash, NULL, p_now);
            END IF;
            RETURN v_user;
        END
        """,
    ),
    (
        "put_second_factor(p_user uuid, p_sealed text)",
        "boolean",
        "sql VOLATILE",
        """
        WITH made AS (
            INSERT INTO second_factors AS f (user_id, sealed_secret) VALUES (p_user, p_sealed)
            ON CONFLICT (user_id) DO UPDATE SET sealed_secret = excluded.sealed_secret WHERE f.confirmed_at IS NULL
            RETURNING 1)
        SELECT EXISTS (SELECT FROM made)
        """,
    ),
    (
        "put_recovery_codes(p_user uuid, p_sha256s text[])",
        "void",
        "sql VOLATILE",
        """
        DELETE FROM recovery_codes WHERE user_id = p_user;
        INSERT INTO recovery_codes (user_id, code_sha256) SELECT p_user, unnest(p_sha256s);
        """,
    ),
    (
        "confirm_second_factor(p_user uuid, p_step bigint, p_sha256s text[], p_now timestamptz)",
        "boolean",
        "plpgsql VOLATILE",
        """
        BEGIN
            UPDATE second_factors SET confirmed_at = p_now, last_step = p_step
            WHERE user_id = p_user AND confirmed_at IS NULL;
            IF NOT FOUND THEN
                RETURN false;
            END IF;
            PERFORM put_recovery_codes(p_user, p_sha256s);
            RETURN true;
        END
        """,
    ),
    (
        # A code is good once: a step that was taken, and every one before it, is not taken again.
        "take_factor_step(p_user uuid, p_step bigint)",
        "boolean",
        "sql VOLATILE",
        """
        WITH taken AS (
            UPDATE second_factors SET last_step = p_step
            WHERE user_id = p_user AND confirmed_at IS NOT NULL AND last_step < p_step RETURNING 1)
        SELECT EXISTS (SELECT FROM taken)
        """,
    ),
    (
        "take_recovery_code(p_user uuid, p_sha256 text, p_now timestamptz)",
        "boolean",
        "sql VOLATILE",
        """
        WITH taken AS (
            UPDATE recovery_codes SET used_at = p_now
            WHERE user_id = p_user AND code_sha256 = p_sha256 AND used_at IS NULL RETURNING 1)
        SELECT EXISTS (SELECT FROM taken)
        """,
    ),
    (
        "remove_second_factor(p_user uuid)",
        "boolean",
        "sql VOLATILE",
        """
        DELETE FROM recovery_codes WHERE user_id = p_user;
        WITH gone AS (DELETE FROM second_factors WHERE user_id = p_user RETURNING confirmed_at)
        SELECT EXISTS (SELECT FROM gone WHERE confirmed_at IS NOT NULL)
        """,
    ),
    (
        "sessions_of_user(p_user uuid, p_now timestamptz)",
        (
            "TABLE (id uuid, organization text, device text, address text, created_at timestamptz, "
            "last_seen_at timestamptz, expires_at timestamptz, token_sha256 text)"
        ),
        "sql STABLE",
        """
        SELECT s.id, o.name, s.device, s.address, s.created_at, s.last_seen_at, s.expires_at, s.token_sha256
        FROM sessions s JOIN organizations o ON o.id = s.organization_id
        WHERE s.user_id = p_user AND s.revoked_at IS NULL AND s.expires_at > p_now
        ORDER BY coalesce(s.last_seen_at, s.created_at) DESC, s.id
        """,
    ),
    (
        # One session of a person, or all but the one that is kept; says how many ended.
        "end_sessions(p_user uuid, p_session uuid, p_keep text, p_now timestamptz)",
        "bigint",
        "sql VOLATILE",
        """
        WITH ended AS (
            UPDATE sessions SET revoked_at = p_now
            WHERE user_id = p_user AND revoked_at IS NULL AND expires_at > p_now
                AND (p_session IS NULL OR id = p_session) AND token_sha256 IS DISTINCT FROM p_keep
            RETURNING 1)
        SELECT count(*) FROM ended
        """,
    ),
    (
        "note_session_seen(p_sha256 text, p_now timestamptz)",
        "void",
        "sql VOLATILE",
        "UPDATE sessions SET last_seen_at = p_now WHERE token_sha256 = p_sha256 AND revoked_at IS NULL",
    ),
    (
        # A token bucket: p_most at once and as many a minute. Returns the seconds to wait, 0 where one was taken.
        "take_sign_in(p_key text, p_most integer, p_now timestamptz)",
        "double precision",
        "plpgsql VOLATILE",
        """
        DECLARE v_tokens double precision;
        BEGIN
            DELETE FROM sign_in_limits WHERE filled_at < p_now - interval '1 hour';
            INSERT INTO sign_in_limits (key, tokens, filled_at) VALUES (p_key, p_most, p_now)
            ON CONFLICT (key) DO UPDATE SET filled_at = greatest(p_now, sign_in_limits.filled_at),
                tokens = least(p_most, sign_in_limits.tokens
                    + greatest(extract(epoch FROM p_now - sign_in_limits.filled_at), 0) * p_most / 60.0)
            RETURNING tokens INTO v_tokens;
            IF v_tokens < 1 THEN
                RETURN (1 - v_tokens) * 60.0 / p_most;
            END IF;
            UPDATE sign_in_limits SET tokens = v_tokens - 1 WHERE key = p_key;
            RETURN 0;
        END
        """,
    ),
    (
        "give_back_sign_in(p_key text, p_most integer)",
        "void",
        "sql VOLATILE",
        "UPDATE sign_in_limits SET tokens = least(tokens + 1, p_most) WHERE key = p_key",
    ),
    (
        # A login at the provider is good once.
        "take_single_sign_on(p_sha256 text, p_now timestamptz, p_expires_at timestamptz)",
        "boolean",
        "sql VOLATILE",
        """
        DELETE FROM single_sign_ons WHERE expires_at < p_now;
        WITH taken AS (
            INSERT INTO single_sign_ons (login_sha256, expires_at) VALUES (p_sha256, p_expires_at)
            ON CONFLICT DO NOTHING RETURNING 1)
        SELECT EXISTS (SELECT FROM taken)
        """,
    ),
    (
        # By subject; else by address, once: the account belongs to that subject from then on and its password is gone.
        "enter_by_sso(p_issuer text, p_subject text, p_email text)",
        "uuid",
        "plpgsql VOLATILE",
        """
        DECLARE v_user uuid;
        BEGIN
            SELECT id INTO v_user FROM users WHERE sso_issuer = p_issuer AND sso_subject = p_subject;
            IF v_user IS NULL THEN
                UPDATE users SET sso_issuer = p_issuer, sso_subject = p_subject, password_hash = '',
                    failed_sign_ins = 0, locked_until = NULL
                WHERE email = p_email AND sso_subject IS NULL AND is_active AND NOT is_service RETURNING id INTO v_user;
                DELETE FROM password_resets WHERE user_id = v_user;
            END IF;
            RETURN (SELECT id FROM users WHERE id = v_user AND is_active);
        END
        """,
    ),
    (
        # No role that looks after people or the installation is given away like this.
        "join_by_sso(p_issuer text, p_subject text, p_email text, p_name text, p_organization text, p_role text)",
        "uuid",
        "plpgsql VOLATILE",
        """
        DECLARE v_user uuid; v_organization uuid; v_role uuid;
        BEGIN
            SELECT r.organization_id, r.id INTO v_organization, v_role
            FROM roles r JOIN organizations o ON o.id = r.organization_id
            WHERE o.name = p_organization AND r.name = p_role
                AND NOT r.permissions && ARRAY['manage_members', 'manage_installation'];
            IF v_role IS NULL THEN
                RETURN NULL;
            END IF;
            INSERT INTO users (email, name, password_hash, sso_issuer, sso_subject)
            VALUES (p_email, p_name, '', p_issuer, p_subject) ON CONFLICT DO NOTHING RETURNING id INTO v_user;
            INSERT INTO memberships (organization_id, user_id, role_id)
            SELECT v_organization, v_user, v_role WHERE v_user IS NOT NULL;
            RETURN v_user;
        END
        """,
    ),
)


def upgrade() -> None:
    """Add it; nobody's way to sign in changes by itself."""
    run = op.get_bind().exec_driver_sql
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            run(statement)
    for table in _WALLED:
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _put(*_FIND_SIGN_IN, _BEFORE + " AND u.sso_subject IS NULL")
    for function in _FUNCTIONS:
        _put(*function)
        run(f"REVOKE ALL ON FUNCTION {_arguments(function[0])} FROM PUBLIC")


def downgrade() -> None:
    """Take it back. Who signed in at a provider has no password then: an administrator gives them one."""
    _put(*_FIND_SIGN_IN, _BEFORE)
    for signature, *_ in reversed(_FUNCTIONS):
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {_arguments(signature)}")
    for table in _WALLED:
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP INDEX ix_sessions_user_id")
    op.execute("ALTER TABLE sessions DROP COLUMN address, DROP COLUMN device, DROP COLUMN last_seen_at")
    op.execute("ALTER TABLE users DROP CONSTRAINT ck_users_sso")
    op.execute("ALTER TABLE users DROP COLUMN password_changed_at, DROP COLUMN sso_issuer, DROP COLUMN sso_subject")


def _put(signature: str, result: str, language: str, body: str) -> None:
    op.get_bind().exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {signature} RETURNS {result} LANGUAGE {language} {_HEAD} AS $$ {body} $$"
    )


def _arguments(signature: str) -> str:
    """Return the name with its argument types only."""
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[1] for argument in arguments.split(', '))})"
