"""`dump`, `apply` and `schema`: a workspace as a folder of readable files, and made what such files say."""

import json as json_module
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.commands.owner import owner_settings
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.domain.access import Principal
    from core.services.as_code.folder import FolderContent
    from core.services.as_code.plan import Plan
    from core.services.as_code.workspace_files import WorkspaceFiles

#: Exit codes: changes that wait, and a workspace that was left as it is.
PENDING, REFUSED = 2, 1

Dir = Annotated[Path, typer.Argument(help="The folder.", metavar="DIR")]
As = Annotated[str | None, typer.Option("--as", help="Who does it: a sign-in. Default: ADMIN_EMAIL.")]
Organization = Annotated[str | None, typer.Option(help="Its name, where the person has several.")]
AsJson = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]


def dump(directory: Dir, as_: As = None, organization: Organization = None, json: AsJson = False) -> None:
    """Write sources, datasets, reports, dashboards, schedules, destinations, groups and calendars as YAML.

    Secrets are never written: their place names the environment variable that `apply` takes them from.
    """
    from core.services.as_code.folder import write_folder

    with _files(as_, organization) as (files, principal):
        dumped = files.dump(principal)
    written = write_folder(directory, dumped.files)
    if json:
        _say_json(
            {
                "written": list(written.written),
                "unchanged": written.unchanged,
                "removed": list(written.removed),
                "left_out": list(dumped.left_out),
            }
        )
        return
    for name in written.removed:
        typer.echo(f"removed {name}: it is not in the workspace any more")
    for said in dumped.left_out:
        typer.echo(said)
    typer.echo(f"{len(written.written)} written, {written.unchanged} as they were, in {directory}")


def apply(
    directory: Dir,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would change. Exit code 2 where it would.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Apply without being asked.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Also remove what no file speaks of.")] = False,
    as_: As = None,
    organization: Organization = None,
    json: AsJson = False,
) -> None:
    """Make the workspace what the files say: all of it or nothing. Secrets are taken from the environment."""
    from core.services.as_code.folder import read_folder

    content = read_folder(directory)
    with _files(as_, organization) as (files, principal):
        planned = None
        if plan or not yes:
            planned = files.plan(principal, content, with_removal=prune)
        if planned is not None and (plan or planned.problems or not planned.changes):
            _end(planned, content, is_applied=False, json=json)
        if planned is not None:
            _ask(planned, content, json=json)
        applied = files.apply(principal, content, with_removal=prune, expected=planned)
    _end(applied, content, is_applied=not applied.problems, json=json)


def schema(directory: Dir) -> None:
    """Write the JSON Schemas of the files, for editors; `dump` writes them too."""
    from core.services.as_code.folder import write_folder
    from core.services.as_code.schemas import schema_files

    written = write_folder(directory, schema_files(), with_removal=False)
    typer.echo(f"{len(written.written)} written, {written.unchanged} as they were, in {directory}")


@contextmanager
def _files(email: str | None, organization: str | None) -> "Iterator[tuple[WorkspaceFiles, Principal]]":
    from core.bootstrap.as_code import workspace_files
    from core.services.command_line import principal_called

    with owner_settings() as settings, workspace_files(settings) as (database, files):
        yield files, principal_called(database, email or settings.admin_email, organization)


def _ask(planned: "Plan", content: "FolderContent", *, json: bool) -> None:
    """Ask whoever sits there; nobody is asked by a program, which says --yes. Raises InvalidInput."""
    if json or not sys.stdin.isatty():
        raise InvalidInput("Say --yes to apply without being asked, or --plan to see what would change.", place="yes")
    _tell(planned, content)
    typer.confirm("Apply this?", abort=True)


def _end(plan: "Plan", content: "FolderContent", *, is_applied: bool, json: bool) -> None:
    """Say how it went, and exit with the code that means it."""
    if json:
        _say_json(plan.to_json() | {"applied": is_applied and bool(plan.changes), "not_read": list(content.ignored)})
    else:
        _tell(plan, content)
        if is_applied and plan.changes:
            typer.echo("Applied.")
    if plan.problems:
        raise typer.Exit(REFUSED)
    raise typer.Exit(PENDING if plan.changes and not is_applied else 0)


def _tell(plan: "Plan", content: "FolderContent") -> None:
    for name in content.ignored:
        typer.echo(f"not read: {name}, which lies in no folder of a workspace")
    if plan.problems:
        for problem in plan.problems:
            place = f" {problem.place}:" if problem.place else ""
            typer.echo(f"{problem.file}:{problem.line}:{place} {problem.message}")
        typer.echo(f"Nothing was applied: {len(plan.problems)} to mend.")
        return
    for change in plan.changes:
        typer.echo(f"{change.action:7} {change.file}  {change.name}")
        for line in change.differences:
            typer.echo(f"          {line}")
    for change in plan.only_here:
        typer.echo(f"stays   {change.file}  {change.name} (no file speaks of it; --prune removes it)")
    changed = f"{len(plan.changes)} to change" if plan.changes else "No changes"
    typer.echo(f"{changed}, {plan.unchanged} as the files say.")


def _say_json(data: dict[str, Any]) -> None:
    typer.echo(json_module.dumps(data, indent=2, ensure_ascii=False))
