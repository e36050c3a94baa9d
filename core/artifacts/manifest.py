"""Manifests: what a file is, in JSON, so that it can be proved later that these bytes answered that question."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.domain.artifact import Manifest, Rendering, TotalLine
from core.domain.filter import ResolvedWindow
from core.domain.result import ResultHead, Total
from core.errors import ArtifactError

GENERATOR = "Broadsheet 0.1"


def build_manifest(head: ResultHead, rendering: Rendering, sha256: str, size: int) -> Manifest:
    """The manifest of a file of `size` bytes that a renderer made from the result of `head`."""
    return Manifest(
        report_id=head.report_id,
        report_version=head.report_version,
        title=head.title,
        filters_in_words=head.filters_in_words,
        period=_period(head.period),
        logical_at=head.logical_at.astimezone(UTC),
        as_of=head.as_of.astimezone(UTC),
        rows_matched=head.rows_matched,
        rows_delivered=rendering.rows,
        row_limit=head.row_limit,
        altered=rendering.altered,
        notes=rendering.notes,
        definition_sha256=head.definition_sha256,
        generator=GENERATOR,
        sha256=sha256,
        size_bytes=size,
        totals=tuple(_total(total, head) for total in head.totals),
    )


def dump_manifest(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON-able values: ids and instants as text (instants in UTC)."""
    return {
        "report_id": str(manifest.report_id) if manifest.report_id else None,
        "report_version": manifest.report_version,
        "title": manifest.title,
        "filters_in_words": list(manifest.filters_in_words),
        "period": manifest.period,
        "logical_at": manifest.logical_at.isoformat(),
        "as_of": manifest.as_of.isoformat(),
        "rows_matched": manifest.rows_matched,
        "rows_delivered": manifest.rows_delivered,
        "row_limit": manifest.row_limit,
        "altered": {label: dict(reasons) for label, reasons in manifest.altered.items()},
        "notes": list(manifest.notes),
        "definition_sha256": manifest.definition_sha256,
        "generator": manifest.generator,
        "sha256": manifest.sha256,
        "size_bytes": manifest.size_bytes,
        "totals": [{"keys": list(line.keys), "values": dict(line.values)} for line in manifest.totals],
    }


def load_manifest(data: dict[str, Any]) -> Manifest:
    """The manifest that `dump_manifest` wrote. Raises ArtifactError if it is not one."""
    try:
        return Manifest(
            report_id=UUID(data["report_id"]) if data["report_id"] else None,
            report_version=data["report_version"],
            title=data["title"],
            filters_in_words=tuple(data["filters_in_words"]),
            period=data["period"],
            logical_at=datetime.fromisoformat(data["logical_at"]),
            as_of=datetime.fromisoformat(data["as_of"]),
            rows_matched=int(data["rows_matched"]),
            rows_delivered=int(data["rows_delivered"]),
            row_limit=data["row_limit"],
            altered={label: dict(reasons) for label, reasons in data["altered"].items()},
            notes=tuple(data["notes"]),
            definition_sha256=data["definition_sha256"],
            generator=data["generator"],
            sha256=data["sha256"],
            size_bytes=int(data["size_bytes"]),
            totals=tuple(
                TotalLine(keys=tuple(line["keys"]), values=dict(line["values"])) for line in data.get("totals", ())
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError("The file's manifest cannot be read.") from error


def _total(total: Total, head: ResultHead) -> TotalLine:
    values = {
        column.key: str(value)
        for column, value in zip(head.columns, total.values, strict=True)
        if value is not None and not column.is_hidden
    }
    return TotalLine(keys=tuple(None if key is None else str(key) for key in total.keys), values=values)


def _period(period: ResolvedWindow | None) -> str | None:
    """The days, both inside, as an ISO 8601 interval: "2026-11-16/2026-11-22"."""
    return f"{period.first_on.isoformat()}/{period.last_on.isoformat()}" if period else None
