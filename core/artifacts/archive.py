"""ZIP archives of produced files: equal files give equal bytes, unless a password locks them."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1 << 20
#: Of 1 to 9: 6 takes three times as long for a sixth less.
_LEVEL = 1
#: Endings of files that are compressed already.
_DENSE = (".xlsx", ".xlsm", ".pdf", ".gz", ".parquet", ".zip", ".png")
#: The oldest time a ZIP can say: files carry no clock.
_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o644 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file that goes into an archive."""

    name: str
    path: Path


def pack(members: Sequence[Member], target: Path, *, check: Callable[[], None], password: str | None = None) -> None:
    """Write the files into a ZIP at `target`, of any size, in flat memory.

    With a password each is encrypted with AES-256 as WinZip and 7-Zip read it (AE-2); their names stay readable.
    `check` is called now and then and may raise.
    """
    with _archive(target, password) as archive:
        for member in members:
            _add(archive, member, check)


def _archive(target: Path, password: str | None) -> Any:
    if password is None:
        return zipfile.ZipFile(target, "w")
    import pyzipper  # type: ignore[import-untyped]  # a tenth of a second that only who locks a file pays for

    archive = pyzipper.AESZipFile(target, "w", encryption=pyzipper.WZ_AES)
    archive.setpassword(password.encode())
    return archive


def _add(archive: Any, member: Member, check: Callable[[], None]) -> None:
    kind: Any = getattr(archive, "zipinfo_cls", zipfile.ZipInfo)
    info = kind(member.name, _TIME)
    info.external_attr = _READABLE_FILE
    info.create_system = 3  # else it says on which system it was made
    info.file_size = member.path.stat().st_size
    info.compress_type = zipfile.ZIP_STORED if member.name.lower().endswith(_DENSE) else zipfile.ZIP_DEFLATED
    info._compresslevel = _LEVEL  # what `write` sets from its argument; an entry that is streamed has no other way
    with member.path.open("rb") as content, archive.open(info, "w") as part:
        while chunk := content.read(_CHUNK_BYTES):
            check()
            part.write(chunk)
