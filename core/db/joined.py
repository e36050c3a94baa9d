"""Several services in one transaction: a database whose transactions are steps of one that is open already."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.policy import sees_everything
from core.db.database import Database
from core.domain.access import Principal

#: While a source is asked the transaction stands still, which is longer than others may.
_STILL_S = 600
_NAME = text(
    "SELECT set_config('app.organization_id', :organization, true), set_config('app.person_id', :person, true)"
)


class JoinedDatabase(Database):
    """Gives every service the same session; what one of them does is undone alone where it fails.

    The transaction itself belongs to whoever opened `session`: they commit it or roll it back, with all that was done.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._named = ("", "")
        session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{_STILL_S}s'"))

    @contextmanager
    def organization(self, organization_id: UUID) -> Iterator[Session]:
        """One step that sees the rows of `organization_id` only."""
        with self._step((str(organization_id), "")) as session:
            yield session

    @contextmanager
    def person(self, principal: Principal) -> Iterator[Session]:
        """One step in the organization of `principal`, for whom others' private reports do not exist."""
        person = "" if sees_everything(principal) else str(principal.user_id)
        with self._step((str(principal.organization_id), person)) as session:
            yield session

    @contextmanager
    def installation(self) -> Iterator[Session]:
        """One step without an organization."""
        with self._step(("", "")) as session:
            yield session

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Several steps that are undone together where an error leaves this block."""
        with self._step(self._named):
            yield

    def dispose(self) -> None:
        """Nothing: the connection belongs to the transaction."""

    @contextmanager
    def _step(self, named: tuple[str, str]) -> Iterator[Session]:
        """A savepoint under the names it was asked for; those from before hold again once it is over."""
        before = self._named
        try:
            with self._session.begin_nested():
                self._name(named)
                yield self._session
        finally:
            self._named = before
            if self._session.is_active:
                self._name(before)

    def _name(self, named: tuple[str, str]) -> None:
        self._named = named
        self._session.execute(_NAME, {"organization": named[0], "person": named[1]})
