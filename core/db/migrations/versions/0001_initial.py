"""The tables, their constraints and their indexes, as `core.db.tables` describes them."""

from alembic import op

revision = "0001"
down_revision = None

_DDL = """
CREATE TABLE daemons (
    id UUID NOT NULL,
    host TEXT NOT NULL,
    process_id INTEGER NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_daemons PRIMARY KEY (id)
);

CREATE TABLE organizations (
    name TEXT NOT NULL,
    timezone TEXT DEFAULT 'UTC' NOT NULL,
    settings JSONB DEFAULT '{}'::jsonb NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_organizations PRIMARY KEY (id),
    CONSTRAINT uq_organizations_name UNIQUE (name)
);

CREATE TABLE users (
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    timezone TEXT DEFAULT 'UTC' NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    failed_sign_ins INTEGER DEFAULT 0 NOT NULL,
    locked_until TIMESTAMPTZ,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE api_tokens (
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    token_sha256 TEXT NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_api_tokens PRIMARY KEY (id),
    CONSTRAINT fk_api_tokens_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_api_tokens_token_sha256 UNIQUE (token_sha256),
    CONSTRAINT fk_api_tokens_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE roles (
    name TEXT NOT NULL,
    permissions TEXT[] NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_roles PRIMARY KEY (id),
    CONSTRAINT uq_roles_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_roles_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT fk_roles_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE sessions (
    user_id UUID NOT NULL,
    token_sha256 TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT fk_sessions_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_sessions_token_sha256 UNIQUE (token_sha256),
    CONSTRAINT fk_sessions_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE sources (
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    connection JSONB NOT NULL,
    secrets TEXT,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_sources PRIMARY KEY (id),
    CONSTRAINT uq_sources_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_sources_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT fk_sources_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE datasets (
    source_id UUID NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    content JSONB NOT NULL,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_datasets PRIMARY KEY (id),
    CONSTRAINT uq_datasets_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT uq_datasets_organization_id_name UNIQUE (organization_id, name),
    CONSTRAINT fk_datasets_organization_id_source_id_sources
        FOREIGN KEY (organization_id, source_id) REFERENCES sources (organization_id, id) ON DELETE RESTRICT,
    CONSTRAINT fk_datasets_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE memberships (
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role_id UUID NOT NULL,
    CONSTRAINT pk_memberships PRIMARY KEY (organization_id, user_id),
    CONSTRAINT fk_memberships_organization_id_role_id_roles
        FOREIGN KEY (organization_id, role_id) REFERENCES roles (organization_id, id),
    CONSTRAINT fk_memberships_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT fk_memberships_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE reports (
    owner_id UUID NOT NULL,
    dataset_id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    version INTEGER NOT NULL,
    archived_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_reports PRIMARY KEY (id),
    CONSTRAINT uq_reports_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_reports_organization_id_dataset_id_datasets
        FOREIGN KEY (organization_id, dataset_id) REFERENCES datasets (organization_id, id),
    CONSTRAINT fk_reports_owner_id_users FOREIGN KEY (owner_id) REFERENCES users (id),
    CONSTRAINT fk_reports_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE report_versions (
    report_id UUID NOT NULL,
    version INTEGER NOT NULL,
    organization_id UUID NOT NULL,
    definition JSONB NOT NULL,
    definition_sha256 TEXT NOT NULL,
    saved_by UUID NOT NULL,
    saved_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_report_versions PRIMARY KEY (report_id, version),
    CONSTRAINT fk_report_versions_organization_id_report_id_reports
        FOREIGN KEY (organization_id, report_id) REFERENCES reports (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_report_versions_saved_by_users FOREIGN KEY (saved_by) REFERENCES users (id)
);

CREATE TABLE schedules (
    report_id UUID NOT NULL,
    owner_id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    config JSONB NOT NULL,
    recipients JSONB NOT NULL,
    formats TEXT[] NOT NULL,
    email_subject TEXT,
    email_body TEXT,
    misfire TEXT DEFAULT 'latest' NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    next_run_at TIMESTAMPTZ,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_schedules PRIMARY KEY (id),
    CONSTRAINT uq_schedules_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_schedules_organization_id_report_id_reports
        FOREIGN KEY (organization_id, report_id) REFERENCES reports (organization_id, id),
    CONSTRAINT fk_schedules_owner_id_users FOREIGN KEY (owner_id) REFERENCES users (id),
    CONSTRAINT fk_schedules_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX ix_schedules_due ON schedules (next_run_at) WHERE is_active;

CREATE TABLE runs (
    kind TEXT NOT NULL,
    state TEXT DEFAULT 'pending' NOT NULL,
    step TEXT DEFAULT 'created' NOT NULL,
    schedule_id UUID,
    report_id UUID,
    report_version INTEGER,
    title TEXT NOT NULL,
    definition JSONB NOT NULL,
    definition_sha256 TEXT NOT NULL,
    requested_by UUID,
    recipients JSONB DEFAULT '[]'::jsonb NOT NULL,
    formats TEXT[] NOT NULL,
    email_subject TEXT,
    email_body TEXT,
    logical_at TIMESTAMPTZ NOT NULL,
    scheduled_for TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    attempt INTEGER DEFAULT 0 NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    cancel_requested_at TIMESTAMPTZ,
    lease_token BIGINT DEFAULT 0 NOT NULL,
    lease_until TIMESTAMPTZ,
    result_head JSONB,
    rows_matched BIGINT,
    rows_delivered BIGINT,
    query_s DOUBLE PRECISION,
    render_s DOUBLE PRECISION,
    deliver_s DOUBLE PRECISION,
    error_code TEXT,
    error_message TEXT,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_runs PRIMARY KEY (id),
    CONSTRAINT uq_runs_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT ck_runs_kind CHECK (kind IN ('scheduled', 'manual', 'test', 'export', 'backfill')),
    CONSTRAINT ck_runs_state
        CHECK (state IN ('pending', 'waiting', 'running', 'held',
            'completed', 'partial', 'failed', 'cancelled', 'skipped', 'missed')),
    CONSTRAINT ck_runs_step CHECK (step IN ('created', 'queried', 'rendered', 'delivering', 'done')),
    CONSTRAINT fk_runs_schedule_id_schedules
        FOREIGN KEY (schedule_id) REFERENCES schedules (id) ON DELETE SET NULL,
    CONSTRAINT fk_runs_requested_by_users FOREIGN KEY (requested_by) REFERENCES users (id),
    CONSTRAINT fk_runs_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX ix_runs_recent ON runs (organization_id, created_at DESC);
CREATE INDEX ix_runs_schedule_recent ON runs (schedule_id, created_at DESC);
CREATE INDEX ix_runs_unfinished ON runs (state, lease_until) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX uq_runs_slot ON runs (schedule_id, scheduled_for) WHERE kind = 'scheduled';

CREATE TABLE artifacts (
    run_id UUID NOT NULL,
    format TEXT NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    store TEXT NOT NULL,
    storage_key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    manifest JSONB NOT NULL,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_artifacts PRIMARY KEY (id),
    CONSTRAINT fk_artifacts_organization_id_run_id_runs
        FOREIGN KEY (organization_id, run_id) REFERENCES runs (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT uq_artifacts_run_id_format UNIQUE (run_id, format),
    CONSTRAINT fk_artifacts_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE deliveries (
    run_id UUID NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    role TEXT DEFAULT 'to' NOT NULL,
    state TEXT DEFAULT 'pending' NOT NULL,
    attempt INTEGER DEFAULT 0 NOT NULL,
    lease_token BIGINT DEFAULT 0 NOT NULL,
    lease_until TIMESTAMPTZ,
    next_attempt_at TIMESTAMPTZ,
    sent_at TIMESTAMPTZ,
    response TEXT,
    error_message TEXT,
    reference TEXT,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (id),
    CONSTRAINT fk_deliveries_organization_id_run_id_runs
        FOREIGN KEY (organization_id, run_id) REFERENCES runs (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT uq_deliveries_run_id_channel_address UNIQUE (run_id, channel, address),
    CONSTRAINT ck_deliveries_state
        CHECK (state IN ('pending', 'sending', 'sent', 'retry', 'failed', 'bounced',
            'unknown', 'held', 'suppressed')),
    CONSTRAINT fk_deliveries_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX ix_deliveries_open ON deliveries (state, next_attempt_at) WHERE sent_at IS NULL;

CREATE TABLE run_events (
    id BIGSERIAL NOT NULL,
    organization_id UUID NOT NULL,
    run_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    name TEXT NOT NULL,
    message TEXT NOT NULL,
    CONSTRAINT pk_run_events PRIMARY KEY (id),
    CONSTRAINT fk_run_events_organization_id_run_id_runs
        FOREIGN KEY (organization_id, run_id) REFERENCES runs (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_run_events_run_id ON run_events (run_id);

CREATE TABLE download_links (
    artifact_id UUID NOT NULL,
    token_sha256 TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    created_by UUID,
    organization_id UUID NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_download_links PRIMARY KEY (id),
    CONSTRAINT fk_download_links_artifact_id_artifacts
        FOREIGN KEY (artifact_id) REFERENCES artifacts (id) ON DELETE CASCADE,
    CONSTRAINT uq_download_links_token_sha256 UNIQUE (token_sha256),
    CONSTRAINT fk_download_links_created_by_users
        FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT fk_download_links_organization_id_organizations
        FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
"""


def upgrade() -> None:
    """Create every table."""
    op.get_bind().exec_driver_sql(_DDL)


def downgrade() -> None:
    """Drop every table."""
    op.get_bind().exec_driver_sql(
        "DROP TABLE download_links, run_events, deliveries, artifacts, runs, schedules, report_versions, "
        "reports, memberships, datasets, sources, sessions, roles, api_tokens, users, organizations, "
        "daemons"
    )
