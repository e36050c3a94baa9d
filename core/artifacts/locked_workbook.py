"""Locks a workbook with a password as Office does (agile encryption, [MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15), streamed.

AES-256 in CBC mode and SHA-512; the password is hashed 100,000 times. Office and LibreOffice ask for it and open it.
"""

import base64
import hashlib
import hmac
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from core.artifacts.compound_file import LEAST_PACKAGE, write_compound_file

_SPINS = 100_000
_SEGMENT = 4096
_SEGMENTS_AT_ONCE = 256
_BLOCK = _SALT = 16
_HASH = 64
_KEY = 32
#: What each derived key is for.
_FOR_VERIFIER = bytes.fromhex("fea7d2763b4b9e79")
_FOR_VERIFIER_HASH = bytes.fromhex("d7aa0f6d3061344e")
_FOR_KEY = bytes.fromhex("146e0be7abacd0d6")
_FOR_HMAC_KEY = bytes.fromhex("5fb2ad010cb9e1f6")
_FOR_HMAC = bytes.fromhex("a0677f02b22c8433")
_CIPHER = (
    'saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" '
    'cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512"'
)
_NAMESPACE = "http://schemas.microsoft.com/office/2006"


def lock_workbook(source: Path, target: Path, password: str, check: Callable[[], None]) -> None:
    """Write the workbook `source` to `target`, locked; `check` is called now and then and may raise."""
    size = source.stat().st_size
    # a package this small would have to lie elsewhere in the file; what follows its true size is not read
    padded = max(size + -size % _BLOCK, LEAST_PACKAGE)
    keys = _Keys.of(password)
    information = keys.information(bytes(_HASH), bytes(_HASH))
    with source.open("rb") as content, target.open("w+b") as locked:
        write_compound_file(
            locked,
            information_bytes=len(information),
            package_bytes=8 + padded,
            put_package=lambda package: _encrypt(content, package, size, padded, keys, check),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """The key of one file, and what the password tells about it."""

    key: bytes
    salt: bytes
    password_salt: bytes
    verifier: bytes
    verifier_hash: bytes
    locked_key: bytes

    @classmethod
    def of(cls, password: str) -> "_Keys":
        """A new random key, locked with a password."""
        key, salt, password_salt, verifier = (os.urandom(size) for size in (_KEY, _SALT, _SALT, _SALT))
        spun = _spun(password, password_salt)

        def locked(purpose: bytes, content: bytes) -> bytes:
            return _cbc(hashlib.sha512(spun + purpose).digest()[:_KEY], password_salt, content)

        return cls(
            key=key,
            salt=salt,
            password_salt=password_salt,
            verifier=locked(_FOR_VERIFIER, verifier),
            verifier_hash=locked(_FOR_VERIFIER_HASH, hashlib.sha512(verifier).digest()),
            locked_key=locked(_FOR_KEY, key),
        )

    def initial(self, block: bytes) -> bytes:
        """The initialization vector of a segment or of a purpose."""
        return hashlib.sha512(self.salt + block).digest()[:_BLOCK]

    def information(self, hmac_key: bytes, hmac_value: bytes) -> bytes:
        """The stream that tells how the package is encrypted; its length does not depend on the values."""
        locked_hmac_key = _cbc(self.key, self.initial(_FOR_HMAC_KEY), hmac_key)
        locked_hmac = _cbc(self.key, self.initial(_FOR_HMAC), hmac_value)
        xml = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
            f'<encryption xmlns="{_NAMESPACE}/encryption" xmlns:p="{_NAMESPACE}/keyEncryptor/password">'
            f'<keyData {_CIPHER} saltValue="{_base64(self.salt)}"/>'
            f'<dataIntegrity encryptedHmacKey="{_base64(locked_hmac_key)}" '
            f'encryptedHmacValue="{_base64(locked_hmac)}"/>'
            f'<keyEncryptors><keyEncryptor uri="{_NAMESPACE}/keyEncryptor/password">'
            f'<p:encryptedKey spinCount="{_SPINS}" {_CIPHER} saltValue="{_base64(self.password_salt)}" '
            f'encryptedVerifierHashInput="{_base64(self.verifier)}" '
            f'encryptedVerifierHashValue="{_base64(self.verifier_hash)}" '
            f'encryptedKeyValue="{_base64(self.locked_key)}"/>'
            "</keyEncryptor></keyEncryptors></encryption>"
        )
        return struct.pack("<HHI", 4, 4, 0x40) + xml.encode()


def _encrypt(
    content: BinaryIO, package: BinaryIO, size: int, padded: int, keys: _Keys, check: Callable[[], None]
) -> bytes:
    """Write the package, segment by segment, and return the stream that tells how."""
    hmac_key = os.urandom(_HASH)
    seal = hmac.new(hmac_key, digestmod="sha512")
    for chunk in _chunks(content, size, padded, keys, check):
        package.write(chunk)
        seal.update(chunk)
    return keys.information(hmac_key, seal.digest())


def _chunks(content: BinaryIO, size: int, padded: int, keys: _Keys, check: Callable[[], None]) -> Iterator[bytes]:
    yield struct.pack("<Q", size)
    for start in range(0, padded, _SEGMENT):
        if start // _SEGMENT % _SEGMENTS_AT_ONCE == 0:
            check()
        segment = content.read(_SEGMENT)
        segment += bytes(min(_SEGMENT, padded - start) - len(segment))
        yield _cbc(keys.key, keys.initial(struct.pack("<I", start // _SEGMENT)), segment)


def _spun(password: str, salt: bytes) -> bytes:
    digest = hashlib.sha512(salt + password.encode("utf-16-le")).digest()
    for number in range(_SPINS):
        digest = hashlib.sha512(number.to_bytes(4, "little") + digest).digest()
    return digest


def _cbc(key: bytes, initial: bytes, content: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(initial)).encryptor()
    return encryptor.update(content) + encryptor.finalize()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
