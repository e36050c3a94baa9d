"""Artifacts: what is known of stored files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, bindparam, exists, false, select, text, update
from sqlalchemy.orm import Session

from core.db.many_rows import insert_many, values_of_many
from core.db.tables import ArtifactRow, BurstPartRow, RunRow
from core.domain.artifact import Artifact
from core.domain.manifest_json import dump_manifest, load_manifest
from core.errors import NotFound


def insert_artifacts(session: Session, organization_id: UUID, artifacts: Sequence[Artifact]) -> None:
    """Record stored files of a run; the one that it already has of a format stays."""
    rows = [artifact_values(artifact, organization_id) for artifact in artifacts]
    if rows:
        statement = insert_many(_ARTIFACTS, tuple(rows[0]), len(rows))
        kept = statement.on_conflict_do_nothing(index_elements=["run_id", "part_id", "format"])
        session.execute(kept, values_of_many(rows))


def artifact_values(artifact: Artifact, organization_id: UUID) -> dict[str, Any]:
    """Return the columns of a file's row."""
    return {
        "id": artifact.id,
        "organization_id": organization_id,
        "run_id": artifact.run_id,
        "part_id": artifact.part_id,
        "format": artifact.format,
        "file_name": artifact.file_name,
        "media_type": artifact.media_type,
        "store": artifact.store,
        "storage_key": artifact.storage_key,
        "sha256": artifact.sha256,
        "size_bytes": artifact.size_bytes,
        "manifest": dump_manifest(artifact.manifest),
        "created_at": artifact.created_at,
    }


def list_artifacts(session: Session, run_id: UUID) -> tuple[Artifact, ...]:
    """Return the files of a run's whole result by format."""
    rows = session.execute(_OF_RUN, {"of_run": run_id})
    return tuple(_artifact(row) for row in rows.mappings())


def list_part_artifacts(session: Session, part_id: UUID) -> tuple[Artifact, ...]:
    """Return the files of a part of a run's result by format."""
    return tuple(_artifact(row) for row in session.execute(_OF_PART, {"of_part": part_id}).mappings())


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


def artifacts_past_their_days(session: Session, now: datetime, maximum: int) -> tuple[tuple[UUID, UUID], ...]:
    """Return files that hold rows of datasets whose days are over, the oldest first, each with its organization."""
    statement = text("SELECT artifact_id, organization_id FROM artifacts_past_their_days(:now, :maximum)")
    rows = session.execute(statement, {"now": now, "maximum": maximum})
    return tuple((row.artifact_id, row.organization_id) for row in rows)


def organization_of(session: Session, artifact_id: UUID) -> UUID:
    """Return whose file it is."""
    return session.execute(select(ArtifactRow.organization_id).where(ArtifactRow.id == artifact_id)).scalar_one()


def mark_deleted(session: Session, artifact_id: UUID, *, at: datetime, even_kept: bool = False) -> Artifact | None:
    """Note that a file is removed; None where that was noted before, or somebody keeps its run unless `even_kept`."""
    is_kept = false() if even_kept else exists().where(RunRow.id == ArtifactRow.run_id, RunRow.pinned_at.is_not(None))
    marked = session.execute(
        update(ArtifactRow)
        .where(ArtifactRow.id == artifact_id, ArtifactRow.deleted_at.is_(None), ~is_kept)
        .values(deleted_at=at)
        .returning(ArtifactRow.id)
    ).first()
    return None if marked is None else load_artifact(session, artifact_id)


def picture_key_of(session: Session, artifact: Artifact) -> str | None:
    """Return where the picture of what a file shows is stored, if there is one."""
    told = select(RunRow.result_head).where(RunRow.id == artifact.run_id)
    if artifact.part_id is not None:
        told = select(BurstPartRow.record).where(BurstPartRow.id == artifact.part_id)
    return (session.execute(told).scalar_one_or_none() or {}).get("picture_key")


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


def _select_artifacts() -> Select[Any]:
    columns: tuple[Any, ...] = (
        ArtifactRow.id,
        ArtifactRow.run_id,
        ArtifactRow.part_id,
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
    return select(*columns)


_ARTIFACTS: Any = ArtifactRow.__table__
_OF_RUN = (
    _select_artifacts()
    .where(ArtifactRow.run_id == bindparam("of_run", type_=_ARTIFACTS.c.run_id.type), ArtifactRow.part_id.is_(None))
    .order_by(ArtifactRow.format)
)
_OF_PART = (
    _select_artifacts()
    .where(ArtifactRow.part_id == bindparam("of_part", type_=_ARTIFACTS.c.part_id.type))
    .order_by(ArtifactRow.format)
)


def _artifact(row: RowMapping) -> Artifact:
    return Artifact(**{**row, "manifest": load_manifest(row["manifest"])})
