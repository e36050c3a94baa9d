"""Folders, tags, favourites and sharing of reports; what an organization's search reads.

A transaction may name a person in `app.person_id`. Then reports that this person may not see do not exist for it; the
daemon and administrators name nobody and see all of the organization's.
"""

from alembic import op

revision = "0021"
down_revision = "0020"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_PERSON = "nullif(current_setting('app.person_id', true), '')::uuid"

_TABLES = (
    (
        "folders",
        """
        parent_id UUID,
        name TEXT NOT NULL,
        CONSTRAINT uq_folders_organization_id_id UNIQUE (organization_id, id),
        CONSTRAINT uq_folders_organization_id_parent_id_name
            UNIQUE NULLS NOT DISTINCT (organization_id, parent_id, name),
        CONSTRAINT fk_folders_organization_id_parent_id_folders
            FOREIGN KEY (organization_id, parent_id) REFERENCES folders (organization_id, id),
        """,
    ),
    (
        "report_grants",
        """
        report_id UUID NOT NULL,
        user_id UUID,
        group_id UUID,
        level TEXT NOT NULL,
        CONSTRAINT ck_report_grants_one CHECK ((user_id IS NULL) <> (group_id IS NULL)),
        CONSTRAINT ck_report_grants_level CHECK (level IN ('view', 'edit')),
        CONSTRAINT uq_report_grants_report_id_user_id_group_id
            UNIQUE NULLS NOT DISTINCT (report_id, user_id, group_id),
        CONSTRAINT fk_report_grants_organization_id_report_id_reports
            FOREIGN KEY (organization_id, report_id) REFERENCES reports (organization_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_report_grants_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT fk_report_grants_organization_id_group_id_groups
            FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE,
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
_FAVOURITES = """
CREATE TABLE report_favourites (
    user_id UUID NOT NULL,
    report_id UUID NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_report_favourites PRIMARY KEY (user_id, report_id),
    CONSTRAINT fk_report_favourites_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_report_favourites_organization_id_report_id_reports
        FOREIGN KEY (organization_id, report_id) REFERENCES reports (organization_id, id) ON DELETE CASCADE
)
"""
_COLUMNS = (
    "folder_id UUID",
    "tags TEXT[] DEFAULT '{}'::text[] NOT NULL",
    "visibility TEXT DEFAULT 'organization' NOT NULL",
    "everyone TEXT DEFAULT 'edit' NOT NULL",
    "deleted_at TIMESTAMPTZ",
)
_CONSTRAINTS = (
    "CONSTRAINT ck_reports_visibility CHECK (visibility IN ('private', 'shared', 'organization'))",
    "CONSTRAINT ck_reports_everyone CHECK (everyone IN ('view', 'edit'))",
    """CONSTRAINT fk_reports_organization_id_folder_id_folders
        FOREIGN KEY (organization_id, folder_id) REFERENCES folders (organization_id, id)""",
)
_INDEXES = (
    "ix_report_grants_user_id ON report_grants (user_id)",
    "ix_report_grants_group_id ON report_grants (group_id)",
    "ix_report_favourites_report_id ON report_favourites (report_id)",
    "ix_reports_recent ON reports (organization_id, updated_at DESC) WHERE archived_at IS NULL",
    "ix_reports_folder_id ON reports (folder_id)",
    "ix_reports_owner_id ON reports (owner_id)",
    "ix_reports_dataset_id ON reports (dataset_id)",
    "ix_reports_tags ON reports USING gin (tags)",
    "ix_schedules_report_id ON schedules (report_id)",
    "ix_runs_report_recent ON runs (report_id, created_at DESC) WHERE report_id IS NOT NULL",
)
#: As `core.domain.library.Shared` is read by the policy.
_SEEN = f"""
    {_PERSON} IS NULL
    OR visibility = 'organization'
    OR owner_id = {_PERSON}
    OR (visibility = 'shared' AND EXISTS (
        SELECT FROM report_grants g WHERE g.report_id = reports.id AND (
            g.user_id = {_PERSON}
            OR g.group_id IN (SELECT m.group_id FROM group_members m WHERE m.user_id = {_PERSON}))))
"""
#: Lower case without accents, so that "osterreich" finds "Österreich".
_FOLDED = r"""
CREATE FUNCTION folded(p_text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_text ~ '[^\x01-\x7f]'
        THEN lower(regexp_replace(normalize(p_text, NFKD), '[\u0300-\u036f]', '', 'g'))
        ELSE lower(p_text) END
$$
"""


def upgrade() -> None:
    """Add it all; reports stay visible to their organization."""
    for table, columns in _TABLES:
        op.execute(f"CREATE TABLE {table} ({columns}{_OWNED.format(table=table)})")
    op.execute(_FAVOURITES)
    added = [*(f"ADD COLUMN {column}" for column in _COLUMNS), *(f"ADD {item}" for item in _CONSTRAINTS)]
    op.execute(f"ALTER TABLE reports {', '.join(added)}")
    op.execute("ALTER TABLE memberships ADD COLUMN tour_done_at TIMESTAMPTZ")
    for table in (*(name for name, _ in _TABLES), "report_favourites"):
        condition = f"organization_id = {_CURRENT}"
        op.execute(f"CREATE POLICY organization ON {table} USING ({condition}) WITH CHECK ({condition})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY person ON reports AS RESTRICTIVE USING ({_SEEN}) WITH CHECK (true)")
    op.get_bind().exec_driver_sql(_FOLDED)
    for index in _INDEXES:
        op.execute(f"CREATE INDEX {index}")


def downgrade() -> None:
    """Take it back; what was private is seen by everybody in its organization again."""
    op.execute("DROP POLICY person ON reports")
    for name in ("ix_runs_report_recent", "ix_schedules_report_id"):
        op.execute(f"DROP INDEX {name}")
    op.execute("ALTER TABLE memberships DROP COLUMN tour_done_at")
    op.execute("DROP TABLE report_favourites, report_grants")
    op.execute("DROP INDEX ix_reports_recent, ix_reports_owner_id, ix_reports_dataset_id")
    names = (column.split()[0] for column in _COLUMNS)
    op.execute("ALTER TABLE reports " + ", ".join(f"DROP COLUMN {name}" for name in names))
    op.execute("DROP TABLE folders")
    op.execute("DROP FUNCTION folded(text)")
