"""Artifacts and the links that open them without a sign-in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, RowMapping, Select, delete, exists, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import ArtifactRow, DownloadLinkRow, RunRow
from core.domain.artifact import Artifact
from core.domain.manifest_json import dump_manifest, load_manifest
from core.errors import NotFound


def insert_artifact(session: Session, organization_id: UUID, artifact: Artifact) -> None:
    """Record a stored file; the one that a run already has of this format stays."""
    statement = postgresql.insert(ArtifactRow).values(
        id=artifact.id,
        organization_id=organization_id,
        run_id=artifact.run_id,
        format=artifact.format,
        file_name=artifact.file_name,
        media_type=artifact.media_type,
        store=artifact.store,
        storage_key=artifact.storage_key,
        sha256=artifact.sha256,
        size_bytes=artifact.size_bytes,
        manifest=dump_manifest(artifact.manifest),
        created_at=artifact.created_at,
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=[ArtifactRow.run_id, ArtifactRow.format]))


def list_artifacts(session: Session, run_id: UUID) -> tuple[Artifact, ...]:
    """Return a run's files by format."""
    rows = session.execute(_select_artifacts().where(ArtifactRow.run_id == run_id).order_by(ArtifactRow.format))
    return tuple(_artifact(row) for row in rows.mappings())


def load_artifact(session: Session, artifact_id: UUID) -> Artifact:
    """Return a file's record; raises NotFound."""
    row = session.execute(_select_artifacts().where(ArtifactRow.id == artifact_id)).mappings().first()
    if row is None:
        raise NotFound("This file does not exist, or you may not see it.")
    return _artifact(row)


def artifacts_older_than(session: Session, before: datetime, maximum: int) -> tuple[tuple[UUID, UUID], ...]:
    """Return (artifact, organization) of files of ended runs made before an instant; needs no organization context."""
    statement = text("SELECT artifact_id, organization_id FROM artifacts_older_than(:before, :maximum)")
    rows = session.execute(statement, {"before": before, "maximum": maximum})
    return tuple((row.artifact_id, row.organization_id) for row in rows)


def mark_deleted(session: Session, artifact_id: UUID, *, at: datetime) -> Artifact | None:
    """Note that a file is removed; None where that was noted before, or somebody keeps its run."""
    is_kept = exists().where(RunRow.id == ArtifactRow.run_id, RunRow.pinned_at.is_not(None))
    marked = session.execute(
        update(ArtifactRow)
        .where(ArtifactRow.id == artifact_id, ArtifactRow.deleted_at.is_(None), ~is_kept)
        .values(deleted_at=at)
        .returning(ArtifactRow.id)
    ).first()
    return None if marked is None else load_artifact(session, artifact_id)


def hold_key(session: Session, storage_key: str) -> None:
    """Wait until no other transaction decides whether a stored file goes; runs that share work share files."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"file {storage_key}"})


def is_in_use(session: Session, artifact: Artifact) -> bool:
    """Whether another run has the same stored file, and it is not removed there."""
    statement = select(ArtifactRow.id).where(
        ArtifactRow.store == artifact.store,
        ArtifactRow.storage_key == artifact.storage_key,
        ArtifactRow.deleted_at.is_(None),
        ArtifactRow.id != artifact.id,
    )
    return session.execute(statement.limit(1)).first() is not None


def insert_link(
    session: Session,
    *,
    organization_id: UUID,
    artifact_id: UUID,
    token_sha256: str,
    expires_at: datetime,
    created_by: UUID | None,
) -> None:
    """Remember a link to a file."""
    session.execute(
        insert(DownloadLinkRow).values(
            organization_id=organization_id,
            artifact_id=artifact_id,
            token_sha256=token_sha256,
            expires_at=expires_at,
            created_by=created_by,
        )
    )


def find_link(session: Session, token_sha256: str) -> tuple[datetime, datetime | None] | None:
    """Return until when a link of the organization is good and when it was revoked; None: there is none."""
    row = session.execute(
        select(DownloadLinkRow.expires_at, DownloadLinkRow.revoked_at).where(
            DownloadLinkRow.token_sha256 == token_sha256
        )
    ).first()
    return None if row is None else (row.expires_at, row.revoked_at)


def artifact_of_link(session: Session, token_sha256: str, now: datetime) -> tuple[UUID, UUID] | None:
    """Return (organization, artifact) of a link that is still good; needs no organization context."""
    statement = text("SELECT organization_id, artifact_id FROM artifact_of_link(:sha, :now)")
    row = session.execute(statement, {"sha": token_sha256, "now": now}).first()
    return None if row is None or row.artifact_id is None else (row.organization_id, row.artifact_id)


def delete_expired_links(session: Session, now: datetime) -> int:
    """Forget links that open nothing any more; returns how many."""
    statement: Delete = delete(DownloadLinkRow).where(DownloadLinkRow.expires_at <= now)
    return len(session.execute(statement.returning(DownloadLinkRow.id)).all())


def _select_artifacts() -> Select[Any]:
    return select(
        ArtifactRow.id,
        ArtifactRow.run_id,
        ArtifactRow.format,
        ArtifactRow.file_name,
        ArtifactRow.media_type,
        ArtifactRow.store,
        ArtifactRow.storage_key,
        ArtifactRow.sha256,
        ArtifactRow.size_bytes,
        ArtifactRow.manifest,
        ArtifactRow.created_at,
        ArtifactRow.deleted_at,
    )


def _artifact(row: RowMapping) -> Artifact:
    return Artifact(**{**row, "manifest": load_manifest(row["manifest"])})
