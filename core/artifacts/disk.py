"""The disk: knows by an error that there was no room left on it."""

import errno

from core.errors import DiskFull

#: No space, a person's quota, a process's largest file.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def disk_full(error: BaseException) -> DiskFull | None:
    """What to say of an error that came of a full disk; None for any other one."""
    if not isinstance(error, OSError) or error.errno not in _FULL:
        return None
    full = DiskFull()
    full.__cause__ = error
    return full
