"""`/api/operations`: how the organization or the installation is doing, and from where on administrators are told."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json
from core.api.models import In
from core.api.threads import blocking
from core.domain.operations import Operations, Scope
from core.domain.operations_alerts import AlertKind, Alerts
from core.services.admin_alerts import AlertService
from core.services.operations import OperationsService

Whose = Annotated[Scope, Query(description="Your organization, or all of the installation for who manages it.")]


class AlertsIn(In):
    """Thresholds to set: a number, or null for never. Those in `follow` are as for everybody again."""

    scope: Scope = Scope.ORGANIZATION
    limits: dict[AlertKind, int | None] = Field(default_factory=dict)
    follow: list[AlertKind] = Field(default_factory=list, max_length=len(AlertKind))


def operations_routes(operations: OperationsService, alerts: AlertService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/operations", tags=["Operations"])

    @router.get("", summary="What waits, works, fails, is slow, costs and is kept")
    @blocking
    def get_operations(
        caller: Caller,
        scope: Whose = Scope.ORGANIZATION,
        days: Annotated[int, Query(description="Days to look back for slow and costly reports: 1, 7, 30, 90.")] = 7,
    ) -> Json:
        return _operations_out(operations.get(caller, scope=scope, days=days))

    @router.get("/alerts", summary="From where on administrators are told, and what they were told of")
    @blocking
    def get_alerts(caller: Caller, scope: Whose = Scope.ORGANIZATION) -> Json:
        return _alerts_out(alerts.get(caller, scope=scope))

    @router.patch("/alerts", summary="Set from where on administrators are told")
    @blocking
    def set_alerts(body: AlertsIn, caller: Caller) -> Json:
        alerts.set(caller, body.limits, unset=frozenset(body.follow), scope=body.scope)
        return _alerts_out(alerts.get(caller, scope=body.scope))

    return router


def _operations_out(found: Operations) -> Json:
    waits_s = None if found.waits is None else found.waits.total_seconds()
    queue = asdict(found.queue) | {"depth": found.queue.depth, "waits_s": waits_s}
    return asdict(found) | {"queue": queue}


def _alerts_out(alerts: Alerts) -> Json:
    return {
        "thresholds": [
            {"name": str(one.kind), "label": one.label, "unit": one.unit, "limit": one.limit, "is_own": one.is_own}
            for one in alerts.thresholds
        ],
        "alerts": [asdict(one) for one in alerts.incidents],
    }
