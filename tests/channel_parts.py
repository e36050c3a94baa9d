"""What the tests of channels share: a message about a run, places, and settings that allow loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from core.domain.delivery import About, KeyFigure, Message, MessageFile
from core.domain.destination import Place
from core.settings import Settings
from tests.channel_servers import SFTP_PASSWORD, SFTP_USER, FaultyWay, SftpServer
from tests.s3_server import ACCESS_KEY_ID, BUCKET, SECRET_ACCESS_KEY, S3Server

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
ORGANIZATION = UUID(int=7)
FILE = MessageFile.of("Umsätze.csv", "text/csv; charset=utf-8", b"a,b\r\n1,2\n")
MESSAGE = Message(
    reference="run-1:ann@example.com",
    subject="Umsätze · October 2026",
    text="Grüße",
    html='<p>Grüße <img src="cid:chart@broadsheet"></p>',
    attachments=(FILE,),
    inline_images=(("chart@broadsheet", b"\x89PNG\r\n"),),
    made_at=NOW,
    about=About(
        run_id=UUID(int=1),
        report_id=UUID(int=2),
        title="Umsätze",
        sentence="Revenue by country.",
        period="16 to 22 Nov 2026",
        logical_at=NOW,
        rows=1,
        figures=(KeyFigure(label="Revenue", value="1 EUR", change="up 3%"),),
        names={"report": "Umsätze", "date": "2026-11-23", "run": "00000000"},
    ),
)


def about(**changes: Any) -> Message:
    """The message with something else about its run."""
    assert MESSAGE.about is not None
    return replace(MESSAGE, about=replace(MESSAGE.about, **changes))


def place(settings: dict[str, Any], secrets: dict[str, str] | None = None, **fields: Any) -> Place:
    return Place(
        **{"organization_id": ORGANIZATION, "name": "There", "settings": settings, "secrets": secrets or {}, **fields}
    )


def settings_of(data_dir: Path, **fields: Any) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir, **{"allow_private_hosts": ("127.0.0.1",), **fields})


def s3_place(url: str, **settings: Any) -> Place:
    return place(
        {
            "bucket": BUCKET,
            "endpoint_url": url,
            "region": "us-east-1",
            "access_key_id": ACCESS_KEY_ID,
            "uses_path": True,
            "encryption": "AES256",
            **settings,
        },
        {"secret_access_key": SECRET_ACCESS_KEY},
    )


def sftp_place(server: SftpServer, secrets: dict[str, str] | None = None, **settings: Any) -> Place:
    return place(
        {"host": server.host, "port": server.port, "user": SFTP_USER, "host_key": server.key_line, **settings},
        secrets or {"password": SFTP_PASSWORD},
    )


@contextmanager
def faulty_way(store: S3Server) -> Iterator[FaultyWay]:
    """A way to the store that a test can break; the bucket is empty afterwards."""
    with FaultyWay(store.endpoint_url).running() as way:
        assert isinstance(way, FaultyWay)
        yield way
    for one in store.client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        store.client.delete_object(Bucket=BUCKET, Key=one["Key"])
