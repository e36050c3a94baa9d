"""The four engines with the same tables, ready to be asked."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa

from core.catalog.sources.connector import CompiledQuery, Connector
from core.clock import FixedClock
from core.domain.dataset import Dataset, Source
from core.domain.definition import ReportDefinition
from core.domain.result import Preview, ResultHead
from core.query.executor import HeadFields, QueryExecutor
from tests.oracle.tables import Table
from tests.source_parts import NOW, bench_of

KINDS = ("duckdb", "postgresql", "mysql", "chdb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine that holds the tables."""

    kind: str
    executor: QueryExecutor
    connector: Connector

    @property
    def numbers_rows(self) -> bool:
        """Whether it hands out equal rows of a plain table in the order in which they were written."""
        return self.kind in ("duckdb", "postgresql")

    def ask(self, definition: ReportDefinition, dataset: Dataset) -> tuple[ResultHead, pa.Table]:
        """The whole result."""
        with self.executor.run(
            definition, dataset, _SOURCE, head_fields=HeadFields(title="T"), logical_at=NOW, deadline_s=30
        ) as result:
            return result.head, pa.Table.from_batches(list(result.batches))

    def preview(self, definition: ReportDefinition, dataset: Dataset, *, page: int, page_size: int) -> Preview:
        """A page."""
        return self.executor.preview(definition, dataset, _SOURCE, page=page, page_size=page_size)

    def rows_of(self, sql: str) -> list[tuple[Any, ...]]:
        """What hand-written SQL answers."""
        with self.connector.snapshot(deadline_s=30) as snapshot:
            table = snapshot.fetch(CompiledQuery(sql=sql))
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


_SOURCE = Source(id=UUID(int=2), organization_id=UUID(int=1), name="S", kind="any", connection={})


@contextmanager
def open_engine(kind: str, tables: Sequence[Table], request: Any, folder: Path) -> Iterator[Engine]:
    """An engine with the tables in it; `request` gives the servers `postgres` and `mariadb`."""
    with ExitStack() as stack:
        bench = stack.enter_context(bench_of(kind)(request, folder))
        for table in tables:
            bench.make_table(table.name, table.columns, table.rows)
        connector = bench.connector()
        stack.callback(connector.close)
        if kind == "chdb":  # a snapshot that finds its folder closed opens it, which costs as much as a query or two
            stack.enter_context(connector.snapshot(deadline_s=30))
        executor = QueryExecutor(lambda _source: connector, FixedClock(NOW))
        yield Engine(kind=kind, executor=executor, connector=connector)
