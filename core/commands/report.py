"""`report export`: files of reports from the command line, made as a download in the app makes them."""

from pathlib import Path
from typing import Annotated

import typer

from core.commands.owner import owner_settings

app = typer.Typer(help="Reports.", no_args_is_help=True)


@app.callback()
def reports() -> None:
    """Reports."""


@app.command("export")
def export(
    names: Annotated[list[str], typer.Argument(help="Names or ids of reports.", metavar="NAME…")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="A file, or a folder in which files are named. Several reports: a folder or .xlsx."
        ),
    ],
    format: Annotated[str, typer.Option("--format", "-f", help="As in pdf or csv; a wrong one lists all.")] = "xlsx",  # noqa: A002
    param: Annotated[
        list[str] | None, typer.Option(help="name=value for what a report asks; again for lists. Windows as JSON.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="The instant that relative dates resolve against: 2026-11-23T09:00:00+01:00.")
    ] = None,
    options: Annotated[str, typer.Option(help='How files are made, as JSON: {"csv": {"delimiter": ";"}}.')] = "{}",
    as_: Annotated[str | None, typer.Option("--as", help="Whose rows: a sign-in. Default: ADMIN_EMAIL.")] = None,
    organization: Annotated[str | None, typer.Option(help="Its name, where the person has several.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Say what was made as JSON.")] = False,
) -> None:
    """Make files of saved reports. A password for them is taken from FILE_PASSWORD."""
    from core.commands.report_export import Wanted, export_reports

    wanted = Wanted(
        names=tuple(names),
        output=output,
        format=format,
        pairs=tuple(param or ()),
        as_of=as_of,
        options=options,
        email=as_,
        organization=organization,
    )
    with owner_settings() as settings:
        made = export_reports(settings, wanted)
    if json:
        typer.echo(_json(made))
        return
    for file in made:
        typer.echo(f"{file['path']}: {file['rows']:,} rows, {file['size_bytes']:,} bytes")
        for said in file["notes"]:
            typer.echo(f"  {said}")


def _json(made: object) -> str:
    import json

    return json.dumps(made, indent=2, ensure_ascii=False)
