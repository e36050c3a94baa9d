"""Locked workbooks of every size that changes how they are laid out, opened by another program."""

import io
import os
import zipfile
from pathlib import Path

import msoffcrypto
import olefile
import pytest

from core.artifacts import compound_file
from core.artifacts.locked_workbook import lock_workbook
from core.errors import RenderError

#: Sectors whose places fit into the header, in bytes of content: about 7 MB.
IN_HEADER = 109 * 128 * 512


@pytest.mark.parametrize("size", [0, 1, 3900, 4096, 4097, 65_536 * 3, IN_HEADER - 60_000, IN_HEADER + 1, 3 * IN_HEADER])
def test_a_workbook_of_any_size_comes_back(tmp_path: Path, size: int) -> None:
    source, locked = tmp_path / "plain", tmp_path / "locked"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("content", os.urandom(size))
    lock_workbook(source, locked, "päss", lambda: None)
    assert locked.stat().st_size % 512 == 0
    with olefile.OleFileIO(locked, raise_defects=olefile.DEFECT_UNSURE) as container:
        assert container.get_size("EncryptedPackage") >= 4096
        assert container.parsing_issues == []
    opened = io.BytesIO()
    with locked.open("rb") as content:
        book = msoffcrypto.OfficeFile(content)
        book.load_key(password="päss", verify_password=True)
        book.decrypt(opened, verify_integrity=True)
    assert opened.getvalue() == source.read_bytes()


def test_two_locks_share_nothing(tmp_path: Path) -> None:
    source = tmp_path / "plain"
    source.write_bytes(bytes(10_000))
    for name in ("a", "b"):
        lock_workbook(source, tmp_path / name, "päss", lambda: None)
    first, second = (_package(tmp_path / name) for name in ("a", "b"))
    assert len(first) == len(second) == 10_008
    assert not any(first[at : at + 16] == second[at : at + 16] for at in range(8, 10_008, 16))


def _package(path: Path) -> bytes:
    with olefile.OleFileIO(path) as container:
        return container.openstream("EncryptedPackage").read()


def test_what_is_too_large_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "plain"
    source.write_bytes(bytes(10_000))
    monkeypatch.setattr(compound_file, "_MOST_PACKAGE", 9_000)
    with pytest.raises(RenderError, match="cannot be locked"):
        lock_workbook(source, tmp_path / "locked", "päss", lambda: None)
