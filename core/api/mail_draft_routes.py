"""Looking before sending: a schedule's mail as it will arrive, and a pasted list of addresses answered."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.models import In, iso
from core.api.schedule_models import RecipientIn
from core.api.threads import blocking
from core.services.mail_preview import MailDraft, MailPreviewService
from core.services.reach import ReachService
from core.services.recipient_lines import MAX_CHARACTERS, LineState
from core.services.recipients import MAX_RECIPIENTS


class MailPreviewIn(In):
    """Whose mail is to be seen; texts that are not given are the schedule's, or the usual ones."""

    report_id: UUID | None = None
    dashboard_id: UUID | None = None
    schedule_id: UUID | None = None
    name: Text | None = Field(None, max_length=200)
    email_subject: Text | None = Field(None, max_length=1000)
    email_body: Text | None = None
    recipient: Text | None = Field(None, max_length=320)


class RecipientLinesIn(In):
    """A list as it was pasted, rubbish included, and recipients as a schedule names them."""

    text: str = Field("", max_length=MAX_CHARACTERS)
    recipients: list[RecipientIn] = Field(default_factory=list, max_length=MAX_RECIPIENTS)


def mail_draft_routes(preview: MailPreviewService, reaching: ReachService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/scheduled-reports", tags=["Scheduled reports"])

    @router.post("/mail-preview", summary="The mail as it will arrive, with the newest data or a sample")
    @blocking
    def mail_preview(body: MailPreviewIn, caller: Caller) -> Json:
        mail = preview.preview(caller, MailDraft(**body.model_dump()))
        return {
            "from": mail.sender,
            "to": mail.to,
            "cc": mail.cc,
            "subject": mail.subject,
            "html": mail.html,
            "text": mail.text,
            "attachments": list(mail.attachments),
            "data_of": iso(mail.data_of),
            "is_sample": mail.data_of is None,
        }

    @router.post("/check-recipients", summary="Answer each entry of a pasted list, and say whom recipients reach now")
    @blocking
    def check_recipients(body: RecipientLinesIn, caller: Caller) -> dict[str, Any]:
        found = reaching.lines(caller, body.text)
        reach = reaching.reach(caller, tuple(one.recipient() for one in body.recipients))
        return {
            "reach": {
                "count": len(reach.addresses),
                "addresses": list(reach.addresses),
                "left_out": [{"address": address, "why": why} for address, why in reach.left_out],
                "notes": list(reach.said),
            },
            "addresses": list(found.addresses),
            "counts": {str(state): found.count(state) for state in LineState},
            "lines": [
                {
                    "line": one.line,
                    "text": one.text,
                    "state": str(one.state),
                    "address": one.address,
                    "message": one.message,
                }
                for one in found.lines
            ],
        }

    return router
