"""The audit: events that the app can only add, their chain, and the part of them that can be erased.

The organization may be the installation itself (the nil UUID), into which every transaction may write and which only
one that names it can read.
"""

from alembic import op

revision = "0027"
down_revision = "0026"

_CURRENT = "nullif(current_setting('app.organization_id', true), '')::uuid"
_INSTALLATION = "'00000000-0000-0000-0000-000000000000'::uuid"
_SYSTEM = "'Broadsheet'"
_HEAD = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"

_TABLES = {
    "audit_events": """
        id UUID NOT NULL,
        organization_id UUID NOT NULL,
        at TIMESTAMPTZ DEFAULT clock_timestamp() NOT NULL,
        recorded_at TIMESTAMPTZ DEFAULT clock_timestamp() NOT NULL,
        actor_id UUID,
        action TEXT NOT NULL,
        kind TEXT NOT NULL,
        object_id UUID,
        detail_sha256 TEXT NOT NULL,
        CONSTRAINT pk_audit_events PRIMARY KEY (id)
    """,
    "audit_details": """
        event_id UUID NOT NULL,
        organization_id UUID NOT NULL,
        salt TEXT,
        actor TEXT NOT NULL,
        object_name TEXT NOT NULL,
        changes TEXT NOT NULL,
        CONSTRAINT pk_audit_details PRIMARY KEY (event_id)
    """,
    "audit_waiting": """
        number BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
        organization_id UUID NOT NULL,
        event_id UUID NOT NULL,
        CONSTRAINT pk_audit_waiting PRIMARY KEY (number)
    """,
    "audit_links": """
        organization_id UUID NOT NULL,
        position BIGINT NOT NULL,
        event_id UUID NOT NULL,
        linked_at TIMESTAMPTZ NOT NULL,
        caught_up_at TIMESTAMPTZ NOT NULL,
        sha256 TEXT NOT NULL,
        CONSTRAINT pk_audit_links PRIMARY KEY (organization_id, position),
        CONSTRAINT uq_audit_links_event_id UNIQUE (event_id)
    """,
    "audit_heads": """
        organization_id UUID NOT NULL,
        position BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        linked_at TIMESTAMPTZ NOT NULL,
        caught_up_at TIMESTAMPTZ NOT NULL,
        seal TEXT NOT NULL,
        CONSTRAINT pk_audit_heads PRIMARY KEY (organization_id)
    """,
}
#: Tables that a transaction may write into for the installation, whatever its organization.
_WRITTEN_FROM_EVERYWHERE = ("audit_events", "audit_details", "audit_waiting")
_INDEXES = (
    "ix_audit_events_organization_id_at_id ON audit_events (organization_id, at, id)",
    "ix_audit_events_organization_id_action ON audit_events (organization_id, action)",
    "ix_audit_events_object_id ON audit_events (object_id)",
    "ix_audit_waiting_organization_id_number ON audit_waiting (organization_id, number)",
)
_FUNCTIONS = {
    "audit_chains_waiting()": f"""
        RETURNS SETOF uuid LANGUAGE sql STABLE {_HEAD} AS $$ SELECT DISTINCT organization_id FROM audit_waiting $$
    """,
    "audit_chains()": f"""
        RETURNS TABLE (organization_id uuid, name text) LANGUAGE sql STABLE {_HEAD} AS $$
            SELECT chain.organization_id, coalesce(o.name, '')
            FROM (
                SELECT e.organization_id FROM audit_events e
                UNION SELECT l.organization_id FROM audit_links l
                UNION SELECT h.organization_id FROM audit_heads h
                UNION SELECT p.id FROM organizations p
            ) AS chain
            LEFT JOIN organizations o ON o.id = chain.organization_id
            ORDER BY 2, 1
        $$
    """,
    "erase_audit_details(uuid[])": f"""
        RETURNS integer LANGUAGE sql {_HEAD} AS $$
            WITH erased AS (
                UPDATE audit_details SET salt = NULL, actor = '', object_name = '', changes = ''
                WHERE event_id = ANY ($1) AND salt IS NOT NULL AND organization_id = {_CURRENT}
                RETURNING 1)
            SELECT count(*)::integer FROM erased
        $$
    """,
}
#: Deliveries end in several places, several at once in one statement: their events are made where they are written.
_ON_DELIVERY = f"""
CREATE FUNCTION audit_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH ended AS (
        SELECT gen_random_uuid() AS event_id, e.organization_id, e.at, e.delivery_id, e.state,
            translate(gen_random_uuid()::text, '-', '') AS salt,
            coalesce(nullif(d.address, ''), d.channel) AS object_name,
            json_build_object('after', json_build_object(
                'channel', d.channel, 'title', r.title, 'run_id', d.run_id, 'attempt', e.attempt))::text AS changes
        FROM added e
        JOIN deliveries d ON d.id = e.delivery_id
        JOIN runs r ON r.id = d.run_id
        WHERE e.state IN ('sent', 'failed', 'unknown', 'held', 'suppressed', 'bounced')
    ), details AS (
        INSERT INTO audit_details (event_id, organization_id, salt, actor, object_name, changes)
        SELECT event_id, organization_id, salt, {_SYSTEM}, object_name, changes FROM ended
    ), waiting AS (
        INSERT INTO audit_waiting (organization_id, event_id) SELECT organization_id, event_id FROM ended
    )
    INSERT INTO audit_events (id, organization_id, at, actor_id, action, kind, object_id, detail_sha256)
    SELECT event_id, organization_id, at, NULL, 'delivery.' || state, 'delivery', delivery_id,
        encode(sha256(convert_to(format('%s:%s:%s:%s:%s:%s', salt, octet_length({_SYSTEM}), {_SYSTEM},
            octet_length(object_name), object_name, changes), 'UTF8')), 'hex')
    FROM ended;
    RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE TRIGGER audit_deliveries AFTER INSERT ON delivery_events REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION audit_deliveries()
"""


def upgrade() -> None:
    """Add it; the audit begins with the first thing that is done from now on."""
    here = f"organization_id = {_CURRENT}"
    for table, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        op.execute(f"CREATE POLICY organization ON {table} USING ({here}) WITH CHECK ({here})")
        op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in _WRITTEN_FROM_EVERYWHERE:
        op.execute(f"CREATE POLICY installation ON {table} FOR INSERT WITH CHECK (organization_id = {_INSTALLATION})")
    for index in _INDEXES:
        op.execute(f"CREATE INDEX {index}")
    for function, body in _FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {function} {body}")
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(_ON_DELIVERY)
    op.execute(_TRIGGER)


def downgrade() -> None:
    """Take it back, and everything that was recorded with it."""
    op.execute("DROP TRIGGER audit_deliveries ON delivery_events")
    op.execute("DROP FUNCTION audit_deliveries()")
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
