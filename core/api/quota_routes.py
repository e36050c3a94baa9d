"""`/api/quotas`: what the organization may use and uses."""

from fastapi import APIRouter
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json
from core.api.listing import Listing, listed
from core.api.models import In
from core.api.threads import blocking
from core.domain.quota import Quota, QuotaUse
from core.services.quotas import QuotaService


class QuotasIn(In):
    """Limits to set: a number, or null for none. Those in `follow` are the installation's again."""

    limits: dict[Quota, int | None] = Field(default_factory=dict)
    follow: list[Quota] = Field(default_factory=list)


def quota_routes(quotas: QuotaService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/quotas", tags=["Quotas"])

    @router.get("", summary="Every limit, and how much of it is used")
    @blocking
    def list_quotas(caller: Caller, asked: Listing) -> Json:
        return listed([_use_out(use) for use in quotas.get(caller)], asked)

    @router.patch("", summary="Set limits of the organization; takes an administrator of the installation")
    @blocking
    def set_quotas(body: QuotasIn, caller: Caller) -> Json:
        quotas.set(caller, body.limits, unset=frozenset(body.follow))
        return {"items": [_use_out(use) for use in quotas.get(caller)]}

    return router


def _use_out(use: QuotaUse) -> Json:
    return {
        "name": str(use.quota),
        "label": use.label,
        "unit": use.unit,
        "limit": use.limit,
        "used": use.used,
        "is_own": use.is_own,
    }
