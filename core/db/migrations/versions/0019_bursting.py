"""Recipients from data: whom a run found, the parts of its result that they get, and the files of each part."""

from alembic import op

revision = "0019"
down_revision = "0018"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"

_TABLES = (
    (
        "burst_parts",
        """
        run_id UUID NOT NULL,
        place INTEGER NOT NULL,
        content JSONB NOT NULL,
        rows_matched BIGINT,
        record JSONB,
        CONSTRAINT uq_burst_parts_run_id_place UNIQUE (run_id, place),
        CONSTRAINT fk_burst_parts_organization_id_run_id_runs
            FOREIGN KEY (organization_id, run_id) REFERENCES runs (organization_id, id) ON DELETE CASCADE,
        """,
    ),
    (
        "burst_recipients",
        """
        run_id UUID NOT NULL,
        part_id UUID,
        place INTEGER NOT NULL,
        line INTEGER NOT NULL,
        address TEXT NOT NULL,
        name TEXT DEFAULT '' NOT NULL,
        locale TEXT DEFAULT '' NOT NULL,
        facts JSONB NOT NULL,
        formats TEXT[] NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        CONSTRAINT uq_burst_recipients_run_id_place UNIQUE (run_id, place),
        CONSTRAINT ck_burst_recipients_outcome CHECK (outcome IN ('sent', 'skipped', 'refused')),
        CONSTRAINT fk_burst_recipients_part_id_burst_parts
            FOREIGN KEY (part_id) REFERENCES burst_parts (id) ON DELETE CASCADE,
        CONSTRAINT fk_burst_recipients_organization_id_run_id_runs
            FOREIGN KEY (organization_id, run_id) REFERENCES runs (organization_id, id) ON DELETE CASCADE,
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


def upgrade() -> None:
    """Add the tables behind row-level security; a run may have a file of each format for each part."""
    for table, columns in _TABLES:
        op.execute(f"CREATE TABLE {table} ({columns}{_OWNED.format(table=table)})")
        condition = f"organization_id = {_CURRENT}"
        op.execute(f"CREATE POLICY organization ON {table} USING ({condition}) WITH CHECK ({condition})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("CREATE INDEX ix_burst_recipients_part_id ON burst_recipients (part_id)")
    op.execute("CREATE INDEX ix_burst_recipients_address ON burst_recipients (run_id, address)")
    for table in ("schedules", "runs"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN burst JSONB")
    op.execute("ALTER TABLE artifacts ADD COLUMN part_id UUID")
    op.execute(
        "ALTER TABLE artifacts ADD CONSTRAINT fk_artifacts_part_id_burst_parts "
        "FOREIGN KEY (part_id) REFERENCES burst_parts (id) ON DELETE CASCADE"
    )
    op.execute("ALTER TABLE artifacts DROP CONSTRAINT uq_artifacts_run_id_format")
    op.execute(
        "ALTER TABLE artifacts ADD CONSTRAINT uq_artifacts_run_id_part_id_format "
        "UNIQUE NULLS NOT DISTINCT (run_id, part_id, format)"
    )
    op.execute("CREATE INDEX ix_artifacts_part_id ON artifacts (part_id) WHERE part_id IS NOT NULL")
    # Whether a run has any delivery left is asked at the end of each of them.
    op.execute(
        "CREATE INDEX ix_deliveries_unsettled ON deliveries (run_id) "
        "WHERE state IN ('pending', 'sending', 'retry', 'unknown')"
    )


def downgrade() -> None:
    """Take it back; files of parts are forgotten, as without parts nothing says whose they are."""
    op.execute("DROP INDEX ix_deliveries_unsettled")
    op.execute("DELETE FROM artifacts WHERE part_id IS NOT NULL")
    op.execute("DROP INDEX ix_artifacts_part_id")
    op.execute("ALTER TABLE artifacts DROP CONSTRAINT uq_artifacts_run_id_part_id_format")
    op.execute("ALTER TABLE artifacts ADD CONSTRAINT uq_artifacts_run_id_format UNIQUE (run_id, format)")
    op.execute("ALTER TABLE artifacts DROP COLUMN part_id")
    for table in ("schedules", "runs"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN burst")
    op.execute("DROP TABLE burst_recipients, burst_parts")
