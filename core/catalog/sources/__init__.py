"""The registry of source kinds, and the way to a source: a new kind is one new file plus one line here."""

from collections.abc import Mapping

from core.catalog.sources.connector import Connector, SourceKind
from core.catalog.sources.guarded import OPEN_SOURCES, GuardedConnector, Opening
from core.clock import Clock, SystemClock
from core.domain.dataset import Source
from core.errors import InvalidInput
from core.registry import LazyRegistry
from core.settings import Settings

_SYSTEM_CLOCK = SystemClock()


#: Every kind a source can be of, by key, in the order people are offered them.
SOURCES: Mapping[str, SourceKind] = LazyRegistry(
    {
        "postgresql": "core.catalog.sources.postgresql_source:POSTGRESQL",
        "mysql": "core.catalog.sources.mysql_source:MYSQL",
        "clickhouse": "core.catalog.sources.clickhouse_source:CLICKHOUSE",
        "chdb": "core.catalog.sources.chdb_source:CHDB",
        "duckdb": "core.catalog.sources.duckdb_source:DUCKDB",
        "file": "core.catalog.sources.file_source:FILE",
        "workspace": "core.catalog.sources.workspace_source:WORKSPACE",
    },
    make=lambda kind: kind,
)


def open_source(
    source: Source, secrets: Mapping[str, str], settings: Settings, clock: Clock | None = None
) -> GuardedConnector:
    """Return the process's connector of `source`, with its connection limit and circuit breaker.

    Nothing is opened yet. Raises InvalidInput for an unknown kind or a gap.
    """
    opening = Opening(source=source, secrets=secrets, settings=settings, clock=clock or _SYSTEM_CLOCK)
    return OPEN_SOURCES.get(opening, _connector)


def open_draft(source: Source, secrets: Mapping[str, str], settings: Settings, clock: Clock | None = None) -> Connector:
    """Return a connector of its own for a source that is not saved: to test and introspect it. Close it.

    Raises InvalidInput as `open_source` does.
    """
    return _connector(Opening(source=source, secrets=secrets, settings=settings, clock=clock or _SYSTEM_CLOCK))


def _connector(opening: Opening) -> Connector:
    source = opening.source
    if source.kind not in SOURCES:
        raise InvalidInput(
            f"There is no kind of source called '{source.kind}'. Known: {', '.join(sorted(SOURCES))}.", place="kind"
        )
    kind = SOURCES[source.kind]
    for field in kind.connection_fields:
        given = opening.secrets if field.is_secret else source.connection
        if field.is_required and not given.get(field.name):
            raise InvalidInput(f"The source '{source.name}' needs a {field.label.lower()}.", place=field.name)
    return kind.open(source.connection, opening.secrets, opening.settings, opening.clock)
