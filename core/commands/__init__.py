"""The command line: one file a command, joined here.

A command imports what weighs (services, sources, renderers) where it runs: `up` lives as long as the product does and
stays small.
"""

import typer

from core.commands import migrate, prepare, up

app = typer.Typer(
    help="Broadsheet: self-serve reports that arrive on time.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.command("up")(up.run)
app.command("migrate")(migrate.run)
app.command("prepare", hidden=True)(prepare.run)
