"""Artifacts in an S3 bucket: encrypted by the server, in parts where they are large, checked by their checksum."""

import contextlib
import io
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from core.artifacts.store import check_key
from core.errors import ArtifactError, SettingError
from core.outbound.s3_client import login_of, s3_client
from core.settings import Settings

_FOLDER = "artifacts/"
_PART_BYTES = 16 << 20


class S3Store:
    """Stores files below `S3_PREFIX` in the bucket. Nothing is opened before the first file."""

    name = "s3"

    def __init__(self, settings: Settings) -> None:
        if not settings.s3_bucket:
            raise SettingError("S3_BUCKET: ARTIFACT_STORE=s3 needs the name of the bucket.", place="S3_BUCKET")
        self._settings = settings
        self._bucket = settings.s3_bucket
        self._prefix = f"{settings.s3_prefix.strip('/')}/{_FOLDER}".lstrip("/")

    def put(self, key: str, source: Path) -> None:
        """Upload `source`; an upload that fails midway is aborted and leaves what was there."""
        from boto3.s3.transfer import TransferConfig

        name = self._name(key)
        with _translated(), source.open("rb") as content:
            self._client.upload_fileobj(
                content,
                self._bucket,
                name,
                ExtraArgs={"ServerSideEncryption": "AES256", "ChecksumAlgorithm": "SHA256"},
                Config=TransferConfig(
                    multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=2
                ),
            )

    def open(self, key: str) -> BinaryIO:
        """Open the file under `key`; its bytes come as they are read."""
        name = self._name(key)
        with _translated():
            answer = self._client.get_object(Bucket=self._bucket, Key=name)
        return io.BufferedReader(_Body(answer["Body"]), 1 << 20)

    def delete(self, key: str) -> None:
        """Remove the file under `key`."""
        name = self._name(key)
        with _translated():
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def sweep(self, before: datetime) -> None:
        """Abort uploads in parts that began before an instant and never ended."""
        with _translated():
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < before:
                        self._client.abort_multipart_upload(
                            Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                        )

    @cached_property
    def _client(self) -> Any:
        """Made when the first file comes."""
        return s3_client(login_of(self._settings))

    def _name(self, key: str) -> str:
        check_key(key)
        return self._prefix + key


class _Body(io.RawIOBase):
    """The body of an answer as a file."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]
        with _translated():
            content: bytes = self._body.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._body.close()
        super().close()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn what boto3 raises into the error people are told of; the bucket's own words go to the log only."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
            raise ArtifactError("The file is not in the store any more. Run the report again.") from error
        raise ArtifactError("The bucket refused the request. Check S3_BUCKET and the rights of its key.") from error
    except (BotoCoreError, Boto3Error, OSError) as error:
        raise ArtifactError("The bucket could not be reached. Check S3_ENDPOINT_URL and the network.") from error
