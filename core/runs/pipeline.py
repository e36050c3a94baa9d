"""The pipeline: takes a claimed run through its stages, from the last committed step. The only file that joins them."""

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from core.access.policy import require
from core.db import access_repository, artifact_repository, catalog_repository, run_repository
from core.db.database import Database
from core.db.run_repository import LedgerRun
from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset, Source
from core.domain.definition import ReportDefinition
from core.domain.definition_json import parse_definition
from core.domain.run import RunKind, RunStep
from core.errors import BroadsheetError, DatabaseUnavailable, LeaseLost, NotAllowed, RunCancelled
from core.query.executor import HeadFields, QueryExecutor
from core.query.spool import open_spool, write_spool
from core.runs import failpoints
from core.runs.filing import Filing
from core.runs.guard import Guard, WatchedBatches
from core.runs.ledger import Ledger
from core.runs.rendering import words_about
from core.runs.result_record import ResultRecord, dump_record, load_record, remove_spools, shown_rows, spool_path

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a run reads, and under whose identity."""

    definition: ReportDefinition
    dataset: Dataset
    source: Source
    principal: Principal
    description: str


class Pipeline:
    """Advances runs. Everything it needs is handed in; it connects to nothing by itself."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        executor: QueryExecutor,
        filing: Filing,
        spool_dir: Path,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._executor = executor
        self._filing = filing
        self._spool_dir = spool_dir

    def advance(self, run_id: UUID) -> None:
        """Claim the run and take it as far as it goes; returns quietly where it is not to be worked on now."""
        run = self._ledger.claim(run_id)
        if run is None:
            return
        failpoints.reach(failpoints.CLAIMED)
        logger.info("run_claimed run=%s attempt=%s step=%s", run.id, run.attempt, run.step)
        try:
            with self._ledger.hold(run) as guard:
                self._work(run, guard)
        except LeaseLost:
            logger.warning("run_lease_lost run=%s token=%s", run.id, run.lease_token)
        except DatabaseUnavailable:
            logger.warning("run_left_to_recovery run=%s", run.id)

    def _work(self, run: LedgerRun, guard: Guard) -> None:
        """Take the steps; whatever ends them early becomes the run's visible state."""
        try:
            self._steps(run, guard)
        except (LeaseLost, DatabaseUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - the worker loop: it becomes the state of the run
            self._stopped(run, guard, error)
        else:
            remove_spools(self._spool_dir, run.id)

    def _stopped(self, run: LedgerRun, guard: Guard, error: Exception) -> None:
        """Whatever a stage raised because the guard told it to stop, the guard's reason is the true one."""
        try:
            guard.check()
        except LeaseLost:
            raise LeaseLost from error
        except BroadsheetError as reason:
            error = reason
        if isinstance(error, RunCancelled):
            self._ledger.cancelled(run)
            remove_spools(self._spool_dir, run.id)
            return
        if isinstance(error, BroadsheetError):
            logger.warning("run_stopped run=%s code=%s", run.id, error.code, exc_info=error)
        else:
            logger.error("run_broke run=%s", run.id, exc_info=error)
        self._ledger.fail(run, error)

    def _steps(self, run: LedgerRun, guard: Guard) -> None:
        if run.step not in (RunStep.RENDERED, RunStep.DELIVERING):
            record = self._queried(run, guard)
            guard.check()
            self._render(run, record, guard)
        guard.check()
        if run.kind is RunKind.EXPORT or not run.recipients:
            self._ledger.complete(run)
            return
        self._ledger.start_deliveries(run, run.recipients)
        failpoints.reach(failpoints.DELIVERING)

    def _queried(self, run: LedgerRun, guard: Guard) -> ResultRecord:
        """Return the committed result if its rows are still on this machine, else query."""
        if run.step is RunStep.QUERIED and run.result_head is not None:
            record = load_record(run.result_head)
            if spool_path(self._spool_dir, run.id, record.spool_token).exists():
                return record
        return self._query(run, guard)

    def _query(self, run: LedgerRun, guard: Guard) -> ResultRecord:
        subject = self._subject(run)
        path = spool_path(self._spool_dir, run.id, run.lease_token)
        began = time.monotonic()
        with self._executor.run(
            subject.definition,
            subject.dataset,
            subject.source,
            head_fields=HeadFields(
                title=run.title,
                report_id=run.report_id,
                report_version=run.report_version,
                description=subject.description,
                organization=subject.principal.organization,
                owner=subject.principal.name,
            ),
            logical_at=run.logical_at,
            deadline_s=guard.seconds_left(),
            should_stop=guard.should_stop,
        ) as result:
            rows = write_spool(result, path)
        failpoints.reach(failpoints.SPOOLED)
        guard.check()
        spooled = open_spool(path, result.head)
        record = ResultRecord(head=result.head, rows=rows, spool_token=run.lease_token, shown=shown_rows(spooled))
        with self._ledger.step(
            run,
            RunStep.QUERIED,
            message=f"{rows:,} of {result.head.rows_matched:,} rows read.",
            result_head=dump_record(record),
            rows_matched=result.head.rows_matched,
            rows_delivered=rows,
            query_s=time.monotonic() - began,
        ):
            pass
        failpoints.reach(failpoints.QUERIED)
        return record

    def _subject(self, run: LedgerRun) -> Subject:
        """Load what the run reads, as the person it is for may see it now."""
        definition = parse_definition(run.definition)
        principal = self._principal(run)
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(run.organization_id) as session:
            dataset = catalog_repository.load_one_dataset(session, definition.dataset_id)
            return Subject(
                definition=definition,
                dataset=dataset,
                source=catalog_repository.load_source(session, dataset.source_id),
                principal=principal,
                description=run_repository.report_description(session, run.report_id),
            )

    def _principal(self, run: LedgerRun) -> Principal:
        principals: tuple[Principal, ...] = ()
        if run.requested_by is not None:
            with self._database.installation() as session:
                principals = access_repository.principals_of_user(session, run.requested_by)
        for principal in principals:
            if principal.organization_id == run.organization_id:
                return principal
        raise NotAllowed("The person this report runs for is no longer active here. Give the schedule another owner.")

    def _render(self, run: LedgerRun, record: ResultRecord, guard: Guard) -> None:
        """Make and store every file, then record them all at once: nothing half is visible."""
        result = open_spool(spool_path(self._spool_dir, run.id, record.spool_token), record.head)
        began = time.monotonic()
        filed = self._filing.file(run, replace(result, batches=WatchedBatches(result.batches, guard)))
        failpoints.reach(failpoints.STORED)
        try:
            with self._ledger.step(
                run,
                RunStep.RENDERED,
                message=" ".join(words_about(file) for file in filed.files),
                render_s=time.monotonic() - began,
                result_head=dump_record(replace(record, picture_key=filed.picture_key, notes=filed.picture_notes)),
            ) as session:
                for artifact in filed.artifacts:
                    artifact_repository.insert_artifact(session, run.organization_id, artifact)
        except LeaseLost:
            self._filing.discard(filed.keys)
            raise
        failpoints.reach(failpoints.RENDERED)
        self._filing.discard_earlier(run)
