"""Runs: exporting, sending now, cancelling, trying again, and opening the files they made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.artifacts.store import ArtifactStore
from core.clock import Clock
from core.db import (
    artifact_repository,
    dashboard_repository,
    dataset_repository,
    delivery_repository,
    planning_repository,
    report_repository,
    run_inserting,
    run_reading,
    run_repository,
)
from core.db.audit_repository import note
from core.db.database import Database
from core.db.queue import defer_delivery, defer_run
from core.db.run_inserting import RunDraft
from core.db.run_reading import QueueStats
from core.db.visibility import require_run
from core.domain.access import Permission, Principal
from core.domain.artifact import Artifact
from core.domain.definition import ReportDefinition
from core.domain.delivery import DeliveryState
from core.domain.file_options import FileOptions
from core.domain.page import Page
from core.domain.parameters import ParameterValue
from core.domain.run import Run, RunKind, RunState
from core.domain.run_filter import RunFilter, RunSort
from core.errors import Conflict, InvalidInput, NotFound
from core.query.executor import NO_PARAMETERS
from core.query.given_values import bind_given
from core.runs.care import tell_asker
from core.runs.ledger import Ledger
from core.runs.planner import draft_of
from core.runs.quotas import Quotas
from core.runs.seeing import as_told_to, require_files
from core.secrets import SecretBox
from core.services.file_choices import check_dashboard_choices, dashboard_formats, hold_template
from core.services.orders import STARTED, file_order, once_more, to_caller
from core.services.standing import CAN_BE_RETRIED, Standing, standing_of
from core.services.stored_files import open_stored


class RunService:
    """Everything a person does with runs and their files."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        ledger: Ledger,
        stores: Mapping[str, ArtifactStore],
        box: SecretBox | None = None,
        quotas: Quotas | None = None,
    ) -> None:
        """`box` seals the passwords of files; without it files are given none. Without `quotas` nothing is limited."""
        self._database = database
        self._clock = clock
        self._ledger = ledger
        self._stores = stores
        self._box = box
        self._quotas = quotas

    def list_runs(
        self,
        principal: Principal,
        *,
        schedule_id: UUID | None = None,
        report_id: UUID | None = None,
        dashboard_id: UUID | None = None,
        state: RunState | None = None,
        kind: RunKind | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        sort: RunSort = RunSort.NEWEST,
        page: int = 1,
        limit: int = 50,
    ) -> Page[Run]:
        """Return runs with the names of their files; of those made from `since` on and before `until`."""
        require(principal, Permission.VIEW_REPORTS)
        wanted = RunFilter(
            schedule_id=schedule_id,
            report_id=report_id,
            dashboard_id=dashboard_id,
            state=state,
            kind=kind,
            since=since,
            until=until,
            sort=sort,
        )
        with self._database.person(principal) as session:
            found = run_reading.list_runs(session, wanted, page=page, limit=limit)
            return replace(found, items=as_told_to(session, principal, found.items))

    def get_run(self, principal: Principal, run_id: UUID) -> Run:
        """Return a run with its files, deliveries and timeline; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return as_told_to(session, principal, (run_reading.load_run(session, run_id),))[0]

    def standing(self, principal: Principal, run_id: UUID) -> Standing:
        """Return how a run stands now: how long it takes yet, why it waits, what the caller may do with it."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return standing_of(session, principal, run_reading.load_run(session, run_id), self._clock.now())

    def export(
        self,
        principal: Principal,
        report_id: UUID,
        formats: str | Sequence[str],
        *,
        parameters: Mapping[str, ParameterValue] = NO_PARAMETERS,
        as_of: datetime | None = None,
        options: FileOptions = FileOptions(),
        password: str | None = None,
    ) -> Run:
        """Start a download of a saved report; relative dates resolve against `as_of`, else now.

        Raises InvalidInput where the values given are not those that the report asks for, or an option cannot be.
        """
        require(principal, Permission.MANAGE_EXPORTS)
        order = file_order(formats, options, password, as_of, box=self._box)
        with self._database.person(principal) as session:
            report = report_repository.load_report(session, report_id)
            hold_template(session, options, place="options")
            if parameters or report.definition.parameters:
                _check_given(session, report.definition, parameters)
            draft = order.run(principal, report.definition, report.name, parameters, now=self._clock.now())
            return self._start(session, principal, replace(draft, report_id=report.id, report_version=report.version))

    def export_draft(
        self,
        principal: Principal,
        definition: ReportDefinition,
        title: str,
        formats: str | Sequence[str],
        *,
        parameters: Mapping[str, ParameterValue] = NO_PARAMETERS,
        as_of: datetime | None = None,
        options: FileOptions = FileOptions(),
        password: str | None = None,
    ) -> Run:
        """Start a download of a report that was never saved; raises InvalidInput with the place."""
        require(principal, Permission.MANAGE_EXPORTS)
        order = file_order(formats, options, password, as_of, box=self._box)
        with self._database.person(principal) as session:
            hold_template(session, options, place="options")
            _check_given(session, definition, parameters)
            return self._start(
                session, principal, order.run(principal, definition, title, parameters, now=self._clock.now())
            )

    def export_dashboard(
        self,
        principal: Principal,
        dashboard_id: UUID,
        formats: str | Sequence[str],
        *,
        filters: Mapping[str, ParameterValue] = NO_PARAMETERS,
        as_of: datetime | None = None,
        options: FileOptions = FileOptions(),
        password: str | None = None,
    ) -> Run:
        """Start a download of a saved dashboard under the values given for its filters; "zip" is a ZIP of CSVs.

        Raises InvalidInput with the place.
        """
        require(principal, Permission.MANAGE_EXPORTS)
        asked = (formats,) if isinstance(formats, str) else formats
        order = file_order(dashboard_formats(asked), options, password, as_of, box=self._box)
        check_dashboard_choices(options, place="options")
        with self._database.person(principal) as session:
            dashboard = dashboard_repository.load_dashboard(session, dashboard_id)
            if not dashboard.content.tiles:
                raise InvalidInput("The dashboard has no tiles yet.", place="tiles")
            return self._start(
                session, principal, order.dashboard_run(principal, dashboard, filters, now=self._clock.now())
            )

    def run_schedule_now(self, principal: Principal, schedule_id: UUID, *, as_of: datetime | None = None) -> Run:
        """Send a schedule's report to its recipients now, outside ones included; so it asks what scheduling asks.

        Relative dates resolve against `as_of`, else now.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            schedule = planning_repository.load_planned_schedule(session, schedule_id)
            return self._start(session, principal, draft_of(schedule, RunKind.MANUAL, as_of or self._clock.now()))

    def test_schedule(self, principal: Principal, schedule_id: UUID, *, recipient: str | None = None) -> Run:
        """Send what a schedule would send to the caller's own address, and to nobody else.

        Where its recipients stand in the data: what it would send to `recipient`, else to the first who has rows.
        """
        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            schedule = planning_repository.load_planned_schedule(session, schedule_id)
            draft = draft_of(schedule, RunKind.TEST, self._clock.now())
            test = to_caller(draft, principal, recipient=recipient)
            return self._start(session, principal, replace(test, requested_by=principal.user_id))

    def cancel(self, principal: Principal, run_id: UUID) -> Run:
        """Stop a run: at once where no worker holds it, within seconds otherwise. Raises Conflict after its end."""
        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            require_run(session, run_id)
            self._ledger.cancel(session, run_id)
            run = run_reading.load_run(session, run_id)
            note(session, principal, "run.cancelled", object_id=run_id, name=run.title)
            return run

    def retry(self, principal: Principal, run_id: UUID) -> Run:
        """Start a new run that asks and sends what an ended one did, for the same logical time.

        Sending to a schedule's recipients takes the permission that sending it takes.
        """
        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            require_run(session, run_id)
            run = run_repository.load_ledger_run(session, run_id)
            if run.state not in CAN_BE_RETRIED:
                raise Conflict(f"Only a failed, cancelled or missed run can be tried again; this one is {run.state}.")
            if (run.recipients or run.burst is not None) and run.kind is not RunKind.TEST:
                require(principal, Permission.MANAGE_SCHEDULES)
            return self._start(session, principal, once_more(run))

    def resend_delivery(self, principal: Principal, delivery_id: UUID) -> Run:
        """Send a delivery again that did not arrive; a recipient who was served is never served twice.

        One that was left out is looked at again: it goes out where what stood in its way is gone.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            row = delivery_repository.load_outbox_row(session, delivery_id, lock=True)
            require_run(session, row.run_id)
            if row.state in (DeliveryState.FAILED, DeliveryState.HELD, DeliveryState.SUPPRESSED):
                delivery_repository.change_delivery(
                    session, row, to=DeliveryState.PENDING, attempt=0, next_attempt_at=None, error_message=None
                )
            elif row.state is DeliveryState.UNKNOWN:
                delivery_repository.resend_at(session, delivery_id, self._clock.now())
            else:
                raise Conflict(f"This delivery is {row.state}; only one that did not arrive can be sent again.")
            defer_delivery(session, delivery_id, priority=RunKind.MANUAL.priority)
            note(session, principal, "delivery.resent", object_id=delivery_id, name=row.whom)
            return run_reading.load_run(session, row.run_id)

    def open_artifact(self, principal: Principal, run_id: UUID, format: str) -> tuple[Artifact, BinaryIO]:  # noqa: A002
        """Return a run's file of one format and its bytes; the caller closes them. Raises NotFound."""
        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            require_run(session, run_id)
            require_files(session, principal, run_id)
            artifacts = artifact_repository.list_artifacts(session, run_id)
            wanted = next((one for one in artifacts if one.format == format), None)
            if wanted is None:
                raise NotFound(f"This run has no {format} file, or you may not see it.", place="format")
            note(session, principal, "file.downloaded", object_id=wanted.id, name=wanted.file_name)
        return wanted, open_stored(self._stores, wanted)

    def queue_stats(self, principal: Principal) -> QueueStats:
        """Return what waits and what runs in the caller's organization."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return run_reading.queue_stats(session)

    def _start(self, session: Session, principal: Principal, draft: RunDraft) -> Run:
        if self._quotas is not None:
            self._quotas.hold_start(session, principal)
        now = self._clock.now()
        run_id = run_inserting.insert_run(session, draft, now=now)
        if run_id is None:
            raise Conflict("This slot already has a run.")
        tell_asker(session, run_id, draft, asked_by=principal.user_id, at=now)
        defer_run(session, run_id, priority=draft.kind.priority)
        told = {"formats": draft.formats, "report_id": draft.report_id, "schedule_id": draft.schedule_id}
        note(session, principal, STARTED[draft.kind], object_id=run_id, name=draft.title, after=told)
        return run_reading.load_run(session, run_id)


def _check_given(session: Session, definition: ReportDefinition, given: Mapping[str, ParameterValue]) -> None:
    bind_given(definition, dataset_repository.load_one_dataset(session, definition.dataset_id), given)
