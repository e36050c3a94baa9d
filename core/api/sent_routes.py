"""`/api/deliveries`: what went out, to whom, when, with which answer, and its very bytes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from core.api.authentication import Caller
from core.api.downloads import content_disposition
from core.api.inputs import Instant, Json, PageLimit, PageNumber, Search
from core.api.link_routes import link_out
from core.api.models import In, iso, page_out
from core.api.threads import blocking
from core.domain.delivery import DeliveryState
from core.domain.sent import SentDelivery, SentFilter, SentLine
from core.services.sent import SentService


class DeliveriesWanted(In):
    """Which deliveries to list. `from` and `to` bound the moment they were made; `address` may be a part of one."""

    address: Search = ""
    schedule_id: UUID | None = None
    execution_id: UUID | None = None
    state: DeliveryState | None = None
    channel: Search | None = None
    from_: Instant | None = Field(None, alias="from")
    to: Instant | None = None
    page: PageNumber = 1
    limit: PageLimit = 50

    def filter(self) -> SentFilter:
        """Return it as a domain value."""
        return SentFilter(
            search=self.address,
            schedule_id=self.schedule_id,
            run_id=self.execution_id,
            state=self.state,
            channel=self.channel,
            since=self.from_,
            until=self.to,
        )


def sent_routes(sent: SentService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/deliveries", tags=["Deliveries"])

    @router.get("", summary="Deliveries, the newest first")
    @blocking
    def list_deliveries(caller: Caller, wanted: Annotated[DeliveriesWanted, Query()]) -> Json:
        return page_out(sent.list(caller, wanted.filter(), page=wanted.page, limit=wanted.limit), _line_out)

    @router.get("/{delivery_id}", summary="One delivery: every step, its files, links and bounces")
    @blocking
    def get_delivery(delivery_id: UUID, caller: Caller) -> Json:
        return _delivery_out(sent.get(caller, delivery_id))

    @router.get("/{delivery_id}/message", summary="The very bytes that went out", response_class=Response)
    @blocking
    def original(delivery_id: UUID, caller: Caller) -> Response:
        line, content = sent.original(caller, delivery_id)
        is_mail = line.channel == "email"
        return Response(
            content,
            media_type="message/rfc822" if is_mail else "application/octet-stream",
            headers={
                "Content-Disposition": content_disposition(f"{line.title}{'.eml' if is_mail else '.json'}"),
                "Cache-Control": "private, no-store",
                "Content-Security-Policy": "sandbox; default-src 'none'",
            },
        )

    return router


def _line_out(line: SentLine) -> Json:
    return {
        "id": str(line.id),
        "execution_id": str(line.run_id),
        "title": line.title,
        "schedule_id": line.schedule_id and str(line.schedule_id),
        "schedule_name": line.schedule_name,
        "channel": line.channel,
        "destination": line.destination,
        "address": line.address,
        "role": line.role,
        "state": str(line.state),
        "attempt": line.attempt,
        "created_at": iso(line.created_at),
        "sent_at": iso(line.sent_at),
        "next_attempt_at": iso(line.next_attempt_at),
        "response": line.response,
        "error_message": line.error_message,
        "reference": line.reference,
    }


def _delivery_out(found: SentDelivery) -> Json:
    copy = found.copy
    return {
        **_line_out(found.line),
        "message": copy
        and {
            "subject": copy.subject,
            "handed_over_at": iso(copy.at),
            "sha256": copy.sha256,
            "size_bytes": copy.size_bytes,
            "files": [
                {
                    "file_name": file.file_name,
                    "media_type": file.media_type,
                    "size_bytes": file.size_bytes,
                    "sha256": file.sha256,
                    "artifact_id": file.artifact_id and str(file.artifact_id),
                    "is_linked": file.is_linked,
                }
                for file in copy.files
            ],
        },
        "steps": [
            {"at": iso(step.at), "state": str(step.state), "attempt": step.attempt, "message": step.message}
            for step in found.steps
        ],
        "links": [link_out(link) for link in found.links],
        "bounces": [
            {
                "provider": bounce.provider,
                "kind": str(bounce.kind),
                "address": bounce.address,
                "reason": bounce.reason,
                "happened_at": iso(bounce.happened_at),
            }
            for bounce in found.bounces
        ],
    }
