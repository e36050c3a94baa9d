"""The command line: one file a command, joined here.

A command imports what weighs (services, sources, renderers) where it runs: `up` lives as long as the product does and
stays small.
"""

import typer

from core.commands import (
    as_code,
    audit,
    backup,
    doctor,
    migrate,
    prepare,
    report,
    schedule,
    secrets,
    seed_demo,
    up,
    user,
)

app = typer.Typer(
    help="Broadsheet: self-serve reports that arrive on time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.command("up")(up.run)
app.command("migrate")(migrate.run)
app.command("seed-demo")(seed_demo.run)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("doctor")(doctor.run)
app.command("dump")(as_code.dump)
app.command("apply")(as_code.apply)
app.command("schema")(as_code.schema)
app.command("prepare", hidden=True)(prepare.run)
app.add_typer(user.app, name="user")
app.add_typer(audit.app, name="audit")
app.add_typer(secrets.app, name="secrets")
app.add_typer(report.app, name="report")
app.add_typer(schedule.app, name="schedule")
