"""`user`: accounts from the command line. A password never stands in the arguments, which everybody can list."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.commands.owner import owner_settings
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.services.people import Departure

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


@app.command("remove")
def remove(
    email: Annotated[str, typer.Argument(help="The address of who leaves.")],
    organization: Annotated[str | None, typer.Option(help="Its name, where there are several.")] = None,
    hand_over_to: Annotated[
        str | None, typer.Option(help="Who gets their schedules. Default: they are paused.")
    ] = None,
) -> None:
    """Take somebody out of an organization; the account stays."""
    from core.bootstrap import remove_user

    with owner_settings() as settings:
        _tell(remove_user(settings, email=email, organization=organization, hand_over_to=hand_over_to))


@app.command("deactivate")
def deactivate(
    email: Annotated[str, typer.Argument(help="The address of the account.")],
    hand_over_to: Annotated[
        str | None, typer.Option(help="Who gets their schedules. Default: they are paused.")
    ] = None,
) -> None:
    """Close an account in all organizations."""
    from core.bootstrap import deactivate_user

    with owner_settings() as settings:
        _tell(deactivate_user(settings, email=email, hand_over_to=hand_over_to))


@app.command("activate")
def activate(email: Annotated[str, typer.Argument(help="The address of the account.")]) -> None:
    """Open a closed account again; schedules that were paused stay paused."""
    from core.bootstrap import activate_user

    with owner_settings() as settings:
        activate_user(settings, email=email)
    typer.echo(f"{email} can sign in again.")


@app.command("reset-factor")
def reset_factor(email: Annotated[str, typer.Argument(help="The address of the account.")]) -> None:
    """Take the second factor of somebody who lost it away, and end their sessions."""
    from core.bootstrap import reset_factor as reset

    with owner_settings() as settings:
        reset(settings, email=email)
    typer.echo(f"{email} signs in with the password alone; where a second factor is asked for, they set up a new one.")


@app.command("reset-password")
def reset_password(email: Annotated[str, typer.Argument(help="The address of the account.")]) -> None:
    """Give somebody another password, and end their sessions. It is asked for, or taken from USER_PASSWORD."""
    from core.bootstrap import reset_password as reset

    password = _password()
    with owner_settings() as settings:
        reset(settings, email=email, password=password)
    typer.echo(f"{email} has a new password, and is signed out everywhere.")


def _tell(departure: "Departure") -> None:
    typer.echo(f"{departure.email} cannot sign in there any more.")
    if departure.handed_over:
        typer.echo(f"Schedules handed over: {departure.handed_over}.")
    for name in departure.paused:
        typer.echo(f"Paused: {name}")


def _password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise InvalidInput(f"Set {PASSWORD_VARIABLE}, or run this in a terminal to be asked for the password.")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
