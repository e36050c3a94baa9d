"""The process that looks into a workbook brought as a template: shut in, it finds the names and fills it to try."""

import gc
import json
import sys
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from core.catalog.uploads.archive import check_workbook
from core.catalog.uploads.child import shut_in
from core.catalog.uploads.limits import UploadLimits
from core.catalog.uploads.magic import READABLE, XLSX, detect_format
from core.domain.workbook_template import TemplateContents, dump_contents
from core.errors import BroadsheetError, InvalidUpload

#: Names of the files in the folder that the process works in.
DATA, OUTCOME = "data", "outcome.json"
_WANTED = "A template is an Excel workbook (.xlsx)."
_OUT_OF_MEMORY = (
    "Reading the workbook takes more memory than is allowed. A template needs no rows of data: delete them."
)
_UNREADABLE = (
    "The workbook cannot be filled: it holds something that is not understood. Save it anew from a spreadsheet program."
)


def main() -> None:
    """Read the request from the standard input, and end with 0 where the outcome was written, whatever it is."""
    gc.disable()
    request = sys.stdin.buffer.read()
    asked = json.loads(request)
    shut_in(UploadLimits(**asked["limits"]), parent=int(asked["parent"]))
    warnings.simplefilter("ignore")
    respond(request)


def respond(request: bytes) -> None:
    """Do what the request asks, and write the outcome."""
    asked = json.loads(request)
    folder = Path(asked["folder"])
    try:
        contents = _look_into(folder / DATA, str(asked["file_name"]), UploadLimits(**asked["limits"]))
        outcome: dict[str, Any] = {"contents": dump_contents(contents)}
    except BroadsheetError as error:
        outcome = {"error": error.user_message, "place": error.place}
    except (MemoryError, ImportError):  # a library that is refused memory cannot be loaded
        outcome = {"error": _OUT_OF_MEMORY, "place": None}
    except Exception:  # noqa: BLE001 - openpyxl raises whatever its parts run into
        outcome = {"error": _UNREADABLE, "place": None}
    (folder / OUTCOME).write_text(json.dumps(outcome), encoding="utf-8")


def _look_into(path: Path, file_name: str, limits: UploadLimits) -> TemplateContents:
    from core.render.xlsx.template_losses import check_parts

    try:
        found = detect_format(path, file_name)
    except InvalidUpload as error:
        raise InvalidUpload(error.user_message.replace(READABLE, _WANTED)) from error
    if found != XLSX:
        raise InvalidUpload(f"'{file_name}' is {found}. {_WANTED}")
    check_workbook(path, limits)
    content = path.read_bytes()
    with ZipFile(BytesIO(content)) as archive:
        lost = check_parts(archive)
    return _contents(content, lost)


def _contents(content: bytes, lost: tuple[str, ...]) -> TemplateContents:
    # Imported behind the limits.
    from core.render.xlsx.template import open_template
    from core.render.xlsx.template_names import PREFIX, filled_name
    from core.render.xlsx.template_places import find_places
    from core.render.xlsx.template_trial import table_contents, try_filling

    workbook = open_template(content)
    places = find_places(workbook)
    if not places.cells and places.table is None:
        raise InvalidUpload(
            f"Nothing in the workbook says what goes where. Give cells names such as {PREFIX}title, or make a table "
            "whose headings are the report's columns."
        )
    table = table_contents(workbook, places.table)
    try_filling(content, table)
    names = (filled_name(place.name, place.words) for place in places.cells)
    return TemplateContents(
        sheets=tuple(workbook.sheetnames),
        names=tuple(name for name in names if name is not None),
        unknown=places.unknown,
        table=table,
        warnings=lost,
    )


if __name__ == "__main__":
    main()
