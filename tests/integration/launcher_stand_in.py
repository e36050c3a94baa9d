"""The launcher with small stand-ins for its children; run as a program by test_launcher.

`up` launches the other roles of this file. Each child notes its numbers in DATA_DIR/pids, a line each. Only
`up` loads the product's modules: the others are there at once.
"""

import http.server
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main(role: str) -> None:
    """Play `role`."""
    {"up": _up, "prepare": _prepare, "web": _web, "daemon": _daemon}[role]()


def _up() -> None:
    from core.errors import BroadsheetError, SettingError
    from core.launcher.child import ChildSpec
    from core.launcher.up import up
    from core.settings import load_settings

    specs = [ChildSpec(name=name, command=_command(name), log=f"{name}.log") for name in ("web", "daemon")]
    try:
        settings = load_settings(_env_file=None)
        sys.exit(up(settings, prepare=_command("prepare"), specs=specs))
    except BroadsheetError as error:
        sys.stderr.write(f"broadsheet: {error.user_message}\n")
        sys.exit(2 if isinstance(error, SettingError) else 1)


def _command(role: str) -> tuple[str, ...]:
    return (sys.executable, __file__, role)


def _prepare() -> None:
    if os.environ.get("STAND_IN_PREPARE") == "fails":
        sys.stderr.write("broadsheet: the database said no\n")
        sys.exit(1)
    # What the children must never be given is the owner's URL.
    app_url = os.environ["DATABASE_URL"].replace("broadsheet_owner", "broadsheet_app")
    sys.stdout.write(json.dumps({"app_url": app_url, "email": "admin@example.com", "password": "made up"}))


def _web() -> None:
    grandchild = subprocess.Popen(["sleep", "600"])
    _note(web=os.getpid(), sleeper=grandchild.pid)

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(os.environ["DATABASE_URL"].encode())

        def log_message(self, *_: object) -> None:
            return

    http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()


def _daemon() -> None:
    if os.environ.get("STAND_IN_DAEMON") == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.environ.get("STAND_IN_DAEMON") == "dies":
        sys.stderr.write("the daemon's last words\n")
        sys.exit(7)
    _note(daemon=os.getpid())
    time.sleep(600)


def _note(**pids: int) -> None:
    with (Path(os.environ["DATA_DIR"]) / "pids").open("a") as file:
        file.writelines(f"{name} {pid}\n" for name, pid in pids.items())


if __name__ == "__main__":
    main(sys.argv[1])
