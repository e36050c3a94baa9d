"""`migrate`: the newest schema and the app role's grants, without starting anything else."""

import typer
from pydantic import SecretStr

from core.db.embedded import embedded_owner_url
from core.errors import SettingError
from core.settings import load_settings


def run() -> None:
    """Bring the database to the newest schema: DATABASE_URL's, or the embedded one."""
    from core.bootstrap import prepare

    settings = load_settings()
    if settings.database_url is not None:
        urls, _ = prepare(settings)
        if urls.owner is None:
            raise SettingError(
                "MIGRATION_DATABASE_URL: DATABASE_URL is the app's own role, which may not migrate. "
                "Set it to the owner's URL.",
                place="MIGRATION_DATABASE_URL",
            )
    else:
        with embedded_owner_url(settings.data_dir) as url:
            owner = SecretStr(url.set(drivername="postgresql").render_as_string(hide_password=False))
            prepare(settings.model_copy(update={"database_url": owner}))
    typer.echo("The database has the newest schema.")
