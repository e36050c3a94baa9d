"""Alembic migrations: the history of the schema, run by `core.db.migrate`."""
