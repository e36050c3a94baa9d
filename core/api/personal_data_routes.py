"""`/api/personal-data`: who received which, everything about a person, erasing somebody, days of files."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from core.api.authentication import Caller
from core.api.downloads import content_disposition
from core.api.inputs import Instant, Json, PageLimit, PageNumber, Search, Text
from core.api.listing import Listing, listed
from core.api.models import In, iso, page_out
from core.api.threads import blocking
from core.domain.personal_data import PersonalFilter, PersonalLine
from core.services.personal_data import MAX_DAYS, PersonalDataService


class WhoIn(In):
    """Somebody, by e-mail address."""

    who: Text = Field(max_length=320)


class EraseIn(WhoIn):
    """Whom to erase; `with_files` deletes the files that went to them alone."""

    with_files: bool = False


class DaysIn(In):
    """After how many days files are deleted; null: when the installation deletes files."""

    days: Annotated[int, Field(ge=1, le=MAX_DAYS)] | None


class DeliveriesWanted(In):
    """Which deliveries; `from` and `to` bound when they were made."""

    search: Search = ""
    dataset_id: UUID | None = None
    from_: Instant | None = Field(None, alias="from")
    to: Instant | None = None

    def filter(self) -> PersonalFilter:
        """Return it as a domain value."""
        return PersonalFilter(search=self.search, dataset_id=self.dataset_id, since=self.from_, until=self.to)


class PageWanted(DeliveriesWanted):
    """Which deliveries, and which page of them."""

    page: PageNumber = 1
    limit: PageLimit = 50


def personal_data_routes(personal: PersonalDataService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/personal-data", tags=["Personal data"])

    @router.get("/deliveries", summary="Which personal fields went out to whom, the newest first")
    @blocking
    def deliveries(caller: Caller, wanted: Annotated[PageWanted, Query()]) -> Json:
        return page_out(personal.received(caller, wanted.filter(), page=wanted.page, limit=wanted.limit), _line_out)

    @router.get("/deliveries.csv", summary="The same as CSV, all of it", response_class=Response)
    @blocking
    def deliveries_csv(caller: Caller, wanted: Annotated[DeliveriesWanted, Query()]) -> Response:
        return _file(personal.received_csv(caller, wanted.filter()), "personal-data.csv", "text/csv; charset=utf-8")

    @router.post("/export", summary="Everything that is kept about somebody, as a ZIP", response_class=Response)
    @blocking
    def export(body: WhoIn, caller: Caller) -> Response:
        return _file(personal.about(caller, body.who), "about.zip", "application/zip")

    @router.post("/erase", summary="Erase somebody: what went out stays, to whom does not")
    @blocking
    def erase(body: EraseIn, caller: Caller) -> Json:
        done = personal.erase(caller, body.who, with_files=body.with_files)
        return {
            "pseudonym": done.pseudonym,
            "deliveries": done.deliveries,
            "audit_events": done.audit_events,
            "schedules": list(done.schedules),
            "groups": list(done.groups),
            "files": done.files,
            "account": done.account,
        }

    @router.get("/datasets", summary="Datasets with fields marked personal, or with days of their own")
    @blocking
    def datasets(caller: Caller, asked: Listing) -> Json:
        items = [
            {
                "id": str(one.dataset.id),
                "label": one.dataset.label,
                "fields": list(one.fields),
                "files_days": one.files_days,
            }
            for one in personal.datasets(caller)
        ]
        return listed(items, asked)

    @router.put("/datasets/{dataset_id}/days", status_code=204, summary="After how many days its files are deleted")
    @blocking
    def keep_files(dataset_id: UUID, body: DaysIn, caller: Caller) -> Response:
        personal.keep_files(caller, dataset_id, body.days)
        return Response(status_code=204)

    return router


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": content_disposition(name), "Cache-Control": "private, no-store"}
    return Response(content, media_type=media_type, headers=headers)


def _line_out(line: PersonalLine) -> Json:
    return {
        "delivery_id": str(line.delivery_id),
        "run_id": str(line.run_id),
        "at": iso(line.at),
        "address": line.address,
        "channel": line.channel,
        "report": line.title,
        "status": str(line.state),
        "fields": list(line.fields),
    }
