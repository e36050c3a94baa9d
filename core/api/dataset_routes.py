"""`/api/datasets`: what can be asked about, and how it is made."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from core.api.authentication import Caller
from core.api.catalog_models import (
    CertifyIn,
    CheckIn,
    DatasetIn,
    DatasetPreviewIn,
    DraftIn,
    dataset_out,
    drift_out,
    problem_out,
    quick_start_out,
    sample_out,
    usage_out,
)
from core.api.exact_json import ExactJSONResponse
from core.api.inputs import Json, Search
from core.api.listing import Listing, listed
from core.api.preconditions import expected_version, stale_as_412
from core.api.threads import blocking
from core.domain.dataset_json import dataset_schema, dump_field
from core.domain.relation import TableOrigin
from core.services.catalog import CatalogService
from core.services.datasets import DatasetService
from core.services.quick_starts import QuickStartService

IfMatch = Annotated[str | None, Header(alias="If-Match")]


def dataset_routes(catalog: CatalogService, datasets: DatasetService, quick_starts: QuickStartService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/datasets", tags=["Datasets"])

    @router.get("", summary="The datasets you may use")
    @blocking
    def list_datasets(caller: Caller, asked: Listing) -> Json:
        return listed([dataset_out(dataset, caller) for dataset in catalog.datasets(caller)], asked)

    @router.post("", status_code=201, summary="Save a new dataset")
    @blocking
    def create_dataset(body: Json, caller: Caller) -> Json:
        return dataset_out(datasets.create(caller, DatasetIn.build(body, caller)), caller)

    @router.get("/schema", summary="JSON Schema of a dataset's content")
    @blocking
    def get_schema() -> Json:
        return dataset_schema()

    @router.post("/draft", summary="A first dataset over a table or saved SQL, not saved")
    @blocking
    def draft_dataset(body: DraftIn, caller: Caller) -> Json:
        if body.sql is not None:
            return dataset_out(datasets.draft_sql(caller, body.source_id, body.sql), caller)
        table = TableOrigin(table_name=body.table_name or "", schema_name=body.schema_name)
        return dataset_out(datasets.draft(caller, body.source_id, table), caller)

    @router.post("/check", summary="What stands in the way of saving a dataset")
    @blocking
    def check_dataset(body: CheckIn, caller: Caller) -> Json:
        found = datasets.check(caller, DatasetIn.build(body.dataset, caller, body.dataset_id))
        return {"problems": [problem_out(problem) for problem in found]}

    @router.post("/preview", summary="The first rows of a dataset that is not saved")
    @blocking
    def preview_dataset(body: DatasetPreviewIn, caller: Caller) -> ExactJSONResponse:
        dataset = DatasetIn.build(body.dataset, caller, body.dataset_id)
        return ExactJSONResponse(sample_out(datasets.preview(caller, dataset, steps=body.steps, rows=body.limit)))

    @router.get("/{dataset_id}", summary="One dataset")
    @blocking
    def get_dataset(dataset_id: UUID, caller: Caller, response: Response) -> Json:
        dataset = catalog.dataset_as_made(caller, dataset_id)
        response.headers["ETag"] = f'"{dataset.version}"'
        return dataset_out(dataset, caller)

    @router.put("/{dataset_id}", summary="Change a dataset; `force` where reports may break")
    @blocking
    def save_dataset(
        dataset_id: UUID, body: Json, caller: Caller, force: bool = False, if_match: IfMatch = None
    ) -> Json:
        with stale_as_412(if_match):
            return dataset_out(
                datasets.save(
                    caller,
                    DatasetIn.build(body, caller, dataset_id),
                    expected_version=expected_version(if_match),
                    is_confirmed=force,
                ),
                caller,
            )

    @router.delete("/{dataset_id}", status_code=204, summary="Delete a dataset without reports")
    @blocking
    def delete_dataset(dataset_id: UUID, caller: Caller) -> Response:
        datasets.delete(caller, dataset_id)
        return Response(status_code=204)

    @router.get("/{dataset_id}/fields", summary="The fields of a dataset")
    @blocking
    def list_fields(dataset_id: UUID, caller: Caller, asked: Listing) -> Json:
        return listed([dump_field(field) for field in catalog.dataset(caller, dataset_id).fields], asked)

    @router.get("/{dataset_id}/quick-starts", summary="First questions about a dataset, ready to run")
    @blocking
    def list_quick_starts(dataset_id: UUID, caller: Caller, asked: Listing) -> Json:
        return listed([quick_start_out(start) for start in quick_starts.of_dataset(caller, dataset_id)], asked)

    @router.get("/{dataset_id}/values", summary="The most frequent values of a field")
    @blocking
    def list_values(
        dataset_id: UUID,
        caller: Caller,
        field: Search,
        search: Search = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> ExactJSONResponse:
        values = catalog.field_values(caller, dataset_id, field, search=search, limit=limit)
        items = [{"value": value, "rows": rows} for value, rows in values]
        return ExactJSONResponse({"items": items, "total": len(items), "page": 1, "limit": limit})

    @router.get("/{dataset_id}/used-by", summary="The reports and schedules that stand on it")
    @blocking
    def list_users(dataset_id: UUID, caller: Caller, field: Search | None = None) -> Json:
        return usage_out(datasets.used_by(caller, dataset_id, field))

    @router.get("/{dataset_id}/drift", summary="How its source differs from what it was made of")
    @blocking
    def get_drift(dataset_id: UUID, caller: Caller) -> Json:
        return drift_out(datasets.drift(caller, dataset_id))

    @router.post("/{dataset_id}/refresh", summary="Take over new columns and changed types")
    @blocking
    def refresh_dataset(dataset_id: UUID, caller: Caller, force: bool = False) -> Json:
        return dataset_out(datasets.refresh(caller, dataset_id, is_confirmed=force), caller)

    @router.post("/{dataset_id}/certify", summary="Vouch for it, or no longer do so")
    @blocking
    def certify_dataset(dataset_id: UUID, body: CertifyIn, caller: Caller) -> Json:
        return dataset_out(datasets.certify(caller, dataset_id, body.is_certified), caller)

    return router
