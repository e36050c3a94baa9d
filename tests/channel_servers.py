"""The other sides of channels, real on loopback: a faulty way to an S3 store, an SFTP server, Slack and a receiver."""

import http.client
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import paramiko
from paramiko import SFTPAttributes, SFTPHandle, SFTPServer, SFTPServerInterface

from tests.http_server import Asked, HttpServer, Reply

SFTP_USER, SFTP_PASSWORD = "reports", "password of the tests"


class FaultyWay(HttpServer):
    """Hands requests on to another server, except those that `fault` answers itself."""

    def __init__(self, target: str) -> None:
        super().__init__(self._pass)
        self._target = urlsplit(target)
        self.fault: Callable[[Asked], Reply | None] = lambda _asked: None
        self.change: Callable[[Asked, Reply], Reply] = lambda _asked, reply: reply

    def _pass(self, asked: Asked) -> Reply:
        return self.fault(asked) or self.change(asked, self._ask(asked))

    def _ask(self, asked: Asked) -> Reply:
        connection = http.client.HTTPConnection(self._target.hostname or "", self._target.port or 80, timeout=20)
        skipped = ("transfer-encoding", "expect", "connection")
        headers = {name: value for name, value in asked.headers.items() if name not in skipped}
        headers["content-length"] = str(len(asked.body))
        connection.request(asked.method, asked.path, body=asked.body, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in ("connection", "server")}
        return Reply(status=answer.status, body=body, headers=kept)


# SFTP


class _Handle(SFTPHandle):
    """A file; what is written to it can fail."""

    def __init__(self, flags: int, owner: "SftpServer") -> None:
        super().__init__(flags)
        self._owner = owner

    def write(self, offset: int, data: bytes) -> int:
        self._owner.writes += 1
        if "write" in self._owner.faults:
            return paramiko.SFTP_FAILURE
        return super().write(offset, data)

    def stat(self) -> SFTPAttributes:
        return SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Files(SFTPServerInterface):
    """A folder of the machine."""

    def __init__(self, server: "_SignIn", *args: Any, **kwargs: Any) -> None:
        super().__init__(server, *args, **kwargs)
        self._owner = server.owner

    def _path(self, path: str) -> Path:
        return self._owner.folder / self.canonicalize(path).lstrip("/")

    def stat(self, path: str) -> Any:
        try:
            return SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> Any:
        self._owner.opened.append(path)
        try:
            descriptor = os.open(self._path(path), flags & ~os.O_ACCMODE | os.O_RDWR, 0o600)
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)
        handle = _Handle(flags, self._owner)
        handle.writefile = handle.readfile = os.fdopen(descriptor, "r+b", buffering=0)
        return handle

    def mkdir(self, path: str, attr: SFTPAttributes) -> int:
        return self._do(lambda: self._path(path).mkdir())

    def remove(self, path: str) -> int:
        return self._do(self._path(path).unlink)

    def rename(self, oldpath: str, newpath: str) -> int:
        if self._path(newpath).exists():  # as servers do without the extension
            return paramiko.SFTP_FAILURE
        return self._do(lambda: self._path(oldpath).rename(self._path(newpath)))

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        if "posix-rename" in self._owner.faults:
            return paramiko.SFTP_OP_UNSUPPORTED
        self._owner.renamed.append(newpath)
        return self._do(lambda: self._path(oldpath).replace(self._path(newpath)))

    def _do(self, change: Callable[[], Any]) -> int:
        if "readonly" in self._owner.faults:
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            change()
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK


class _SignIn(paramiko.ServerInterface):
    """Lets one user in."""

    def __init__(self, owner: "SftpServer") -> None:
        self.owner = owner

    def check_auth_password(self, username: str, password: str) -> int:
        self.owner.passwords.append(password)
        fits = (username, password) == (SFTP_USER, SFTP_PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self.owner.user_key else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class SftpServer:
    """Serves `folder`. `faults`: "write", "readonly", "posix-rename"."""

    host = "127.0.0.1"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = paramiko.ECDSAKey.generate()
        self.user_key = paramiko.ECDSAKey.generate()
        self.faults: set[str] = set()
        self.opened: list[str] = []
        self.renamed: list[str] = []
        self.passwords: list[str] = []
        self.writes = 0
        self._listener = socket.create_server((self.host, 0))
        self.port = self._listener.getsockname()[1]
        self._transports: list[paramiko.Transport] = []

    @property
    def key_line(self) -> str:
        """As ssh-keyscan prints it."""
        return f"{self.host} {self.key.get_name()} {self.key.get_base64()}"

    @contextmanager
    def running(self) -> Iterator["SftpServer"]:
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            thread.join(10)
            for transport in self._transports:
                transport.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            self._transports.append(transport)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", SFTPServer, _Files)
            try:
                transport.start_server(server=_SignIn(self))
            except (paramiko.SSHException, EOFError):
                transport.close()


# Slack


class SlackServer(HttpServer):
    """Slack's Web API as far as deliveries use it; it checks the protocol. `faults` maps a method to its reply."""

    token = "xoxb-tests-1234567890"

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.faults: dict[str, Reply] = {}
        self.called: list[str] = []
        self.posts: list[dict[str, Any]] = []
        self._lengths: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}

    def _answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/upload/"):
            return self._take(asked)
        method = asked.path.removeprefix("/api/")
        self.called.append(method)
        if method in self.faults:
            return self.faults[method]
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return said(ok=False, error="invalid_auth")
        given = {name: values[0] for name, values in parse_qs(asked.body.decode(), keep_blank_values=True).items()}
        return _METHODS[method](self, given)

    def _take(self, asked: Asked) -> Reply:
        if "upload" in self.faults:
            return self.faults["upload"]
        file_id = asked.path.removeprefix("/upload/")
        if file_id not in self._lengths or len(asked.body) != self._lengths[file_id]:
            return Reply(status=400)
        self._contents[file_id] = asked.body
        return Reply(body=b"OK")

    def _ticket(self, given: dict[str, str]) -> Reply:
        file_id = f"F{len(self._lengths) + 1:08}"
        self._lengths[file_id], self._names[file_id] = int(given["length"]), given["filename"]
        return said(ok=True, upload_url=f"{self.url}/upload/{file_id}", file_id=file_id)

    def _complete(self, given: dict[str, str]) -> Reply:
        if not given.get("channel_id", "").startswith(("C0", "D0")):
            return said(ok=False, error="channel_not_found")
        if "initial_comment" in given:
            return said(ok=False, error="blocks_are_ignored_then")
        files = {self._names[one["id"]]: self._contents[one["id"]] for one in json.loads(given["files"])}
        self.posts.append({"channel": given["channel_id"], "blocks": json.loads(given["blocks"]), "files": files})
        return said(ok=True, files=[])

    def _list(self, given: dict[str, str]) -> Reply:
        if not given.get("cursor"):
            return said(
                ok=True, channels=[{"id": "C0000001", "name": "general"}], response_metadata={"next_cursor": "more"}
            )
        return said(ok=True, channels=[{"id": "C0000002", "name": "sales"}], response_metadata={"next_cursor": ""})

    def _user(self, given: dict[str, str]) -> Reply:
        if given["email"] != "ann@example.com":
            return said(ok=False, error="users_not_found")
        return said(ok=True, user={"id": "U0000001"})

    def _open(self, given: dict[str, str]) -> Reply:
        return said(ok=True, channel={"id": "D0000001" if given["users"] == "U0000001" else ""})


_METHODS: dict[str, Callable[[SlackServer, dict[str, str]], Reply]] = {
    "files.getUploadURLExternal": SlackServer._ticket,
    "files.completeUploadExternal": SlackServer._complete,
    "conversations.list": SlackServer._list,
    "users.lookupByEmail": SlackServer._user,
    "conversations.open": SlackServer._open,
}


def said(**answer: Any) -> Reply:
    """An answer of Slack."""
    return Reply(body=json.dumps(answer).encode(), headers={"Content-Type": "application/json"})
