"""Secrets: strong enough, and readable by the account alone that Broadsheet runs under."""

import stat
from collections.abc import Iterator
from pathlib import Path

from core.secrets import KEY_FILE
from core.services.checkup.finding import Finding, fail, ok, warn
from core.settings import Settings

_PASSWORD_LENGTH = 12
_OTHERS = 0o077
#: Started as root, the embedded server has an account of its own, which passes through the data folder.
_FOLDER_OTHERS = 0o067


def check_secrets(settings: Settings, env_file: Path = Path(".env")) -> tuple[Finding, ...]:
    """Look at the key, at passwords that were set, and at who may read the files they stand in."""
    found = tuple(_faults(settings, env_file))
    return found or (ok("secrets", "The key is strong, and only this account can read it."),)


def _faults(settings: Settings, env_file: Path) -> Iterator[Finding]:
    yield from _key_faults(settings)
    if settings.data_dir.is_dir() and _mode(settings.data_dir) & _FOLDER_OTHERS:
        yield warn(
            "secrets", f"Others can look into {settings.data_dir}.", f"Close it: chmod o-rwx,g-rw {settings.data_dir}"
        )
    if env_file.is_file() and _mode(env_file) & _OTHERS:
        yield warn("secrets", f"Others can read {env_file.absolute()}.", f"Close it: chmod 600 {env_file}")
    password = settings.admin_password
    if password is not None and len(password.get_secret_value()) < _PASSWORD_LENGTH:
        yield warn("secrets", "ADMIN_PASSWORD is short.", "Change it after the first sign-in and unset the setting.")
    if settings.public_url and settings.public_url.startswith("http://") and "//localhost" not in settings.public_url:
        yield warn(
            "secrets",
            "People reach the app without TLS: passwords and session cookies travel readable.",
            "Put a proxy with TLS before it and set PUBLIC_URL to its https:// address.",
        )


def _key_faults(settings: Settings) -> Iterator[Finding]:
    path = settings.data_dir / KEY_FILE
    if settings.secret_key is not None:
        return  # a weak one is refused before anything looks at it
    if not path.exists():
        yield warn(
            "secrets", "There is no secret key yet.", "The first start makes one; several machines need SECRET_KEY."
        )
    elif _mode(path) & _OTHERS or path.is_symlink():
        yield fail("secrets", f"Others can read the secret key {path}.", f"Close it: chmod 600 {path}")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
