"""`/api/scheduled-reports`: when reports are sent, to whom, in which formats."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Response

from core.api.authentication import Caller
from core.api.catalog_models import problem_out
from core.api.file_choices import PasswordIn
from core.api.inputs import Json, Object, PageLimit, PageNumber
from core.api.models import execution_line_out, execution_out, page_out
from core.api.preconditions import expected_version, stale_as_412
from core.api.problems import parse_body
from core.api.schedule_models import NextRunsIn, PauseIn, RunNowIn, ScheduleIn, TestIn, fire_time_out, schedule_out
from core.api.threads import blocking
from core.domain.run import RunState
from core.domain.schedule import Schedule, ScheduleDraft
from core.schedules.config_json import parse_config
from core.services.runs import RunService
from core.services.schedules import ScheduleService

IfMatch = Annotated[str | None, Header(alias="If-Match")]


def schedule_routes(schedules: ScheduleService, runs: RunService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/scheduled-reports", tags=["Scheduled reports"])

    @router.get("", summary="The schedules of your organization")
    @blocking
    def list_schedules(
        caller: Caller,
        status: Literal["active", "paused", "failing"] | None = None,
        search: str = "",
        page: PageNumber = 1,
        limit: PageLimit = 50,
    ) -> Json:
        found = schedules.list(
            caller,
            is_active={"active": True, "paused": False}.get(status or ""),
            is_failing=True if status == "failing" else None,
            search=search,
            page=page,
            limit=limit,
        )
        return page_out(found, schedule_out)

    @router.post("", status_code=201, summary="Save a new schedule")
    @blocking
    def create_schedule(body: ScheduleIn, caller: Caller) -> Json:
        return schedule_out(schedules.create(caller, body.draft(), password=body.password))

    @router.post("/preview", summary="The next runs of a recurrence")
    @blocking
    def preview(body: NextRunsIn, caller: Caller) -> Json:
        config = parse_config(body.schedule_config)
        slots = schedules.next_runs(caller, config, count=body.count, after=body.after, covering=body.covering())
        words = schedules.recurrence_words(caller, config)
        return {"words": words, "next_runs": [fire_time_out(slot) for slot in slots]}

    @router.get("/{schedule_id}", summary="One schedule")
    @blocking
    def get_schedule(schedule_id: UUID, caller: Caller, response: Response) -> Json:
        schedule = schedules.get(caller, schedule_id)
        response.headers["ETag"] = f'"{schedule.version}"'
        problems = [problem_out(problem) for problem in schedules.problems(caller, schedule)]
        return {**schedule_out(schedule), "problems": problems}

    @router.put("/{schedule_id}", summary="Replace a schedule")
    @blocking
    def replace_schedule(schedule_id: UUID, body: ScheduleIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            changed = schedules.update(
                caller,
                schedule_id,
                body.draft(),
                expected_version=expected_version(if_match),
                password=body.change(),
            )
        return schedule_out(changed)

    @router.patch("/{schedule_id}", summary="Change what the body names")
    @blocking
    def change_schedule(schedule_id: UUID, body: Object, caller: Caller, if_match: IfMatch = None) -> Json:
        def merge(current: Schedule) -> ScheduleDraft:
            shown = schedule_out(current)
            kept = {name: shown[name] for name in ScheduleIn.model_fields if name in shown}
            return parse_body(ScheduleIn, kept | body).draft()

        said = parse_body(PasswordIn, {name: value for name, value in body.items() if name == "password"})
        with stale_as_412(if_match):
            changed = schedules.change(
                caller,
                schedule_id,
                merge,
                expected_version=expected_version(if_match),
                password=said.change(),
            )
        return schedule_out(changed)

    @router.delete("/{schedule_id}", status_code=204, summary="Delete a schedule; its runs stay")
    @blocking
    def delete_schedule(schedule_id: UUID, caller: Caller) -> Response:
        schedules.delete(caller, schedule_id)
        return Response(status_code=204)

    @router.post("/{schedule_id}/pause", summary="Pause a schedule, until a moment if you name one")
    @blocking
    def pause(schedule_id: UUID, caller: Caller, body: PauseIn | None = None) -> Json:
        said = body or PauseIn()
        return schedule_out(schedules.pause(caller, schedule_id, until=said.until, because=said.because))

    @router.post("/{schedule_id}/resume", summary="Resume a paused schedule")
    @blocking
    def resume(schedule_id: UUID, caller: Caller) -> Json:
        return schedule_out(schedules.resume(caller, schedule_id))

    @router.post("/{schedule_id}/run", status_code=202, summary="Send it now to its recipients")
    @blocking
    def run_now(schedule_id: UUID, caller: Caller, body: RunNowIn | None = None) -> Json:
        as_of = None if body is None else body.as_of
        return execution_out(runs.run_schedule_now(caller, schedule_id, as_of=as_of))

    @router.post("/{schedule_id}/test", status_code=202, summary="Send it now to yourself only")
    @blocking
    def test(schedule_id: UUID, caller: Caller, body: TestIn | None = None) -> Json:
        recipient = None if body is None else body.recipient
        return execution_out(runs.test_schedule(caller, schedule_id, recipient=recipient))

    @router.get("/{schedule_id}/executions", summary="A schedule's runs, the newest first")
    @blocking
    def list_executions(
        schedule_id: UUID,
        caller: Caller,
        status: RunState | None = None,
        page: PageNumber = 1,
        limit: PageLimit = 50,
    ) -> Json:
        schedules.get(caller, schedule_id)
        found = runs.list_runs(caller, schedule_id=schedule_id, state=status, page=page, limit=limit)
        return page_out(found, execution_line_out)

    return router
