"""`/api/report-executions` and `/api/deliveries`: what happened and what came out of it."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from core.api.authentication import Caller
from core.api.downloads import artifact_response
from core.api.inputs import Instant, Json, PageLimit, PageNumber, Text
from core.api.models import In, execution_line_out, execution_out, page_out, standing_out
from core.api.threads import blocking
from core.domain.run import RunKind, RunState
from core.domain.run_filter import RunSort
from core.services.run_care import RunCareService
from core.services.runs import RunService


class RunsWanted(In):
    """Which runs to list, in which order. `from` and `to` bound the moment they were made."""

    status: RunState | None = None
    kind: RunKind | None = None
    report_id: UUID | None = None
    dashboard_id: UUID | None = None
    schedule_id: UUID | None = None
    from_: Instant | None = Field(None, alias="from")
    to: Instant | None = None
    sort: RunSort = RunSort.NEWEST
    page: PageNumber = 1
    limit: PageLimit = 50


def execution_routes(runs: RunService, care: RunCareService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Executions"])

    @router.get("/report-executions", summary="Runs, the newest first unless you say otherwise")
    @blocking
    def list_executions(caller: Caller, wanted: Annotated[RunsWanted, Query()]) -> Json:
        found = runs.list_runs(
            caller,
            schedule_id=wanted.schedule_id,
            report_id=wanted.report_id,
            dashboard_id=wanted.dashboard_id,
            state=wanted.status,
            kind=wanted.kind,
            since=wanted.from_,
            until=wanted.to,
            sort=wanted.sort,
            page=wanted.page,
            limit=wanted.limit,
        )
        return page_out(found, execution_line_out)

    @router.get("/report-executions/{run_id}", summary="One run with its files, deliveries and timeline")
    @blocking
    def get_execution(run_id: UUID, caller: Caller) -> Json:
        return execution_out(runs.get_run(caller, run_id))

    @router.get("/report-executions/{run_id}/standing", summary="How long it takes yet, and why it waits")
    @blocking
    def standing(run_id: UUID, caller: Caller) -> Json:
        return standing_out(runs.standing(caller, run_id))

    @router.post("/report-executions/{run_id}/cancel", summary="Stop a run")
    @blocking
    def cancel(run_id: UUID, caller: Caller) -> Json:
        return execution_out(runs.cancel(caller, run_id))

    @router.post("/report-executions/{run_id}/retry", status_code=202, summary="Run it again")
    @blocking
    def retry(run_id: UUID, caller: Caller) -> Json:
        return execution_out(runs.retry(caller, run_id))

    @router.post("/report-executions/{run_id}/resend-failed", status_code=202, summary="Send to whom it did not reach")
    @blocking
    def resend_failed(run_id: UUID, caller: Caller) -> Json:
        return execution_out(care.resend_failed(caller, run_id))

    @router.post("/report-executions/{run_id}/pin", summary="Keep a run and its files")
    @blocking
    def pin(run_id: UUID, caller: Caller) -> Json:
        return execution_out(care.pin(caller, run_id))

    @router.post("/report-executions/{run_id}/unpin", summary="Let a run go when its time is over")
    @blocking
    def unpin(run_id: UUID, caller: Caller) -> Json:
        return execution_out(care.unpin(caller, run_id))

    @router.head("/report-executions/{run_id}/download", include_in_schema=False)
    @router.get("/report-executions/{run_id}/download", summary="A file of a run", response_class=Response)
    @blocking
    def download(
        request: Request, run_id: UUID, caller: Caller, format_: Annotated[Text, Query(alias="format")]
    ) -> Response:
        return artifact_response(request, *runs.open_artifact(caller, run_id, format_))

    @router.post("/deliveries/{delivery_id}/resend", status_code=202, summary="Send a failed delivery again")
    @blocking
    def resend(delivery_id: UUID, caller: Caller) -> Json:
        return execution_out(runs.resend_delivery(caller, delivery_id))

    @router.get("/queue/stats", summary="How much work waits")
    @blocking
    def queue_stats(caller: Caller) -> Json:
        return asdict(runs.queue_stats(caller))

    return router
