"""The only place that wires: settings in, services out.

One file a process: `web` (the services behind screens and API), `daemon`, and `installation` (what the database's owner
does: migrate, make the first workspace, add people). The web process never loads what only a daemon needs.
"""

from typing import TYPE_CHECKING

from core.bootstrap.installation import (
    activate_user,
    add_user,
    deactivate_user,
    migrate,
    prepare,
    remove_user,
    reset_factor,
    reset_password,
    seed_demo,
)
from core.bootstrap.web import Broadsheet, build, running, warm_up
from core.clock import Clock
from core.logs import set_up_logging
from core.services.admin_alerts import keep_standing_in
from core.services.demo_workspace import FirstSignIn
from core.services.people import AddedUser, NewUser
from core.settings import Settings
from core.tracing import set_up_tracing

if TYPE_CHECKING:
    from core.services.daemon import DaemonService

__all__ = (
    "AddedUser",
    "Broadsheet",
    "FirstSignIn",
    "NewUser",
    "activate_user",
    "add_user",
    "build",
    "build_daemon",
    "deactivate_user",
    "keep_standing_in",
    "migrate",
    "prepare",
    "remove_user",
    "reset_factor",
    "reset_password",
    "running",
    "seed_demo",
    "set_up_logging",
    "set_up_tracing",
    "warm_up",
)


def build_daemon(settings: Settings, clock: Clock | None = None) -> "DaemonService":
    """Return what a daemon does, over `settings`; raises SettingError or DatabaseUnavailable."""
    from core.bootstrap import daemon

    return daemon.build(settings, clock)
