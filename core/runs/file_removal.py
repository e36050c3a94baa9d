"""Removing one stored file before its run is forgotten; its row stays, with the hash and the manifest."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.artifacts.store import ArtifactStore
from core.db import artifact_repository, run_repository
from core.domain.artifact import Artifact
from core.errors import ArtifactError


def remove_file(
    session: Session, stores: Mapping[str, ArtifactStore], artifact_id: UUID, *, at: datetime, even_kept: bool = False
) -> bool:
    """Delete a file and note it; False where that was done before, or somebody keeps its run. Raises ArtifactError.

    The mark is committed after the file is gone: where this dies in between, it is done again. A file that several
    runs share goes with the last of them. `even_kept`: a run that somebody keeps loses it too.
    """
    artifact_repository.hold_key(session, artifact_repository.load_artifact(session, artifact_id).storage_key)
    artifact = artifact_repository.mark_deleted(session, artifact_id, at=at, even_kept=even_kept)
    if artifact is None:  # another daemon was faster
        return False
    if not artifact_repository.is_in_use(session, artifact):
        _delete(session, stores, artifact)
    message = f"{artifact.file_name}: {artifact.removed_in_words}"
    organization_id = artifact_repository.organization_of(session, artifact_id)
    run_repository.add_event(session, organization_id, artifact.run_id, at=at, name="removed", message=message)
    return True


def _delete(session: Session, stores: Mapping[str, ArtifactStore], artifact: Artifact) -> None:
    store = stores.get(artifact.store)
    if store is None:
        raise ArtifactError(f"The file is kept in {artifact.store!r}, which is not set up here.")
    store.delete(artifact.storage_key)
    picture_key = artifact_repository.picture_key_of(session, artifact)
    if picture_key:
        store.delete(picture_key)
