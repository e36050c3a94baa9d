"""`python -m core`: the command line. What people can mend is said in one line, without a traceback."""

import sys

from core.commands import app
from core.errors import BroadsheetError, SettingError


def main() -> None:
    """Run a command; exit code 2 for a setting, 1 for anything else that stopped it."""
    try:
        app()
    except BroadsheetError as error:
        sys.stderr.write(f"broadsheet: {error.user_message}\n")
        sys.exit(2 if isinstance(error, SettingError) else 1)


if __name__ == "__main__":
    main()
