"""`user add`: accounts from the command line. A password never stands in the arguments, which everybody can list."""

import os
import sys
from typing import Annotated

import typer

from core.commands.owner import owner_settings
from core.errors import InvalidInput

PASSWORD_VARIABLE = "USER_PASSWORD"  # noqa: S105 - a variable's name

app = typer.Typer(help="Accounts.", no_args_is_help=True)


@app.callback()
def users() -> None:
    """Accounts."""


@app.command("add")
def add(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    name: Annotated[str, typer.Option(help="The name shown to others. Default: what stands before the @.")] = "",
    role: Annotated[str, typer.Option(help="A role of the organization.")] = "viewer",
    organization: Annotated[str | None, typer.Option(help="Its name, where there are several.")] = None,
) -> None:
    """Add somebody to an organization. The password is asked for, or taken from USER_PASSWORD."""
    from core.bootstrap import NewUser, add_user

    user = NewUser(email=email, name=name, password=_password(), role=role, organization=organization)
    with owner_settings() as settings:
        added = add_user(settings, user)
    kept = "; the account existed and keeps its name and password" if added.was_known else ""
    typer.echo(f"{added.email} belongs to {added.organization} as {role}{kept}.")


def _password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise InvalidInput(f"Set {PASSWORD_VARIABLE}, or run this in a terminal to be asked for the password.")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
