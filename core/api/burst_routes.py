"""Recipients in the data: who would get what, the report and the mail as one of them gets it, how a run went."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from core.api.authentication import Caller
from core.api.exact_json import ExactJSONResponse
from core.api.inputs import Json, PageLimit, PageNumber, Text
from core.api.models import In, page_out
from core.api.preview_json import preview_out
from core.api.schedule_models import ScheduleIn
from core.api.threads import blocking
from core.domain.burst_preview import BurstLine, BurstPreview, BurstPreviewLine, Standing
from core.domain.bursting import Outcome
from core.domain.delivery import DeliveryState
from core.services.bursting import MAX_LINES, AsRecipient, BurstService
from core.services.mail_preview import MailPreview
from core.services.schedule_drafts import draft_of
from core.services.schedules import ScheduleService


class PageIn(In):
    """Which lines to list."""

    page: int = Field(1, ge=1)
    limit: int = Field(100, ge=1, le=MAX_LINES)


class DraftPageIn(PageIn):
    """A schedule that need not be saved."""

    schedule: ScheduleIn


class AsIn(PageIn):
    """Whose report and mail are to be seen."""

    recipient: Text = Field(max_length=320)


class DraftAsIn(AsIn):
    """The same of a schedule that need not be saved."""

    schedule: ScheduleIn


def burst_routes(bursts: BurstService, schedules: ScheduleService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Recipients from data"])

    @router.post("/scheduled-reports/burst-preview", summary="Who would get what of an unsaved schedule")
    @blocking
    def preview_draft(body: DraftPageIn, caller: Caller) -> Json:
        return _preview_out(bursts.preview(caller, body.schedule.draft(), page=body.page, limit=body.limit))

    @router.post("/scheduled-reports/preview-as", summary="The report and the mail of one recipient, unsaved schedule")
    @blocking
    def draft_as(body: DraftAsIn, caller: Caller) -> ExactJSONResponse:
        draft = body.schedule.draft()
        shown = bursts.preview_as(caller, draft, body.recipient, page=body.page, limit=body.limit)
        mail = bursts.mail_as(caller, draft, body.recipient)
        return ExactJSONResponse(_as_out(preview_out(shown.preview, caller), shown, mail))

    @router.post("/scheduled-reports/{schedule_id}/burst-preview", summary="Who would get what; nothing is sent")
    @blocking
    def preview(schedule_id: UUID, caller: Caller, body: PageIn | None = None) -> Json:
        said, draft = body or PageIn(), draft_of(schedules.get(caller, schedule_id))
        return _preview_out(bursts.preview(caller, draft, schedule_id=schedule_id, page=said.page, limit=said.limit))

    @router.post("/scheduled-reports/{schedule_id}/preview-as", summary="The report and the mail of one recipient")
    @blocking
    def schedule_as(schedule_id: UUID, body: AsIn, caller: Caller) -> ExactJSONResponse:
        draft = draft_of(schedules.get(caller, schedule_id))
        shown = bursts.preview_as(caller, draft, body.recipient, page=body.page, limit=body.limit)
        mail = bursts.mail_as(caller, draft, body.recipient)
        return ExactJSONResponse(_as_out(preview_out(shown.preview, caller), shown, mail))

    @router.get("/report-executions/{run_id}/recipients", summary="Whom its data named and how it went")
    @blocking
    def recipients(
        run_id: UUID,
        caller: Caller,
        outcome: Outcome | None = None,
        status: DeliveryState | None = None,
        page: PageNumber = 1,
        limit: PageLimit = 50,
    ) -> Json:
        found = bursts.outcomes(caller, run_id, outcome=outcome, state=status, page=page, limit=limit)
        return {
            **page_out(found.lines, _line_out),
            "outcomes": {str(name): found.outcomes.get(name, 0) for name in Outcome},
            "deliveries": {str(name): count for name, count in found.deliveries.items()},
        }

    return router


def _preview_out(preview: BurstPreview) -> Json:
    return {
        **page_out(preview.lines, _preview_line_out),
        "counts": {str(standing): preview.counts.get(standing, 0) for standing in Standing},
        "recipients": preview.recipients,
        "parts": preview.parts,
        "is_one_query": preview.why_many is None,
        "why_many": preview.why_many,
        "is_counted": preview.are_counted,
        "size_bytes": preview.size_bytes,
    }


def _preview_line_out(line: BurstPreviewLine) -> Json:
    return {
        "line": line.line,
        "address": line.address,
        "name": line.name,
        "values": list(line.values),
        "formats": list(line.formats),
        "rows": line.rows,
        "size_bytes": line.size_bytes,
        "standing": str(line.standing),
        "reason": line.reason,
    }


def _line_out(line: BurstLine) -> Json:
    return {
        "line": line.line,
        "address": line.address,
        "name": line.name,
        "outcome": str(line.outcome),
        "reason": line.reason,
        "rows": line.rows,
        "delivery_id": None if line.delivery_id is None else str(line.delivery_id),
        "status": None if line.state is None else str(line.state),
    }


def _as_out(preview: Json, shown: AsRecipient, mail: MailPreview) -> Json:
    return {
        "recipient": {"address": shown.recipient.address, "name": shown.recipient.name, "line": shown.recipient.line},
        "preview": preview,
        "mail": {
            "from": mail.sender,
            "to": mail.to,
            "subject": mail.subject,
            "html": mail.html,
            "text": mail.text,
            "attachments": list(mail.attachments),
        },
    }
