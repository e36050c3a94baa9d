"""Whom the embedded PostgreSQL runs as: PostgreSQL refuses root, so root hands it to a system account of its own.

The data folder lets the account's group through; nothing above it changes its mode. Where the account cannot reach it
all the same (below /root, say), the server keeps one capability: to search folders, or, in containers that lack that
one, to override file permissions.
"""

import ctypes
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingError
from core.processes import LIBC, end_with_parent

ACCOUNT = "broadsheet"

# linux/capability.h and linux/prctl.h
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccount:
    """The account of the server; `uid` is None where it is simply ours."""

    uid: int | None = None
    gid: int | None = None
    capability: int | None = None

    def own(self, path: Path) -> None:
        """Give a file or folder to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def enter(self, *, ends_with_us: int | None) -> Callable[[], None]:
        """Return what a child does between fork and exec: become the account, end with `ends_with_us` (a signal)."""
        parent = os.getpid()
        capability_calls = _prepare_capability(self.capability)

        def become() -> None:
            if self.uid is not None and self.gid is not None:
                os.setgroups([])
                os.setgid(self.gid)
                if self.capability is not None:
                    # Else access(2), with which PostgreSQL checks its own programs, would leave the capability out.
                    LIBC.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
                LIBC.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
                os.setuid(self.uid)
                capability_calls()
            if ends_with_us is not None:
                end_with_parent(ends_with_us, parent)

        return become


def choose_account(folder: Path, program: Path) -> ServerAccount:
    """Return the least account that reaches `folder` and can execute `program`, or raise SettingError."""
    if os.geteuid() != 0:
        return ServerAccount()
    entry = _system_account()
    _let_through(folder.parent, entry.pw_gid)
    capabilities = (None, _CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE) if sys.platform == "linux" else (None,)
    for capability in capabilities:
        account = ServerAccount(uid=entry.pw_uid, gid=entry.pw_gid, capability=capability)
        if _reaches(account, folder, program):
            return account
    raise SettingError(
        f"DATA_DIR: the account {ACCOUNT}, which the embedded PostgreSQL runs as, cannot reach {folder}. Choose "
        "another folder, start as an ordinary user, or set DATABASE_URL.",
        place="DATA_DIR",
    )


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is not None:
        options = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
        # Its exit code says little: another start may make the account in the same moment.
        subprocess.run([useradd, *options, ACCOUNT], capture_output=True, check=False)  # noqa: S603 - fixed words
    for entry in pwd.getpwall():
        if entry.pw_name == ACCOUNT:
            return entry
    raise SettingError(
        f"DATABASE_URL: PostgreSQL does not run as root, and the account {ACCOUNT} could not be made for it. Start as "
        "an ordinary user, or set DATABASE_URL.",
        place="DATABASE_URL",
    )


def _let_through(data_dir: Path, gid: int) -> None:
    """Open a data folder that is closed to everybody but root to the account's group: to pass, not to list."""
    found = data_dir.stat()
    if found.st_uid == 0 and found.st_mode & 0o077 == 0:
        os.chown(data_dir, 0, gid)
        data_dir.chmod(0o710)


def _reaches(account: ServerAccount, folder: Path, program: Path) -> bool:
    try:
        checked = subprocess.run(  # noqa: S603 - our own program
            [program, "--version"],
            cwd="/",
            preexec_fn=_enter_folder(account, folder),
            capture_output=True,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return checked.returncode == 0


def _enter_folder(account: ServerAccount, folder: Path) -> Callable[[], None]:
    become = account.enter(ends_with_us=None)

    def enter() -> None:
        become()
        os.chdir(folder)

    return enter


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _prepare_capability(capability: int | None) -> Callable[[], None]:
    """Return the calls that keep one capability, or none, over a change of account and over exec."""
    if sys.platform != "linux":
        return lambda: None
    mask = 0 if capability is None else 1 << capability
    header = _Header(_CAPABILITY_VERSION_3, 0)
    sets = (_Sets * 2)(_Sets(mask, mask, mask), _Sets(0, 0, 0))

    def keep() -> None:
        if LIBC.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
            raise PermissionError
        if capability is not None and LIBC.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0:
            raise PermissionError

    return keep
