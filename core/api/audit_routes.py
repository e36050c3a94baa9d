"""`/api/audit`: what was done by whom, the newest first; as CSV; and whether its chain holds."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from core.api.authentication import Caller
from core.api.downloads import content_disposition
from core.api.inputs import Instant, Json, PageLimit, Search
from core.api.models import In, iso
from core.api.threads import blocking
from core.domain.audit_reading import AuditEntry, AuditFilter
from core.services.audit import AuditService


class EventsWanted(In):
    """Which events. `person` and `object` may be a part of a name; `from` and `to` bound the moment it was done."""

    person: Search = ""
    action: Search = ""
    kind: Search = ""
    object: Search = ""
    object_id: UUID | None = None
    from_: Instant | None = Field(None, alias="from")
    to: Instant | None = None

    def filter(self) -> AuditFilter:
        """Return it as a domain value."""
        return AuditFilter(
            person=self.person,
            action=self.action,
            kind=self.kind,
            named=self.object,
            object_id=self.object_id,
            since=self.from_,
            until=self.to,
        )


class PartWanted(EventsWanted):
    """Which events, and from where on: `cursor` is the `next_cursor` of the part before."""

    cursor: Search | None = None
    limit: PageLimit = 50


def audit_routes(audit: AuditService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Audit"])

    @router.get("/audit", summary="What was done by whom, the newest first")
    @blocking
    def list_events(caller: Caller, wanted: Annotated[PartWanted, Query()]) -> Json:
        part = audit.list(caller, wanted.filter(), limit=wanted.limit, cursor=wanted.cursor)
        return {"items": [_entry_out(entry) for entry in part.items], "next_cursor": part.cursor}

    @router.get("/audit.csv", summary="The same as CSV, all of it", response_class=Response)
    @blocking
    def as_csv(caller: Caller, wanted: Annotated[EventsWanted, Query()]) -> StreamingResponse:
        pieces: Iterator[bytes] = audit.csv(caller, wanted.filter())
        return StreamingResponse(
            pieces,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": content_disposition("audit.csv"), "Cache-Control": "private, no-store"},
        )

    @router.get("/audit/chain", summary="How long the chain is; with check=true, whether it holds")
    @blocking
    def chain(caller: Caller, check: bool = False) -> Json:
        end = audit.end(caller)
        told: Json = {
            "position": end.position,
            "sha256": end.sha256,
            "linked_at": iso(end.linked_at),
            "waiting": end.waiting,
        }
        if check:
            state = audit.check(caller)
            told |= {"is_whole": state.broken is None, "broken": state.broken, "checked": state.position}
        return told

    @router.get("/audit/{event_id}", summary="One event")
    @blocking
    def get_event(event_id: UUID, caller: Caller) -> Json:
        return _entry_out(audit.get(caller, event_id))

    return router


def _entry_out(entry: AuditEntry) -> Json:
    return {
        "id": str(entry.id),
        "at": iso(entry.at),
        "actor": entry.actor,
        "actor_id": entry.actor_id and str(entry.actor_id),
        "action": entry.action,
        "kind": entry.kind,
        "object_id": entry.object_id and str(entry.object_id),
        "object_name": entry.object_name,
        "before": entry.before,
        "after": entry.after,
        "is_erased": entry.is_erased,
        "position": entry.position,
        "sha256": entry.sha256,
    }
