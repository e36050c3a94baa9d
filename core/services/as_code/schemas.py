"""JSON Schemas of the files, for editors: `.schema/report.json` and its like, which files name in their first line."""

import json
from typing import Any

from core.domain.dashboard_json import content_schema
from core.domain.schedule import BusinessDays, Cadence
from core.services.as_code.folder import SCHEMAS
from core.services.as_code.kind import DASHBOARDS, NOUNS, REPORTS, SCHEDULES
from core.services.as_code.kinds import KINDS
from core.services.as_code.schedule_models import OwnCalendar

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TIME = {"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}$"}
_DAY = {"type": "string", "format": "date"}
_WEEKDAY = {"type": "integer", "minimum": 1, "maximum": 7}


def schema_files() -> dict[str, str]:
    """The schemas by path."""
    return {
        f"{SCHEMAS}/{NOUNS[kind.folder]}.json": f"{json.dumps(_schema(kind.folder, kind.model), indent=1)}\n"
        for kind in KINDS
    }


def _schema(folder: str, model: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"$schema": _DRAFT, **model.model_json_schema()}
    schema["title"] = NOUNS[folder].capitalize()
    if folder == REPORTS:
        del schema["$defs"]["AskedFile"]["properties"]["dataset_id"]
    if folder == SCHEDULES:
        schema["properties"]["schedule_config"] = _recurrence()
    if folder == DASHBOARDS:
        _put_content(schema)
    return schema


def _put_content(schema: dict[str, Any]) -> None:
    """Tiles name their report instead of its id."""
    content = content_schema()
    parts = content.pop("$defs")
    for part in parts.values():
        if "report_id" in part.get("properties", {}):
            part["properties"] = {"report": {"type": "string", "description": "The report."}} | {
                name: value for name, value in part["properties"].items() if name != "report_id"
            }
            part["required"] = ["report" if name == "report_id" else name for name in part["required"]]
    schema["$defs"] = {**schema.get("$defs", {}), **parts, "DashboardContent": content}
    schema["properties"]["content"] = {"$ref": "#/$defs/DashboardContent"}


def _recurrence() -> dict[str, Any]:
    properties: dict[str, Any] = {
        "cadence": {"enum": [str(cadence) for cadence in Cadence]},
        "timezone": {"type": "string", "description": "IANA name."},
        "time": {"anyOf": [_TIME, {"type": "array", "items": _TIME}]},
        "interval": {"type": "integer", "minimum": 1},
        "day_of_week": {"anyOf": [_WEEKDAY, {"type": "array", "items": _WEEKDAY}]},
        "day_of_month": {
            "anyOf": [{"type": "integer", "minimum": 1, "maximum": 31}, {"enum": ["last", "last_business"]}]
        },
        "nth_weekday": {
            "type": "object",
            "properties": {"n": {"enum": [1, 2, 3, 4, 5, -1]}, "weekday": _WEEKDAY},
            "required": ["n", "weekday"],
            "additionalProperties": False,
        },
        "cron_expression": {"type": "string"},
        "starts_on": _DAY,
        "ends_on": _DAY,
        "business_days": {"enum": [str(choice) for choice in BusinessDays]},
        "calendar": {
            "anyOf": [
                {"type": "string", "description": "A country such as US or US-CA."},
                OwnCalendar.model_json_schema(),
            ]
        },
        "quiet_dates": {"type": "array", "items": _DAY},
    }
    return {
        "type": "object",
        "description": "When it runs.",
        "properties": properties,
        "required": ["cadence", "timezone"],
        "additionalProperties": False,
    }
