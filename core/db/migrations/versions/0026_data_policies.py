"""Data policies: which rows and fields of a dataset exist for whom, attributes of people; and personal data.

How long files with the rows of a dataset are kept, and what an address or an account leaves behind once it is erased.
"""

from alembic import op

revision = "0026"
down_revision = "0025"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_ATTRIBUTES = """
CREATE TABLE person_attributes (
    user_id UUID,
    name TEXT NOT NULL,
    given TEXT[] NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_person_attributes PRIMARY KEY (id),
    CONSTRAINT ck_person_attributes_given CHECK (cardinality(given) > 0),
    CONSTRAINT uq_person_attributes_organization_id_user_id_name
        UNIQUE NULLS NOT DISTINCT (organization_id, user_id, name),
    CONSTRAINT fk_person_attributes_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT fk_person_attributes_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
)
"""
_COLUMNS = (
    "ADD COLUMN policy JSONB",
    "ADD COLUMN policy_version INTEGER DEFAULT 0 NOT NULL",
    "ADD COLUMN files_days INTEGER",
    "ADD CONSTRAINT ck_datasets_files_days CHECK (files_days BETWEEN 1 AND 3650)",
)
#: A dashboard names reports where a report names its dataset.
_DATASETS_OF_RUN = """
    SELECT d.files_days FROM datasets d
    WHERE d.organization_id = r.organization_id AND d.files_days IS NOT NULL AND (
        d.id::text = r.definition->>'dataset_id'
        OR EXISTS (SELECT FROM reports p WHERE p.dataset_id = d.id AND p.organization_id = r.organization_id
            AND r.definition->>'kind' = 'dashboard'
            AND jsonb_path_exists(r.definition, '$.**.report_id ? (@ == $id)', jsonb_build_object('id', p.id::text))))
"""
_FUNCTIONS = {
    "artifacts_past_their_days(timestamptz, integer)": f"""
        RETURNS TABLE (artifact_id uuid, organization_id uuid) LANGUAGE sql STABLE {_HEAD} AS $$
            SELECT a.id, a.organization_id
            FROM artifacts a
            JOIN runs r ON r.organization_id = a.organization_id AND r.id = a.run_id
            WHERE a.deleted_at IS NULL AND r.finished_at IS NOT NULL
                AND EXISTS (SELECT FROM datasets k
                    WHERE k.organization_id = a.organization_id AND k.files_days IS NOT NULL)
                AND a.created_at < $1 - make_interval(days => (SELECT min(f.files_days) FROM ({_DATASETS_OF_RUN}) f))
            ORDER BY a.created_at, a.id LIMIT $2
        $$
    """,
    # The ledger keeps its rows: that something went out, when and with which answer, but not to whom.
    "erase_address(text, text, text)": rf"""
        RETURNS integer LANGUAGE plpgsql {_HEAD} AS $$
        DECLARE
            mine uuid := {_CURRENT};
            pattern text := regexp_replace($1, '([^a-z0-9@_-])', '\\\1', 'g');
            touched integer;
        BEGIN
            DELETE FROM sent_copies c USING deliveries d
                WHERE c.delivery_id = d.id AND d.organization_id = mine AND lower(d.address) = $1;
            UPDATE delivery_events e SET message = regexp_replace(e.message, pattern, $2, 'gi')
                WHERE e.organization_id = mine AND e.message ILIKE '%' || $1 || '%';
            UPDATE deliveries SET address = $2, recipient_name = '', recipient_locale = '', response = NULL,
                error_message = regexp_replace(error_message, pattern, $2, 'gi')
                WHERE organization_id = mine AND lower(address) = $1;
            GET DIAGNOSTICS touched = ROW_COUNT;
            UPDATE burst_recipients SET address = $2, name = '', locale = '', facts = '{{}}', reason = ''
                WHERE organization_id = mine AND lower(address) = $1;
            UPDATE runs SET recipients = regexp_replace(recipients::text, pattern, $2, 'gi')::jsonb
                WHERE organization_id = mine AND recipients::text ILIKE '%' || $1 || '%';
            UPDATE runs SET error_message = regexp_replace(error_message, pattern, $2, 'gi')
                WHERE organization_id = mine AND error_message ILIKE '%' || $1 || '%';
            UPDATE run_events SET message = regexp_replace(message, pattern, $2, 'gi')
                WHERE organization_id = mine AND message ILIKE '%' || $1 || '%';
            UPDATE bounces SET address = $2, reason = '' WHERE organization_id = mine AND lower(address) = $1;
            UPDATE download_links SET recipient = NULL, revoked_at = coalesce(revoked_at, now())
                WHERE organization_id = mine AND lower(recipient) = $1;
            DELETE FROM mail_tokens WHERE organization_id = mine AND lower(address) = $1;
            DELETE FROM verified_addresses WHERE organization_id = mine AND lower(address) = $1;
            DELETE FROM suppressions WHERE organization_id = mine AND address = $3;
            UPDATE suppressions SET address = $3, note = '' WHERE organization_id = mine AND address = $1;
            RETURN touched;
        END $$
    """,
    # Somebody who is in another organization too keeps the account; what is theirs here loses its name either way.
    "erase_account(uuid, text)": f"""
        RETURNS boolean LANGUAGE plpgsql {_HEAD} AS $$
        DECLARE
            mine uuid := {_CURRENT};
        BEGIN
            IF NOT EXISTS (SELECT FROM memberships WHERE organization_id = mine AND user_id = $1
                AND left_at IS NOT NULL) THEN
                RETURN false;
            END IF;
            DELETE FROM person_attributes WHERE organization_id = mine AND user_id = $1;
            DELETE FROM group_members WHERE organization_id = mine AND user_id = $1;
            DELETE FROM report_drafts WHERE organization_id = mine AND user_id = $1;
            DELETE FROM sessions WHERE organization_id = mine AND user_id = $1;
            DELETE FROM api_tokens WHERE organization_id = mine AND user_id = $1;
            IF EXISTS (SELECT FROM memberships WHERE user_id = $1 AND organization_id <> mine) THEN
                RETURN false;
            END IF;
            DELETE FROM second_factors WHERE user_id = $1;
            DELETE FROM recovery_codes WHERE user_id = $1;
            DELETE FROM password_resets WHERE user_id = $1;
            UPDATE users SET email = $2, name = 'Erased person', password_hash = '!', timezone = 'UTC',
                is_active = false, sso_issuer = NULL, sso_subject = NULL WHERE id = $1;
            RETURN true;
        END $$
    """,
}


def upgrade() -> None:
    """Add them; nobody is restricted yet."""
    op.execute(_ATTRIBUTES)
    op.execute("CREATE INDEX ix_person_attributes_user_id ON person_attributes (user_id)")
    condition = f"organization_id = {_CURRENT}"
    op.execute(f"CREATE POLICY organization ON person_attributes USING ({condition}) WITH CHECK ({condition})")
    op.execute("CREATE POLICY owner ON person_attributes TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE person_attributes ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE person_attributes FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE datasets {', '.join(_COLUMNS)}")
    for signature, body in _FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {signature} {body}")
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")


def downgrade() -> None:
    """Take them back: from then on everybody sees every row and field of the datasets they may ask."""
    for signature in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("ALTER TABLE datasets DROP COLUMN policy, DROP COLUMN policy_version, DROP COLUMN files_days")
    op.execute("DROP TABLE person_attributes")
