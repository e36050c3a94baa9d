"""Answers that are kept by Idempotency-Key, so that a request that is repeated does nothing twice."""

from alembic import op

revision = "0032"
down_revision = "0031"

_HERE = "organization_id = nullif(current_setting('app.organization_id', true), '')::uuid"


def upgrade() -> None:
    """Add them."""
    op.execute(
        """
        CREATE TABLE kept_answers (
            organization_id UUID NOT NULL,
            user_id UUID NOT NULL,
            key TEXT NOT NULL,
            request_sha256 TEXT NOT NULL,
            began_at TIMESTAMPTZ NOT NULL,
            answer TEXT,
            CONSTRAINT pk_kept_answers PRIMARY KEY (organization_id, user_id, key)
        )
        """
    )
    op.execute("CREATE INDEX ix_kept_answers_organization_id_began_at ON kept_answers (organization_id, began_at)")
    op.execute(f"CREATE POLICY organization ON kept_answers USING ({_HERE}) WITH CHECK ({_HERE})")
    op.execute("CREATE POLICY owner ON kept_answers TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute("ALTER TABLE kept_answers ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE kept_answers FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take them back."""
    op.execute("DROP TABLE kept_answers")
