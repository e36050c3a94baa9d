"""Buckets of S3 and compatible stores: encrypted there, in parts where a file is large, checked once it is there."""

import base64
import hashlib
import logging
import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from core.catalog.sources.connector import ConnectionField
from core.deliver.channel import placed
from core.deliver.paths import DEFAULT_PATH, check_path, file_part, folder_of, path_field
from core.deliver.s3_errors import is_forbidden, is_missing, translated
from core.deliver.streams import CheckedFile
from core.domain.delivery import About, Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.field import FieldType
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryRefused, InvalidAddress, InvalidInput
from core.outbound.http import check_url, guard_of
from core.outbound.s3_client import S3Login, S3Patience, login_of, s3_client
from core.settings import Settings

logger = logging.getLogger(__name__)

_PART_BYTES = 16 << 20
#: One request of an upload in parts may be sent again: a part replaces itself.
_PATIENCE = S3Patience(attempts=3)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_MOST_KEY = 1024
_AES, _KMS, _NONE = "AES256", "aws:kms", "none"


class S3Channel:
    """Puts each file under a key that is a function of its run and recipient, so that a repeat replaces the same."""

    key = "s3"
    label = "S3 bucket"
    address_help = "Folder in the bucket, as in reports/{report}/{date}; empty: the destination's own."
    form = (
        ConnectionField(name="bucket", label="Bucket"),
        ConnectionField(name="region", label="Region", help="As in eu-central-1.", is_required=False),
        ConnectionField(
            name="endpoint_url",
            label="Endpoint",
            help="Address of a compatible store; empty: Amazon S3.",
            is_required=False,
        ),
        ConnectionField(name="access_key_id", label="Access key"),
        ConnectionField(name="secret_access_key", label="Secret key", is_secret=True),
        path_field(),
        ConnectionField(
            name="latest",
            label="Folder of the newest files",
            help="As in latest/{report}: a copy of each file stands there under a name that stays. Empty: none.",
            is_required=False,
        ),
        ConnectionField(
            name="encryption",
            label="Encryption at the store",
            choices=(_AES, _KMS, _NONE),
            default=_AES,
            is_required=False,
        ),
        ConnectionField(
            name="kms_key_id", label="KMS key", help="For aws:kms; empty: the bucket's own.", is_required=False
        ),
        ConnectionField(
            name="uses_path",
            label="Bucket in the path",
            help="Many compatible stores want it.",
            type=FieldType.BOOLEAN,
            default=False,
            is_required=False,
        ),
    )

    def __init__(self, settings: Settings, *, patience: S3Patience = _PATIENCE, part_bytes: int = _PART_BYTES) -> None:
        self._settings = settings
        self._patience = patience
        self._part_bytes = part_bytes

    def own_settings(self) -> DestinationSettings | None:
        """The operator's bucket, where there is one."""
        bucket = self._settings.s3_bucket
        return None if not bucket else {"bucket": bucket, "path": DEFAULT_PATH, "encryption": _AES}

    def check_place(self, place: Place) -> None:
        """Raise InvalidInput where a field cannot be."""
        if _BUCKET.fullmatch(place.text("bucket")) is None:
            raise InvalidInput("A bucket's name is letters, digits, dots and dashes.", place="settings.bucket")
        if not re.fullmatch(r"[a-z0-9-]{0,40}", place.text("region")):
            raise InvalidInput("A region is written as in eu-central-1.", place="settings.region")
        if place.text("kms_key_id") and place.text("encryption") != _KMS:
            raise InvalidInput("A KMS key needs the encryption aws:kms.", place="settings.kms_key_id")
        for name, check in (("endpoint_url", check_url), ("path", check_path), ("latest", check_path)):
            try:
                if place.text(name):
                    check(place.text(name))
            except InvalidAddress as error:
                raise InvalidInput(error.user_message, place=f"settings.{name}") from error

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress unless `address` is empty or a folder."""
        check_path(address)

    def linked(self, _files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Every file goes along."""
        return ()

    def reference(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """The folder of the files, as `s3://bucket/folder`."""
        place = placed(place)
        parts = folder_of(message, recipient, place.text("path"))
        return f"s3://{place.text('bucket')}/{'/'.join((*self._prefix(place), *parts))}"

    def send(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """Upload the files, then renew the newest ones."""
        place = placed(place)
        folder = (*self._prefix(place), *folder_of(message, recipient, place.text("path")))
        with translated():
            client = self._client(place)
            try:
                for file in message.attachments:
                    self._put(client, place, "/".join((*folder, file_part(file.file_name))), file, message)
                skipped = self._renew(client, message, place, folder)
            finally:
                client.close()
        files = "1 file" if len(message.attachments) == 1 else f"{len(message.attachments)} files"
        kept = " The newest files stay: they are of a later run." if skipped else ""
        return f"{files} at {self.reference(message, recipient, place)}{kept}"

    def _client(self, place: Place) -> Any:
        if place.is_built_in:
            return s3_client(login_of(self._settings), patience=self._patience)
        login = S3Login(
            region=place.text("region") or "us-east-1",
            endpoint_url=place.text("endpoint_url") or None,
            access_key_id=place.text("access_key_id"),
            secret_access_key=place.secrets.get("secret_access_key", ""),
            uses_path=bool(place.settings.get("uses_path")),
        )
        return s3_client(login, patience=self._patience, guard=guard_of(self._settings.allow_private_hosts))

    def _prefix(self, place: Place) -> tuple[str, ...]:
        """Organizations share the operator's bucket, which holds the app's own files too."""
        if not place.is_built_in:
            return ()
        own = tuple(part for part in self._settings.s3_prefix.split("/") if part)
        return (*own, "delivered", str(place.organization_id))

    def _put(self, client: Any, place: Place, key: str, file: MessageFile, message: Message) -> None:
        """Upload one file; boto3 aborts what fails midway, and a store that keeps other bytes is not believed."""
        from boto3.s3.transfer import TransferConfig

        if len(key.encode()) > _MOST_KEY:
            raise DeliveryRefused(f"The key is longer than {_MOST_KEY} bytes. Give a shorter folder.")
        options = {
            "ContentType": file.media_type,
            "Metadata": _metadata(file, message),
            "ChecksumAlgorithm": "SHA256",
            **_encryption(place),
        }
        config = TransferConfig(
            multipart_threshold=self._part_bytes, multipart_chunksize=self._part_bytes, max_concurrency=2
        )
        with CheckedFile(file, part_bytes=self._part_bytes) as content:
            client.upload_fileobj(content, place.text("bucket"), key, ExtraArgs=options, Config=config)
            self._verify(client, place.text("bucket"), key, content)

    def _verify(self, client: Any, bucket: str, key: str, content: CheckedFile) -> None:
        """Compare what the store says it keeps with what was sent; a key that may only write cannot ask."""
        from botocore.exceptions import ClientError

        try:
            said = client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if is_forbidden(error.response):
                return
            raise
        kept = said.get("ChecksumSHA256")
        if said["ContentLength"] == content.size_bytes and (kept is None or kept in _sums(content)):
            return
        logger.warning("s3_keeps_other_bytes key_sha256=%s", hashlib.sha256(key.encode()).hexdigest()[:16])
        client.delete_object(Bucket=bucket, Key=key)
        raise DeliveryDeferred("The store keeps other bytes than were sent, so the file was removed there.")

    def _renew(self, client: Any, message: Message, place: Place, folder: tuple[str, ...]) -> bool:
        """Copy the files to the keys that stay; True where a later run was there first."""
        wanted = place.text("latest")
        if not wanted or message.about is None:
            return False
        parts = folder_of(message, Recipient(channel=self.key, address=wanted), wanted)
        bucket, skipped = place.text("bucket"), False
        for file in message.attachments:
            key = "/".join((*self._prefix(place), *parts, _lasting_name(file, message.about.names)))
            if _is_later(client, bucket, key, message):
                skipped = True
                continue
            source = "/".join((*folder, file_part(file.file_name)))
            client.copy({"Bucket": bucket, "Key": source}, bucket, key, ExtraArgs=_encryption(place))
        return skipped


def _metadata(file: MessageFile, message: Message) -> dict[str, str]:
    about = message.about
    run = {} if about is None else {"run-id": str(about.run_id), "logical-at": _at(about)}
    return {**run, "sha256": file.sha256, "reference": message.reference}


def _at(about: About) -> str:
    """An instant that sorts as text."""
    return about.logical_at.astimezone(UTC).isoformat()


def _encryption(place: Place) -> dict[str, str]:
    kind, key = place.text("encryption") or _AES, place.text("kms_key_id")
    if kind == _NONE:
        return {}
    return {"ServerSideEncryption": kind, **({"SSEKMSKeyId": key} if kind == _KMS and key else {})}


def _sums(content: CheckedFile) -> tuple[str, ...]:
    """The SHA-256 as S3 writes it: of the whole, or of the parts' sums and their number."""
    parts = content.part_digests
    whole = base64.b64encode(content.digest).decode()
    composite = base64.b64encode(hashlib.sha256(b"".join(parts)).digest()).decode()
    return whole, f"{composite}-{len(parts)}", composite


def _lasting_name(file: MessageFile, names: Any) -> str:
    """A name without dates: "Revenue.csv", "Revenue.csv.gz"."""
    ending = file.file_name.rpartition(".")[2]
    front = f"{names.get('report') or 'Report'}.{file.format or ending}"
    return file_part(front if front.endswith(f".{ending}") else f"{front}.{ending}")


def _is_later(client: Any, bucket: str, key: str, message: Message) -> bool:
    """Whether the key holds the file of a run that stands for a later time."""
    from botocore.exceptions import ClientError

    try:
        there = client.head_object(Bucket=bucket, Key=key)["Metadata"].get("logical-at", "")
    except ClientError as error:
        if is_missing(error.response) or is_forbidden(error.response):
            return False
        raise
    return message.about is not None and there > _at(message.about)
