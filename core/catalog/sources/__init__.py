"""The registry of source kinds: a new kind is one file and one line here."""

from collections.abc import Mapping

from core.catalog.sources.connector import Connector, SourceKind
from core.catalog.sources.duckdb_source import DUCKDB
from core.clock import Clock, SystemClock
from core.domain.dataset import Source
from core.errors import InvalidInput
from core.settings import Settings

#: Every kind a source can be of, by key.
SOURCES: dict[str, SourceKind] = {kind.key: kind for kind in (DUCKDB,)}


def open_source(
    source: Source, secrets: Mapping[str, str], settings: Settings, clock: Clock | None = None
) -> Connector:
    """Return the connector of `source`. Nothing is opened yet. Raises InvalidInput for an unknown kind or a gap."""
    kind = SOURCES.get(source.kind)
    if kind is None:
        raise InvalidInput(
            f"There is no kind of source called '{source.kind}'. Known: {', '.join(sorted(SOURCES))}.", place="kind"
        )
    for field in kind.connection_fields:
        given = secrets if field.is_secret else source.connection
        if field.is_required and not given.get(field.name):
            raise InvalidInput(f"The source '{source.name}' needs a {field.label.lower()}.", place=field.name)
    return kind.open(source.connection, secrets, settings, clock or SystemClock())
