"""The server of rendering processes: it loads every renderer once, then forks a process for each file (`-m`).

Its standard input is a socket; each message on it carries one end of a pipe, over which the new process is spoken to.
"""

import gc
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection

from core.plain_arrow import load_plain_arrow
from core.processes import be_killed_first, leave_network
from core.render.renderer import Renderer


def main() -> None:
    """Serve until the daemon closes the socket, which it does by its end, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes: the system clears them away
    leave_network()  # before anything that starts threads is loaded
    be_killed_first()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with socket.socket(fileno=sys.stdin.fileno()) as orders:
        serve = partial(_server(), _renderers(sys.argv[1]), parent=os.getpid())
        gc.collect()
        gc.freeze()  # what is loaded is shared with every child, as long as no collection touches it
        while True:
            _, handles, _, _ = socket.recv_fds(orders, 1, 1)
            if not handles:
                return
            _fork(handles[0], serve)


def _renderers(module: str) -> Mapping[str, Renderer]:
    """The registry `RENDERERS` of a module, with all in it loaded."""
    registry: Mapping[str, Renderer] = import_module(module).RENDERERS
    return dict(registry)


def _server() -> Callable[..., None]:
    """What a new process does with its end of the pipe, loaded."""
    load_plain_arrow()
    from core.runs.press_child import serve_job

    return serve_job


def _fork(handle: int, serve: Callable[[Connection], None]) -> None:
    if os.fork() != 0:
        os.close(handle)
        return
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())  # orders are the server's matter
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        serve(Connection(handle))
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, this process must not go on as a second server
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
