"""`python -m core`: the command line. What people can mend is said in one line, without a traceback."""

import os
import sys
from typing import NoReturn

from core.commands import app
from core.errors import BroadsheetError, SettingError


def main() -> NoReturn:
    """Run a command; exit code 2 for a setting, 1 for anything else that stopped it."""
    code = _run()
    sys.stdout.flush()
    sys.stderr.flush()
    # At an ordinary exit DuckDB's bindings print pages about objects that are about to be gone anyway.
    os._exit(code)


def _run() -> int:
    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BroadsheetError as error:
        sys.stderr.write(f"broadsheet: {error.user_message}\n")
        return 2 if isinstance(error, SettingError) else 1
    return 0


if __name__ == "__main__":
    main()
