"""A stand-in for a ClickHouse server: the embedded engine behind HTTP, in a process of its own, on loopback.

It speaks the part of the HTTP interface that clickhouse-connect uses: queries and typed parameters in the address or a
form, settings, users, query ids with KILL QUERY, errors as status and header, errors in the middle of an answer as an
answer that breaks off. What it cannot show is a server that notices by itself that its client is gone.
"""

import base64
import email.parser
import email.policy
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

OWNER = "owner"
READER, READER_PASSWORD = "reader", "it's a \\ reader's: pässword"
#: A user whose profile has readonly = 1, and one with readonly = 2.
BOUND, CAREFUL = "bound", "careful"
_PROFILES = {OWNER: "0", READER: "0", BOUND: "1", CAREFUL: "2"}
_NOT_SETTINGS = {
    *("query", "database", "query_id", "user", "password", "default_format", "session_id", "wait_end_of_query"),
    *("client_protocol_version", "compress", "decompress", "buffer_size", "role", "quota_key"),
    *("send_progress_in_http_headers", "http_headers_progress_interval_ms", "enable_http_compression"),
    "cancel_http_readonly_queries_on_client_close",
}
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_KILL = re.compile(r"^\s*KILL QUERY WHERE query_id = ")


@contextmanager
def running_server(folder: Path, *, certificate: Path | None = None) -> Iterator[int]:
    """Start the stand-in on `folder`; gives its port. `certificate`: a file with key and certificate, for TLS."""
    command = [
        sys.executable,
        "-m",
        "tests.clickhouse_server",
        str(folder),
        *([str(certificate)] if certificate else []),
    ]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, cwd=root, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = ""

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._answer(200, b"Ok.\n")
        elif urlsplit(self.path).path == "/elsewhere":
            self._answer(307, b"", Location="http://127.0.0.1:1/")
        else:
            self.do_POST()

    def do_POST(self) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given |= _form(self.headers.get("Content-Type", ""), body) or {"query": body.decode()}
        user = self._user()
        if user is None:
            self._fail("Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)")
            return
        connection = _connect(self.folder)
        try:
            _prepare(connection, given, _PROFILES[user])
            self._run(connection, given)
        except RuntimeError as error:
            self._fail(str(error))
        finally:
            connection.close()

    def _user(self) -> str | None:
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        name, _, password = base64.b64decode(token).decode().partition(":") if kind == "Basic" else ("", "", "")
        right = READER_PASSWORD if name == READER else ""
        return name if name in _PROFILES and password == right else None

    def _run(self, connection: Any, given: dict[str, str]) -> None:
        sql = given["query"]
        named = _FORMAT.search(sql)
        format_ = named[1] if named else given.get("default_format", "TabSeparated")
        sql = _KILL.sub("KILL QUERY WHERE Settings['log_comment'] = ", _FORMAT.sub("", sql))
        if named and _FORMAT.search(sql):
            raise RuntimeError("Code: 62. DB::Exception: Syntax error. (SYNTAX_ERROR)")
        if "INTO OUTFILE" in sql:  # the engine would write it; a server does not do that over HTTP
            raise RuntimeError("Code: 1. DB::Exception: INTO OUTFILE is not allowed. (UNSUPPORTED_METHOD)")
        parameters = {name[6:]: value for name, value in given.items() if name.startswith("param_")}
        if format_ == "ArrowStream":
            self._stream(connection, sql, parameters)
        else:
            self._answer(200, bytes(connection.query(sql, format_, params=parameters).bytes()))

    def _stream(self, connection: Any, sql: str, parameters: dict[str, str]) -> None:
        """The engine's chunks are streams of their own; a server sends one."""
        import pyarrow as pa

        chunks = connection.send_query(sql, "ArrowStream", params=parameters)
        chunk = chunks.fetch()
        if chunk is None:
            self._answer(200, bytes(connection.query(sql, "ArrowStream", params=parameters).bytes()))
            return
        self.send_response(200)
        self.send_header("X-ClickHouse-Format", "ArrowStream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        table = pa.ipc.open_stream(chunk.bytes()).read_all()
        try:
            # Not as a context: what breaks off must not look complete.
            writer = pa.ipc.new_stream(_Chunks(self.wfile), table.schema)
            while True:
                writer.write_table(table)
                if (chunk := chunks.fetch()) is None:
                    break
                table = pa.ipc.open_stream(chunk.bytes()).read_all()
            writer.close()
            self.wfile.write(b"0\r\n\r\n")
        except RuntimeError as error:
            # As the server does: the words go where rows should be, and the answer has no end.
            with suppress(OSError):
                _Chunks(self.wfile).write(f"\r\n{error}\r\n".encode())
            self.close_connection = True
        except OSError:
            self.close_connection = True
        finally:
            chunks.close()

    def _fail(self, message: str) -> None:
        found = re.search(r"Code: (\d+)", message)
        code = found[1] if found else "1"
        self._answer(403 if code == "516" else 404 if code == "60" else 500, message.encode(), code=code)

    def _answer(self, status: int, body: bytes, *, code: str = "", **headers: str) -> None:
        with suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if code:
                self.send_header("X-ClickHouse-Exception-Code", code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Chunks:
    """Writes in HTTP's chunked form."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: Any) -> int:
        view = bytes(data)
        if view:
            self._file.write(f"{len(view):x}\r\n".encode() + view + b"\r\n")
        return len(view)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        pass


def _form(content_type: str, body: bytes) -> dict[str, str]:
    if not content_type.startswith("multipart/form-data"):
        return {}
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True).decode()
        for part in message.iter_parts()
    }


def _prepare(connection: Any, given: dict[str, str], readonly: str) -> None:
    settings = {
        name: value for name, value in given.items() if name not in _NOT_SETTINGS and not name.startswith("param_")
    }
    connection.query(f"SET log_comment = '{given.get('query_id', '')}'")
    if given.get("database"):
        name = given["database"].replace("\\", "\\\\").replace("`", "\\`")
        connection.query(f"USE `{name}`")
    if readonly != "0":
        connection.query(f"SET readonly = {readonly}")
    last = settings.pop("readonly", None)
    for name, value in settings.items():
        connection.query(f"SET {name} = '{value}'")
    if last is not None:
        connection.query(f"SET readonly = {last}")


def _connect(folder: str) -> Any:
    from chdb.state import connect

    return connect(folder)


def _serve(folder: str, certificate: str | None = None) -> None:
    keeper = _connect(folder)
    keeper.query("CREATE DATABASE IF NOT EXISTS default")
    _Handler.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
