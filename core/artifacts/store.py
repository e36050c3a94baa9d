"""What an artifact store is: the protocol every store implements, and the one shape of its keys."""

import re
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import ArtifactError

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MOST_CHARACTERS = 512


class ArtifactStore(Protocol):
    """Keeps produced files under keys such as `<run id>/<artifact id>.pdf`; a file is there whole or not at all."""

    @property
    def name(self) -> str:
        """Key in the registry, kept with each artifact: `file`."""
        ...

    def put(self, key: str, source: Path) -> None:
        """Store the bytes of `source` under `key`, replacing what was there; it lasts. Raises ArtifactError."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open the file under `key`, to be read from front to back; the caller closes it.

        Raises ArtifactError if there is none, and while it is read, if its bytes were changed.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the file under `key`; nothing happens if there is none. Raises ArtifactError."""
        ...

    def sweep(self, before: datetime) -> None:
        """Remove what writes that never ended left before an instant; no file is touched. Raises ArtifactError."""
        ...


def check_key(key: str) -> tuple[str, ...]:
    """Return the segments of `key`. Raises ArtifactError unless each is letters, digits, dots, dashes and underscores.

    A segment starts with a letter or digit, so "..", hidden files, absolute paths and drive letters are no keys.
    """
    segments = tuple(key.split("/"))
    if len(key) > _MOST_CHARACTERS or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise ArtifactError("This is not a key that files are stored under.", place="storage_key")
    return segments
