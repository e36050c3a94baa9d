"""Datasets say what their rows are made of: the table moves from two keys of the content into its `origin`.

All other keys of the new content have defaults, and report definitions need no change: keys left out are at theirs.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Put the table under `origin`; a default schema is left out there."""
    op.execute(
        """
        UPDATE datasets SET content = content - 'schema_name' - 'table_name' || jsonb_build_object(
            'origin', jsonb_strip_nulls(jsonb_build_object(
                'table_name', content -> 'table_name', 'schema_name', content -> 'schema_name'))
        )
        WHERE content ? 'table_name'
        """
    )


def downgrade() -> None:
    """Take the table out of `origin`, with the keys that there were; a dataset of saved SQL cannot go back."""
    op.execute(
        """
        DO $$ BEGIN
            IF EXISTS (SELECT FROM datasets WHERE content -> 'origin' ? 'sql') THEN
                RAISE EXCEPTION 'Datasets of saved SQL have no older form: delete them first.';
            END IF;
        END $$
        """
    )
    op.execute(
        """
        UPDATE datasets SET content = jsonb_build_object(
            'description', coalesce(content -> 'description', '""'),
            'schema_name', coalesce(content -> 'origin' -> 'schema_name', 'null'),
            'table_name', content -> 'origin' -> 'table_name',
            'time_field', coalesce(content -> 'time_field', 'null'),
            'row_noun', coalesce(content -> 'row_noun', '"rows"'),
            'fields', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'name', field -> 'name',
                    'label', field -> 'label',
                    'type', field -> 'type',
                    'description', coalesce(field -> 'description', '""'),
                    'format', jsonb_build_object(
                        'style', coalesce(field -> 'format' -> 'style', '"number"'),
                        'decimals', coalesce(field -> 'format' -> 'decimals', 'null'),
                        'unit', coalesce(field -> 'format' -> 'unit', 'null')),
                    'is_measure', coalesce(field -> 'is_measure', 'false'),
                    'is_personal', coalesce(field -> 'is_personal', 'false')
                ) ORDER BY number), '[]')
                FROM jsonb_array_elements(content -> 'fields') WITH ORDINALITY AS listed (field, number)
                WHERE field ->> 'expression' IS NULL AND field ->> 'table' IS NULL
            )
        )
        WHERE content ? 'origin'
        """
    )
