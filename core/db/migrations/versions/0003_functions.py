"""The SECURITY DEFINER functions: the only way to what has no organization yet (sign-in, tokens, links, planning).

They run as the owner, look up names in pg_catalog and public only, and answer one narrow question each. EXECUTE is
taken from PUBLIC here and given to the app's role by `core.db.roles`.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_PRINCIPAL = (
    "user_id uuid, organization_id uuid, email text, name text, organization text, role text, "
    "permissions text[], timezone text"
)
_PRINCIPAL_COLUMNS = "u.id, o.id, u.email, u.name, o.name, r.name, r.permissions, u.timezone"
_PRINCIPAL_JOINS = """
        JOIN users u ON u.id = m.user_id AND u.is_active
        JOIN organizations o ON o.id = m.organization_id
        JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.role_id"""

#: signature, result, volatility, body
_FUNCTIONS = (
    (
        "find_sign_in(p_email text)",
        "TABLE (user_id uuid, email text, name text, password_hash text, is_active boolean, locked_until timestamptz)",
        "STABLE",
        """
        SELECT u.id, u.email, u.name, u.password_hash, u.is_active, u.locked_until
        FROM users u WHERE u.email = lower(btrim(p_email))
        """,
    ),
    (
        # Five failures lock for a minute, each further one for twice as long, up to an hour.
        "record_sign_in(p_user uuid, p_ok boolean, p_now timestamptz)",
        "void",
        "VOLATILE",
        """
        UPDATE users SET
            failed_sign_ins = CASE WHEN p_ok THEN 0 ELSE failed_sign_ins + 1 END,
            locked_until = CASE
                WHEN p_ok THEN NULL
                WHEN failed_sign_ins + 1 < 5 THEN locked_until
                ELSE p_now + least(interval '1 minute' * power(2, least(failed_sign_ins - 4, 10)), interval '1 hour')
            END
        WHERE id = p_user
        """,
    ),
    (
        "principals_of_user(p_user uuid)",
        f"TABLE ({_PRINCIPAL})",
        "STABLE",
        f"""
        SELECT {_PRINCIPAL_COLUMNS}
        FROM memberships m {_PRINCIPAL_JOINS}
        WHERE m.user_id = p_user
        ORDER BY o.created_at, o.id
        """,
    ),
    (
        "principal_of_session(p_sha256 text, p_now timestamptz)",
        f"TABLE ({_PRINCIPAL}, session_id uuid)",
        "STABLE",
        f"""
        SELECT {_PRINCIPAL_COLUMNS}, s.id
        FROM sessions s
        JOIN memberships m ON m.organization_id = s.organization_id AND m.user_id = s.user_id {_PRINCIPAL_JOINS}
        WHERE s.token_sha256 = p_sha256 AND s.revoked_at IS NULL AND s.expires_at > p_now
        """,
    ),
    (
        "principal_of_api_token(p_sha256 text, p_now timestamptz)",
        f"TABLE ({_PRINCIPAL}, token_id uuid)",
        "STABLE",
        f"""
        SELECT {_PRINCIPAL_COLUMNS}, t.id
        FROM api_tokens t
        JOIN memberships m ON m.organization_id = t.organization_id AND m.user_id = t.user_id {_PRINCIPAL_JOINS}
        WHERE t.token_sha256 = p_sha256 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > p_now)
        """,
    ),
    (
        "due_schedules(p_now timestamptz, p_max integer)",
        "TABLE (schedule_id uuid, organization_id uuid)",
        "STABLE",
        """
        SELECT s.id, s.organization_id FROM schedules s
        WHERE s.is_active AND s.next_run_at <= p_now
        ORDER BY s.next_run_at, s.id LIMIT p_max
        """,
    ),
    (
        # Fifteen seconds are what a wake-up in the queue has before the sweep wakes the work itself.
        "open_work(p_now timestamptz, p_max integer)",
        "TABLE (kind text, id uuid, organization_id uuid)",
        "STABLE",
        """
        SELECT w.kind, w.id, w.organization_id FROM (
            SELECT 'run' AS kind, r.id, r.organization_id, r.created_at
            FROM runs r
            WHERE r.finished_at IS NULL AND (
                (r.state = 'running' AND r.lease_until < p_now)
                OR (r.state IN ('pending', 'waiting') AND r.next_attempt_at <= p_now)
                OR (r.state IN ('pending', 'waiting') AND r.next_attempt_at IS NULL
                    AND r.created_at < p_now - interval '15 seconds'))
            UNION ALL
            SELECT 'delivery', d.id, d.organization_id, d.created_at
            FROM deliveries d
            WHERE d.sent_at IS NULL AND (
                (d.state = 'sending' AND d.lease_until < p_now)
                OR (d.state IN ('pending', 'retry', 'unknown') AND d.next_attempt_at <= p_now)
                OR (d.state IN ('pending', 'retry') AND d.next_attempt_at IS NULL
                    AND d.created_at < p_now - interval '15 seconds'))
        ) w
        ORDER BY w.created_at, w.id LIMIT p_max
        """,
    ),
    (
        "organization_of_run(p_run uuid)",
        "uuid",
        "STABLE",
        "SELECT r.organization_id FROM runs r WHERE r.id = p_run",
    ),
    (
        "organization_of_delivery(p_delivery uuid)",
        "uuid",
        "STABLE",
        "SELECT d.organization_id FROM deliveries d WHERE d.id = p_delivery",
    ),
    (
        "artifact_of_link(p_sha256 text, p_now timestamptz)",
        "TABLE (organization_id uuid, artifact_id uuid)",
        "STABLE",
        """
        SELECT l.organization_id, l.artifact_id FROM download_links l
        WHERE l.token_sha256 = p_sha256 AND l.revoked_at IS NULL AND l.expires_at > p_now
        """,
    ),
)


def upgrade() -> None:
    """Create the functions."""
    for signature, result, volatility, body in _FUNCTIONS:
        op.get_bind().exec_driver_sql(
            f"CREATE FUNCTION {signature} RETURNS {result} LANGUAGE sql {volatility} {_HEAD} AS $$ {body} $$"
        )
        op.get_bind().exec_driver_sql(f"REVOKE ALL ON FUNCTION {_arguments(signature)} FROM PUBLIC")


def downgrade() -> None:
    """Drop the functions."""
    for signature, *_ in reversed(_FUNCTIONS):
        op.get_bind().exec_driver_sql(f"DROP FUNCTION {_arguments(signature)}")


def _arguments(signature: str) -> str:
    """Return the name with its argument types only."""
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[1] for argument in arguments.split(', '))})"
