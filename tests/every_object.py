"""One object of every kind that the REST API has an address for, in one organization."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from starlette.testclient import TestClient

from core.db.database import Database
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders
from tests.template_workbooks import template

#: A word in the names of all of them: whoever may not see them must not read it.
MARK = "Quillfeather"
_DAILY = {"cadence": "daily", "time": "09:00", "timezone": "UTC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What was made: ids by the name of the path parameter, and what bodies of requests are made of."""

    ids: dict[str, str]
    definition: dict[str, Any]
    dashboard: dict[str, Any]
    dataset: dict[str, Any]
    schedule: dict[str, Any]
    destination: dict[str, Any]
    source: dict[str, Any]


class _Maker:
    def __init__(self, client: TestClient) -> None:
        self._client = client

    def made(self, path: str, body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        answer = self._client.post(f"/api{path}", **({"json": body} if body is not None else {}), **more)
        assert answer.status_code in (200, 201, 202), (path, answer.text)
        return dict(answer.json())

    def read(self, path: str) -> dict[str, Any]:
        answer = self._client.get(f"/api{path}")
        assert answer.status_code == 200, (path, answer.text)
        return dict(answer.json())


def make_world(installation: Installation, database: Database, tenant: Tenant, *, member: Tenant) -> World:
    """Make one of each; what can be seen by all is."""
    client = installation.sign_in(tenant)
    maker = _Maker(client)
    orders = insert_orders(database, tenant, uuid4)
    definition = {"dataset_id": str(orders.id), "columns": ["country"], "timezone": "UTC", "limit": 5}
    ids = {"dataset_id": str(orders.id), "user_id": str(member.user_id)}
    ids["report_id"] = maker.made("/reports", {"name": f"{MARK} report", "definition": definition})["id"]
    dashboard = {"timezone": "UTC", "tiles": [_tile(ids["report_id"])]}
    ids["dashboard_id"] = maker.made("/dashboards", {"name": f"{MARK} board", "content": dashboard})["id"]
    for kind in ("report", "dashboard"):
        path = f"/api/{kind}s/{ids[f'{kind}_id']}/sharing"
        assert client.put(path, json={"visibility": "organization", "everyone": "view"}).status_code == 200
    source = {"name": "Another source", "kind": "duckdb", "connection": {"path": "orders.duckdb"}}
    destination = {"name": "Another place", "type": "folder", "settings": {}}
    schedule = {
        "name": "Another schedule",
        "report_id": ids["report_id"],
        "schedule_config": _DAILY,
        "recipients": [{"type": "email", "value": "boss@example.com"}],
        "formats": ["csv"],
    }
    ids |= _simple_objects(maker, source=source, destination=destination, schedule=schedule)
    ids |= _people(maker, installation, tenant) | _run(maker, installation, ids["schedule_id"])
    ids["event_id"] = maker.read("/audit")["items"][0]["id"]
    return World(
        ids=ids,
        definition=definition,
        dashboard=dashboard,
        dataset=maker.read(f"/datasets/{orders.id}"),
        schedule=schedule,
        destination=destination,
        source=source,
    )


def _tile(report_id: str) -> dict[str, Any]:
    return {"kind": "report", "id": "rows", "report_id": report_id, "row": 0, "column": 0, "width": 12}


def _simple_objects(
    maker: _Maker, *, source: dict[str, Any], destination: dict[str, Any], schedule: dict[str, Any]
) -> dict[str, str]:
    query = {"name": f"{MARK} template", "file_name": "a.xlsx"}
    return {
        "source_id": maker.made("/sources", {**source, "name": f"{MARK} source"})["id"],
        "upload_id": maker.made("/uploads", params={"name": "a.csv"}, content=b"a,b\n1,2\n")["id"],
        "template_id": maker.made("/templates", params=query, content=template())["id"],
        "folder_id": maker.made("/folders", {"name": f"{MARK} folder"})["id"],
        "calendar_id": maker.made("/calendars", {"name": f"{MARK} calendar"})["id"],
        "destination_id": maker.made("/destinations", {**destination, "name": f"{MARK} place"})["id"],
        "schedule_id": maker.made("/scheduled-reports", {**schedule, "name": f"{MARK} schedule"})["id"],
        "group_id": maker.made("/groups", {"name": f"{MARK} group"})["id"],
        "suppression_id": maker.made("/suppressions", {"address": "no@example.com"})["id"],
    }


def _people(maker: _Maker, installation: Installation, tenant: Tenant) -> dict[str, str]:
    invited = maker.made("/invitations", {"addresses": [f"{MARK}@example.com"], "role": "viewer"})
    account = maker.made("/service-accounts", {"name": f"{MARK} machine", "role": "viewer"})
    body = {"name": f"{MARK} token"}
    return {
        "role_id": maker.made("/roles", {"name": f"{MARK} role", "permissions": ["view_reports"]})["id"],
        "invitation_id": invited["items"][0]["id"],
        "account_id": account["id"],
        "account_token_id": maker.made(f"/service-accounts/{account['id']}/tokens", body)["id"],
        "token_id": maker.made("/tokens", body)["id"],
        "session_id": maker.read("/me/sessions")["items"][0]["id"],
        "organization_id": str(tenant.organization_id),
        "verified_id": maker.made("/verified-addresses", {"address": f"{MARK}@example.com"})["id"],
        "provider": "ses",
    }


def _run(maker: _Maker, installation: Installation, schedule_id: str) -> dict[str, str]:
    run_id = maker.made(f"/scheduled-reports/{schedule_id}/run")["id"]
    installation.daemon.run(UUID(run_id))
    run = maker.read(f"/report-executions/{run_id}")
    installation.daemon.deliver(UUID(run["deliveries"][0]["id"]))
    artifact_id = run["artifacts"][0]["id"]
    installation.clock.advance(timedelta(minutes=1))
    return {
        "run_id": run_id,
        "delivery_id": run["deliveries"][0]["id"],
        "artifact_id": artifact_id,
        "link_id": maker.made("/links", {"artifact_id": artifact_id})["id"],
    }
