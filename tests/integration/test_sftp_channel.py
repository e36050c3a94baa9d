"""Deliveries to a real SFTP server on loopback: its key, signing in, whole files, and clear words."""

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from core.deliver.sftp_channel import SftpChannel
from core.domain.delivery import MessageFile
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryRefused, InvalidInput
from tests.channel_parts import MESSAGE, settings_of, sftp_place
from tests.channel_servers import SftpServer

TO = Recipient(channel="sftp", address="reports/{date}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    (tmp_path / "there").mkdir()
    with SftpServer(tmp_path / "there").running() as running:
        yield running


@pytest.fixture
def channel(tmp_path: Path) -> SftpChannel:
    return SftpChannel(settings_of(tmp_path), timeout_s=5)


def arrived(server: SftpServer) -> dict[str, bytes]:
    found = (one for one in server.folder.rglob("*") if one.is_file())
    return {str(one.relative_to(server.folder)): one.read_bytes() for one in found}


def test_a_file_appears_under_its_name_whole(server: SftpServer, channel: SftpChannel) -> None:
    content = bytes(range(256)) * 12_000
    message = replace(MESSAGE, attachments=(MessageFile.of("large.bin", "application/octet-stream", content),))
    said = channel.send(message, TO, sftp_place(server))
    assert said == "written to sftp://127.0.0.1/reports/2026-11-23"
    assert arrived(server) == {"reports/2026-11-23/large.bin": content}
    assert all(path.endswith(".part") for path in server.opened), "never written under its own name"
    assert server.renamed == ["reports/2026-11-23/large.bin"]
    channel.send(message, TO, sftp_place(server))
    assert len(arrived(server)) == 1


def test_a_server_without_the_extension(server: SftpServer, channel: SftpChannel) -> None:
    server.faults.add("posix-rename")
    for _ in range(2):
        channel.send(MESSAGE, TO, sftp_place(server))
    assert arrived(server) == {"reports/2026-11-23/Umsätze.csv": b"a,b\r\n1,2\n"}
    assert server.renamed == []


def test_what_fails_midway_leaves_nothing(server: SftpServer, channel: SftpChannel) -> None:
    server.faults.add("write")
    with pytest.raises(DeliveryDeferred):
        channel.send(MESSAGE, TO, sftp_place(server))
    assert server.writes > 0
    assert arrived(server) == {}


def test_a_server_with_another_key_gets_nothing(server: SftpServer, channel: SftpChannel) -> None:
    other = paramiko.ECDSAKey.generate()
    line = f"{other.get_name()} {other.get_base64()}"
    shown = base64.b64encode(hashlib.sha256(server.key.asbytes()).digest()).decode().rstrip("=")
    with pytest.raises(DeliveryRefused, match="another key") as caught:
        channel.send(MESSAGE, TO, sftp_place(server, host_key=line))
    assert shown in caught.value.user_message
    assert server.passwords == [], "not even the password"
    assert arrived(server) == {}
    channel.send(MESSAGE, TO, sftp_place(server, host_key=f"SHA256:{shown}"))
    assert len(arrived(server)) == 1


def test_a_key_of_another_kind(server: SftpServer, channel: SftpChannel) -> None:
    blob = b"\x00\x00\x00\x0bssh-ed25519" + b"\x00\x00\x00 " + bytes(32)
    with pytest.raises(DeliveryRefused, match="no key of the kind"):
        channel.send(MESSAGE, TO, sftp_place(server, host_key=f"ssh-ed25519 {base64.b64encode(blob).decode()}"))
    assert server.passwords == []


def test_signing_in_with_a_private_key(server: SftpServer, channel: SftpChannel) -> None:
    text = io.StringIO()
    server.user_key.write_private_key(text, password="of the key")
    there = sftp_place(server, {"private_key": text.getvalue(), "passphrase": "of the key"})
    channel.check_place(there)
    channel.send(MESSAGE, TO, there)
    assert len(arrived(server)) == 1
    assert server.passwords == []
    for secrets in ({"private_key": text.getvalue(), "passphrase": "wrong"}, {"private_key": "no key"}):
        with pytest.raises(InvalidInput, match="cannot be read"):
            channel.check_place(sftp_place(server, secrets))


def test_refusals_in_words(server: SftpServer, channel: SftpChannel) -> None:
    with pytest.raises(DeliveryRefused, match="refused the sign-in"):
        channel.send(MESSAGE, TO, sftp_place(server, {"password": "wrong"}))
    server.faults.add("readonly")
    with pytest.raises(DeliveryRefused, match="folder"):
        channel.send(MESSAGE, TO, sftp_place(server))


def test_a_folder_from_the_root(server: SftpServer, channel: SftpChannel) -> None:
    channel.send(MESSAGE, replace(TO, address="/drop/{report}"), sftp_place(server))
    assert list(arrived(server)) == ["drop/Umsätze/Umsätze.csv"]


def test_nobody_there(tmp_path: Path, channel: SftpChannel) -> None:
    with SftpServer(tmp_path).running() as server:
        there = sftp_place(server)
    with pytest.raises(DeliveryDeferred, match="cannot be reached"):
        channel.send(MESSAGE, TO, there)


@pytest.mark.parametrize("key", ["", "x", "ssh-ed25519", "ssh-ed25519 AAAA", "SHA256:x", "ssh-rsa !", "ssh-dss AAAA"])
def test_keys_that_are_none(server: SftpServer, channel: SftpChannel, key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        channel.check_place(sftp_place(server, host_key=key))
    assert caught.value.place == "settings.host_key"


def test_something_to_sign_in_with_is_needed(server: SftpServer, channel: SftpChannel) -> None:
    with pytest.raises(InvalidInput, match="password or a private key"):
        channel.check_place(sftp_place(server, {"password": ""}))
