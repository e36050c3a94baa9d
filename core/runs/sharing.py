"""Sharing: runs that ask the same as the same person for the same moment are queried and rendered once.

The first one does the work. Another one takes over its result and its files, under the same storage keys, or waits for
them, at most one lease; then it does the work itself.
"""

import logging
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import null

from core.clock import Clock
from core.db import artifact_repository, sharing_repository
from core.db.database import Database
from core.db.run_repository import LedgerRun
from core.db.sharing_repository import WAITS_FOR_SIBLING, Sibling
from core.domain.run import RunStep
from core.errors import DatabaseUnavailable, LeaseLost, RunCancelled
from core.runs.deciding import judged_anew
from core.runs.endings import Endings
from core.runs.ledger import LEASE, Ledger

logger = logging.getLogger(__name__)


class Sharing:
    """Looks, before a claimed run is worked on, whether its work is done or being done."""

    def __init__(self, database: Database, clock: Clock, *, ledger: Ledger, endings: Endings) -> None:
        self._database = database
        self._clock = clock
        self._ledger = ledger
        self._endings = endings

    def begin(self, run: LedgerRun) -> LedgerRun | None:
        """Return the run, with the files of a sibling that has them; None where it was put off until one has."""
        if not run.has_sibling or run.step is not RunStep.CREATED:
            return run
        try:
            return self._begin(run)
        except RunCancelled:
            self._ledger.cancelled(run)
        except LeaseLost:
            logger.warning("run_lease_lost run=%s token=%s", run.id, run.lease_token)
        except DatabaseUnavailable:
            logger.warning("run_left_to_recovery run=%s", run.id)
        return None

    def _begin(self, run: LedgerRun) -> LedgerRun | None:
        now = self._clock.now()
        with self._database.organization(run.organization_id) as session:
            sibling = sharing_repository.find_sibling(session, run, now)
        if sibling is not None and sibling.has_files:
            return self._take_over(run, sibling)
        if sibling is None or run.waiting_for == WAITS_FOR_SIBLING:
            return run
        self._endings.wait(run, now + LEASE, WAITS_FOR_SIBLING)
        return None

    def _take_over(self, run: LedgerRun, sibling: Sibling) -> LedgerRun:
        # What changed since the sibling's last delivery is nobody else's news.
        head, fingerprint = {**sibling.columns["result_head"], "changes": None}, sibling.columns["fingerprint"]
        if fingerprint is not None:
            with self._database.organization(run.organization_id) as session:
                verdict = judged_anew(session, run, fingerprint, timezone=head["head"]["timezone"])
            head["changes"], fingerprint = verdict.changes, verdict.kept
        columns = {
            **sibling.columns,
            "result_head": head,
            "fingerprint": null() if fingerprint is None else fingerprint,
        }
        message = "The files are those of another run of the same report, made for the same moment."
        with self._ledger.step(run, RunStep.RENDERED, message=message, query_s=0.0, render_s=0.0, **columns) as session:
            theirs = artifact_repository.list_artifacts(session, sibling.id)
            ours = [replace(artifact, id=uuid4(), run_id=run.id) for artifact in theirs]
            artifact_repository.insert_artifacts(session, run.organization_id, ours)
        logger.info("run_shares_files run=%s sibling=%s", run.id, sibling.id)
        return replace(run, step=RunStep.RENDERED, result_head=head)
