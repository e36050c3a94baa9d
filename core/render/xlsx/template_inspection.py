"""Has a workbook brought as a template looked into by a process of its own, no longer than it may take."""

import json
import os
import signal
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.catalog.uploads.limits import UploadLimits
from core.catalog.uploads.process import run_child
from core.domain.workbook_template import TemplateContents, load_contents
from core.errors import InvalidUpload
from core.render.xlsx.template_child import DATA, OUTCOME

_MEBI = 1024 * 1024
#: What every template is held to.
TEMPLATE_LIMITS = UploadLimits(
    file_bytes=10 * _MEBI,
    unpacked_bytes=100 * _MEBI,
    memory_bytes=2048 * _MEBI,
    processor_s=60,
    deadline_s=45.0,
)
_CHILD = "core.render.xlsx.template_child"
_TOO_SLOW = "Reading the workbook takes longer than is allowed. A template needs no rows of data: delete them."
_BROKE_OFF = "The workbook cannot be read: reading it broke off. Delete rows of data, and save it anew."


def inspect_template(content: bytes, file_name: str, limits: UploadLimits = TEMPLATE_LIMITS) -> TemplateContents:
    """Find what is in a workbook, and fill it once to try. Raises InvalidUpload where it cannot be a template."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-template-") as name:
        folder = Path(name)
        (folder / DATA).write_bytes(content)
        request = {"folder": name, "file_name": file_name, "limits": asdict(limits), "parent": os.getpid()}
        try:
            code = run_child(_CHILD, json.dumps(request).encode(), folder, limits)
        except InvalidUpload as error:
            raise InvalidUpload(_TOO_SLOW) from error
        outcome = folder / OUTCOME
        if code != 0 or not outcome.is_file():
            raise InvalidUpload(_TOO_SLOW if code in (-signal.SIGXCPU, -signal.SIGKILL) else _BROKE_OFF)
        found: dict[str, Any] = json.loads(outcome.read_text(encoding="utf-8"))
    if "error" in found:
        raise InvalidUpload(found["error"], place=found["place"])
    return load_contents(found["contents"])
