"""`/api/scheduled-reports` beyond one schedule: copies, other owners, many at once."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Instant, Json, Text
from core.api.models import In, whole_out
from core.api.schedule_models import schedule_out
from core.api.threads import blocking
from core.services.schedule_care import MAX_AT_ONCE, BulkAction, BulkAnswer, BulkOrder, ScheduleCareService, reads_as


class BulkIn(In):
    """What to do to which schedules; `until` and `because` go with a pause, `owner` with a transfer."""

    ids: list[UUID] = Field(max_length=MAX_AT_ONCE)
    action: BulkAction
    until: Instant | None = None
    because: Text | None = Field(None, max_length=300)
    owner: Text | None = Field(None, max_length=320)


class TransferIn(In):
    """The address of the new owner."""

    owner: Text = Field(max_length=320)


class HandOverIn(In):
    """Whose schedules go to whom, by address; without `from` those of everybody who left."""

    from_: Text | None = Field(None, alias="from", max_length=320)
    to: Text = Field(max_length=320)


def schedule_care_routes(care: ScheduleCareService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/scheduled-reports", tags=["Scheduled reports"])

    @router.post("/bulk", summary="Pause, resume, transfer, delete or send many; one answer for each")
    @blocking
    def bulk(body: BulkIn, caller: Caller) -> Json:
        order = BulkOrder(action=body.action, until=body.until, because=body.because, owner=body.owner)
        return whole_out([_answer_out(answer) for answer in care.bulk(caller, body.ids, order)])

    @router.post("/hand-over", summary="Give all schedules of somebody to somebody else")
    @blocking
    def hand_over(body: HandOverIn, caller: Caller) -> Json:
        done = care.hand_over(caller, from_owner=body.from_, to=body.to)
        return {"owner": done.owner, "ids": [str(one) for one in done.schedule_ids], "note": done.in_words}

    @router.post("/{schedule_id}/clone", status_code=201, summary="A paused copy that belongs to you")
    @blocking
    def clone(schedule_id: UUID, caller: Caller) -> Json:
        return schedule_out(care.clone(caller, schedule_id))

    @router.post("/{schedule_id}/transfer", summary="Give a schedule to somebody else")
    @blocking
    def transfer(schedule_id: UUID, body: TransferIn, caller: Caller) -> Json:
        changed = care.transfer(caller, schedule_id, owner=body.owner)
        return {**schedule_out(changed), "note": reads_as(changed.owner_name)}

    return router


def _answer_out(answer: BulkAnswer) -> Json:
    return {
        "id": str(answer.schedule_id),
        "done": answer.is_done,
        "message": answer.message,
        "execution_id": None if answer.run_id is None else str(answer.run_id),
    }
