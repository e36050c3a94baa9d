"""Webhooks to a real receiver on loopback: what it is sent, how it checks that, and what its answers mean."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.clock import FixedClock
from core.deliver.webhook_channel import WebhookChannel
from core.domain.delivery import FileLink, MessageFile
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryRefused, InvalidAddress, InvalidInput
from tests.channel_parts import MESSAGE, NOW, place, settings_of
from tests.http_server import Asked, HttpServer, Reply

TO = Recipient(channel="webhook", address="")
SECRET = "a secret of the receiver"
FILE = replace(MessageFile.of("Umsätze.csv", "text/csv", b"x"), format="csv", manifest={"rows_delivered": 1})
SENT = replace(
    MESSAGE,
    attachments=(),
    links=(FileLink(file=FILE, url="https://reports.example.com/d/token", expires_at=NOW),),
)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer(lambda _asked: Reply(status=202, body=b"words of the receiver")).running() as running:
        yield running


@pytest.fixture
def channel(tmp_path: Path) -> WebhookChannel:
    return WebhookChannel(settings_of(tmp_path), FixedClock(NOW), read_s=20)


def there(server: HttpServer, **secrets: str) -> Any:
    return place({"url": f"{server.url}/hook?x=1"}, {"signing_secret": SECRET, **secrets})


def verify() -> Any:
    """The sample of the documentation, as a receiver would run it."""
    text = (Path(__file__).parents[2] / "docs" / "delivery.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"```python\n(.*?def verify.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(sample, "docs/delivery.md", "exec"), names)
    return names["verify"]


def test_what_a_receiver_gets(server: HttpServer, channel: WebhookChannel) -> None:
    assert channel.send(SENT, TO, there(server, authorization="Bearer abc")) == "HTTP 202"
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["authorization"]) == ("POST", "/hook?x=1", "Bearer abc")
    assert asked.headers["idempotency-key"] == SENT.reference
    body = json.loads(asked.body)
    assert body["schema"] == "broadsheet/delivery/1"
    assert body["run"]["figures"] == [{"label": "Revenue", "value": "1 EUR", "change": "up 3%"}]
    assert body["files"] == [
        {
            "name": "Umsätze.csv",
            "format": "csv",
            "media_type": "text/csv",
            "size_bytes": 1,
            "sha256": FILE.sha256,
            "url": "https://reports.example.com/d/token",
            "expires_at": NOW.isoformat(),
            "manifest": {"rows_delivered": 1},
        }
    ]


def test_the_documented_receiver_knows_ours_from_others(server: HttpServer, channel: WebhookChannel) -> None:
    channel.send(SENT, TO, there(server))
    (asked,) = server.asked
    check, now = verify(), NOW.timestamp()
    assert check(asked.headers, asked.body, SECRET, now=now)
    assert not check(asked.headers, asked.body + b" ", SECRET, now=now)
    assert not check(asked.headers, asked.body, "another secret of somebody", now=now)
    assert not check(asked.headers, asked.body, SECRET, now=now + 301), "too old: somebody may be repeating it"
    assert not check({**asked.headers, "broadsheet-timestamp": "1"}, asked.body, SECRET, now=now)


def test_a_repeat_is_the_same(server: HttpServer, channel: WebhookChannel) -> None:
    for _ in range(2):
        channel.send(SENT, TO, there(server))
    first, second = server.asked
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422, 301, 302, 303, 307, 308])
def test_a_no(server: HttpServer, channel: WebhookChannel, status: int) -> None:
    server.answer = lambda _asked: Reply(status=status, body=b"secret words", headers={"Location": f"{server.url}/x"})
    with pytest.raises(DeliveryRefused, match=str(status)) as caught:
        channel.send(SENT, TO, there(server))
    assert "secret words" not in str(caught.value)
    assert len(server.asked) == 1, "once, and nowhere else"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_not_now(server: HttpServer, channel: WebhookChannel, status: int) -> None:
    server.answer = lambda _asked: Reply(status=status, headers={"Retry-After": "120"})
    with pytest.raises(DeliveryDeferred, match=str(status)) as caught:
        channel.send(SENT, TO, there(server))
    assert caught.value.retry_after_s == 120


@pytest.mark.parametrize("fault", ["drop", "hang"])
def test_no_answer_is_tried_again_for_the_key_makes_it_one(server: HttpServer, tmp_path: Path, fault: str) -> None:
    taken: list[Asked] = []
    channel = WebhookChannel(settings_of(tmp_path), FixedClock(NOW), read_s=1 if fault == "hang" else 20)

    def answer(asked: Asked) -> Reply:
        taken.append(asked)
        return Reply(fault=fault)

    server.answer = answer
    with pytest.raises(DeliveryDeferred):
        channel.send(SENT, TO, there(server))
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("settings", "secrets", "where"),
    [
        ({"url": "ftp://x"}, {}, "settings.url"),
        ({"url": "http://2130706433/"}, {}, "settings.url"),
        ({"url": "https://a:b@example.com"}, {}, "settings.url"),
        ({}, {"signing_secret": "short"}, "secrets.signing_secret"),
        ({}, {"authorization": "a\r\nb: c"}, "secrets.authorization"),
    ],
)
def test_a_place_that_cannot_be(
    channel: WebhookChannel, settings: dict[str, str], secrets: dict[str, str], where: str
) -> None:
    made = place({"url": "https://hooks.example.com", **settings}, {"signing_secret": SECRET, **secrets})
    with pytest.raises(InvalidInput) as caught:
        channel.check_place(made)
    assert caught.value.place == where


def test_an_address_of_its_own_is_refused(channel: WebhookChannel) -> None:
    with pytest.raises(InvalidAddress, match="stands in its destination"):
        channel.check_address("https://other.example.com")
