"""`backup` and `restore`: the whole installation as one file, and back into an empty one."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from core.commands.owner import owner_settings

_MEBI = 1 << 20

Json = Annotated[bool, typer.Option("--json", help="Say what came of it as JSON.")]


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; it must not exist.", metavar="FILE")],
    with_key: Annotated[
        bool,
        typer.Option(help="Put the secret key into it. Who has such a file can read everything: keep it accordingly."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write database and files to FILE. Without its secret key, kept apart, nobody can use it."""
    from core.bootstrap.keeping import back_up
    from core.services.backup import as_json as in_json

    with owner_settings() as settings:
        done = back_up(settings, file.absolute(), with_key=with_key, tell=_progress(file.name))
        kept = settings.data_dir / "secret_key" if settings.secret_key is None else "SECRET_KEY"
    if as_json:
        typer.echo(in_json(done))
        return
    typer.echo(f"{done.path}: the database and {done.files:,} files, {done.size_bytes:,} bytes.")
    if done.files_elsewhere:
        typer.echo(f"{done.files_elsewhere:,} files lie in the bucket and are not in it: the bucket is kept by itself.")
    if not done.has_key:
        typer.echo(
            f"The secret key ({kept}) is not in it. Keep a copy of that apart: without it the backup is of no use."
        )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.", metavar="FILE")], as_json: Json = False
) -> None:
    """Load a backup into an empty installation; nothing is ever overwritten. Start Broadsheet afterwards."""
    from core.bootstrap.keeping import restore as load
    from core.services.backup import as_json as in_json

    with owner_settings() as settings:
        done = load(settings, file.absolute(), tell=_progress(file.name))
    if as_json:
        typer.echo(in_json(done))
        return
    typer.echo(f"Restored the database of {done.made_at} and {done.files:,} files.")
    typer.echo("What became due since then runs once the daemon starts, and is sent.")


def _progress(name: str) -> Callable[[int], None]:
    """Say how far it is where somebody looks on."""
    if not sys.stderr.isatty():
        return lambda _: None

    def tell(size_bytes: int) -> None:
        sys.stderr.write(f"\r{name}: {size_bytes // _MEBI:,} MiB\x1b[K")
        sys.stderr.flush()

    return tell
