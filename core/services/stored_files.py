"""Opening the files of runs, wherever they are kept."""

from collections.abc import Mapping
from typing import BinaryIO

from core.artifacts.store import ArtifactStore
from core.domain.artifact import Artifact
from core.errors import ArtifactError, NotFound


def open_stored(stores: Mapping[str, ArtifactStore], artifact: Artifact) -> BinaryIO:
    """Return a file's bytes; the caller closes them. Raises NotFound where the file was removed, ArtifactError."""
    if artifact.removed_in_words is not None:
        raise NotFound(artifact.removed_in_words)
    store = stores.get(artifact.store)
    if store is None:
        raise ArtifactError(f"The files of this run are kept in {artifact.store!r}, which is not set up here.")
    return store.open(artifact.storage_key)
