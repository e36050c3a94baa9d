"""The requests of the REST API, made from its OpenAPI document: a body that each route takes, and the texts in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.every_object import World

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One route of the document."""

    method: str
    path: str
    operation: Json

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(document: Json) -> Iterator[Asked]:
    """Every route the document names."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield Asked(method=method.upper(), path=path, operation=operation)


class Requests:
    """Fills the routes of one document with the objects of one organization."""

    def __init__(self, document: Json, world: World) -> None:
        self._schemas = document["components"]["schemas"]
        self._world = world
        #: Whoever calls is named where a request names somebody of the caller's organization.
        self.caller = "else@example.com"

    def address(self, route: Asked) -> str:
        """The route's path with the ids of real objects."""
        return "/api" + route.path.format(**self.ids(route))

    def ids(self, route: Asked) -> dict[str, str]:
        """The ids of real objects in the route's path."""
        known = {**self._world.ids, "version": "1", "before": "1", "after": "1"}
        if route.path.startswith("/service-accounts/"):
            known["token_id"] = known["account_token_id"]
        return {name: known[name] for name in re.findall(r"{(\w+)}", route.path)}

    def query(self, route: Asked) -> Json:
        """The parameters that the route cannot do without."""
        asked = (one for one in route.operation.get("parameters", []) if one["in"] == "query" and one["required"])
        values = {one["name"]: self._value(one["schema"], one["name"]) for one in asked}
        return values | ({"execution_id": self._world.ids["run_id"]} if "execution_id" in values else {})

    def body(self, route: Asked) -> Json | None:
        """A body that the route takes, or None where it takes none."""
        content = route.operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return None
        special = self._special(route.path)
        return special if special is not None else self._value(content["schema"], "body")

    def schema(self, route: Asked) -> Json:
        """The schema of the route's body, or an empty one."""
        found: Json = route.operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        return self.resolved(found.get("schema", {}))

    def resolved(self, schema: Json) -> Json:
        """The schema behind references and behind "or null"."""
        while "$ref" in schema or "anyOf" in schema:
            if "anyOf" in schema:
                schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
            else:
                schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def _special(self, path: str) -> Json | None:
        """Bodies that the document says too little about."""
        world, ids = self._world, self._world.ids
        export = {"format": "csv"}
        board = {"name": "Other", "content": world.dashboard}
        known: dict[str, Json] = {
            "/datasets": world.dataset,
            "/datasets/{dataset_id}": world.dataset,
            "/datasets/check": {"dataset": world.dataset},
            "/datasets/preview": {"dataset": world.dataset},
            "/datasets/{dataset_id}/policy": {"rows": []},
            "/datasets/draft": {"source_id": ids["source_id"], "table_name": "orders"},
            "/scheduled-reports": world.schedule,
            "/scheduled-reports/{schedule_id}": world.schedule,
            "/scheduled-reports/mail-preview": {"report_id": ids["report_id"]},
            "/scheduled-reports/bulk": {"ids": [ids["schedule_id"]], "action": "pause"},
            "/scheduled-reports/{schedule_id}/transfer": {"owner": self.caller},
            "/scheduled-reports/{schedule_id}/backfill": {"from": _TEXTS["date-time"], "to": _TEXTS["date-time"]},
            "/reports/bulk": {"ids": [ids["report_id"]], "action": "archive"},
            "/reports/preview-export": {"definition": world.definition, **export},
            "/reports/{report_id}/export": export,
            "/dashboards": board,
            "/dashboards/{dashboard_id}": board,
            "/dashboards/{dashboard_id}/export": export,
            "/destinations": world.destination,
            "/destinations/{destination_id}": world.destination,
            "/destinations/test": {"destination": world.destination},
            "/sources": world.source,
            "/sources/{source_id}": world.source,
            "/sources/{source_id}/test": world.source,
            "/sources/test": world.source,
        }
        return known.get(path)

    def _value(self, schema: Json, name: str) -> Any:
        schema = self.resolved(schema)
        known = self._known(name)
        if known is not None:
            return known
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                needed = schema.get("required", ())
                parts = schema.get("properties", {}).items()
                return {key: self._value(value, key) for key, value in parts if key in needed}
            case "array":
                return [self._value(schema["items"], name)] if schema.get("minItems") else []
            case "integer":
                return schema.get("minimum", 1)
            case "boolean":
                return True
        return _TEXTS.get(schema.get("format", ""), "Something else")

    def _known(self, name: str) -> Any:
        world, ids = self._world, self._world.ids
        known = {
            "definition": world.definition,
            "schedule": world.schedule,
            "schedule_config": world.schedule["schedule_config"],
            "recipients": world.schedule["recipients"],
            "formats": ["csv"],
            "format": "csv",
            "address": "else@example.com",
            "addresses": ["else@example.com"],
            "owner_id": ids["user_id"],
            "owner": ids["user_id"],
            "to": ids["user_id"],
            "from": ids["user_id"],
            "role": "viewer",
            "table_name": "orders",
            "host": "smtp.example.com",
            "sender": "reports@example.com",
            "permissions": ["view_reports"],
            "visibility": "private",
            "who": "boss@example.com",
            "q": "a",
            "field": "country",
            "file_name": "a.xlsx",
        }
        return ids.get(name) or known.get(name)


_TEXTS = {"date-time": "2026-11-20T09:00:00+00:00", "date": "2026-11-20"}
