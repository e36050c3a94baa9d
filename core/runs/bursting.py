"""Bursting: a run whose recipients stand in the data. It finds them, makes each part's files, then their deliveries.

Whom it found is committed with the step `queried`, the files some parts at a time, the deliveries all at once: a run
whose worker dies goes on behind the last commit, and nobody is written to before every file is there.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import null

from core.db import artifact_repository, burst_repository, run_repository
from core.db.database import Database
from core.db.queue import defer_deliveries
from core.db.run_repository import LedgerRun
from core.domain.bursting import Burst, NoRows, Outcome, parse_burst
from core.domain.run import RunPhase, RunStep
from core.errors import RunCancelled
from core.query.executor import QueryExecutor
from core.render import RENDERERS
from core.runs import failpoints
from core.runs.burst_files import MadePart, PartFiling
from core.runs.burst_finding import Finding, question_of
from core.runs.burst_state import BurstState, load_state
from core.runs.claims import sending_words
from core.runs.deciding import Deciding
from core.runs.filing import Filing
from core.runs.guard import Guard
from core.runs.ledger import Ledger
from core.runs.subjects import Subject, Subjects

logger = logging.getLogger(__name__)

NO_ROWS = "There are no rows for them."
NOBODY = "The data names nobody. Nothing was sent."
NOBODY_HAS_ROWS = "There are no rows for any of the recipients. Nothing was sent."
#: Parts whose files are written down together.
_TOGETHER = 50


class Bursting:
    """Takes a claimed run with recipients from data as far as it goes."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        executor: QueryExecutor,
        filing: Filing,
        deciding: Deciding,
        spool_dir: Path,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._filing = filing
        self._deciding = deciding
        self._spool_dir = spool_dir
        self._subjects = Subjects(database)
        self._finding = Finding(database, ledger, executor=executor, spool_dir=spool_dir, formats=tuple(RENDERERS))
        self._parts = PartFiling(executor, filing, spool_dir=spool_dir)

    def carry_out(self, run: LedgerRun, guard: Guard) -> None:
        """Take the steps from the last committed one on."""
        burst = parse_burst(run.burst)
        if burst is None:
            raise ValueError("the run has no recipients in the data")
        if run.step not in (RunStep.RENDERED, RunStep.DELIVERING):
            subject = self._subjects.load(run)
            state = self._found(run, burst, subject, guard)
            if state is None:
                return
            if not self._file(run, burst, subject, state, guard):
                return
        guard.check()
        self._deliver(run)
        failpoints.reach(failpoints.DELIVERING)

    def _found(self, run: LedgerRun, burst: Burst, subject: Subject, guard: Guard) -> BurstState | None:
        """What was committed if its rows are still on this machine, else found anew; None: there is nothing to do."""
        state = load_state(run) if run.step is RunStep.QUERIED else None
        if state is not None and state.is_here(self._spool_dir, run.id):
            return state
        self._forget(run)
        guard.note(RunPhase.READING, rows=0, rows_total=None)
        if not self._deciding.opens(run, subject, guard).goes_on:
            return None
        state = self._finding.find(run, question_of(run, burst, subject, guard), subject.principal, guard)
        if state is None:
            self._deciding.skip(run, NOBODY)
        return state

    def _forget(self, run: LedgerRun) -> None:
        """Files of parts that were found before are nobody's: the rows they were made of are gone."""
        if run.step is RunStep.CREATED:
            return
        with self._database.organization(run.organization_id) as session:
            run_repository.update_running(session, run.lease(), rows_delivered=0)
            keys = burst_repository.clear_plan(session, run.id)
        self._filing.discard(keys)

    def _file(self, run: LedgerRun, burst: Burst, subject: Subject, state: BurstState, guard: Guard) -> bool:
        """Make the files of every part that lacks them; returns whether anybody gets any."""
        began = time.monotonic()
        with_empty = burst.no_rows is NoRows.SEND or burst.test is not None
        with self._database.organization(run.organization_id) as session:
            parts = burst_repository.open_parts(session, run.id, with_empty=with_empty)
        wishes = self._subjects.wishes(run)
        if run.attempt > 1:
            for part in parts[:_TOGETHER]:
                self._parts.forget_earlier(run, part)
        counts = [part.rows_matched for part in parts if part.rows_matched is not None]
        written, total = 0, sum(counts) if len(counts) == len(parts) else None
        rows = self._parts.rows(run, question_of(run, burst, subject, guard), state)
        for start in range(0, len(parts), _TOGETHER):
            some = parts[start : start + _TOGETHER]
            made: list[MadePart] = []
            try:
                for part in some:
                    guard.check()
                    made.append(self._parts.make(run, part, rows, wishes, guard, with_empty=with_empty))
                    written += made[-1].filed.rows_matched
                    guard.note(RunPhase.WRITING, rows=written, rows_total=total)
                self._record(run, made)
            except BaseException:
                self._filing.discard(key for one in made for key in one.keys)
                raise
            failpoints.reach(failpoints.STORED)
        return self._rendered(run, render_s=time.monotonic() - began, with_empty=with_empty)

    def _record(self, run: LedgerRun, made: Sequence[MadePart]) -> None:
        with self._database.organization(run.organization_id) as session:
            burst_repository.record_parts(session, [one.filed for one in made])
            artifacts = [artifact for one in made for artifact in one.artifacts]
            artifact_repository.insert_artifacts(session, run.organization_id, artifacts)
            rows = burst_repository.rows_of_parts(session, run.id)
            run_repository.update_running(session, run.lease(), rows_matched=rows, rows_delivered=rows)

    def _rendered(self, run: LedgerRun, *, render_s: float, with_empty: bool) -> bool:
        with self._database.organization(run.organization_id) as session:
            skipped = 0 if with_empty else burst_repository.skip_empty(session, run.id, NO_ROWS)
            counts = burst_repository.count_outcomes(session, run.id)
        if not counts.get(Outcome.SENT) and not counts.get(Outcome.REFUSED):
            self._deciding.skip(run, NOBODY_HAS_ROWS)
            return False
        message = f"Files for {counts.get(Outcome.SENT, 0):,} recipients."
        if skipped:
            message += f" {skipped:,} get nothing: there are no rows for them."
        # Where the rows lie is of no use any more, and long: each delivery would read it.
        with self._ledger.step(run, RunStep.RENDERED, message=message, render_s=render_s, result_head=null()):
            pass
        failpoints.reach(failpoints.RENDERED)
        return True

    def _deliver(self, run: LedgerRun) -> None:
        """Make every delivery with its job at once, and give the lease back."""
        with self._database.organization(run.organization_id) as session:
            count = burst_repository.count_outcomes(session, run.id).get(Outcome.SENT, 0)
        given_back = {"lease_until": None, "deliver_s": 0.0, "progress": null()}
        with self._ledger.step(run, RunStep.DELIVERING, message=sending_words(count), **given_back) as session:
            if run_repository.load_ledger_run(session, run.id).cancel_requested_at is not None:
                raise RunCancelled
            made = burst_repository.make_deliveries(session, run.id)
            defer_deliveries(session, made, priority=run.priority)
            self._ledger.settle(session, replace(run, step=RunStep.DELIVERING))
        logger.info("burst_delivering run=%s recipients=%s", run.id, len(made))
