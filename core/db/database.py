"""Connections: an engine for the app's login role, and transactions that name their organization."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, DataError, DisconnectionError, InternalError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from core.access.policy import sees_everything
from core.domain.access import Principal
from core.errors import DatabaseUnavailable, InvalidInput, QuotaReached

_log = logging.getLogger(__name__)

Work = TypeVar("Work")
#: Seconds for which a connection that was given back counts as alive.
_FRESH_S = 1.0
_USED_AT = "used_at"
#: Seconds that a transaction may stand still. A process that is frozen inside one would keep its locks, and every other
#: daemon's sweep would wait for them; then the server ends it, and what it held is free.
MOST_STILL_S = 30.0
#: The SQLSTATE with which triggers refuse what goes over a limit; revision 0028 raises it.
QUOTA_STATE = "BQ001"
#: A deadlock, and what could not be put into one order with others.
_CONFLICTS = frozenset({"40P01", "40001"})
_MOST_CONFLICTS = 3
#: Screens hand on what people type into fields of lists, such as a search.
_NO_TEXT = "It holds a character that cannot be stored."
_NAME = text("SELECT set_config('app.organization_id', :id, true)")
_NAME_PERSON = text("SELECT set_config('app.organization_id', :id, true), set_config('app.person_id', :person, true)")


class TransactionConflict(DatabaseUnavailable):
    """Two transactions waited for each other, and this one was undone: the same once more does it."""


class Database:
    """Hands out short transactions. Nothing connects before the first one."""

    def __init__(self, url: URL, *, pool_size: int = 10, most_still_s: float = MOST_STILL_S) -> None:
        self._engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=20,
            connect_args={"options": f"-c idle_in_transaction_session_timeout={most_still_s * 1000:.0f}"},
            hide_parameters=True,  # a failing statement is logged: addresses and hashes stay out of it
        )
        event.listen(self._engine, "checkin", _note_use)
        event.listen(self._engine, "checkout", self._look)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    @property
    def engine(self) -> Engine:
        """The engine of the app's login role."""
        return self._engine

    def _look(self, connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        """Ask a connection that has been idle whether it lives; the pool brings another one where it does not.

        One that worked a moment ago is not asked: small transactions one after another would spend a tenth on it.
        """
        if time.monotonic() - record.info.get(_USED_AT, 0.0) < _FRESH_S:
            return
        try:
            is_alive = self._engine.dialect.do_ping(connection)
        except self._engine.dialect.loaded_dbapi.Error:
            is_alive = False
        if not is_alive:
            raise DisconnectionError

    @contextmanager
    def organization(self, organization_id: UUID) -> Iterator[Session]:
        """One transaction that sees the rows of `organization_id` only; commits at the end, rolls back on an error."""
        with self._transaction() as session:
            name_organization(session, organization_id)
            yield session

    @contextmanager
    def person(self, principal: Principal) -> Iterator[Session]:
        """One transaction in the organization of `principal`, for whom others' private reports do not exist."""
        with self._transaction() as session:
            name_person(session, principal)
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
        except UnicodeEncodeError as error:
            raise InvalidInput(_NO_TEXT) from error
        except DatabaseError as error:
            _raise_quota(error)
            if isinstance(error, DataError) and getattr(error.orig, "sqlstate", None) is None:
                raise InvalidInput(_NO_TEXT) from error  # the driver refused it, not the server: a NUL
            if not isinstance(error, OperationalError | InternalError):
                raise
            if isinstance(error, InternalError) and not error.connection_invalidated:
                raise
            if getattr(error.orig, "sqlstate", None) in _CONFLICTS:
                raise TransactionConflict from error
            raise DatabaseUnavailable from error

    def dispose(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


def again_after_conflict(work: Callable[[], Work]) -> Work:
    """Do a transaction; where it stood in another's way and was undone, do it again instead of leaving it for later."""
    for _ in range(_MOST_CONFLICTS):
        try:
            return work()
        except TransactionConflict:
            _log.warning("transaction_conflict")
    return work()


def _raise_quota(error: DatabaseError) -> None:
    """A limit that a trigger holds says in words what was reached."""
    if getattr(error.orig, "sqlstate", None) == QUOTA_STATE:
        diagnosis = getattr(error.orig, "diag", None)
        raise QuotaReached(getattr(diagnosis, "message_primary", None)) from error


def _note_use(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[_USED_AT] = time.monotonic()


def name_person(session: Session, principal: Principal) -> None:
    """From here on the transaction sees what `principal` may see."""
    person = "" if sees_everything(principal) else str(principal.user_id)
    session.execute(_NAME_PERSON, {"id": str(principal.organization_id), "person": person})


def name_nobody(session: Session) -> None:
    """From here on the transaction sees all of its organization: what it does was allowed by then."""
    session.execute(text("SELECT set_config('app.person_id', '', true)"))


def name_organization(session: Session, organization_id: UUID) -> None:
    """From here on the transaction sees the rows of `organization_id` only."""
    session.execute(_NAME, {"id": str(organization_id)})
