"""Deliveries to Slack's Web API, played by a server that checks the protocol: what is shown, to whom, and refusals."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.deliver.slack_channel import SlackChannel, build_blocks
from core.domain.delivery import KeyFigure
from core.domain.destination import Place
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryRefused, DeliveryUnknown, InvalidInput
from core.settings import Settings
from tests.channel_parts import MESSAGE, NOW, about, place
from tests.channel_servers import SlackServer, said
from tests.http_server import Reply

SALES = Recipient(channel="slack", address="#sales")
FINAL = "files.completeUploadExternal"


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with SlackServer().running() as running:
        assert isinstance(running, SlackServer)
        yield running


def channel_to(server: SlackServer, folder: Path, *, answer: Reply | None = None) -> SlackChannel:
    """Waits long for the answers of a busy machine, unless there will be none."""
    settings = Settings(_env_file=None, data_dir=folder, slack_api_url=f"{server.url}/api/")
    read_s = 1 if answer is not None and answer.fault == "hang" else 20
    return SlackChannel(settings, FixedClock(NOW), read_s=read_s)


@pytest.fixture
def channel(server: SlackServer, tmp_path: Path) -> SlackChannel:
    return channel_to(server, tmp_path)


@pytest.fixture
def there(server: SlackServer) -> Place:
    return place({}, {"bot_token": server.token})


def test_figures_chart_and_files_are_shown_in_one_message(
    server: SlackServer, channel: SlackChannel, there: Place
) -> None:
    message = about(chart_png=b"\x89PNG", notes=("10 of 20 rows.",), report_url="https://reports.example.com/?report=1")
    assert channel.send(message, SALES, there) == "shown in C0000002 with 2 files"
    (post,) = server.posts
    assert post["channel"] == "C0000002", "found on the second page of names"
    assert post["files"] == {"chart.png": b"\x89PNG", "Umsätze.csv": b"a,b\r\n1,2\n"}
    header, what, figures, notes, link = post["blocks"]
    assert header["text"] == {"type": "plain_text", "text": "Umsätze"}
    assert what["text"]["text"] == "16 to 22 Nov 2026\nRevenue by country."
    assert figures["fields"] == [{"type": "mrkdwn", "text": "*Revenue*\n1 EUR (up 3%)"}]
    assert notes["text"]["text"] == "_10 of 20 rows._"
    assert link["text"]["text"] == "<https://reports.example.com/?report=1|Open the report>"
    assert server.called[-1] == FINAL, "what people see comes last"


@pytest.mark.parametrize(
    ("address", "shown_in"), [("ann@example.com", "D0000001"), ("C0123ABCD", "C0123ABCD"), ("#general", "C0000001")]
)
def test_to_a_person_or_a_channel(
    server: SlackServer, channel: SlackChannel, there: Place, address: str, shown_in: str
) -> None:
    channel.send(MESSAGE, replace(SALES, address=address), there)
    assert [post["channel"] for post in server.posts] == [shown_in]


def test_what_people_typed_is_neither_a_link_nor_a_mention() -> None:
    figure = KeyFigure(label="<!channel>", value="a & b", change="<x>")
    blocks = json.dumps(build_blocks(about(sentence="<!here> & <https://evil.example.com|x>", figures=(figure,))))
    assert "<!" not in blocks
    assert "<https" not in blocks
    assert "&lt;!here&gt; &amp;" in blocks


def test_long_texts_stay_within_slacks_limits() -> None:
    figures = tuple(KeyFigure(label="L" * 2_000, value="1") for _ in range(20))
    header, what, fields, notes = build_blocks(
        about(title="t" * 500, sentence="s" * 9_000, figures=figures, notes=("n" * 5_000,))
    )
    assert len(header["text"]["text"]) <= 150
    assert len(what["text"]["text"]) <= 3_000
    assert len(fields["fields"]) == 10
    assert all(len(one["text"]) <= 2_000 for one in fields["fields"])
    assert len(notes["text"]["text"]) <= 3_000


@pytest.mark.parametrize(
    ("method", "answer", "words"),
    [
        (FINAL, said(ok=False, error="not_in_channel"), "Invite it there"),
        (FINAL, said(ok=False, error="channel_not_found"), "no such channel"),
        ("files.getUploadURLExternal", said(ok=False, error="missing_scope", needed="files:write"), "files:write"),
        ("files.getUploadURLExternal", said(ok=False, error="file_uploads_disabled"), "takes no files"),
        ("conversations.list", said(ok=False, error="token_revoked"), "revoked"),
        ("conversations.list", said(ok=True, channels=[]), "no channel called #sales"),
        ("conversations.list", said(ok=False, error="<b>odd</b>"), r"refused it \(boddb\)"),
        ("conversations.list", Reply(status=404), "HTTP 404"),
        ("conversations.list", Reply(status=302, headers={"Location": "http://169.254.169.254/"}), "HTTP 302"),
        ("upload", Reply(status=400), "HTTP 400"),
    ],
)
def test_refusals_in_words(
    server: SlackServer, channel: SlackChannel, there: Place, method: str, answer: Reply, words: str
) -> None:
    server.faults[method] = answer
    with pytest.raises(DeliveryRefused, match=words):
        channel.send(MESSAGE, SALES, there)
    assert server.posts == []


def test_somebody_slack_does_not_know(channel: SlackChannel, there: Place) -> None:
    with pytest.raises(DeliveryRefused, match="Nobody in this Slack workspace"):
        channel.send(MESSAGE, replace(SALES, address="bob@example.com"), there)


def test_a_wrong_token(channel: SlackChannel) -> None:
    with pytest.raises(DeliveryRefused, match="refused the token"):
        channel.send(MESSAGE, SALES, place({}, {"bot_token": "xoxb-other-123456"}))


@pytest.mark.parametrize("method", ["conversations.list", "files.getUploadURLExternal", FINAL])
def test_rate_limits_say_how_long_to_wait(
    server: SlackServer, channel: SlackChannel, there: Place, method: str
) -> None:
    server.faults[method] = Reply(status=429, body=b'{"ok":false,"error":"ratelimited"}', headers={"Retry-After": "90"})
    with pytest.raises(DeliveryDeferred) as caught:
        channel.send(MESSAGE, SALES, there)
    assert caught.value.retry_after_s == 90


@pytest.mark.parametrize("answer", [Reply(fault="drop"), Reply(fault="hang"), Reply(status=503), Reply(body=b"?")])
def test_before_anything_is_shown_it_is_put_off(
    server: SlackServer, tmp_path: Path, there: Place, answer: Reply
) -> None:
    channel = channel_to(server, tmp_path, answer=answer)
    for method in ("conversations.list", "files.getUploadURLExternal", "upload"):
        if method == "upload" and answer.body:
            continue  # Slack's upload answers with any text
        server.faults = {method: answer}
        with pytest.raises(DeliveryDeferred):
            channel.send(MESSAGE, SALES, there)
    assert server.posts == []


@pytest.mark.parametrize(
    "answer",
    [
        Reply(fault="drop"),
        Reply(fault="hang"),
        Reply(status=500),
        Reply(body=b"?"),
        said(ok=False, error="fatal_error"),
        said(ok=False, error="internal_error"),
    ],
)
def test_what_may_have_been_shown_is_unknown(server: SlackServer, tmp_path: Path, there: Place, answer: Reply) -> None:
    channel = channel_to(server, tmp_path, answer=answer)
    server.faults[FINAL] = answer
    with pytest.raises(DeliveryUnknown):
        channel.send(MESSAGE, SALES, there)


def test_nobody_there(tmp_path: Path) -> None:
    with SlackServer().running() as gone:
        url = gone.url
    made = SlackChannel(Settings(_env_file=None, data_dir=tmp_path, slack_api_url=f"{url}/api/"), FixedClock(NOW))
    with pytest.raises(DeliveryDeferred, match="cannot be reached"):
        made.send(MESSAGE, SALES, place({}, {"bot_token": SlackServer.token}))


def test_the_upload_goes_to_no_private_host(server: SlackServer, channel: SlackChannel, there: Place) -> None:
    server.faults["files.getUploadURLExternal"] = said(ok=True, upload_url="http://169.254.169.254/x", file_id="F1")
    with pytest.raises(Exception, match="private network"):
        channel.send(MESSAGE, SALES, there)


def test_the_operators_app(server: SlackServer, tmp_path: Path) -> None:
    own = Settings(
        _env_file=None, data_dir=tmp_path, slack_api_url=f"{server.url}/api", slack_bot_token=SlackServer.token
    )
    made = SlackChannel(own, FixedClock(NOW))
    assert made.own_settings() == {}
    made.send(MESSAGE, SALES, place({}, is_built_in=True))
    assert len(server.posts) == 1
    none = SlackChannel(Settings(_env_file=None, data_dir=tmp_path), FixedClock(NOW))
    assert none.own_settings() is None
    for token in ("", "secret", "xoxb-", "xoxb-a\r\nX: y"):
        with pytest.raises(InvalidInput):
            none.check_place(place({}, {"bot_token": token}))
