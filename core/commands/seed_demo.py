"""`seed-demo`: the demo workspace, made or brought up to today."""

import typer

from core.commands.owner import owner_settings


def run() -> None:
    """Create the demo workspace; where it exists, bring its data up to today."""
    from core.bootstrap import seed_demo

    with owner_settings() as settings:
        made = seed_demo(settings)
    if made is None:
        typer.echo("The demo workspace is there already; its data is up to today.")
        return
    typer.echo(f"The demo workspace is ready. Sign in as {made.email}.")
    if made.password is not None:
        typer.echo(f"Password, shown once: {made.password}")
