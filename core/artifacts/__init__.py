"""Artifact stores: one file a store and this registry; a new store is one new file plus one line here."""

from collections.abc import Callable

from core.artifacts.file_store import open_file_store
from core.artifacts.store import ArtifactStore
from core.errors import SettingError
from core.settings import Settings

#: Value of ARTIFACT_STORE -> how the store is opened. Opening touches neither disk nor network.
STORES: dict[str, Callable[[Settings], ArtifactStore]] = {
    "file": open_file_store,
}


def open_store(settings: Settings, name: str | None = None) -> ArtifactStore:
    """Open the store called `name` (an artifact remembers its own), or the configured one. Raises SettingError."""
    wanted = name or settings.artifact_store
    try:
        return STORES[wanted](settings)
    except KeyError:
        raise SettingError(
            f"ARTIFACT_STORE: there is no store {wanted!r}; choose one of {', '.join(STORES)}.", place="ARTIFACT_STORE"
        ) from None
