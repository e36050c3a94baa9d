"""What snapshots have in common whose queries a watch stops: their errors, and small results from streams."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar

import pyarrow as pa
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.connector import CompiledQuery
from core.catalog.sources.watch import QueryWatch
from core.domain.relation import TableOrigin
from core.errors import BroadsheetError, QueryFailed, SourceError


class WatchedSnapshot(ABC):
    """One state of a source, or at least one deadline."""

    #: What the driver raises; none where whatever it raises is one of our errors already.
    driver_errors: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self, watch: QueryWatch, *, as_of: datetime) -> None:
        self._watch = watch
        self._as_of = as_of

    @abstractmethod
    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        """Run a query and hand out its rows in batches as the source sends them; the first one may be empty."""

    @property
    def as_of(self) -> datetime:
        """When the state was taken."""
        return self._as_of

    def row_key(self, table: TableOrigin) -> str | None:  # noqa: ARG002 - for engines that have one
        """None: there is no hidden column that numbers the rows."""
        return None

    def fetch(self, statement: CompiledQuery | ClauseElement) -> pa.Table:
        """Run a query with a small result."""
        return pa.Table.from_batches(list(self.stream(statement)))

    def cancel(self) -> None:
        """Stop what runs; everything after it is refused."""
        self._watch.cancel()

    def _translated(self, error: Exception) -> BroadsheetError:  # noqa: ARG002 - what it is says nothing to people
        """One of our errors for one of the driver's."""
        return QueryFailed()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn the driver's errors into ours, and those of a stopped query into why it was."""
        try:
            with self._watch.running():
                yield
        except SourceError as error:
            if (reason := self._watch.reason()) is not None:
                raise reason from error
            raise
        except self.driver_errors as error:
            raise self._watch.reason() or self._translated(error) from error
