"""The process that reads an upload: it shuts itself in, reads the file, writes typed Parquet and what it found."""

import contextlib
import gc
import json
import os
import resource
import signal
import sys
import warnings
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from core.catalog.uploads.limits import UploadLimits
from core.catalog.uploads.magic import CSV, JSON_LINES, PARQUET, XLSX, detect_format
from core.domain.upload import UploadOptions
from core.domain.upload_json import dump_columns, dump_options, parse_options
from core.errors import InvalidUpload
from core.processes import end_with_parent, leave_network

#: Names of the files in the folder that the process works in.
DATA, TYPED, OUTCOME = "data", "typed.parquet", "outcome.json"
_READERS = {CSV: "csv_reader.read_csv", XLSX: "xlsx_reader.read_xlsx", PARQUET: "parquet_reader.read_parquet",
            JSON_LINES: "json_reader.read_json"}  # fmt: skip
_MAX_OPEN_FILES = 256
_OUT_OF_MEMORY = "Reading the file takes more memory than is allowed. Leave out columns, or cut the file in parts."


def main() -> None:
    """Read the request from the standard input, and end with 0 where the outcome was written, whatever it is."""
    gc.disable()  # a process of seconds that makes millions of cells, none of them in circles
    request = sys.stdin.buffer.read()
    asked = json.loads(request)
    shut_in(UploadLimits(**asked["limits"]), parent=int(asked["parent"]))
    warnings.simplefilter("ignore")  # what the libraries warn of is said by the outcome
    respond(request)


def respond(request: bytes) -> None:
    """Do what `request_for` asks, and write the outcome."""
    asked = json.loads(request)
    folder, options = Path(asked["folder"]), parse_options(asked["options"])
    try:
        outcome = _read(folder, str(asked["file_name"]), options, UploadLimits(**asked["limits"]))
    except InvalidUpload as error:
        outcome = {"error": error.user_message, "place": error.place}
    except (MemoryError, ImportError):  # a library that is refused memory cannot be loaded
        outcome = {"error": _OUT_OF_MEMORY, "place": None}
    (folder / OUTCOME).write_text(json.dumps({**outcome, "asked": asked["options"]}), encoding="utf-8")


def shut_in(limits: UploadLimits, *, parent: int) -> None:
    """Take away what reading a file does not need: memory, time, disk beyond the limits, and the network."""
    end_with_parent(signal.SIGKILL, parent)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it; by it the parent knows what happened
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.processor_s),
        (resource.RLIMIT_FSIZE, limits.unpacked_bytes),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))
    leave_network()  # nothing here asks for it anyway
    os.umask(0o077)


def _read(folder: Path, file_name: str, options: UploadOptions, limits: UploadLimits) -> dict[str, Any]:
    # Imported behind the limits, and only what the format needs.
    import duckdb

    from core.catalog.uploads.plan import make_plan
    from core.catalog.uploads.survey import Surveyor
    from core.catalog.uploads.table import check_size, open_engine
    from core.catalog.uploads.write import write_parquet

    path = folder / DATA
    form = detect_format(path, file_name)
    module, _, function = _READERS[form].partition(".")
    read = getattr(import_module(f"core.catalog.uploads.{module}"), function)
    try:
        with contextlib.closing(open_engine(folder, limits)) as connection:
            loaded = read(connection, path, folder, options, limits)
            rows = check_size(connection, len(loaded.headings), limits)
            plan = make_plan(loaded, rows, Surveyor(connection, options), options)
            used = replace(options, decimal=plan.decimal, date_order=plan.order, **loaded.options)
            columns = tuple(planned.column for planned in plan.columns)
            write_parquet(connection, plan, folder / TYPED, about={"options": dump_options(used),
                                                                  "columns": dump_columns(columns)})  # fmt: skip
    except duckdb.OutOfMemoryException as error:
        raise InvalidUpload(_OUT_OF_MEMORY) from error
    return {
        "format": form,
        "columns": dump_columns(columns),
        "headings": list(plan.headings),
        "row_count": rows,
        "options": dump_options(used),
        "sheets": list(loaded.sheets),
        "warnings": [*loaded.warnings, *plan.warnings],
    }


def request_for(folder: Path, file_name: str, options: UploadOptions, limits: UploadLimits) -> bytes:
    """What the process reads from its standard input."""
    return json.dumps(
        {
            "folder": str(folder),
            "file_name": file_name,
            "options": dump_options(options),
            "limits": asdict(limits),
            "parent": os.getpid(),
        }
    ).encode()


if __name__ == "__main__":
    main()
