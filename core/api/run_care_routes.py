"""Routes for past slots made again, and for runs that wait for approval."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Instant, Json, Text
from core.api.models import In, execution_out, whole_out
from core.api.threads import blocking
from core.services.approvals import MAX_REASON_LENGTH, ApprovalService
from core.services.backfill import MAX_BACKFILL, BackfillService


class BackfillIn(In):
    """A range of slots, both ends inside; `deliver` sends what is made, otherwise there are only files."""

    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    deliver: bool = False
    limit: Annotated[int, Field(ge=1, le=MAX_BACKFILL)] = MAX_BACKFILL
    again: bool = False


class RejectionIn(In):
    """Why a run goes to nobody."""

    because: Text = Field("", max_length=MAX_REASON_LENGTH)


def run_care_routes(backfill: BackfillService, approvals: ApprovalService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Executions"])

    @router.post(
        "/scheduled-reports/{schedule_id}/backfill",
        status_code=202,
        summary="Make past slots again, each as of its moment",
    )
    @blocking
    def make_again(schedule_id: UUID, body: BackfillIn, caller: Caller) -> Json:
        made = backfill.backfill(
            caller,
            schedule_id,
            first=body.from_,
            last=body.to,
            deliver=body.deliver,
            limit=body.limit,
            again=body.again,
        )
        return whole_out([execution_out(run) for run in made])

    @router.post("/report-executions/{run_id}/approve", status_code=202, summary="Deliver a held run")
    @blocking
    def approve(run_id: UUID, caller: Caller) -> Json:
        return execution_out(approvals.approve(caller, run_id))

    @router.post("/report-executions/{run_id}/reject", summary="End a held run: nobody gets it")
    @blocking
    def reject(run_id: UUID, caller: Caller, body: RejectionIn | None = None) -> Json:
        return execution_out(approvals.reject(caller, run_id, "" if body is None else body.because))

    return router
