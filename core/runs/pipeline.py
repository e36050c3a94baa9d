"""The pipeline: takes a claimed run through its stages, from the last committed step. The only file that joins them."""

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from core.artifacts.disk import disk_full
from core.db import (
    artifact_repository,
    notice_repository,
)
from core.db.database import Database
from core.db.run_repository import LedgerRun
from core.domain.dashboard_json import parse_question
from core.domain.definition_json import parse_definition
from core.domain.file_options import parse_file_options
from core.domain.fingerprint import Fingerprint
from core.domain.result import Result
from core.domain.run import RunKind, RunPhase, RunStep
from core.errors import (
    BroadsheetError,
    DatabaseUnavailable,
    FieldMissing,
    LeaseLost,
    RunCancelled,
)
from core.logs import log_context
from core.query.executor import HeadFields, QueryExecutor
from core.query.spool import open_spool, write_spool
from core.render.renderer import Wishes
from core.runs import failpoints
from core.runs.at_once import AtOnce, SmallResult, read_small
from core.runs.bursting import Bursting
from core.runs.dashboards import Dashboards
from core.runs.deciding import Deciding
from core.runs.filing import Filed, Filing, SpooledRows
from core.runs.fingerprinting import Fingerprinting, keeps_fingerprint
from core.runs.guard import Guard
from core.runs.ledger import Ledger
from core.runs.missing_fields import MissingFields
from core.runs.progress import watched_reading
from core.runs.rendering import words_about
from core.runs.result_record import (
    ResultRecord,
    dump_record,
    kept_rows,
    load_record,
    record_of,
    remove_spools,
    rows_words,
    spool_path,
    written_path,
)
from core.runs.subjects import Subject, Subjects

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What became of the rows of a result; `rows` where they stayed in memory."""

    record: ResultRecord
    fingerprint: Fingerprint | None = None
    rows: Result | None = None


class Pipeline:
    """Advances runs. Everything it needs is handed in; it connects to nothing by itself."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        executor: QueryExecutor,
        filing: Filing,
        missing: MissingFields,
        deciding: Deciding,
        spool_dir: Path,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._executor = executor
        self._filing = filing
        self._missing = missing
        self._deciding = deciding
        self._spool_dir = spool_dir
        self._subjects = Subjects(database)
        self._bursting = Bursting(
            database, ledger, executor=executor, filing=filing, deciding=deciding, spool_dir=spool_dir
        )
        self._dashboards = Dashboards(database, ledger, executor=executor, filing=filing, spool_dir=spool_dir)
        self._at_once = AtOnce(database, ledger, filing=filing, deciding=deciding)

    def advance(self, run_id: UUID) -> None:
        """Claim the run and take it as far as it goes; returns quietly where it is not to be worked on now."""
        run = self._ledger.claim(run_id)
        if run is not None:
            self.carry_out(run)

    def carry_out(self, run: LedgerRun) -> None:
        """Take a claimed run as far as it goes, from its last committed step on."""
        failpoints.reach(failpoints.CLAIMED)
        logger.info("run_claimed run=%s attempt=%s step=%s", run.id, run.attempt, run.step)
        try:
            with log_context("run", run=run.id, schedule=run.schedule_id), self._ledger.hold(run) as guard:
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
        error = disk_full(error) or error
        if isinstance(error, RunCancelled):
            self._ledger.cancelled(run)
            remove_spools(self._spool_dir, run.id)
            return
        if isinstance(error, BroadsheetError):
            logger.warning("run_stopped run=%s code=%s", run.id, error.code, exc_info=error)
        else:
            logger.error("run_broke run=%s", run.id, exc_info=error)
        self._ledger.fail(run, error)
        if isinstance(error, FieldMissing):
            self._missing.found(run.organization_id, parse_definition(run.definition).dataset_id, error.fields)

    def _steps(self, run: LedgerRun, guard: Guard) -> None:
        if run.burst is not None:
            self._bursting.carry_out(run, guard)
            return
        has_files = run.step in (RunStep.RENDERED, RunStep.DELIVERING)
        if not has_files and not self._makes_files(run, guard):
            return
        guard.check()
        if self._deciding.holds(run):
            return
        if run.kind is RunKind.EXPORT or not run.recipients:
            self._ledger.complete(run)
            return
        self._ledger.start_deliveries(run, run.recipients)
        failpoints.reach(failpoints.DELIVERING)

    def _makes_files(self, run: LedgerRun, guard: Guard) -> bool:
        """Take the run to its files; False: it ended without, was put off, or all of it is done."""
        question = parse_question(run.definition)
        if question is not None:
            self._dashboards.make(run, question, guard)
            return True
        record = self._queried(run, guard)
        if record is None:
            return False
        guard.check()
        if record.skipped is not None:
            self._deciding.skip(run, record.skipped)
            return False
        self._render(run, record, guard)
        return True

    def _queried(self, run: LedgerRun, guard: Guard) -> ResultRecord | None:
        """Return the committed result if its rows are still on this machine, else query; None: all is done."""
        if run.step is RunStep.QUERIED and run.result_head is not None:
            record = load_record(run.result_head)
            if kept_rows(self._spool_dir, run.id, record).exists():
                return record
        subject = self._subjects.load(run)
        guard.note(RunPhase.READING, rows=0, rows_total=None)
        opening = self._deciding.opens(run, subject, guard)
        return self._query(run, subject, guard, stale=opening.stale) if opening.goes_on else None

    def _query(self, run: LedgerRun, subject: Subject, guard: Guard, *, stale: str | None) -> ResultRecord | None:
        """Read the rows and commit that; a small run is committed with its deliveries, and None returned."""
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
            parameters=subject.parameters,
            should_stop=guard.should_stop,
            with_overall=keeps_fingerprint(run),
        ) as result:
            failpoints.reach(failpoints.QUERYING)
            kept = self._keep(run, subject, watched_reading(_marked(result, stale), guard))
        failpoints.reach(failpoints.SPOOLED)
        guard.check()
        if kept.rows is not None:
            small = SmallResult(
                result=kept.rows, record=kept.record, fingerprint=kept.fingerprint, query_s=time.monotonic() - began
            )
            wishes = Wishes(options=parse_file_options(run.file_options), branding=subject.branding)
            self._at_once.finish(run, small, wishes)
            return None
        record, fingerprint = kept.record, kept.fingerprint
        verdict = None
        if fingerprint is not None:
            verdict = self._deciding.judge(run, fingerprint, record.head.timezone)
            record = replace(record, skipped=verdict.skip, changes=verdict.changes, is_stale=stale is not None)
        with self._ledger.step(
            run,
            RunStep.QUERIED,
            message=rows_words(record),
            result_head=dump_record(record),
            rows_matched=record.head.rows_matched,
            rows_delivered=record.rows,
            query_s=time.monotonic() - began,
            is_stale=stale is not None,
        ) as session:
            if verdict is not None:
                self._deciding.note(session, run, verdict)
            notice_repository.heal_report(session, run.report_id, run.report_version)
            failpoints.reach(failpoints.DECIDED)
        failpoints.reach(failpoints.QUERIED)
        return record

    def _keep(self, run: LedgerRun, subject: Subject, result: Result) -> _Kept:
        """Keep the rows: in memory, in the run's one file where that is all they are for, or where renderers look."""
        head, token = result.head, run.lease_token
        marks = Fingerprinting(run, subject, result) if keeps_fingerprint(run) else None
        if marks is None and self._filing.takes_rows_straight(run):
            said = self._filing.write_straight(
                result, written_path(self._spool_dir, run.id, token), self._subjects.wishes(run)
            )
            return _Kept(record=ResultRecord(head=head, rows=said.rows, spool_token=token, shown=(), rendering=said))
        rows = result if marks is None else marks.watched()
        small: Result | None = None
        if self._at_once.takes(run, head):
            small, rows = read_small(rows)
        if small is None:
            path = spool_path(self._spool_dir, run.id, token)
            count = write_spool(rows, path)
            kept = open_spool(path, head)
        else:
            kept, count = small, sum(batch.num_rows for batch in small.batches)
        record = record_of(kept, rows=count, token=token)
        return _Kept(record=record, fingerprint=None if marks is None else marks.fingerprint(), rows=small)

    def _render(self, run: LedgerRun, record: ResultRecord, guard: Guard) -> None:
        """Make and store every file, then record them all at once: nothing half is visible."""
        began = time.monotonic()
        filed = self._filed(run, record, guard)
        failpoints.reach(failpoints.STORED)
        try:
            with self._ledger.step(
                run,
                RunStep.RENDERED,
                message=" ".join(words_about(file) for file in filed.files),
                render_s=time.monotonic() - began,
                result_head=dump_record(replace(record, picture_key=filed.picture_key, notes=filed.picture_notes)),
            ) as session:
                artifact_repository.insert_artifacts(session, run.organization_id, filed.artifacts)
        except LeaseLost:
            self._filing.discard(filed.keys)
            raise
        failpoints.reach(failpoints.RENDERED)
        self._filing.discard_earlier(run)

    def _filed(self, run: LedgerRun, record: ResultRecord, guard: Guard) -> Filed:
        path = kept_rows(self._spool_dir, run.id, record)
        rows = SpooledRows(head=record.head, path=path, wishes=self._subjects.wishes(run))
        if record.rendering is not None:
            return self._filing.file_straight(run, rows, record.rendering)
        return self._filing.file(run, rows, guard)


def _marked(result: Result, stale: str | None) -> Result:
    """The result, saying so where its data is older than was wanted."""
    if stale is None:
        return result
    return replace(result, head=replace(result.head, notes=(*result.head.notes, stale)))
