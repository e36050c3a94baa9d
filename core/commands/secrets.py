"""`secrets`: a new secret key in the place of the old one. A key never stands in the arguments, which all can list."""

import os
from contextlib import suppress
from pathlib import Path

import typer
from pydantic import SecretStr

from core.commands.owner import owner_settings
from core.errors import SettingError
from core.secrets import KEY_FILE, load_secret_key, read_key, write_key
from core.settings import Settings

OLD_KEY_VARIABLE = "OLD_SECRET_KEY"

app = typer.Typer(help="The secret key.", no_args_is_help=True)


@app.callback()
def secrets() -> None:
    """The secret key."""


@app.command("rotate")
def rotate() -> None:
    """Seal everything with a new key. Stop the web app and the daemons first.

    With SECRET_KEY: set it to the new key, and OLD_SECRET_KEY to the one before. Without: DATA_DIR gets a new one.
    May be repeated after a break.
    """
    from core.bootstrap.installation import rotate_key

    with owner_settings() as settings:
        old, new, made = _keys(settings)
        done = rotate_key(settings.model_copy(update={"secret_key": SecretStr(new)}), old=old)
    if made is not None:
        made.replace(settings.data_dir / KEY_FILE)
    typer.echo(f"Sealed anew: {done.texts:,} secrets, {done.files:,} files, {done.chains:,} chains of the audit.")
    if done.lost_files:
        typer.echo(f"{done.lost_files:,} files are missing or fit neither key.")
    typer.echo("Start the web app and the daemons again. The old key opens backups from before.")


def _keys(settings: Settings) -> tuple[str, str, Path | None]:
    """The old key, the new one, and the file that the new one waits in until everything is sealed with it."""
    if settings.secret_key is not None:
        old = os.environ.get(OLD_KEY_VARIABLE, "")
        if not old:
            raise SettingError(
                f"{OLD_KEY_VARIABLE}: set it to the key before, and SECRET_KEY to the new one.", place=OLD_KEY_VARIABLE
            )
        return old, settings.secret_key.get_secret_value(), None
    made = settings.data_dir / f"{KEY_FILE}.new"
    with suppress(FileExistsError):
        write_key(made)
    return load_secret_key(settings), read_key(made), made
