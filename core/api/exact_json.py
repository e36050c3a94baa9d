"""JSON that keeps exact decimals as number literals and writes times as ISO 8601."""

from datetime import date, datetime
from typing import Any

import simplejson
from starlette.responses import JSONResponse


class ExactJSONResponse(JSONResponse):
    """A JSON response in which 0.10 stays 0.10; NaN and infinities, which JSON lacks, become null."""

    def render(self, content: Any) -> bytes:
        """Return the bytes of `content`."""
        return simplejson.dumps(
            content, use_decimal=True, ignore_nan=True, ensure_ascii=False, default=_plain, separators=(",", ":")
        ).encode(errors="backslashreplace")


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
