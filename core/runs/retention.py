"""Retention: removes files whose time is over, later their runs, and what died workers left.

What a row says of a file stays as long as its run. A run that somebody keeps stays with its files.
"""

import logging
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from core.artifacts.store import ArtifactStore
from core.clock import Clock
from core.db import (
    artifact_repository,
    care_repository,
    owner_notice_repository,
    personal_data_repository,
    planning_repository,
    session_repository,
)
from core.db.database import Database
from core.errors import ArtifactError
from core.runs.file_removal import remove_file

logger = logging.getLogger(__name__)

#: Spooled rows this old belong to a run that will query again if it ever goes on.
SPOOL_KEPT = timedelta(days=1)
#: Scratch and half-written files are kept this long at least, and twice as long as an attempt may take.
SCRATCH_KEPT = timedelta(hours=1)
#: Who signed in from where is looked into for so long after it ended; that somebody signed in stands in the audit.
SESSIONS_KEPT = timedelta(days=30)


class Retention:
    """Tidies up; any number of daemons may do so at the same time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        stores: Mapping[str, ArtifactStore],
        spool_dir: Path,
        scratch_dir: Path,
        files_kept: timedelta,
        runs_kept: timedelta,
        run_timeout: timedelta,
        purge_uploads: Callable[[], int] = lambda: 0,
        batch: int = 500,
    ) -> None:
        """`files_kept`: how long after it was made a file is removed; `runs_kept`: how long after its end a run is.

        `run_timeout`: the longest an attempt takes.
        """
        self._database = database
        self._clock = clock
        self._stores = stores
        self._spool_dir = spool_dir
        self._scratch_dir = scratch_dir
        self._files_kept = files_kept
        self._runs_kept = runs_kept
        self._scratch_kept = max(SCRATCH_KEPT, 2 * run_timeout)
        self._purge_uploads = purge_uploads
        self._batch = batch

    def retain(self) -> None:
        """Clear away old files, and what died workers left: scratch and spools here, wake-ups in the queue."""
        now = self._clock.now()
        _remove_older(self._spool_dir, "*.arrow*", now - SPOOL_KEPT)
        _remove_older(self._scratch_dir, "render-*", now - self._scratch_kept)
        for name, store in self._stores.items():
            try:
                store.sweep(now - self._scratch_kept)
            except ArtifactError:
                logger.exception("store_not_swept store=%s", name)
        with self._database.installation() as session:
            planning_repository.forget_orphaned_jobs(session)
            session_repository.forget_ended(session, now - SESSIONS_KEPT)
        removed = self._purge_uploads() + self._remove_by_dataset(now) + self._remove_files(now)
        if removed:
            logger.info("files_removed count=%s", removed)
        forgotten = self._forget_runs(now)
        if forgotten:
            logger.info("runs_forgotten count=%s", forgotten)

    def _remove_files(self, now: datetime) -> int:
        """Remove every file whose time is over, the oldest first; returns how many."""
        total = 0
        while True:
            with self._database.installation() as session:
                found = artifact_repository.artifacts_older_than(session, now - self._files_kept, self._batch)
            removed = sum(self._remove_safely(*ids, now) for ids in found)
            total += removed
            if len(found) < self._batch or not removed:
                return total

    def _remove_by_dataset(self, now: datetime) -> int:
        """Remove files that hold rows of a dataset for longer than it allows, and the rows that messages show of it.

        That a person keeps a run is no reason to keep them.
        """
        with self._database.installation() as session:
            found = artifact_repository.artifacts_past_their_days(session, now, self._batch)
        removed = 0
        for artifact_id, organization_id in found:
            try:
                with self._database.organization(organization_id) as session:
                    run_id = artifact_repository.load_artifact(session, artifact_id).run_id
                    removed += remove_file(session, self._stores, artifact_id, at=now, even_kept=True)
                    personal_data_repository.forget_rows(session, [run_id])
            except ArtifactError:
                logger.exception("file_not_removed artifact=%s", artifact_id)
        return removed

    def _forget_runs(self, now: datetime) -> int:
        """Forget every run whose time is over, with its timeline, and news told as long ago; returns how many runs."""
        total = 0
        with self._database.installation() as session:
            owner_notice_repository.forget_news(session, now - self._runs_kept)
        while True:
            with self._database.installation() as session:
                found = care_repository.runs_older_than(session, now - self._runs_kept, self._batch)
            by_organization: dict[UUID, list[UUID]] = {}
            for run_id, organization_id in found:
                by_organization.setdefault(organization_id, []).append(run_id)
            forgotten = 0
            for organization_id, run_ids in by_organization.items():
                with self._database.organization(organization_id) as session:
                    forgotten += care_repository.delete_runs(session, run_ids)
            total += forgotten
            if len(found) < self._batch or not forgotten:
                return total

    def _remove_safely(self, artifact_id: UUID, organization_id: UUID, now: datetime) -> bool:
        """One file that cannot be removed must not keep the others; it is tried again the next day."""
        try:
            return self._remove(artifact_id, organization_id, now)
        except ArtifactError:
            logger.exception("file_not_removed artifact=%s", artifact_id)
            return False

    def _remove(self, artifact_id: UUID, organization_id: UUID, now: datetime) -> bool:
        with self._database.organization(organization_id) as session:
            return remove_file(session, self._stores, artifact_id, at=now)


def _remove_older(folder: Path, pattern: str, before: datetime) -> None:
    """Remove what matches in a folder and was last changed before an instant."""
    for path in folder.glob(pattern):
        try:
            if path.stat().st_mtime >= before.timestamp():
                continue
        except FileNotFoundError:  # its worker, or another daemon, removed it first
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
