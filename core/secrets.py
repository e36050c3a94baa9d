"""The installation's secret key and what is made from it: encryption at rest, derived passwords and tokens."""

import base64
import contextlib
import hashlib
import os
import secrets
import stat
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import SettingError
from core.settings import Settings

KEY_FILE = "secret_key"
_LEAST_LENGTH = 32


def load_secret_key(settings: Settings) -> str:
    """The key of SECRET_KEY, or of `DATA_DIR/secret_key`, which is made (mode 0600) where it is missing.

    Processes that start together agree on one key. Raises SettingError where others could read the file.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / KEY_FILE
    if not path.is_symlink() and not path.exists():
        with contextlib.suppress(FileExistsError):
            write_key(path)
    return read_key(path)


def derive(key: str, purpose: str) -> str:
    """A secret of 256 bits for one purpose, such as a database password; the same for the same key and purpose.

    HKDF with SHA-256 (RFC 5869), URL-safe characters only. One derived secret tells nothing about another.
    """
    expanded = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"broadsheet:{purpose}".encode()).derive(
        key.encode()
    )
    return base64.urlsafe_b64encode(expanded).decode("ascii").rstrip("=")


def app_role_password(settings: Settings) -> str:
    """Return the password of the app's database role, where the installation makes that role itself."""
    return derive(load_secret_key(settings), "database role")


def new_token() -> str:
    """A random token of 256 bits in URL-safe characters."""
    return secrets.token_urlsafe(32)


def token_sha256(token: str) -> str:
    """The only form of a token that is stored. A random token needs no salt."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


class SecretBox:
    """Encrypts texts at rest. The first key writes; older keys can still be read, so that a key can be replaced."""

    def __init__(self, key: str, *older_keys: str) -> None:
        self._fernet = MultiFernet([_fernet(one) for one in (key, *older_keys)])

    def __repr__(self) -> str:
        return "SecretBox(…)"

    def encrypt(self, text: str) -> str:
        """Encrypt and sign `text`."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Read what `encrypt` wrote. Raises SettingError where none of the keys fits."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except (InvalidToken, UnicodeError) as error:
            raise _wrong_key() from error

    def rotate(self, token: str) -> str:
        """The same secret written with the first key. Raises SettingError where none of the keys fits."""
        try:
            return self._fernet.rotate(token.encode()).decode("ascii")
        except (InvalidToken, UnicodeError) as error:
            raise _wrong_key() from error


def _fernet(key: str) -> Fernet:
    """The cipher of one key. `derive` without padding is 43 characters; Fernet wants the 44th."""
    return Fernet(derive(key, "secret-box") + "=")


def write_key(path: Path) -> None:
    """Write a new key completely before it gets its name. Raises FileExistsError for who comes second."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{KEY_FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_token())
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    finally:
        temporary.unlink()


def read_key(path: Path) -> str:
    """The key in `path`, provided that only its owner can read it. Raises SettingError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise SettingError(
            f"The secret key file {path} cannot be read: {error.strerror}.", place="SECRET_KEY"
        ) from error
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
            raise SettingError(
                f"The secret key file {path} can be read by others. Run: chmod 600 {path}", place="SECRET_KEY"
            )
        key = file.read().strip()
    if len(key) < _LEAST_LENGTH:
        raise SettingError(
            f"The secret key file {path} is damaged: it is shorter than {_LEAST_LENGTH} characters. Restore a backup.",
            place="SECRET_KEY",
        )
    return key


def _wrong_key() -> SettingError:
    """What was encrypted with another key cannot be had back."""
    return SettingError("A stored secret cannot be read: the secret key is another one now.", place="SECRET_KEY")
