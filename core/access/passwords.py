"""Passwords: bcrypt hashes, and the least that a new one has to be."""

import secrets

import bcrypt

from core.errors import InvalidInput

#: bcrypt reads no further than this many bytes and newer versions refuse more.
MAX_BYTES = 72
MIN_LENGTH = 12
#: Compared with for an unknown address or a locked account: the time taken must not tell them from a wrong password.
NOBODYS_HASH = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7lRbl7D7zPuzfVbZVcJvCk5zW5rBkzi"


def hash_password(password: str, *, rounds: int = 12) -> str:
    """Return the bcrypt hash of a password that satisfies `check_new_password`."""
    check_new_password(password)
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()


def verify_password(password: str, password_hash: str) -> bool:
    """Whether `password` is the one behind `password_hash`; takes the same time for any wrong one."""
    encoded = password.encode(errors="replace")
    if len(encoded) > MAX_BYTES or not password_hash:
        return False
    return bcrypt.checkpw(encoded, password_hash.encode())


def check_new_password(password: str) -> None:
    """Raise InvalidInput for a password that is too short, too long, or all one character."""
    if len(password) < MIN_LENGTH:
        raise InvalidInput(f"The password needs at least {MIN_LENGTH} characters.", place="password")
    if len(password.encode(errors="replace")) > MAX_BYTES:
        raise InvalidInput(f"The password may have at most {MAX_BYTES} bytes.", place="password")
    if len(set(password)) < 5:
        raise InvalidInput("The password needs at least five different characters.", place="password")


def generate_password() -> str:
    """Return a password for the first administrator: 96 bits, easy to copy."""
    return "-".join(secrets.token_hex(3) for _ in range(4))
