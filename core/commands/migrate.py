"""`migrate`: the newest schema and the app role's grants, without starting or seeding anything."""

import typer

from core.commands.owner import owner_settings


def run() -> None:
    """Bring the database to the newest schema: DATABASE_URL's, or the embedded one."""
    from core.bootstrap import migrate

    with owner_settings() as settings:
        migrate(settings)
    typer.echo("The database has the newest schema.")
