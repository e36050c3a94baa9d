"""`audit`: whether the chain of what was done holds."""

from typing import Annotated

import typer

from core.commands.owner import owner_settings

app = typer.Typer(help="What was done by whom.", no_args_is_help=True)


@app.callback()
def audits() -> None:
    """What was done by whom."""


@app.command("verify")
def verify(
    organization: Annotated[str | None, typer.Option(help="Its name or id. Default: all of them.")] = None,
) -> None:
    """Walk the chains from their first event and name the first link that is broken. Exit code 1: one is."""
    from core.bootstrap.installation import verify_audit

    with owner_settings() as settings:
        states = verify_audit(settings, organization=organization)
    for state in states:
        if state.broken is not None:
            typer.echo(f"BROKEN  {state.organization}: {state.broken}")
            continue
        waiting = f", {state.waiting:,} wait for their link" if state.waiting else ""
        typer.echo(f"whole   {state.organization}: {state.position:,} events{waiting}, end {state.sha256}")
    raise typer.Exit(int(any(state.broken is not None for state in states)))
