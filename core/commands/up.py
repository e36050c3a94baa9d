"""`up`: everything on this machine, as `./run` starts it."""

import sys

import typer

from core.launcher.up import up, web_and_daemon
from core.settings import load_settings


def run() -> None:
    """Start the database, the web app and the daemon; Ctrl-C or SIGTERM stops all of them."""
    settings = load_settings()
    prepare = (sys.executable, "-m", "core", "prepare")
    raise typer.Exit(up(settings, prepare=prepare, specs=web_and_daemon(settings)))
