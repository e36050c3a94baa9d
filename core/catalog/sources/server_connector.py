"""What connectors of database servers have in common: connections that wait, and one transaction for each state."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from core.catalog.sources.idle import IdleLinks
from core.catalog.sources.network import Login, may_write_words
from core.catalog.sources.watch import QueryWatch
from core.clock import Clock
from core.errors import SourceError, SourceUnavailable
from core.settings import Settings

_CATALOG_DEADLINE_S = 60.0
#: How much later than ours the server's own deadline passes, for when this process is gone.
BACKSTOP_S = 5.0


class ServerLink(Protocol):
    """An open connection, used by one thread at a time."""

    @property
    def is_streaming(self) -> bool:
        """Whether rows are on their way that nobody has read."""
        ...

    def execute(self, statement: str) -> None:
        """Run a statement of ours that gives no rows. Raises SourceError."""
        ...

    def stop(self) -> None:
        """Ask the server to end what runs, from any thread."""
        ...

    def sever(self) -> None:
        """End the connection from another thread without a word to the server."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


class ServerCatalog(Protocol):
    """What is asked of a server about itself, over a connection to it."""

    def has_readable_tables(self, link: Any) -> bool:
        """Whether there is a table that the user may read."""
        ...

    def may_write(self, link: Any) -> bool:
        """Whether the user may do more than read."""
        ...


Link = TypeVar("Link", bound=ServerLink)
_Answer = TypeVar("_Answer")


class ServerConnector(ABC, Generic[Link]):
    """A server. Connecting happens at the first question; idle connections are kept for a minute."""

    has_snapshot = True
    catalog: ServerCatalog
    #: Whether asking the server to stop goes through the connection that is to be stopped.
    stops_through_link: ClassVar[bool]

    def __init__(self, server: Login, reports: Login, *, settings: Settings, clock: Clock) -> None:
        self._server = server
        self._reports = reports
        self._settings = settings
        self._clock = clock
        self._idle: dict[Login, IdleLinks[Link]] = {login: IdleLinks(_close) for login in (server, reports)}

    @abstractmethod
    def _connect(self, login: Login) -> Link:
        """A new connection. Raises SourceUnavailable."""

    @abstractmethod
    def _begin(self, link: Link, deadline_s: float) -> None:
        """Begin a read-only transaction that sees one state. Raises SourceError."""

    def _set_up(self, link: Link, login: Login, deadline_s: float) -> None:
        """What queries of the transaction find set. Raises SourceError."""

    def _end_queries(self, link: Link) -> None:
        """End what the transaction has begun beside its connection."""

    def test(self) -> None:
        """Connect to the server and its replica and look for tables that may be read."""
        for login in dict.fromkeys((self._server, self._reports)):
            if not self._in_transaction(login, self.catalog.has_readable_tables):
                raise SourceUnavailable(
                    f"The user '{login.user}' can connect to '{login.database}' at {login.place}, but there is no "
                    "table that it may read. Grant it SELECT."
                )

    def warnings(self) -> tuple[str, ...]:
        """What people should know of a source that works: that its user may do more than read."""
        return (may_write_words(self._server),) if self._in_transaction(self._server, self.catalog.may_write) else ()

    def close(self) -> None:
        """Let go of idle connections."""
        for links in self._idle.values():
            links.close()

    def _in_transaction(self, login: Login, ask: Callable[[Link], _Answer]) -> _Answer:
        with self._transaction(login, _CATALOG_DEADLINE_S) as (link, watch), watch.running():
            return ask(link)

    @contextmanager
    def _transaction(self, login: Login, deadline_s: float) -> Iterator[tuple[Link, QueryWatch]]:
        link = self._begun(login, deadline_s)
        watch = QueryWatch(link.stop, sever=link.sever, deadline_s=deadline_s)
        is_clean = False
        try:
            self._set_up(link, login, deadline_s)
            yield link, watch
            is_clean = not watch.has_fired and not link.is_streaming
        finally:
            is_quiet = watch.close()
            self._end_queries(link)
            # A late stop could hit the next user of the connection, and a broken one serves nobody.
            if is_clean and is_quiet and _is_rolled_back(link):
                self._idle[login].give(link)
            elif is_quiet or not self.stops_through_link:
                link.close()
            # Else who asks it to stop still holds on to the connection, and it ends with that.

    def _begun(self, login: Login, deadline_s: float) -> Link:
        """A connection with a transaction; one that waited may have been ended by the server."""
        waited = self._idle[login].take()
        if waited is not None:
            with suppress(SourceUnavailable):
                return self._begun_on(waited, deadline_s)
        return self._begun_on(self._connect(login), deadline_s)

    def _begun_on(self, link: Link, deadline_s: float) -> Link:
        try:
            self._begin(link, deadline_s)
        except SourceError:
            link.close()
            raise
        return link


def _close(link: ServerLink) -> None:
    link.close()


def _is_rolled_back(link: ServerLink) -> bool:
    try:
        link.execute("ROLLBACK")
    except SourceError:
        return False
    return True
