"""What the suite over every source kind needs of one: a bench with a hand for making tables and a connector to ask.

A kind adds one file `tests/source_benches/<kind>_bench.py` with a context manager `open_bench(request, folder)` that
yields a `SourceBench`, and its key to `KINDS`. It is opened once a module; tests use tables of their own.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pytest

from core.catalog.sources.connector import Connector
from core.domain.field import FieldType
from core.domain.relation import SourceColumn

#: Source kinds that have a bench; the suite fails where a kind of the registry is missing.
KINDS = ("postgresql", "mysql", "clickhouse", "chdb", "duckdb", "file", "workspace")
#: Where the clock of the connectors stands.
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a kind can do, and the engine's own words for what the suite tries."""

    endless: str  #: a SELECT of one row that takes minutes
    endless_rows: str  #: a SELECT that hands out rows for minutes
    writes: tuple[
        str, ...
    ]  #: statements that would change the table `target` (column n) or make something: all refused
    writable_while_open: bool = True  #: another connection can write while a snapshot is open
    keeps_keys: bool = True  #: introspection knows primary and foreign keys
    keeps_comments: bool = True  #: introspection knows comments of tables and columns
    has_booleans: bool = True  #: a BOOLEAN column reads back as one
    counts_estimates: bool = True  #: introspection says about how many rows a table has
    has_row_key: bool = False  #: tables have a hidden column in scan order


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A foreign key of a table to be made."""

    columns: tuple[str, ...]
    table: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A connector that cannot work, and what `test()` must say about it."""

    name: str  #: "wrong password"
    connector: Connector
    message: str  #: a regular expression


class SourceBench(Protocol):
    """One source of a kind. Tables are made by the engine's own means, as its owner; committed at once."""

    kind: str  #: key in the registry
    traits: Traits

    def connector(self) -> Connector:
        """A new connector through the registry's `open`; the bench closes it at its end."""
        ...

    def make_table(
        self,
        name: str,
        columns: Sequence[SourceColumn],
        rows: Sequence[tuple[Any, ...]] = (),
        *,
        primary_key: tuple[str, ...] = (),
        references: Sequence[Reference] = (),
        comment: str = "",
        comments: dict[str, str] | None = None,
    ) -> None:
        """Make the table anew in the default schema. Instants are aware, in UTC; `comments` are those of columns."""
        ...

    def insert(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows, on a connection of its own."""
        ...

    def execute(self, sql: str) -> None:
        """Run a statement of the engine as the owner: views, other schemas."""
        ...

    def running(self) -> int | None:
        """How many queries of the connectors the server is working on now; None where it lives in this process."""
        ...

    def faults(self) -> Sequence[Fault]:
        """Connectors that cannot connect, each for another reason."""
        ...


OpenBench = Callable[[pytest.FixtureRequest, Path], AbstractContextManager[SourceBench]]


def bench_of(kind: str) -> OpenBench:
    """The factory of a kind's bench."""
    opened: OpenBench = import_module(f"tests.source_benches.{kind}_bench").open_bench
    return opened


#: A column of each type, with names that need quotes.
SAMPLE_COLUMNS = (
    SourceColumn(name="id", type=FieldType.INTEGER),
    SourceColumn(name='note "x"', type=FieldType.TEXT),
    SourceColumn(name="Größe`s", type=FieldType.INTEGER),
    SourceColumn(name="amount", type=FieldType.DECIMAL, scale=2),
    SourceColumn(name="weight", type=FieldType.DECIMAL),
    SourceColumn(name="is paid", type=FieldType.BOOLEAN),
    SourceColumn(name="day", type=FieldType.DATE),
    SourceColumn(name="at", type=FieldType.DATETIME),
)

#: Null, empty, the extremes of each type, and texts that break careless quoting.
SAMPLE_ROWS: tuple[tuple[Any, ...], ...] = (
    (1, "plain", 7, Decimal("12.30"), 1.5, True, date(2026, 2, 28), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    (2, None, None, None, None, None, None, None),
    (3, "", 0, Decimal("0.00"), 0.0, False, date(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)),
    (
        4,
        'it\'s "quoted", 50% \\ `back`\n\ttab\r\n; -- \\N',
        -(2**63) + 1,
        Decimal("-9999999999.99"),
        -1e300,
        True,
        date(1900, 2, 28),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ),
    (
        5,
        "Straße ÉCOLE 日本語 😀 \u202eabc\u202c",
        2**63 - 1,
        Decimal("9999999999.99"),
        0.1,
        False,
        date(2199, 12, 31),
        datetime(2199, 12, 31, 23, 0, 0, 1, tzinfo=UTC),
    ),
    (6, " padded ", 1, Decimal("0.01"), 123456789.125, False, date(2024, 2, 29), datetime(2024, 2, 29, tzinfo=UTC)),
)
