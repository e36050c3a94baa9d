"""`schedule run` and `schedule backfill`: a schedule's report as of a moment, and its past slots made again.

The runs are put into the queue; a daemon carries them out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from core.commands.owner import owner_settings

if TYPE_CHECKING:
    from core.bootstrap import Broadsheet
    from core.domain.access import Principal
    from core.domain.run import Run

app = typer.Typer(help="Schedules.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name or id of a schedule.", metavar="NAME")]
As = Annotated[str | None, typer.Option("--as", help="Who does it: a sign-in. Default: ADMIN_EMAIL.")]
Organization = Annotated[str | None, typer.Option(help="Its name, where the person has several.")]


@app.callback()
def schedules() -> None:
    """Schedules."""


@app.command("run")
def run(
    name: Name,
    as_of: Annotated[
        str | None, typer.Option(help="The instant that relative dates resolve against: 2026-03-31T09:00:00+02:00.")
    ] = None,
    as_: As = None,
    organization: Organization = None,
) -> None:
    """Send a schedule's report to its recipients now."""
    from core.services.command_line import instant_given, schedule_called

    with _person(as_, organization) as (broadsheet, principal):
        schedule = schedule_called(broadsheet.schedules, principal, name)
        moment = None if as_of is None else instant_given(as_of, "as_of")
        _say([broadsheet.runs.run_schedule_now(principal, schedule.id, as_of=moment)])


@app.command("backfill")
def backfill(
    name: Name,
    first: Annotated[str, typer.Option("--from", help="The first moment: 2026-03-01T00:00:00+01:00.")],
    last: Annotated[str, typer.Option("--to", help="The last moment.")],
    deliver: Annotated[bool, typer.Option(help="Send what is made; otherwise there are only files.")] = False,
    again: Annotated[bool, typer.Option(help="Also slots that were made again before.")] = False,
    as_: As = None,
    organization: Organization = None,
) -> None:
    """Make the slots of a range again, each as of its own moment."""
    from core.services.command_line import instant_given, schedule_called

    with _person(as_, organization) as (broadsheet, principal):
        schedule = schedule_called(broadsheet.schedules, principal, name)
        made = broadsheet.backfill.backfill(
            principal,
            schedule.id,
            first=instant_given(first, "from"),
            last=instant_given(last, "to"),
            deliver=deliver,
            again=again,
        )
        _say(made)


@contextmanager
def _person(email: str | None, organization: str | None) -> "Iterator[tuple[Broadsheet, Principal]]":
    from core.bootstrap import build
    from core.services.command_line import principal_called

    with owner_settings() as settings:
        broadsheet = build(settings)
        try:
            yield broadsheet, principal_called(broadsheet.database, email or settings.admin_email, organization)
        finally:
            broadsheet.close()


def _say(runs: "list[Run] | tuple[Run, ...]") -> None:
    for one in runs:
        typer.echo(f"{one.logical_at.isoformat()}  {one.state}  {one.id}")
    typer.echo(f"{len(runs):,} {'run' if len(runs) == 1 else 'runs'}.")
