"""`/api/sources`: connections to data. Secrets go in and never come out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from core.api.authentication import Caller
from core.api.catalog_models import SampleIn, SourceIn, kind_out, sample_out, source_out, table_out, test_out
from core.api.exact_json import ExactJSONResponse
from core.api.inputs import Json
from core.api.listing import Listing, listed
from core.api.models import whole_out
from core.api.preconditions import expected_version, stale_as_412
from core.api.threads import blocking
from core.services.sources import SourceService

IfMatch = Annotated[str | None, Header(alias="If-Match")]


def source_routes(sources: SourceService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/sources", tags=["Sources"])

    @router.get("", summary="The sources of your organization")
    @blocking
    def list_sources(caller: Caller, asked: Listing) -> Json:
        return listed([source_out(source, caller) for source in sources.list(caller)], asked)

    @router.post("", status_code=201, summary="Save a new source")
    @blocking
    def create_source(body: SourceIn, caller: Caller) -> Json:
        return source_out(sources.create(caller, body.draft()), caller)

    @router.get("/kinds", summary="The kinds of sources and their forms")
    @blocking
    def list_kinds(asked: Listing) -> Json:
        return listed([kind_out(kind) for kind in sources.kinds()], asked)

    @router.post("/test", summary="Try a connection without saving it")
    @blocking
    def test_draft(body: SourceIn, caller: Caller) -> Json:
        return test_out(sources.test(caller, body.draft()))

    @router.get("/{source_id}", summary="One source")
    @blocking
    def get_source(source_id: UUID, caller: Caller, response: Response) -> Json:
        source = sources.get(caller, source_id)
        response.headers["ETag"] = f'"{source.version}"'
        return source_out(source, caller)

    @router.put("/{source_id}", summary="Change a source; secrets not given stay")
    @blocking
    def save_source(source_id: UUID, body: SourceIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            return source_out(
                sources.save(caller, source_id, body.draft(), expected_version=expected_version(if_match)), caller
            )

    @router.delete("/{source_id}", status_code=204, summary="Delete a source without datasets")
    @blocking
    def delete_source(source_id: UUID, caller: Caller) -> Response:
        sources.delete(caller, source_id)
        return Response(status_code=204)

    @router.post("/{source_id}/test", summary="Try a saved source, or a change of it")
    @blocking
    def test_source(source_id: UUID, caller: Caller, body: SourceIn | None = None) -> Json:
        if body is None:
            return test_out(sources.test_saved(caller, source_id))
        return test_out(sources.test(caller, body.draft(), source_id))

    @router.post("/{source_id}/introspect", summary="The tables and views of a source")
    @blocking
    def introspect_source(source_id: UUID, caller: Caller) -> Json:
        return whole_out([table_out(table) for table in sources.introspect(caller, source_id)])

    @router.post("/{source_id}/sample", summary="The first rows of a table")
    @blocking
    def sample_source(source_id: UUID, body: SampleIn, caller: Caller) -> ExactJSONResponse:
        return ExactJSONResponse(sample_out(sources.sample_rows(caller, source_id, body.origin(), rows=body.limit)))

    return router
