"""Servers that accept connections and answer nothing any more, as they do on a full disk or a machine that swaps."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.catalog.sources import mysql_link, postgresql_link, watch
from core.catalog.sources.connector import CompiledQuery, Connector
from core.catalog.sources.severing import sever
from core.db.embedded import EmbeddedPostgres
from core.errors import QueryTimedOut
from tests.mariadb_server import MariaDbServer
from tests.source_benches.mysql_bench import MySqlBench
from tests.source_benches.postgresql_bench import PostgreSqlBench

PID = CompiledQuery(sql="SELECT pg_backend_pid() AS pid")
ONE = CompiledQuery(sql="SELECT 1 AS one")


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE_S", 0.2)
    monkeypatch.setattr(mysql_link, "QUICK_S", 5)
    monkeypatch.setattr(mysql_link, "CONNECT_TIMEOUT_S", 1)
    monkeypatch.setattr(postgresql_link, "QUICK_S", 5)


@contextmanager
def silent(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def assert_it_times_out(source: Connector, endless: str, pid: int | None = None) -> None:
    began = time.monotonic()
    with source.snapshot(deadline_s=2) as snapshot:
        found = pid or snapshot.fetch(PID).column(0)[0].as_py()
        with silent(found), pytest.raises(QueryTimedOut):
            snapshot.fetch(CompiledQuery(sql=endless))
    assert time.monotonic() - began < 60
    with source.snapshot(deadline_s=30) as snapshot:
        assert snapshot.fetch(ONE).num_rows == 1


def test_the_deadline_holds_for_a_silent_mysql(mariadb: MariaDbServer, tmp_path: Path) -> None:
    with MySqlBench(mariadb, tmp_path) as bench:
        assert_it_times_out(bench.connector(), bench.traits.endless, mariadb.process.pid)


def test_the_deadline_holds_for_a_silent_postgresql(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    with PostgreSqlBench(postgres, tmp_path) as bench:
        assert_it_times_out(bench.connector(), bench.traits.endless)


def test_only_the_connection_that_is_meant_is_severed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with (
            socket.create_connection(("127.0.0.1", port)) as one,
            socket.create_connection(("127.0.0.1", port)) as other,
        ):
            assert sever("127.0.0.1", port, local_port=one.getsockname()[1])
            assert one.recv(1) == b""
            other.send(b"x")
            assert not sever("127.0.0.1", port, local_port=1)
            assert not sever("127.0.0.2", port, local_port=other.getsockname()[1])
