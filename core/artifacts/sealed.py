"""Seals files at rest: AES-256-GCM in chunks, so that a file of any size is written and read in flat memory.

A sealed file is a mark, a salt, and chunks. Each file has a key of its own (HKDF-SHA256 of the installation's key and
the salt), each chunk a nonce of its own: its number and whether it is the last one, as in the STREAM construction
(Hoang, Reyhanitabar, Rogaway, Vizár, 2015). Chunks cut off, swapped or put elsewhere are found out.
"""

import io
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import ArtifactError

MARK = b"BSEALED1"
_SALT_BYTES = 32
_TAG_BYTES = 16
CHUNK_BYTES = 1 << 20


def seal(content: BinaryIO, target: BinaryIO, key: str) -> None:
    """Write `content` to `target`, sealed with `key`."""
    salt = os.urandom(_SALT_BYTES)
    cipher = _cipher(key, salt)
    target.write(MARK + salt)
    number, chunk = 0, content.read(CHUNK_BYTES)
    while True:
        following = content.read(CHUNK_BYTES)
        target.write(cipher.encrypt(_nonce(number, is_last=not following), chunk, MARK))
        if not following:
            return
        number, chunk = number + 1, following


def unseal(sealed: BinaryIO, key: str) -> BinaryIO:
    """Return what was sealed, to be read from front to back; closing it closes `sealed`.

    A file without the mark was stored before files were sealed and is handed out as it is. Raises ArtifactError, also
    while it is read, where the file was changed or the key is another one.
    """
    mark = sealed.read(len(MARK))
    if mark != MARK:
        sealed.seek(0)
        return sealed
    salt = sealed.read(_SALT_BYTES)
    return io.BufferedReader(_Unsealing(sealed, _cipher(key, salt)), CHUNK_BYTES)


class _Unsealing(io.RawIOBase):
    """Opens one chunk after the other."""

    def __init__(self, sealed: BinaryIO, cipher: AESGCM) -> None:
        self._sealed = sealed
        self._cipher = cipher
        self._number = 0
        self._following = sealed.read(CHUNK_BYTES + _TAG_BYTES)
        self._open = b""
        self._is_at_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]
        while not self._open and not self._is_at_end:
            self._open = self._next()
        count = min(len(buffer), len(self._open))
        buffer[:count] = self._open[:count]
        self._open = self._open[count:]
        return count

    def close(self) -> None:
        self._sealed.close()
        super().close()

    def _next(self) -> bytes:
        chunk, self._following = self._following, self._sealed.read(CHUNK_BYTES + _TAG_BYTES)
        self._is_at_end = not self._following
        try:
            content = self._cipher.decrypt(_nonce(self._number, is_last=self._is_at_end), chunk, MARK)
        except (InvalidTag, ValueError) as error:
            raise ArtifactError(
                "The stored file was changed or was written with another secret key. Run the report again."
            ) from error
        self._number += 1
        return content


def _cipher(key: str, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"broadsheet:artifact").derive(key.encode()))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
