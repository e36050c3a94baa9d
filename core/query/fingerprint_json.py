"""The JSON form of fingerprints and of what changed between two of them."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from core.domain.fingerprint import Changes, Fingerprint, MeasureValue
from core.query.typed_json import dump_typed, load_number

#: Bytes of a row's key, and of its other cells: 5,000 rows take 66 kB of text.
KEY_BYTES, CELLS_BYTES = 6, 4


def dump_fingerprint(fingerprint: Fingerprint) -> dict[str, Any]:
    """Return it as JSON."""
    keys = fingerprint.keys
    return {
        "question": fingerprint.question,
        "rows": fingerprint.rows,
        "columns": list(fingerprint.columns),
        "sha256": fingerprint.sha256,
        "measures": [
            {"key": one.key, "label": one.label, "value": dump_typed(one.value), "shown": one.shown}
            for one in fingerprint.measures
        ],
        "keys": None if keys is None else b64encode(b"".join(key + cells for key, cells in keys.items())).decode(),
    }


def load_fingerprint(data: Mapping[str, Any]) -> Fingerprint:
    """Read what `dump_fingerprint` wrote."""
    return Fingerprint(
        question=data["question"],
        rows=data["rows"],
        columns=tuple(data["columns"]),
        sha256=data["sha256"],
        measures=tuple(MeasureValue(**{**one, "value": load_number(one["value"])}) for one in data["measures"]),
        keys=None if data["keys"] is None else _unpacked(b64decode(data["keys"])),
    )


def dump_changes(changes: Changes) -> dict[str, Any]:
    """Return the figures as JSON."""
    measures = [
        {"label": one.label, "before": one.before, "after": one.after, "percent": one.percent}
        for one in changes.measures
    ]
    return {
        "rows": changes.rows,
        "added": changes.added,
        "removed": changes.removed,
        "changed": changes.changed,
        "is_same": changes.is_same,
        "measures": measures,
    }


def _unpacked(packed: bytes) -> dict[bytes, bytes]:
    width = KEY_BYTES + CELLS_BYTES
    rows = (packed[start : start + width] for start in range(0, len(packed), width))
    return {row[:KEY_BYTES]: row[KEY_BYTES:] for row in rows}
