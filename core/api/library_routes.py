"""Folders, tags, favourites, sharing and the archive of reports, and `/api/search` over everything."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.library_models import (
    BulkIn,
    FolderIn,
    OwnerIn,
    SharingIn,
    done_out,
    folder_out,
    found_out,
    line_out,
    sharing_out,
    uses_out,
)
from core.api.listing import Listing, listed
from core.api.models import whole_out
from core.api.threads import blocking
from core.domain.access import Principal
from core.errors import NotAllowed
from core.services.library import Done, LibraryService
from core.services.report_sharing import SharingService
from core.services.search import MAX_SEARCH, SearchService


def library_routes(library: LibraryService, sharing: SharingService, search: SearchService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Reports"])
    _folder_routes(router, library)
    _report_routes(router, library)
    _sharing_routes(router, sharing)

    @router.get("/search", summary="Search over everything you may see")
    @blocking
    def find(caller: Caller, q: Annotated[Text, Query(max_length=MAX_SEARCH)] = "") -> Json:
        found = search.find(caller, q)
        return {f"{kind}s": [found_out(one) for one in items] for kind, items in found.items()}

    return router


def _folder_routes(router: APIRouter, library: LibraryService) -> None:
    @router.get("/folders", summary="The folders of reports")
    @blocking
    def list_folders(caller: Caller, asked: Listing) -> Json:
        return listed([folder_out(folder) for folder in library.shelves(caller).folders], asked)

    @router.post("/folders", status_code=201, summary="Make a folder")
    @blocking
    def create_folder(body: FolderIn, caller: Caller) -> Json:
        return folder_out(library.create_folder(caller, name=body.name, parent_id=body.parent_id))

    @router.put("/folders/{folder_id}", summary="Rename or move a folder")
    @blocking
    def change_folder(folder_id: UUID, body: FolderIn, caller: Caller) -> Json:
        return folder_out(library.change_folder(caller, folder_id, name=body.name, parent_id=body.parent_id))

    @router.delete("/folders/{folder_id}", status_code=204, summary="Delete a folder; what is in it moves up")
    @blocking
    def delete_folder(folder_id: UUID, caller: Caller) -> Response:
        library.delete_folder(caller, folder_id)
        return Response(status_code=204)

    @router.get("/tags", summary="The tags of reports")
    @blocking
    def list_tags(caller: Caller, asked: Listing) -> Json:
        tags = library.shelves(caller).tags
        return listed([{"tag": tag.label, "reports": tag.reports} for tag in tags], asked)


def _report_routes(router: APIRouter, library: LibraryService) -> None:
    @router.post("/reports/bulk", summary="Move, tag or archive several reports")
    @blocking
    def bulk(body: BulkIn, caller: Caller) -> Json:
        return whole_out([done_out(done) for done in _ACTIONS[body.action](library, caller, body)])

    @router.post("/reports/{report_id}/archive", summary="Archive a report; its schedules are paused")
    @blocking
    def archive(report_id: UUID, caller: Caller) -> Json:
        return _line(library, caller, library.archive(caller, [report_id]))

    @router.post("/reports/{report_id}/unarchive", summary="Bring a report back from the archive")
    @blocking
    def unarchive(report_id: UUID, caller: Caller) -> Json:
        return _line(library, caller, library.unarchive(caller, [report_id]))

    @router.get("/reports/{report_id}/uses", summary="What sends or shows a report")
    @blocking
    def uses(report_id: UUID, caller: Caller) -> Json:
        return uses_out(library.uses(caller, report_id))

    @router.put("/reports/{report_id}/favourite", status_code=204, summary="Mark a report for yourself")
    @blocking
    def mark(report_id: UUID, caller: Caller) -> Response:
        library.set_favourite(caller, report_id, is_favourite=True)
        return Response(status_code=204)

    @router.delete("/reports/{report_id}/favourite", status_code=204, summary="Take your mark away")
    @blocking
    def unmark(report_id: UUID, caller: Caller) -> Response:
        library.set_favourite(caller, report_id, is_favourite=False)
        return Response(status_code=204)


def _sharing_routes(router: APIRouter, sharing: SharingService) -> None:
    @router.get("/reports/{report_id}/sharing", summary="Who may see and change a report")
    @blocking
    def get_sharing(report_id: UUID, caller: Caller) -> Json:
        return sharing_out(sharing.get(caller, report_id))

    @router.put("/reports/{report_id}/sharing", summary="Say who may see and change a report")
    @blocking
    def put_sharing(report_id: UUID, body: SharingIn, caller: Caller) -> Json:
        paused = sharing.share(caller, report_id, body.sharing())
        return {**sharing_out(sharing.get(caller, report_id)), "paused_schedules": list(paused)}

    @router.put("/reports/{report_id}/owner", status_code=204, summary="Give a report to somebody else")
    @blocking
    def put_owner(report_id: UUID, body: OwnerIn, caller: Caller) -> Response:
        sharing.give(caller, report_id, owner=body.owner_id)
        return Response(status_code=204)


#: What a bulk order does.
_ACTIONS: dict[str, Callable[[LibraryService, Principal, BulkIn], tuple[Done, ...]]] = {
    "move": lambda library, caller, body: library.move(caller, body.ids, body.folder_id),
    "tag": lambda library, caller, body: library.tag(caller, body.ids, add=body.tags),
    "untag": lambda library, caller, body: library.tag(caller, body.ids, remove=body.tags),
    "archive": lambda library, caller, body: library.archive(caller, body.ids),
    "unarchive": lambda library, caller, body: library.unarchive(caller, body.ids),
}


def _line(library: LibraryService, caller: Principal, done: tuple[Done, ...]) -> Json:
    """The report as it is now; raises NotFound or NotAllowed where nothing was done."""
    line = library.line(caller, done[0].report_id)
    if done[0].refused is not None:
        raise NotAllowed(done[0].refused)
    return line_out(line)
