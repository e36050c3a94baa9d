"""The outbound guard at work: what it answers is what is connected to, on every way out of the machine."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from core.clock import FixedClock
from core.deliver.s3_channel import S3Channel
from core.deliver.sftp_channel import SftpChannel
from core.deliver.webhook_channel import WebhookChannel
from core.domain.schedule import Recipient
from core.errors import DeliveryRefused, InvalidAddress
from core.outbound import http
from core.outbound.http import HttpWay, check_url, guard_of
from core.outbound.s3_client import S3Login, S3Patience, s3_client
from core.settings import Settings
from tests.channel_parts import MESSAGE, NOW, place, s3_place, sftp_place
from tests.channel_servers import SftpServer
from tests.http_server import HttpServer, Reply

#: A name that no resolver knows: whoever gets through has connected to what the guard answered.
NAME = "store.invalid"
ALL_FORMS = ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "169.254.169.254", "10.0.0.1", "metadata"]
NUMBERS = ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"]


class Guard:
    """Answers loopback, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> str:
        self.asked.append((host, port))
        return "127.0.0.1"


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer(lambda _asked: Reply(body=b"{}")).running() as running:
        yield running


def test_a_request_goes_to_the_checked_address(server: HttpServer) -> None:
    guard = Guard()
    answer = HttpWay(guard).request("POST", f"http://{NAME}:{server.port}/a?b=c", headers={"X-Own": "1"}, body=b"x")
    assert answer.status == 200
    assert guard.asked == [(NAME, server.port)], "it is asked once"
    (asked,) = server.asked
    assert (asked.path, asked.body, asked.headers["host"]) == ("/a?b=c", b"x", f"{NAME}:{server.port}")


def test_a_redirect_is_only_an_answer(server: HttpServer) -> None:
    server.answer = lambda _asked: Reply(status=307, headers={"Location": f"{server.url}/secret"})
    assert HttpWay(Guard()).request("POST", f"{server.url}/a", headers={}, body=b"").status == 307
    assert [one.path for one in server.asked] == ["/a"]


def test_s3_goes_to_the_checked_address(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.answer = lambda _asked: Reply()
    guard = Guard()
    login = S3Login(
        region="us-east-1",
        endpoint_url=f"http://{NAME}:{server.port}",
        access_key_id="a",
        secret_access_key="b",
        uses_path=True,
    )
    client = s3_client(login, patience=S3Patience(attempts=1), guard=guard)
    client.put_object(Bucket="bucket", Key="key", Body=b"x")
    client.close()
    assert guard.asked == [(NAME, server.port)]
    assert [one.path for one in server.asked] == ["/bucket/key"]


def test_a_store_that_sends_us_elsewhere_is_not_followed(
    server: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = b"<Error><Code>PermanentRedirect</Code><Endpoint>metadata.google.internal</Endpoint></Error>"
    server.answer = lambda _asked: Reply(status=301, body=moved, headers={"Location": "http://169.254.169.254/"})
    guard = Guard()
    monkeypatch.setattr(http, "guard_host", lambda host, port, *, allowed: guard(host, port))
    made = S3Channel(Settings(_env_file=None, data_dir=tmp_path), patience=S3Patience(attempts=1))
    with pytest.raises(DeliveryRefused, match="circles"):
        made.send(MESSAGE, _to("s3"), s3_place(f"http://{NAME}:{server.port}", path="x"))
    assert {host for host, _ in guard.asked} == {NAME}


def test_sftp_goes_to_the_checked_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard()
    monkeypatch.setattr(http, "guard_host", lambda host, port, *, allowed: guard(host, port))
    (tmp_path / "there").mkdir()
    with SftpServer(tmp_path / "there").running() as server:
        settings = Settings(_env_file=None, data_dir=tmp_path)
        SftpChannel(settings).send(MESSAGE, _to("sftp"), sftp_place(server, host=NAME, path="x"))
        assert guard.asked == [(NAME, server.port)]
    assert (tmp_path / "there" / "x" / "Umsätze.csv").exists()


def _send(kind: str, host: str, settings: Settings, sftp: SftpServer) -> None:
    if kind == "webhook":
        there = place({"url": f"http://{host}:8080/x"}, {"signing_secret": "s" * 16})
        WebhookChannel(settings, FixedClock(NOW)).send(MESSAGE, _to("webhook"), there)
    elif kind == "s3":
        made = S3Channel(settings, patience=S3Patience(attempts=1))
        made.send(MESSAGE, _to("s3"), s3_place(f"http://{host}:8080", path="x"))
    else:
        SftpChannel(settings).send(MESSAGE, _to("sftp"), sftp_place(sftp, host=host.strip("[]"), path="x"))


@pytest.mark.parametrize("host", [*ALL_FORMS, *NUMBERS])
@pytest.mark.parametrize("kind", ["webhook", "s3", "sftp"])
def test_private_hosts_are_refused_in_every_form(
    kind: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(http, "create_connection", lambda address, *_a, **_k: opened.append(address))
    settings = Settings(_env_file=None, data_dir=tmp_path)
    with SftpServer(tmp_path).running() as sftp, pytest.raises((InvalidAddress, DeliveryRefused)):
        _send(kind, host, settings, sftp)
    assert opened == []


def test_an_allowed_host_is_reached(server: HttpServer) -> None:
    with pytest.raises(InvalidAddress, match="private network"):
        HttpWay(guard_of(())).request("GET", server.url, headers={})
    assert HttpWay(guard_of(("127.0.0.1",))).request("GET", server.url, headers={}).status == 200


def test_what_does_not_answer_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NewConnectionError):
        HttpWay(Guard()).request("GET", f"http://{NAME}:{port}", headers={})

    def late(host: str, port: int) -> str:
        raise TimeoutError

    with pytest.raises(ConnectTimeoutError):
        HttpWay(late).request("GET", f"http://{NAME}:{port}", headers={})


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30),
        (" 7 ", 7),
        ("Mon, 23 Nov 2026 14:01:00 GMT", 60),
        ("Mon, 23 Nov 2020 14:01:00 GMT", 0),
        ("soon", None),
    ],
)
def test_retry_after_in_both_forms(server: HttpServer, said: str, seconds: int | None) -> None:
    server.answer = lambda _asked: Reply(status=429, headers={"Retry-After": said})
    answer = HttpWay(Guard()).request("GET", server.url, headers={})
    assert answer.retry_after_s(FixedClock(NOW)) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hooks.example.com",
        "ftp://hooks.example.com",
        "https://",
        "https://a:b@hooks.example.com",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nHost: x",
        "https://2130706433/",
        "https://0x7f.1/",
        "http://[::1",
    ],
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(InvalidAddress):
        check_url(text)


def _to(channel: str) -> Recipient:
    return Recipient(channel=channel, address="")
