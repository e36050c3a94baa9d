"""`/api/report-executions` and `/api/deliveries`: what happened and what came out of it."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from core.api.authentication import Caller
from core.api.downloads import artifact_response
from core.api.inputs import Json, PageLimit, PageNumber, Text
from core.api.models import execution_out, page_out
from core.api.threads import blocking
from core.domain.run import RunState
from core.services.runs import RunService


def execution_routes(runs: RunService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Executions"])

    @router.get("/report-executions", summary="Runs, the newest first")
    @blocking
    def list_executions(
        caller: Caller,
        status: RunState | None = None,
        report_id: UUID | None = None,
        page: PageNumber = 1,
        limit: PageLimit = 50,
    ) -> Json:
        found = runs.list_runs(caller, report_id=report_id, state=status, page=page, limit=limit)
        return page_out(found, execution_out)

    @router.get("/report-executions/{run_id}", summary="One run with its files, deliveries and timeline")
    @blocking
    def get_execution(run_id: UUID, caller: Caller) -> Json:
        return execution_out(runs.get_run(caller, run_id))

    @router.post("/report-executions/{run_id}/cancel", summary="Stop a run")
    @blocking
    def cancel(run_id: UUID, caller: Caller) -> Json:
        return execution_out(runs.cancel(caller, run_id))

    @router.post("/report-executions/{run_id}/retry", status_code=202, summary="Run it again")
    @blocking
    def retry(run_id: UUID, caller: Caller) -> Json:
        return execution_out(runs.retry(caller, run_id))

    @router.get("/report-executions/{run_id}/download", summary="A file of a run", response_class=Response)
    @blocking
    def download(run_id: UUID, caller: Caller, format_: Annotated[Text, Query(alias="format")]) -> Response:
        return artifact_response(*runs.open_artifact(caller, run_id, format_))

    @router.post("/deliveries/{delivery_id}/resend", status_code=202, summary="Send a failed delivery again")
    @blocking
    def resend(delivery_id: UUID, caller: Caller) -> Json:
        return execution_out(runs.resend_delivery(caller, delivery_id))

    @router.get("/queue/stats", summary="How much work waits")
    @blocking
    def queue_stats(caller: Caller) -> Json:
        return asdict(runs.queue_stats(caller))

    return router
