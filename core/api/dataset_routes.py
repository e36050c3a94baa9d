"""`/api/datasets`: what can be asked about."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from core.api.authentication import Caller
from core.api.exact_json import ExactJSONResponse
from core.api.inputs import Json, Search
from core.api.models import whole_out
from core.api.threads import blocking
from core.domain.dataset import Dataset
from core.domain.dataset_json import dump_field
from core.services.catalog import CatalogService


def dataset_routes(catalog: CatalogService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/datasets", tags=["Datasets"])

    @router.get("", summary="The datasets you may use")
    @blocking
    def list_datasets(caller: Caller) -> Json:
        return whole_out([_dataset_out(dataset) for dataset in catalog.datasets(caller)])

    @router.get("/{dataset_id}", summary="One dataset")
    @blocking
    def get_dataset(dataset_id: UUID, caller: Caller) -> Json:
        return _dataset_out(catalog.dataset(caller, dataset_id))

    @router.get("/{dataset_id}/fields", summary="The fields of a dataset")
    @blocking
    def list_fields(dataset_id: UUID, caller: Caller) -> Json:
        return whole_out([dump_field(field) for field in catalog.dataset(caller, dataset_id).fields])

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

    return router


def _dataset_out(dataset: Dataset) -> Json:
    return {
        "id": str(dataset.id),
        "name": dataset.name,
        "label": dataset.label,
        "description": dataset.description,
        "source_id": str(dataset.source_id),
        "time_field": dataset.time_field,
        "fields": [dump_field(field) for field in dataset.fields],
    }
