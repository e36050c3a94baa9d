"""`/api/datasets/{id}/policy` and `/api/person-attributes`: who sees which rows and fields."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.exact_json import ExactJSONResponse
from core.api.inputs import Json, Object, Text
from core.api.listing import Listing, listed
from core.api.models import In
from core.api.preconditions import expected_version, stale_as_412
from core.api.preview_json import preview_out
from core.api.threads import blocking
from core.domain.access import Principal
from core.domain.data_policy_models import DataPolicyModel, dump_policy, parse_policy
from core.services.data_policies import DataPolicyService, KeptPolicy, Look

IfMatch = Annotated[str | None, Header(alias="If-Match")]
Values = Annotated[list[Annotated[Text, Field(max_length=500)]], Field(max_length=500)]


class AttributesIn(In):
    """All attributes of a person, or of the organization: their values by name."""

    attributes: dict[Annotated[str, Field(max_length=40)], Values] = Field(max_length=100)


def data_policy_routes(policies: DataPolicyService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Data policies"])

    @router.get("/data-policy-schema", summary="JSON Schema of a data policy")
    @blocking
    def get_schema() -> Json:
        return DataPolicyModel.model_json_schema()

    @router.get("/datasets/{dataset_id}/policy", summary="Which rows and fields of a dataset exist for whom")
    @blocking
    def get(dataset_id: UUID, caller: Caller, response: Response) -> Json:
        return _out(policies.get(caller, dataset_id), response)

    @router.put("/datasets/{dataset_id}/policy", summary="Replace it; it holds from the next question on")
    @blocking
    def save(dataset_id: UUID, body: Object, caller: Caller, response: Response, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            saved = policies.save(caller, dataset_id, parse_policy(body), expected_version=expected_version(if_match))
        return _out(saved, response)

    @router.get("/datasets/{dataset_id}/policy/look", summary="What a person gets of a dataset, with how many rows")
    @blocking
    def look(
        dataset_id: UUID, caller: Caller, user_id: UUID, limit: Annotated[int, Query(ge=1, le=200)] = 20
    ) -> ExactJSONResponse:
        return ExactJSONResponse(look_out(policies.look_as(caller, dataset_id, user_id, rows=limit), caller))

    @router.get("/person-attributes", summary="Attributes that rules compare fields with")
    @blocking
    def list_attributes(caller: Caller, asked: Listing) -> Json:
        found = policies.attributes(caller)
        items = [
            {"user_id": one.user_id and str(one.user_id), "name": one.name, "values": list(one.values)} for one in found
        ]
        return listed(items, asked)

    @router.put("/person-attributes", status_code=204, summary="Replace those of everybody who has none of their own")
    @blocking
    def save_common(body: AttributesIn, caller: Caller) -> Response:
        policies.set_attributes(caller, None, body.attributes)
        return Response(status_code=204)

    @router.put("/person-attributes/{user_id}", status_code=204, summary="Replace those of a person")
    @blocking
    def save_own(user_id: UUID, body: AttributesIn, caller: Caller) -> Response:
        policies.set_attributes(caller, user_id, body.attributes)
        return Response(status_code=204)

    return router


def look_out(look: Look, caller: Principal) -> Json:
    """The JSON of what somebody gets; `rows` is null where they are too few to say."""
    return {
        "person": look.person,
        "attributes": {name: list(values) for name, values in look.traits.attributes.items()},
        "rows": look.rows,
        "rows_of_all": look.rows_of_all,
        "hidden": sorted(look.sight.hidden),
        "masked": {name: str(how) for name, how in look.sight.masks},
        "least_rows": look.sight.least_rows or None,
        "preview": None if look.preview is None else preview_out(look.preview, caller),
    }


def _out(kept: KeptPolicy, response: Response) -> Json:
    response.headers["ETag"] = f'"{kept.version}"'
    return {"dataset_id": str(kept.dataset.id), "version": kept.version, **dump_policy(kept.policy)}
