"""Files to a server over SFTP: its key is known beforehand, and each file appears under its name whole."""

import base64
import binascii
import contextlib
import hashlib
import io
import logging
import re
import secrets
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.catalog.sources.connector import ConnectionField
from core.deliver.channel import placed
from core.deliver.paths import check_path, file_part, folder_of, path_field
from core.deliver.streams import CHUNK_BYTES, CheckedFile
from core.domain.delivery import Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.field import FieldType
from core.domain.schedule import Recipient
from core.errors import BroadsheetError, DeliveryDeferred, DeliveryRefused, InvalidAddress, InvalidInput
from core.outbound.http import guard_of, open_socket
from core.settings import Settings

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient, Transport

logger = logging.getLogger(__name__)

_PORT = 22
#: Kinds of server keys that are still safe to rely on.
_KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class SftpChannel:
    """Nothing is sent, not even a password, to a server whose key is another than the one filled in."""

    key = "sftp"
    label = "SFTP server"
    address_help = "Folder, as in reports/{report}/{date}; empty: the destination's own."
    form = (
        ConnectionField(name="host", label="Host", help="Name or address of the server, without a port."),
        ConnectionField(name="port", label="Port", type=FieldType.INTEGER, default=_PORT, is_required=False),
        ConnectionField(name="user", label="User"),
        ConnectionField(
            name="host_key",
            label="Key of the server",
            help="As ssh-keyscan prints it (ssh-ed25519 AAAA…), or its fingerprint (SHA256:…).",
        ),
        ConnectionField(name="password", label="Password", is_secret=True, is_required=False),
        ConnectionField(
            name="private_key",
            label="Private key",
            help="PEM or OpenSSH text, instead of a password.",
            is_secret=True,
            is_required=False,
        ),
        ConnectionField(name="passphrase", label="Passphrase of the private key", is_secret=True, is_required=False),
        path_field(),
    )

    def __init__(self, settings: Settings, *, timeout_s: float = 30.0) -> None:
        self._guard = guard_of(settings.allow_private_hosts)
        self._timeout_s = timeout_s

    def own_settings(self) -> DestinationSettings | None:
        """The installation has none."""
        return None

    def check_place(self, place: Place) -> None:
        """Raise InvalidInput where a field cannot be."""
        try:
            _known_key(place.text("host_key"))
        except InvalidAddress as error:
            raise InvalidInput(error.user_message, place="settings.host_key") from error
        check_path(place.text("path"))
        if not place.secrets.get("password") and not place.secrets.get("private_key"):
            raise InvalidInput("Give a password or a private key.", place="secrets.password")
        if place.secrets.get("private_key"):
            _private_key(place)

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress unless `address` is empty or a folder."""
        check_path(address)

    def linked(self, _files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Every file goes along."""
        return ()

    def reference(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """The folder of the files, as `sftp://host/folder`."""
        folder = _folder(message, recipient, placed(place))
        return f"sftp://{placed(place).text('host')}/{folder.lstrip('/')}"

    def send(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """Upload the files; a repeat replaces the same."""
        place = placed(place)
        folder = _folder(message, recipient, place)
        with _translated(message.reference), self._client(place) as client:
            _make_folders(client, folder)
            for file in message.attachments:
                _upload(client, folder, file)
        return f"written to {self.reference(message, recipient, place)}"

    @contextlib.contextmanager
    def _client(self, place: Place) -> Iterator["SFTPClient"]:
        """A signed-in connection to the server whose key is known."""
        from paramiko import SFTPClient, Transport

        host, port = place.text("host"), int(place.settings.get("port") or _PORT)
        connected = open_socket(self._guard, host, port, self._timeout_s)
        try:
            transport = Transport(connected)
        except BaseException:
            connected.close()
            raise
        try:
            transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = self._timeout_s
            self._sign_in(transport, place)
            client = SFTPClient.from_transport(transport)
            if client is None:
                raise DeliveryRefused("The server does not offer SFTP.")
            channel = client.get_channel()
            if channel is not None:
                channel.settimeout(self._timeout_s)
            yield client
        finally:
            transport.close()

    def _sign_in(self, transport: "Transport", place: Place) -> None:
        kind, known = _known_key(place.text("host_key"))
        if kind is not None:
            # A server may have several keys: ask for the one that is known.
            transport.get_security_options().key_types = _key_types(kind)
        transport.start_client(timeout=self._timeout_s)
        shown = hashlib.sha256(transport.get_remote_server_key().asbytes()).digest()
        if shown != known:
            fingerprint = base64.b64encode(shown).decode().rstrip("=")
            raise DeliveryRefused(
                f"The server shows another key (SHA256:{fingerprint}), so nothing was sent to it. If it has a new one, "
                "have that confirmed and fill it in."
            )
        if place.secrets.get("private_key"):
            transport.auth_publickey(place.text("user"), _private_key(place))
        else:
            transport.auth_password(place.text("user"), place.secrets.get("password", ""))


def _folder(message: Message, recipient: Recipient, place: Place) -> str:
    """The folder below the one that the user lands in, or from the root where it begins with a slash."""
    wanted = recipient.address.strip() or place.text("path")
    folder = "/".join(folder_of(message, recipient, place.text("path")))
    return f"/{folder}" if wanted.startswith("/") else folder


def _make_folders(client: "SFTPClient", folder: str) -> None:
    so_far = "/" if folder.startswith("/") else ""
    for part in folder.strip("/").split("/"):
        so_far = f"{so_far.rstrip('/')}/{part}" if so_far else part
        try:
            client.stat(so_far)
        except FileNotFoundError:
            with contextlib.suppress(OSError):  # another delivery made it
                client.mkdir(so_far)
            client.stat(so_far)


def _upload(client: "SFTPClient", folder: str, file: MessageFile) -> None:
    """Write under a temporary name, then give the file its own."""
    target = f"{folder}/{file_part(file.file_name)}"
    temporary = f"{folder}/.{secrets.token_hex(8)}.part"
    try:
        with CheckedFile(file) as content, client.open(temporary, "wx") as out:
            out.set_pipelined(True)
            while chunk := content.read(CHUNK_BYTES):
                out.write(chunk)
        if client.stat(temporary).st_size != file.size_bytes:
            raise DeliveryDeferred("The server keeps fewer bytes than were sent.")
        _rename(client, temporary, target)
    except BaseException:
        with contextlib.suppress(Exception):  # the first error is the one to tell
            client.remove(temporary)
        raise


def _rename(client: "SFTPClient", temporary: str, target: str) -> None:
    """Replace what is there at once; a server without that extension has no file for a moment."""
    try:
        client.posix_rename(temporary, target)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            client.remove(target)
        client.rename(temporary, target)


def _known_key(text: str) -> tuple[str | None, bytes]:
    """The kind of a server's key, if it was given, and the SHA-256 of it. Raises InvalidAddress."""
    words = text.split()
    try:
        if len(words) == 1 and _FINGERPRINT.fullmatch(words[0]):
            return None, base64.b64decode(words[0].removeprefix("SHA256:") + "=")
        # A line of ssh-keyscan or of known_hosts begins with the host.
        at = next(place for place, word in enumerate(words[:2]) if word.startswith(("ssh-", "ecdsa-")))
        blob = base64.b64decode(words[at + 1], validate=True)
    except (binascii.Error, IndexError, StopIteration) as error:
        raise InvalidAddress(
            "This is not the key of a server. Write it as ssh-keyscan prints it: ssh-ed25519 AAAA…"
        ) from error
    kind = words[at]
    if kind not in _KINDS:
        raise InvalidAddress(f"Keys of the kind {kind[:40]} are not known here. Known: {', '.join(_KINDS)}.")
    if not blob.startswith(len(kind).to_bytes(4, "big") + kind.encode()):
        raise InvalidAddress("The key of the server is not complete.")
    return kind, hashlib.sha256(blob).digest()


def _key_types(kind: str) -> tuple[str, ...]:
    """The algorithms of a kind of key (RFC 8332 for RSA)."""
    return ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)


def _private_key(place: Place) -> "PKey":
    """The private key. Raises InvalidInput where it cannot be read."""
    from paramiko import ECDSAKey, Ed25519Key, RSAKey, SSHException

    text, passphrase = place.secrets["private_key"], place.secrets.get("passphrase") or None
    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        with contextlib.suppress(SSHException, ValueError, IndexError, binascii.Error):
            key: PKey = kind.from_private_key(io.StringIO(text.strip() + "\n"), password=passphrase)
            return key
    raise InvalidInput("The private key cannot be read. Check it and its passphrase.", place="secrets.private_key")


@contextlib.contextmanager
def _translated(reference: str) -> Iterator[None]:
    """Turn what goes wrong into DeliveryRefused or DeliveryDeferred; a repeated upload replaces the first."""
    from paramiko import AuthenticationException, SSHException
    from paramiko.ssh_exception import IncompatiblePeer

    try:
        yield
    except BroadsheetError:
        raise
    except AuthenticationException as error:
        raise DeliveryRefused("The server refused the sign-in. Check the user and the password or key.") from error
    except IncompatiblePeer as error:
        raise DeliveryRefused("The server has no key of the kind that was filled in.") from error
    except PermissionError as error:
        raise DeliveryRefused("The server does not allow writing to this folder.") from error
    except FileNotFoundError as error:
        raise DeliveryRefused("The folder is not there, and the server does not let us make it.") from error
    except (SSHException, EOFError, OSError) as error:
        logger.warning("sftp_not_written reference=%s cause=%s", reference, type(error).__name__)
        raise DeliveryDeferred("The server cannot be reached, or it broke off.") from error
