"""Ends TCP connections of this process from outside of the libraries that hold them: their servers have gone silent."""

import os
import socket
import stat
from ipaddress import ip_address
from pathlib import Path

_DESCRIPTORS = next(path for path in (Path("/proc/self/fd"), Path("/dev/fd")) if path.is_dir())


def sever(address: str, port: int, *, local_port: int) -> bool:
    """Shut down the connection to a server that begins at `local_port`; whoever waits for it reads its end.

    Returns whether there was one. The descriptor stays open, so that its owner closes no other one later.
    """
    return any(_is_shut(int(entry.name), address, port, local_port) for entry in list(_DESCRIPTORS.iterdir()))


def _is_shut(descriptor: int, address: str, port: int, local_port: int) -> bool:
    try:
        # A copy cannot become another connection between looking and shutting.
        copy = os.dup(descriptor)
    except OSError:
        return False
    if not stat.S_ISSOCK(os.fstat(copy).st_mode):
        os.close(copy)
        return False
    with socket.socket(fileno=copy) as way:
        try:
            if way.family not in (socket.AF_INET, socket.AF_INET6):
                return False
            peer, own = way.getpeername(), way.getsockname()
            host = str(peer[0]).partition("%")[0]
            if (ip_address(host), peer[1], own[1]) != (ip_address(address), port, local_port):
                return False
            way.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False
        return True
