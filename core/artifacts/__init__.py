"""Artifact stores: one file a store and this registry; a new store is one new file plus one line here."""

from collections.abc import Callable

from core.artifacts.file_store import open_file_store
from core.artifacts.s3_store import S3Store
from core.artifacts.store import ArtifactStore
from core.errors import SettingError
from core.settings import Settings

#: Value of ARTIFACT_STORE -> how the store is opened. Opening touches neither disk nor network.
STORES: dict[str, Callable[[Settings], ArtifactStore]] = {
    "file": open_file_store,
    "s3": S3Store,
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


def open_stores(settings: Settings) -> dict[str, ArtifactStore]:
    """Open every store that is set up, by name: files stay readable after ARTIFACT_STORE has changed."""
    names = {"file", settings.artifact_store} | ({"s3"} if settings.s3_bucket else set())
    return {name: open_store(settings, name) for name in sorted(names)}
