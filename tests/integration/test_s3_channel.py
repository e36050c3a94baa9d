"""Deliveries to S3 over HTTP: keys, encryption, parts, the newest files, and what becomes of every kind of failure."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.deliver.s3_channel import S3Channel
from core.domain.delivery import Message, MessageFile
from core.domain.destination import Place
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryRefused, InvalidInput
from core.outbound.s3_client import S3Patience
from core.settings import Settings
from tests.channel_parts import MESSAGE, NOW, ORGANIZATION, about, faulty_way, place, s3_place, settings_of
from tests.channel_servers import FaultyWay
from tests.http_server import Asked, Reply
from tests.s3_server import BUCKET, S3Server, s3_server

TO = Recipient(channel="s3", address="")
PARTS = 5 << 20
LARGE = MessageFile.of("large.csv", "text/csv", random.Random(1).randbytes(2 * PARTS + 1000))


@pytest.fixture(scope="module")
def store() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def way(store: S3Server) -> Iterator[FaultyWay]:
    with faulty_way(store) as found:
        yield found


def channel(data_dir: Path, *, read_s: float = 20, **fields: Any) -> S3Channel:
    patience = S3Patience(attempts=1, read_s=read_s)
    return S3Channel(settings_of(data_dir, **fields), patience=patience, part_bytes=PARTS)


def keys(store: S3Server) -> list[str]:
    return [one["Key"] for one in store.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]


def head(store: S3Server, key: str) -> Any:
    return store.client.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")


def uploads(store: S3Server) -> list[Any]:
    return list(store.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ()))


def large() -> Message:
    return replace(MESSAGE, attachments=(LARGE,))


def test_an_object_says_what_it_is(store: S3Server, way: FaultyWay, tmp_path: Path) -> None:
    said = channel(tmp_path).send(MESSAGE, TO, s3_place(way.url, path="reports/{report}/{date}"))
    assert said == f"1 file at s3://{BUCKET}/reports/Umsätze/2026-11-23"
    assert keys(store) == ["reports/Umsätze/2026-11-23/Umsätze.csv"]
    found = head(store, keys(store)[0])
    file = MESSAGE.attachments[0]
    assert (found["ContentType"], found["ServerSideEncryption"]) == ("text/csv; charset=utf-8", "AES256")
    assert found["Metadata"] == {
        "run-id": "00000000-0000-0000-0000-000000000001",
        "logical-at": NOW.isoformat(),
        "sha256": file.sha256,
        "reference": MESSAGE.reference,
    }


def test_kms_and_no_encryption(store: S3Server, way: FaultyWay, tmp_path: Path) -> None:
    made = channel(tmp_path)
    made.send(MESSAGE, TO, s3_place(way.url, path="kms", encryption="aws:kms", kms_key_id="alias/reports"))
    made.send(MESSAGE, TO, s3_place(way.url, path="none", encryption="none"))
    kms, none = head(store, "kms/Umsätze.csv"), head(store, "none/Umsätze.csv")
    assert (kms["ServerSideEncryption"], kms["SSEKMSKeyId"]) == ("aws:kms", "alias/reports")
    asked = [one for one in way.asked if one.method == "PUT" and "/none/" in one.path]
    assert "x-amz-server-side-encryption" not in asked[0].headers
    assert none["ContentLength"] == MESSAGE.attachments[0].size_bytes


def test_a_large_file_goes_in_parts_and_streams(store: S3Server, way: FaultyWay, tmp_path: Path) -> None:
    most = 0

    class Counted:
        def __init__(self) -> None:
            self._file = LARGE.open()

        def read(self, size: int = -1) -> bytes:
            nonlocal most
            most = max(most, size if size >= 0 else LARGE.size_bytes)
            return self._file.read(size)

        def close(self) -> None:
            self._file.close()

    file = replace(LARGE, open=Counted)  # type: ignore[arg-type]
    channel(tmp_path).send(replace(MESSAGE, attachments=(file,)), TO, s3_place(way.url, path="x"))
    content = store.client.get_object(Bucket=BUCKET, Key="x/large.csv")["Body"].read()
    assert hashlib.sha256(content).hexdigest() == LARGE.sha256
    assert most <= PARTS
    assert len([one for one in way.asked if "partNumber=" in one.path]) == 3
    assert uploads(store) == []


@pytest.mark.parametrize("fault", [Reply(status=500), Reply(status=503), Reply(fault="drop"), Reply(fault="hang")])
def test_an_upload_that_fails_midway_is_aborted(store: S3Server, way: FaultyWay, tmp_path: Path, fault: Reply) -> None:
    way.fault = lambda asked: fault if "partNumber=2" in asked.path else None
    sender = channel(tmp_path, read_s=2 if fault.fault == "hang" else 20)
    with pytest.raises(DeliveryDeferred):
        sender.send(large(), TO, s3_place(way.url, path="x"))
    assert any(one.method == "DELETE" and "uploadId=" in one.path for one in way.asked), "it was told to forget it"
    assert uploads(store) == []
    assert keys(store) == []
    way.fault = lambda _asked: None
    channel(tmp_path).send(large(), TO, s3_place(way.url, path="x"))
    assert keys(store) == ["x/large.csv"]


def test_a_file_whose_bytes_changed_is_aborted(store: S3Server, way: FaultyWay, tmp_path: Path) -> None:
    other = MessageFile.of("x", "x", random.Random(2).randbytes(LARGE.size_bytes))
    message = replace(MESSAGE, attachments=(replace(LARGE, open=other.open),))
    with pytest.raises(Exception, match="not the file any more"):
        channel(tmp_path).send(message, TO, s3_place(way.url, path="x"))
    assert uploads(store) == []
    assert keys(store) == []


@pytest.mark.parametrize("is_large", [False, True])
def test_a_store_that_keeps_other_bytes_is_not_believed(
    store: S3Server, way: FaultyWay, tmp_path: Path, is_large: bool
) -> None:
    def change(asked: Asked, reply: Reply) -> Reply:
        if asked.method != "HEAD":
            return reply
        kept = {name: value for name, value in reply.headers.items() if "checksum" not in name.lower()}
        return replace(reply, headers={**kept, "x-amz-checksum-sha256": "b3RoZXI="})

    way.change = change
    with pytest.raises(DeliveryDeferred, match="other bytes"):
        channel(tmp_path).send(large() if is_large else MESSAGE, TO, s3_place(way.url, path="x"))
    assert keys(store) == [], "it was removed"


def test_a_key_that_may_only_write_need_not_ask(store: S3Server, way: FaultyWay, tmp_path: Path) -> None:
    way.fault = lambda asked: Reply(status=403) if asked.method == "HEAD" else None
    assert channel(tmp_path).send(MESSAGE, TO, s3_place(way.url, path="x"))
    assert keys(store) == ["x/Umsätze.csv"]


_ERROR = "<Error><Code>{}</Code><Message>secret words of the store</Message></Error>"


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "AccessDenied", DeliveryRefused, "s3:PutObject"),
        (403, "InvalidAccessKeyId", DeliveryRefused, "access key"),
        (403, "SignatureDoesNotMatch", DeliveryRefused, "secret key"),
        (404, "NoSuchBucket", DeliveryRefused, "no such bucket"),
        (400, "AuthorizationHeaderMalformed", DeliveryRefused, "region"),
        (400, "BadDigest", DeliveryDeferred, "changed on the way"),
        (400, "Whatever", DeliveryRefused, "HTTP 400"),
        (503, "SlowDown", DeliveryDeferred, "now"),
        (500, "InternalError", DeliveryDeferred, "now"),
        (429, "Other", DeliveryDeferred, "now"),
    ],
)
def test_refusals_in_words(
    way: FaultyWay, tmp_path: Path, status: int, code: str, kind: type[Exception], words: str
) -> None:
    way.fault = lambda _asked: Reply(status=status, body=_ERROR.format(code).encode())
    with pytest.raises(kind, match=words) as caught:
        channel(tmp_path).send(MESSAGE, TO, s3_place(way.url))
    assert "secret words" not in str(caught.value)
    assert sum(one.method == "PUT" for one in way.asked) == 1, "one attempt a claim"


def test_a_slow_store_is_deferred(way: FaultyWay, tmp_path: Path) -> None:
    way.fault = lambda _asked: Reply(fault="hang")
    with pytest.raises(DeliveryDeferred, match="in time"):
        channel(tmp_path, read_s=0.7).send(MESSAGE, TO, s3_place(way.url))


def test_the_newest_files_stand_under_a_name_that_stays(store: S3Server, way: FaultyWay, tmp_path: Path) -> None:
    made, there = channel(tmp_path), s3_place(way.url, path="{run}", latest="latest/{report}")
    file = replace(MESSAGE.attachments[0], format="csv")

    def send(day: int, content: bytes) -> str:
        one = replace(MessageFile.of(file.file_name, file.media_type, content), format="csv")
        at = NOW + timedelta(days=day)
        message = about(logical_at=at, names={"report": "Umsätze", "run": f"run{day}"})
        return made.send(replace(message, attachments=(one,)), TO, there)

    def latest() -> bytes:
        content: bytes = store.client.get_object(Bucket=BUCKET, Key="latest/Umsätze/Umsätze.csv")["Body"].read()
        return content

    send(1, b"first")
    assert latest() == b"first"
    send(3, b"third")
    assert latest() == b"third"
    assert "later run" in send(2, b"second"), "a late retry does not turn the clock back"
    assert latest() == b"third"
    assert keys(store) == ["latest/Umsätze/Umsätze.csv", *(f"run{day}/Umsätze.csv" for day in (1, 2, 3))]


def test_the_operators_bucket_keeps_organizations_apart(store: S3Server, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, s3_prefix="app", **store.settings())
    made = S3Channel(settings)
    own = made.own_settings()
    assert own is not None
    made.send(MESSAGE, replace(TO, address="x"), place(own, is_built_in=True))
    assert keys(store) == [f"app/delivered/{ORGANIZATION}/x/Umsätze.csv"]
    store.client.delete_object(Bucket=BUCKET, Key=keys(store)[0])
    assert S3Channel(Settings(_env_file=None, data_dir=tmp_path)).own_settings() is None


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"bucket": "a b"}, "settings.bucket"),
        ({"bucket": "arn:aws:s3:::x"}, "settings.bucket"),
        ({"region": "eu west"}, "settings.region"),
        ({"endpoint_url": "ftp://x"}, "settings.endpoint_url"),
        ({"endpoint_url": "http://2130706433/"}, "settings.endpoint_url"),
        ({"endpoint_url": "http://user:pass@store.example.com"}, "settings.endpoint_url"),
        ({"path": "../x"}, "settings.path"),
        ({"latest": "{nobody}"}, "settings.latest"),
        ({"kms_key_id": "k"}, "settings.kms_key_id"),
    ],
)
def test_a_place_that_cannot_be(tmp_path: Path, changes: dict[str, Any], where: str) -> None:
    there: Place = s3_place("https://store.example.com", **changes)
    with pytest.raises(InvalidInput) as caught:
        channel(tmp_path).check_place(there)
    assert caught.value.place == where


def test_secrets_do_not_show(tmp_path: Path) -> None:
    assert "tests-secret" not in repr(s3_place("https://store.example.com"))
