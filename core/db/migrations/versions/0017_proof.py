"""Links that say how often, for whom and who used them; what went out and every step of it; bounces."""

from alembic import op

revision = "0017"
down_revision = "0016"

_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"

_TABLES = (
    (
        "link_uses",
        """
        link_id UUID NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        network TEXT NOT NULL,
        result TEXT NOT NULL,
        CONSTRAINT ck_link_uses_result CHECK (result IN ('opened', 'resumed', 'revoked', 'expired', 'used_up',
            'not_allowed', 'removed', 'code_sent', 'code_wrong')),
        CONSTRAINT fk_link_uses_link_id_download_links
            FOREIGN KEY (link_id) REFERENCES download_links (id) ON DELETE CASCADE,
        """,
    ),
    (
        "sent_copies",
        """
        delivery_id UUID NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        subject TEXT NOT NULL,
        sha256 TEXT,
        size_bytes BIGINT,
        content TEXT NOT NULL,
        files JSONB NOT NULL,
        CONSTRAINT uq_sent_copies_delivery_id UNIQUE (delivery_id),
        CONSTRAINT fk_sent_copies_delivery_id_deliveries
            FOREIGN KEY (delivery_id) REFERENCES deliveries (id) ON DELETE CASCADE,
        """,
    ),
    (
        "sent_parts",
        """
        run_id UUID NOT NULL,
        sha256 TEXT NOT NULL,
        content BYTEA NOT NULL,
        CONSTRAINT uq_sent_parts_run_id_sha256 UNIQUE (run_id, sha256),
        CONSTRAINT fk_sent_parts_run_id_runs FOREIGN KEY (run_id) REFERENCES runs (id) ON DELETE CASCADE,
        """,
    ),
    (
        "bounces",
        """
        provider TEXT NOT NULL,
        event_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        address TEXT NOT NULL,
        reason TEXT NOT NULL,
        happened_at TIMESTAMPTZ NOT NULL,
        delivery_id UUID,
        CONSTRAINT uq_bounces_organization_id_provider_event_id UNIQUE (organization_id, provider, event_id),
        CONSTRAINT ck_bounces_kind CHECK (kind IN ('hard', 'soft', 'complaint')),
        CONSTRAINT fk_bounces_delivery_id_deliveries
            FOREIGN KEY (delivery_id) REFERENCES deliveries (id) ON DELETE SET NULL,
        """,
    ),
    (
        "bounce_intakes",
        """
        provider TEXT NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        secrets TEXT NOT NULL,
        updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
        CONSTRAINT uq_bounce_intakes_organization_id_provider UNIQUE (organization_id, provider),
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
_EVENTS = """
CREATE TABLE delivery_events (
    id BIGSERIAL NOT NULL,
    organization_id UUID NOT NULL,
    delivery_id UUID NOT NULL,
    at TIMESTAMPTZ DEFAULT clock_timestamp() NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    message TEXT,
    CONSTRAINT pk_delivery_events PRIMARY KEY (id),
    CONSTRAINT fk_delivery_events_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT fk_delivery_events_delivery_id_deliveries
        FOREIGN KEY (delivery_id) REFERENCES deliveries (id) ON DELETE CASCADE
)
"""
_LINK_COLUMNS = (
    "reference TEXT",
    "max_uses INTEGER",
    "uses INTEGER DEFAULT 0 NOT NULL",
    "recipient TEXT",
    "code_sha256 TEXT",
    "code_until TIMESTAMPTZ",
    "code_sent_at TIMESTAMPTZ",
    "code_tries INTEGER DEFAULT 0 NOT NULL",
    "codes_sent INTEGER DEFAULT 0 NOT NULL",
)
_INDEXES = (
    "ix_download_links_artifact_id ON download_links (artifact_id)",
    "ix_link_uses_link_id_at ON link_uses (link_id, at)",
    "ix_delivery_events_delivery_id ON delivery_events (delivery_id)",
    "ix_bounces_delivery_id ON bounces (delivery_id)",
    "ix_deliveries_reference ON deliveries (reference)",
    "ix_deliveries_address ON deliveries (organization_id, address)",
    "ix_deliveries_recent ON deliveries (organization_id, created_at DESC)",
)
#: signature, body. A mail comes back to the installation, which does not know yet whose it is.
_FUNCTIONS = (
    (
        "organization_of_link(p_sha256 text)",
        "SELECT l.organization_id FROM download_links l WHERE l.token_sha256 = p_sha256",
    ),
    (
        "organization_of_mail(p_reference text)",
        "SELECT d.organization_id FROM deliveries d WHERE d.channel = 'email' AND d.reference = p_reference LIMIT 1",
    ),
)


def upgrade() -> None:
    """Add it all; the walls are those of every tenant table."""
    for table, columns in _TABLES:
        op.execute(f"CREATE TABLE {table} ({columns}{_OWNED.format(table=table)})")
    op.execute(_EVENTS)
    for table in (*(name for name, _ in _TABLES), "delivery_events"):
        condition = f"organization_id = {_CURRENT}"
        op.execute(f"CREATE POLICY organization ON {table} USING ({condition}) WITH CHECK ({condition})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE download_links " + ", ".join(f"ADD COLUMN {column}" for column in _LINK_COLUMNS))
    for index in _INDEXES:
        op.execute(f"CREATE INDEX {index}")
    for signature, body in _FUNCTIONS:
        name, _, _argument = signature.partition("(")
        _create(f"{signature} RETURNS uuid", body)
        op.execute(f"REVOKE ALL ON FUNCTION {name}(text) FROM PUBLIC")
    op.execute("DROP FUNCTION artifact_of_link(text, timestamptz)")


def downgrade() -> None:
    """Take it back; links go on to open their files."""
    _create(
        "artifact_of_link(p_sha256 text, p_now timestamptz) RETURNS TABLE (organization_id uuid, artifact_id uuid)",
        "SELECT l.organization_id, l.artifact_id FROM download_links l "
        "WHERE l.token_sha256 = p_sha256 AND l.revoked_at IS NULL AND l.expires_at > p_now",
    )
    op.execute("REVOKE ALL ON FUNCTION artifact_of_link(text, timestamptz) FROM PUBLIC")
    op.execute("DROP FUNCTION organization_of_link(text)")
    op.execute("DROP FUNCTION organization_of_mail(text)")
    op.execute("DROP TABLE link_uses, sent_copies, sent_parts, delivery_events, bounces, bounce_intakes")
    op.execute("DROP INDEX ix_deliveries_reference, ix_deliveries_address, ix_deliveries_recent")
    op.execute("DROP INDEX ix_download_links_artifact_id")
    names = (column.split()[0] for column in _LINK_COLUMNS)
    op.execute("ALTER TABLE download_links " + ", ".join(f"DROP COLUMN {name}" for name in names))


def _create(head: str, body: str) -> None:
    op.get_bind().exec_driver_sql(f"CREATE FUNCTION {head} LANGUAGE sql STABLE {_HEAD} AS $$ {body} $$")
