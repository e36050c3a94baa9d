"""The way from a saved source to its connector: the one place where the secrets of sources are read in the clear."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from uuid import UUID

from core.catalog.sources import SOURCES, open_draft, open_source
from core.catalog.sources.connector import Connector
from core.clock import Clock
from core.db import source_repository
from core.db.database import Database
from core.domain.dataset import Source
from core.secrets import SecretBox
from core.settings import Settings

#: Answers the secrets of a source that the product makes up itself, such as the way to its own activity; None: stored.
OwnSecrets = Callable[[Source], Mapping[str, str] | None]
_MOST_REMEMBERED = 500


class Connections:
    """Opens sources with their secrets."""

    def __init__(
        self, database: Database, box: SecretBox, settings: Settings, clock: Clock, *, own_secrets: OwnSecrets
    ) -> None:
        self._database = database
        self._box = box
        self._settings = settings
        self._clock = clock
        self._own_secrets = own_secrets
        self._lock = Lock()
        #: Encrypted as they are stored, by source and version.
        self._sealed: OrderedDict[tuple[UUID, int], str | None] = OrderedDict()

    def open(self, source: Source) -> Connector:
        """Return the process's connector of a saved source. Nothing is opened yet."""
        return open_source(source, self._secrets(source), self._settings, self._clock)

    def open_draft(self, source: Source, secrets: Mapping[str, str]) -> Connector:
        """Return a connector of its own for a source that is not saved; the caller closes it."""
        return open_draft(source, secrets, self._settings, self._clock)

    def seal(self, secrets: Mapping[str, str]) -> str | None:
        """Return secrets as they are stored; None where there are none."""
        given = {name: value for name, value in sorted(secrets.items()) if value}
        return self._box.encrypt(json.dumps(given)) if given else None

    def unseal(self, sealed: str | None) -> dict[str, str]:
        """Return stored secrets in the clear."""
        if sealed is None:
            return {}
        return {str(name): str(value) for name, value in json.loads(self._box.decrypt(sealed)).items()}

    def _secrets(self, source: Source) -> Mapping[str, str]:
        own = self._own_secrets(source)
        if own is not None:
            return own
        if not any(field.is_secret for field in SOURCES[source.kind].connection_fields):
            return {}
        return self.unseal(self._stored(source))

    def _stored(self, source: Source) -> str | None:
        """The encrypted secrets of this version of the source; a version never changes them."""
        key = (source.id, source.version)
        with self._lock:
            if key in self._sealed:
                self._sealed.move_to_end(key)
                return self._sealed[key]
        with self._database.organization(source.organization_id) as session:
            sealed = source_repository.sealed_secrets(session, source.id)
        with self._lock:
            self._sealed[key] = sealed
            while len(self._sealed) > _MOST_REMEMBERED:
                self._sealed.popitem(last=False)
        return sealed
