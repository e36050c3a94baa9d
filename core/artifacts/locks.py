"""Locks: files that open with a password only. A format that has a lock of its own uses it; others go into a ZIP."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from core.artifacts.locked_workbook import lock_workbook
from core.errors import RenderError

#: What a manifest says of a locked file.
LOCK = "AES-256"

#: Writes a locked copy of the first file to the second; calls the last argument now and then, which may raise.
Lock = Callable[[Path, Path, str, Callable[[], None]], None]


def lock_pdf(source: Path, target: Path, password: str, check: Callable[[], None]) -> None:
    """Write the PDF `source` to `target`, encrypted with AES-256 (ISO 32000-2, revision 6)."""
    import pikepdf  # a tenth of a second that only who locks a PDF pays for

    check()
    # The owner's password would lift the lock as well: nobody knows it.
    encryption = pikepdf.Encryption(user=password, owner=secrets.token_urlsafe(32), R=6)
    try:
        with pikepdf.open(source) as pdf:
            pdf.save(target, encryption=encryption)
    except pikepdf.PdfError as error:
        raise RenderError("The PDF could not be locked with its password.") from error


#: Format -> its own lock.
LOCKS: Mapping[str, Lock] = {"xlsx": lock_workbook, "pdf": lock_pdf}
