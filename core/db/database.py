"""Connections: an engine for the app's login role, and transactions that name their organization."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from core.errors import DatabaseUnavailable


class Database:
    """Hands out short transactions. Nothing connects before the first one."""

    def __init__(self, url: URL, *, pool_size: int = 10) -> None:
        self._engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=20,
            pool_pre_ping=True,
            hide_parameters=True,  # a failing statement is logged: addresses and hashes stay out of it
        )
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    @property
    def engine(self) -> Engine:
        """The engine of the app's login role."""
        return self._engine

    @contextmanager
    def organization(self, organization_id: UUID) -> Iterator[Session]:
        """One transaction that sees the rows of `organization_id` only; commits at the end, rolls back on an error."""
        with self._transaction() as session:
            session.execute(text("SELECT set_config('app.organization_id', :id, true)"), {"id": str(organization_id)})
            yield session

    @contextmanager
    def installation(self) -> Iterator[Session]:
        """One transaction without an organization: tenant tables are empty, the SECURITY DEFINER functions answer."""
        with self._transaction() as session:
            yield session

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        try:
            with self._sessions.begin() as session:
                yield session
        except OperationalError as error:
            raise DatabaseUnavailable from error

    def dispose(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()
