"""`prepare`: the launcher's first step, in a process of its own so that what it loads is gone again."""

import sys
import time

from core.errors import DatabaseUnavailable
from core.launcher.preparing import Prepared
from core.settings import load_settings

_DATABASE_WITHIN_S = 30


def run() -> None:
    """Migrate and seed the database of DATABASE_URL; says as JSON how the app connects and who may sign in first."""
    from core.bootstrap import prepare

    settings = load_settings()
    deadline = time.monotonic() + _DATABASE_WITHIN_S
    while True:
        try:
            urls, sign_in = prepare(settings)
            break
        except DatabaseUnavailable as error:
            # Somebody else's server may still be starting; a refused password does not get better.
            if time.monotonic() > deadline or "authentication failed" in error.user_message:
                raise
            time.sleep(1)
    prepared = Prepared(
        app_url=urls.app.set(drivername="postgresql").render_as_string(hide_password=False),
        email=None if sign_in is None else sign_in.email,
        password=None if sign_in is None else sign_in.password,
    )
    sys.stdout.write(prepared.to_json())
