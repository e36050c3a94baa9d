"""What the API takes and gives, as pydantic models."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.api.file_choices import options_out, progress_out
from core.api.inputs import Instant, Json, Object, PageNumber, PreviewLimit, Text
from core.domain.access import Permission, Principal
from core.domain.artifact import Artifact
from core.domain.definition_json import dump_definition
from core.domain.delivery import Delivery
from core.domain.page import Item, Page
from core.domain.report import Report, ReportVersion
from core.domain.run import Run, RunEvent
from core.services.standing import Standing


class In(BaseModel):
    """A request body; a name it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class SignIn(In):
    """An address and a password; a code where the account has a second factor."""

    username: Text = Field(max_length=320)
    password: Text = Field(max_length=1000)
    code: Text | None = Field(None, max_length=100)


class TokenOut(BaseModel):
    """A bearer token and its life in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme, no secret
    expires_in: int


class ApiTokenIn(In):
    """An API token to make; `scopes` are permissions, and without them it may what its owner may now."""

    name: Text
    expires_at: Instant | None = None
    scopes: list[Permission] | None = Field(None, max_length=len(Permission))


class ReportIn(In):
    """A report to save; `definition` follows `GET /api/reports/schema`."""

    name: Text
    description: Text = Field("", max_length=2000)
    definition: Json


class PreviewOfReportIn(In):
    """Which page to preview, with which values for the parameters; `refresh` asks the source in any case."""

    parameters: Object = Field(default_factory=dict)
    page: PageNumber = 1
    limit: PreviewLimit = 100
    refresh: bool = False


class PreviewIn(PreviewOfReportIn):
    """A definition to preview without saving it."""

    definition: Json


def page_out(page: Page[Item], shape: Callable[[Item], Json]) -> Json:
    """Return the JSON of a page of a longer list."""
    return {"items": [shape(item) for item in page.items], "total": page.total, "page": page.page, "limit": page.limit}


def whole_out(items: list[Json]) -> Json:
    """Return the JSON of a list that has one page."""
    return {"items": items, "total": len(items), "page": 1, "limit": max(len(items), 1)}


def report_out(report: Report) -> Json:
    """Return a report's JSON."""
    return {
        "id": str(report.id),
        "name": report.name,
        "description": report.description,
        "owner": report.owner_name,
        "version": report.version,
        "definition": dump_definition(report.definition),
        "definition_sha256": report.definition_sha256,
        "folder_id": _text(report.folder_id),
        "tags": list(report.tags),
        "visibility": str(report.visibility),
        "created_at": report.created_at.isoformat(),
        "updated_at": report.updated_at.isoformat(),
    }


def version_out(version: ReportVersion) -> Json:
    """Return the JSON of one entry of a report's history."""
    return {
        "version": version.version,
        "saved_by": version.saved_by,
        "saved_at": version.saved_at.isoformat(),
        "definition": dump_definition(version.definition),
    }


def execution_out(run: Run) -> Json:
    """Return a run's JSON; the API says execution."""
    return {
        "id": str(run.id),
        "status": str(run.state),
        "kind": str(run.kind),
        "step": str(run.step),
        "schedule_id": _text(run.schedule_id),
        "schedule_name": run.schedule_name,
        "report_id": _text(run.report_id),
        "dashboard_id": _text(run.dashboard_id),
        "report_version": run.report_version,
        "title": run.title,
        "formats": list(run.formats),
        "file_options": options_out(run.file_options),
        "has_password": run.file_options.sealed_password is not None,
        "parameters": dict(run.parameters),
        "logical_at": run.logical_at.isoformat(),
        "scheduled_for": iso(run.scheduled_for),
        "created_at": run.created_at.isoformat(),
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "attempt": run.attempt,
        "rows_matched": run.rows_matched,
        "rows_delivered": run.rows_delivered,
        "progress": progress_out(run.progress),
        "waiting_for": run.waiting_for,
        "held_because": run.held_because,
        "is_stale": run.is_stale,
        "changes": None if run.fingerprint is None else run.fingerprint.get("changes"),
        "pinned_at": iso(run.pinned_at),
        "timings": {"query_s": run.query_s, "render_s": run.render_s, "deliver_s": run.deliver_s},
        "error": None if run.error_code is None else {"code": run.error_code, "message": run.error_message},
        "artifacts": [_artifact_out(artifact) for artifact in run.artifacts],
        "deliveries": [_delivery_out(delivery) for delivery in run.deliveries],
        "events": [_event_out(event) for event in run.events],
    }


def execution_line_out(run: Run) -> Json:
    """Return the JSON of a run in a list: the names of its files, and how many deliveries stand where."""
    whole = execution_out(run)
    files = [
        {
            "id": str(file.id),
            "format": file.format,
            "file_name": file.file_name,
            "size_bytes": file.size_bytes,
            "deleted_at": iso(file.deleted_at),
        }
        for file in run.files
    ]
    kept = {name: value for name, value in whole.items() if name not in ("deliveries", "events")}
    return {**kept, "artifacts": files, "delivery_counts": dict(run.delivery_counts)}


def standing_out(standing: Standing) -> Json:
    """Return the JSON of how a run stands."""
    return {
        "id": str(standing.run_id),
        "status": str(standing.state),
        "elapsed_s": standing.elapsed_s,
        "expected_s": standing.expected_s,
        "remaining_s": standing.remaining_s,
        "based_on_runs": standing.based_on,
        "remaining": standing.remaining_in_words,
        "runs_before": standing.runs_before,
        "waiting_because": standing.waiting_because,
        "can": {
            "cancel": standing.may_cancel,
            "retry": standing.may_retry,
            "resend_failed": standing.may_resend_failed,
            "decide": standing.may_decide,
            "pin": standing.may_pin,
        },
    }


def principal_out(principal: Principal) -> Json:
    """Return the JSON of who calls."""
    return {
        "id": str(principal.user_id),
        "email": principal.email,
        "name": principal.name,
        "organization": {"id": str(principal.organization_id), "name": principal.organization},
        "role": principal.role,
        "permissions": sorted(principal.permissions),
        "timezone": principal.timezone,
    }


def _artifact_out(artifact: Artifact) -> Json:
    return {
        "id": str(artifact.id),
        "format": artifact.format,
        "file_name": artifact.file_name,
        "media_type": artifact.media_type,
        "size_bytes": artifact.size_bytes,
        "sha256": artifact.sha256,
        "filters": list(artifact.manifest.filters_in_words),
        "period": artifact.manifest.period,
        "altered": artifact.manifest.altered,
        "notes": list(artifact.manifest.notes),
        "lock": artifact.manifest.lock,
        "created_at": artifact.created_at.isoformat(),
        "deleted_at": iso(artifact.deleted_at),
    }


def _delivery_out(delivery: Delivery) -> Json:
    return {
        "id": str(delivery.id),
        "type": delivery.channel,
        "value": delivery.address,
        "destination_id": _text(delivery.destination_id),
        "role": delivery.role,
        "status": str(delivery.state),
        "attempt": delivery.attempt,
        "sent_at": iso(delivery.sent_at),
        "next_attempt_at": iso(delivery.next_attempt_at),
        "response": delivery.response,
        "error": delivery.error_message,
        "reference": delivery.reference,
    }


def _event_out(event: RunEvent) -> Json:
    return {"at": event.at.isoformat(), "name": event.name, "message": event.message}


def iso(instant: datetime | None) -> str | None:
    """Return a moment as the API writes it."""
    return None if instant is None else instant.isoformat()


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
