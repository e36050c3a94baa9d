"""`/api/destinations`: where channels other than mail deliver to. Secrets go in and never come out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from core.api.authentication import Caller
from core.api.destination_models import DestinationIn, DestinationTestIn, destination_out, kind_out, test_out
from core.api.inputs import Json
from core.api.listing import Listing, listed
from core.api.preconditions import expected_version, stale_as_412
from core.api.threads import blocking
from core.services.destinations import DestinationService

IfMatch = Annotated[str | None, Header(alias="If-Match")]
Kind = Annotated[str | None, Query(alias="type", max_length=100)]


def destination_routes(destinations: DestinationService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/destinations", tags=["Destinations"])

    @router.get("", summary="The destinations of your organization")
    @blocking
    def list_destinations(caller: Caller, asked: Listing, kind: Kind = None) -> Json:
        return listed([destination_out(one, caller) for one in destinations.list(caller, channel=kind)], asked)

    @router.post("", status_code=201, summary="Save a new destination")
    @blocking
    def create_destination(body: DestinationIn, caller: Caller) -> Json:
        return destination_out(destinations.create(caller, body.draft()), caller)

    @router.get("/types", summary="The channels and the forms of their destinations")
    @blocking
    def list_kinds(asked: Listing) -> Json:
        return listed([kind_out(kind) for kind in destinations.kinds()], asked)

    @router.get("/{destination_id}", summary="One destination")
    @blocking
    def get_destination(destination_id: UUID, caller: Caller, response: Response) -> Json:
        destination = destinations.get(caller, destination_id)
        response.headers["ETag"] = f'"{destination.version}"'
        return destination_out(destination, caller)

    @router.put("/{destination_id}", summary="Change a destination; secrets not given stay")
    @blocking
    def change_destination(destination_id: UUID, body: DestinationIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            changed = destinations.change(
                caller, destination_id, body.draft(), expected_version=expected_version(if_match)
            )
            return destination_out(changed, caller)

    @router.delete("/{destination_id}", status_code=204, summary="Delete a destination that no schedule sends to")
    @blocking
    def delete_destination(destination_id: UUID, caller: Caller) -> Response:
        destinations.delete(caller, destination_id)
        return Response(status_code=204)

    @router.post("/test", summary="Send a test to a destination that is not saved")
    @blocking
    def test_draft(body: DestinationTestIn, caller: Caller) -> Json:
        return test_out(destinations.test(caller, body.draft(), address=body.address))

    @router.post("/{destination_id}/test", summary="Send a test to a destination, or to a change of it")
    @blocking
    def test_destination(destination_id: UUID, caller: Caller, body: DestinationTestIn | None = None) -> Json:
        given = body or DestinationTestIn(address="")
        if given.destination is None:
            return test_out(destinations.test_saved(caller, destination_id, address=given.address))
        draft = given.destination.draft()
        return test_out(destinations.test(caller, draft, address=given.address, destination_id=destination_id))

    return router
