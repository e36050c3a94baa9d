"""The JSON of manifests, kept with each artifact and written beside bare files; docs/manifest.md tells its keys."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from core.domain.artifact import LimitHit, Manifest, PackedFile, TotalLine
from core.errors import ArtifactError

_NAMES = tuple(field.name for field in fields(Manifest))


def dump_manifest(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON-able values: ids and instants as text."""
    return {
        # Not `asdict` of the whole: it copies every value by itself, and this is done several times for each run.
        **{name: getattr(manifest, name) for name in _NAMES},
        "altered": {label: dict(reasons) for label, reasons in manifest.altered.items()},
        **{name: tuple(asdict(one) for one in getattr(manifest, name)) for name in ("totals", "limits_hit", "files")},
        "report_id": str(manifest.report_id) if manifest.report_id else None,
        "logical_at": manifest.logical_at.isoformat(),
        "as_of": manifest.as_of.isoformat(),
    }


def load_manifest(data: Mapping[str, Any]) -> Manifest:
    """The manifest that `dump_manifest` wrote, now or before some keys were added. Raises ArtifactError for others."""
    try:
        return Manifest(**{**data, **_read(data)})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError("The file's manifest cannot be read.") from error


def _read(data: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON holds in another shape."""
    return {
        "report_id": UUID(data["report_id"]) if data["report_id"] else None,
        "logical_at": datetime.fromisoformat(data["logical_at"]),
        "as_of": datetime.fromisoformat(data["as_of"]),
        "filters_in_words": tuple(data["filters_in_words"]),
        "altered": {label: dict(reasons) for label, reasons in data["altered"].items()},
        "notes": tuple(data["notes"]),
        "totals": tuple(
            TotalLine(keys=tuple(line["keys"]), values=dict(line["values"])) for line in data.get("totals", ())
        ),
        "limits_hit": tuple(LimitHit(**limit) for limit in data.get("limits_hit", ())),
        "files": tuple(PackedFile(**file) for file in data.get("files", ())),
    }
