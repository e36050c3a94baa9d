"""`/api/uploads`: files brought, read, and kept as sources or put in the place of earlier ones."""

import json
import tempfile
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from core.api.authentication import Caller
from core.api.catalog_models import dataset_out, source_out
from core.api.exact_json import ExactJSONResponse
from core.api.inputs import Json, Object, Text
from core.api.threads import blocking, run_in_api_thread
from core.catalog.uploads.store import UploadTooLarge
from core.domain.upload import Reading, UploadOptions
from core.domain.upload_json import dump_columns, dump_options, parse_options
from core.errors import InvalidUpload
from core.services.uploads import UploadService

_NO_LIMIT = 2**60


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReadIn(_In):
    """How to read a staged upload."""

    options: Object | None = None


class KeepIn(ReadIn):
    """The name to keep an upload under."""

    name: Text = Field(max_length=300)


class FollowIn(ReadIn):
    """The source whose files an upload follows."""

    source_id: UUID


def upload_routes(uploads: UploadService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/uploads", tags=["Uploads"])

    # Larger bodies than the route allows would be answered in plain text; the route's own check says it as a problem.
    @router.post("", status_code=201, summary="Upload a file as the body", max_body_size=_NO_LIMIT)
    async def upload(
        request: Request,
        caller: Caller,
        name: Annotated[Text, Query(max_length=300, description="The file's name, such as orders.csv.")],
        options: Annotated[str | None, Query(max_length=100_000, description="Options as JSON.")] = None,
    ) -> ExactJSONResponse:
        asked = _options(_json(options))
        if int(request.headers.get("content-length") or 0) > uploads.max_bytes:
            raise _too_large(uploads)
        with tempfile.NamedTemporaryFile(prefix="broadsheet-upload-") as file:
            size = 0
            async for chunk in request.stream():
                size += len(chunk)
                if size > uploads.max_bytes:
                    raise _too_large(uploads)
                await run_in_api_thread(file.write, chunk)
            file.flush()
            reading = await run_in_api_thread(uploads.read, caller, name, Path(file.name), asked)
            return _reading_out(reading, status_code=201)

    @router.post("/{upload_id}/read", summary="Read a staged upload again, with other options")
    @blocking
    def read_again(upload_id: UUID, body: ReadIn, caller: Caller) -> ExactJSONResponse:
        return _reading_out(uploads.preview(caller, upload_id, _options(body.options)))

    @router.post("/{upload_id}/keep", status_code=201, summary="Make a source and a dataset of an upload")
    @blocking
    def keep(upload_id: UUID, body: KeepIn, caller: Caller) -> Json:
        source, dataset = uploads.keep(caller, upload_id, body.name, _options(body.options))
        return {"source": source_out(source, caller), "dataset": dataset_out(dataset, caller)}

    @router.post("/{upload_id}/replace", summary="Put an upload in the place of a source's files")
    @blocking
    def replace(upload_id: UUID, body: FollowIn, caller: Caller) -> Json:
        return source_out(uploads.replace(caller, body.source_id, upload_id, _options(body.options)), caller)

    @router.post("/{upload_id}/append", summary="Add an upload's rows to a source")
    @blocking
    def append(upload_id: UUID, body: FollowIn, caller: Caller) -> Json:
        return source_out(uploads.append(caller, body.source_id, upload_id, _options(body.options)), caller)

    @router.delete("/{upload_id}", status_code=204, summary="Throw a staged upload away")
    @blocking
    def discard(upload_id: UUID, caller: Caller) -> Response:
        uploads.discard(caller, upload_id)
        return Response(status_code=204)

    return router


def _too_large(uploads: UploadService) -> UploadTooLarge:
    return UploadTooLarge(f"The file is larger than {uploads.max_bytes // 2**20:,} MB, the most that can be uploaded.")


def _json(text: str | None) -> object:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidUpload("The options are no valid JSON.", place="options") from error


def _options(data: object) -> UploadOptions | None:
    return None if data is None else parse_options(data)


def _reading_out(reading: Reading, *, status_code: int = 200) -> ExactJSONResponse:
    return ExactJSONResponse(
        {
            "id": str(reading.upload_id),
            "file_name": reading.file_name,
            "format": reading.format,
            "size_bytes": reading.size_bytes,
            "row_count": reading.row_count,
            "columns": dump_columns(reading.columns),
            "headings": list(reading.headings),
            "rows": [list(row.values()) for row in reading.sample.to_pylist()],
            "options": dump_options(reading.options),
            "sheets": list(reading.sheets),
            "warnings": list(reading.warnings),
            "expires_at": None if reading.expires_at is None else reading.expires_at.isoformat(),
        },
        status_code=status_code,
    )
