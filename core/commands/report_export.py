"""How `report export` works: a run for each report, advanced by this process unless a daemon takes it first."""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from core.artifacts.file_names import unique_name
from core.bootstrap import Broadsheet, build, build_daemon
from core.domain.access import Principal
from core.domain.artifact import Artifact, Rendering
from core.domain.file_options import FileOptions, parse_file_options
from core.domain.run import Run
from core.errors import ArtifactError, InvalidInput, RenderError
from core.services.command_line import given_values, principal_called, report_called
from core.services.daemon import DaemonService
from core.services.workbooks import AskedReport
from core.settings import Settings

PASSWORD_VARIABLE = "FILE_PASSWORD"  # noqa: S105 - a variable's name
_WORKBOOK = "xlsx"
_MANIFEST = ".manifest"
_LOOK_S = 0.5
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command was given."""

    names: tuple[str, ...]
    output: Path
    format: str
    pairs: tuple[str, ...]
    as_of: str | None
    options: str
    email: str | None
    organization: str | None


def export_reports(settings: Settings, wanted: Wanted) -> list[dict[str, Any]]:
    """Make the files and return what was made, as JSON. Raises InvalidInput and what stopped a run."""
    # What stops a run is said once, as the command's own error.
    logging.getLogger("core").addHandler(logging.NullHandler())
    options, as_of = _options(wanted.options), _instant(wanted.as_of)
    with _services(settings) as (broadsheet, daemon):
        principal = principal_called(broadsheet.database, wanted.email or settings.admin_email, wanted.organization)
        asked = _asked(broadsheet, principal, wanted)
        if len(asked) > 1 and wanted.format == _WORKBOOK and wanted.output.suffix == f".{_WORKBOOK}":
            return [_workbook(broadsheet, principal, asked, wanted.output, as_of, options)]
        _check_output(wanted)
        runs = []
        for one in asked:
            run = broadsheet.runs.export(
                principal,
                one.report.id,
                wanted.format,
                parameters=one.parameters,
                as_of=as_of,
                options=options,
                password=os.environ.get(PASSWORD_VARIABLE) or None,
            )
            runs.append(_finished(broadsheet, daemon, principal, run.id))
        paths = _paths([_main_file(run) for run in runs], wanted.output)
        return [_taken(broadsheet, principal, run, path) for run, path in zip(runs, paths, strict=True)]


def _check_output(wanted: Wanted) -> None:
    """Several files need a folder, which is made; one may be named. What cannot be written is known before a run."""
    if not wanted.output.is_dir() and not wanted.output.parent.is_dir():
        raise InvalidInput(f"There is no folder {wanted.output.parent}.", place="output")
    if len(wanted.names) == 1 or wanted.output.is_dir():
        return
    if wanted.output.suffix or wanted.output.exists():
        raise InvalidInput("Several reports go into a folder, or with --format xlsx into one .xlsx.", place="output")
    wanted.output.mkdir(parents=True)


def _paths(files: list[Artifact], output: Path) -> list[Path]:
    if not output.is_dir():
        return [output]
    names: list[str] = []
    for file in files:
        names.append(unique_name(file.file_name, names))
    return [output / name for name in names]


@contextmanager
def _services(settings: Settings) -> Iterator[tuple[Broadsheet, DaemonService]]:
    broadsheet, daemon = build(settings), build_daemon(settings)
    try:
        yield broadsheet, daemon
    finally:
        daemon.leave()
        broadsheet.close()


def _asked(broadsheet: Broadsheet, principal: Principal, wanted: Wanted) -> list[AskedReport]:
    """The reports, each with those of the values that it asks for. Raises InvalidInput where none asks for one."""
    reports = [report_called(broadsheet.reports, principal, name) for name in wanted.names]
    takes = [{parameter.name for parameter in report.definition.parameters} for report in reports]
    for pair in wanted.pairs:
        if not any(pair.partition("=")[0] in names for names in takes):
            raise InvalidInput(f"No report named here asks for {pair.partition('=')[0]!r}.", place="param")
    asked = []
    for report, names in zip(reports, takes, strict=True):
        dataset = broadsheet.catalog.dataset(principal, report.definition.dataset_id)
        pairs = [pair for pair in wanted.pairs if pair.partition("=")[0] in names]
        asked.append(AskedReport(report=report, parameters=given_values(report, dataset, pairs)))
    return asked


def _finished(broadsheet: Broadsheet, daemon: DaemonService, principal: Principal, run_id: UUID) -> Run:
    """Advance the run until it has ended, saying how far it is where somebody looks on; an interrupt cancels it."""
    ended = threading.Event()
    worker = threading.Thread(target=_advance, args=(broadsheet, daemon, principal, run_id, ended), daemon=True)
    worker.start()
    try:
        while not ended.wait(_LOOK_S):
            _tell(broadsheet.runs.get_run(principal, run_id))
    except KeyboardInterrupt:
        broadsheet.runs.cancel(principal, run_id)
        worker.join()
        raise
    run = broadsheet.runs.get_run(principal, run_id)
    if not run.artifacts:
        raise RenderError(run.error_message or f"{run.title}: the run is {run.state}.")
    return run


def _advance(
    broadsheet: Broadsheet, daemon: DaemonService, principal: Principal, run_id: UUID, ended: threading.Event
) -> None:
    """A run that waits for its next attempt, or that a daemon took first, is looked at again."""
    pause = threading.Event()
    try:
        while not broadsheet.runs.get_run(principal, run_id).state.is_final:
            daemon.run(run_id)
            if not broadsheet.runs.get_run(principal, run_id).state.is_final:
                pause.wait(_LOOK_S)
    finally:
        ended.set()


def _tell(run: Run) -> None:
    progress = run.progress
    if progress is None or not sys.stderr.isatty():
        return
    of = "" if progress.rows_total is None else f" of {progress.rows_total:,}"
    sys.stderr.write(f"\r{run.title}: {progress.phase} {progress.rows:,}{of} rows, {progress.size_bytes:,} bytes\x1b[K")
    sys.stderr.flush()


def _main_file(run: Run) -> Artifact:
    return next(item for item in run.artifacts if not item.format.endswith(_MANIFEST))


def _taken(broadsheet: Broadsheet, principal: Principal, run: Run, path: Path) -> dict[str, Any]:
    """Copy a run's file to where it was wanted, its manifest beside it."""
    main = _main_file(run)
    for item in run.artifacts:
        beside = path if item is main else path.with_name(f"{path.name}.manifest.json")
        _, content = broadsheet.runs.open_artifact(principal, run.id, item.format)
        with content, _whole(beside) as target:
            while chunk := content.read(_CHUNK_BYTES):
                target.write(chunk)
    return _said_of(run, main, path)


def _said_of(run: Run, artifact: Artifact, path: Path) -> dict[str, Any]:
    manifest = artifact.manifest
    return {
        "path": str(path),
        "report": run.title,
        "report_id": None if run.report_id is None else str(run.report_id),
        "report_version": run.report_version,
        "execution_id": str(run.id),
        "format": artifact.format,
        "rows": manifest.rows_delivered,
        "rows_matched": manifest.rows_matched,
        "size_bytes": artifact.size_bytes,
        "sha256": artifact.sha256,
        "as_of": manifest.as_of.isoformat(),
        "logical_at": manifest.logical_at.isoformat(),
        "filters": list(manifest.filters_in_words),
        "altered": manifest.altered,
        "notes": list(manifest.notes),
    }


def _workbook(
    broadsheet: Broadsheet,
    principal: Principal,
    asked: list[AskedReport],
    output: Path,
    as_of: datetime | None,
    options: FileOptions,
) -> dict[str, Any]:
    """All reports in one workbook; it is no run, and takes neither a template nor a password."""
    if options.xlsx.template_id is not None or os.environ.get(PASSWORD_VARIABLE):
        raise InvalidInput("A workbook of several reports takes no template and no password.", place="options")
    with _whole(output) as target:
        renderings = broadsheet.workbooks.write(
            principal, asked, target, title=output.stem, as_of=as_of, options=options
        )
    reports = [_sheet_of(one, rendering) for one, rendering in zip(asked, renderings, strict=True)]
    return {
        "path": str(output),
        "format": _WORKBOOK,
        "rows": sum(rendering.rows for rendering in renderings),
        "size_bytes": output.stat().st_size,
        "reports": reports,
        "notes": [f"{one['report']}: {note}" for one in reports for note in one["notes"]],
    }


def _sheet_of(asked: AskedReport, rendering: Rendering) -> dict[str, Any]:
    return {
        "report": asked.report.name,
        "report_id": str(asked.report.id),
        "report_version": asked.report.version,
        "rows": rendering.rows,
        "altered": rendering.altered,
        "notes": list(rendering.notes),
    }


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that appears whole or not at all. Raises ArtifactError where it cannot be written."""
    scratch = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with scratch.open("w+b") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        scratch.replace(path)
    except OSError as error:
        raise ArtifactError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        scratch.unlink(missing_ok=True)


def _options(text: str) -> FileOptions:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidInput("The options are no valid JSON.", place="options") from error
    if isinstance(data, dict) and "sealed_password" in data:
        raise InvalidInput(f"A password is taken from {PASSWORD_VARIABLE}.", place="options")
    return parse_file_options(data)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("Give the time like 2026-11-23T09:00:00+01:00.", place="as_of") from error
