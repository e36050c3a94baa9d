"""The short way of a small run: its rows stay in memory, and all there is to say of it is committed at once.

A worker that dies before that commit leaves a run whose work is done again, under another lease token and so in other
files; after it the deliveries carry the run. What touches the network or waits for a person takes the long way.
"""

import logging
import time
from dataclasses import dataclass, replace
from itertools import chain

import pyarrow as pa

from core.db import artifact_repository, notice_repository
from core.db.database import Database
from core.db.run_repository import LedgerRun
from core.domain.fingerprint import Fingerprint
from core.domain.result import Result, ResultHead
from core.domain.run import RunKind, RunStep
from core.errors import DatabaseUnavailable, LeaseLost, RunCancelled
from core.render.renderer import Wishes
from core.runs import failpoints
from core.runs.deciding import Deciding
from core.runs.filing import Filing
from core.runs.ledger import Ledger
from core.runs.rendering import words_about
from core.runs.result_record import ResultRecord, dump_record, rows_words
from core.runs.small_run import SmallRun

logger = logging.getLogger(__name__)

#: The rows of a run that stay in memory, at most.
_MOST_ROWS = 5000
_MOST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallResult:
    """What was read for a run, whole, and what the ledger is to keep of it."""

    result: Result
    record: ResultRecord
    fingerprint: Fingerprint | None
    query_s: float


class AtOnce:
    """Files a small result and commits it together with its deliveries, fenced by the lease like every step."""

    def __init__(self, database: Database, ledger: Ledger, *, filing: Filing, deciding: Deciding) -> None:
        self._database = database
        self._ledger = ledger
        self._filing = filing
        self._deciding = deciding

    def takes(self, run: LedgerRun, head: ResultHead) -> bool:
        """Whether a run may go this way: nobody judges it, few rows as CSV, sent from here without a network."""
        return (
            run.kind is not RunKind.EXPORT
            and not run.terms
            and head.chart is None
            and head.rows_delivered <= _MOST_ROWS
            and self._filing.is_plain(run)
            and self._ledger.dispatch.sends_itself(run.recipients)
        )

    def finish(self, run: LedgerRun, small: SmallResult, wishes: Wishes) -> None:
        """Make and store the file, then commit everything, with other runs where it can go with them.

        Raises LeaseLost, and RunCancelled where that was asked.
        """
        began = time.monotonic()
        filed = self._filing.file_small(run, small.result, wishes)
        failpoints.reach(failpoints.STORED)
        made = SmallRun(
            run=run,
            record=small.record,
            fingerprint=small.fingerprint,
            filed=filed,
            query_s=small.query_s,
            render_s=time.monotonic() - began,
            commit_alone=self._commit_or_end,
            tidy=self._filing.discard_earlier,
        )
        gathering = self._ledger.dispatch.gathering
        if gathering is not None and gathering.takes(run.recipients):
            gathering.add(made)
        else:
            self._commit(made)

    def _commit_or_end(self, small: SmallRun) -> None:
        """The same as the pipeline does, for a run that it has let go of."""
        run = small.run
        try:
            self._commit(small)
        except RunCancelled:
            self._ledger.cancelled(run)
        except LeaseLost:
            logger.warning("run_lease_lost run=%s token=%s", run.id, run.lease_token)
        except DatabaseUnavailable:
            logger.warning("run_left_to_recovery run=%s", run.id)
        except Exception as error:
            logger.error("run_broke run=%s", run.id, exc_info=error)
            self._ledger.fail(run, error)

    def _commit(self, small: SmallRun) -> None:
        run, record = small.run, small.record
        try:
            with self._database.organization(run.organization_id) as session:
                judged = {}
                if small.fingerprint is not None:
                    verdict = self._deciding.judge_in(session, run, small.fingerprint, record.head.timezone)
                    record = replace(record, changes=verdict.changes)
                    judged = {"fingerprint": verdict.kept, "held_because": None}
                self._ledger.start_at_once(
                    session,
                    run,
                    (
                        (RunStep.QUERIED, rows_words(record)),
                        (RunStep.RENDERED, " ".join(words_about(file) for file in small.filed.files)),
                    ),
                    result_head=dump_record(record),
                    rows_matched=record.head.rows_matched,
                    rows_delivered=record.rows,
                    query_s=small.query_s,
                    render_s=small.render_s,
                    is_stale=False,
                    **judged,
                )
                artifact_repository.insert_artifacts(session, run.organization_id, small.filed.artifacts)
                notice_repository.heal_report(session, run.report_id, run.report_version)
                failpoints.reach(failpoints.DECIDED)
        except (LeaseLost, RunCancelled):
            self._filing.discard(small.filed.keys)
            raise
        for place in (failpoints.QUERIED, failpoints.RENDERED, failpoints.DELIVERING):
            failpoints.reach(place)
        small.tidy(run)


def read_small(result: Result) -> tuple[Result | None, Result]:
    """Read a result into memory, to be read as often as wanted; None where it is larger than it looked.

    The second one holds all rows in either case, to be read once.
    """
    batches: list[pa.RecordBatch] = []
    size, remaining = 0, iter(result.batches)
    for batch in remaining:
        batches.append(batch)
        size += batch.nbytes
        if size > _MOST_BYTES:
            return None, replace(result, batches=chain(batches, remaining), csv=None)
    small = replace(result, batches=batches, csv=None)
    return small, small
