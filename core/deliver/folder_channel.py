"""A folder of this machine or one mounted on it, below what the operator allows."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from core.catalog.sources.connector import ConnectionField
from core.deliver.channel import placed
from core.deliver.paths import DEFAULT_PATH, check_path, file_part, folder_of, path_field
from core.deliver.streams import CHUNK_BYTES, CheckedFile
from core.domain.delivery import Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryRefused, InvalidInput
from core.settings import Settings

_FOLDER_HELP = "Folder, as in reports/{report}/{date}; empty: the destination's own."


class FolderChannel:
    """Writes each file whole or not at all. An organization writes below a folder of its own, named by its id."""

    key = "folder"
    label = "Folder"
    address_help = _FOLDER_HELP

    def __init__(self, settings: Settings) -> None:
        self._roots = {str(root): root for root in settings.delivery_roots}

    @property
    def form(self) -> tuple[ConnectionField, ...]:
        """Which of the operator's folders, and where in it."""
        names = tuple(self._roots)
        return (
            ConnectionField(
                name="root",
                label="Place",
                help="Folders that the operator allows (DELIVERY_FOLDERS).",
                choices=names,
                default=names[0],
                is_required=False,
            ),
            path_field(),
        )

    def own_settings(self) -> DestinationSettings | None:
        """The first folder is there for everybody."""
        return {"root": next(iter(self._roots)), "path": DEFAULT_PATH}

    def check_place(self, place: Place) -> None:
        """Raise InvalidInput where the folder cannot be."""
        if place.text("root") not in self._roots:
            raise InvalidInput("The operator does not allow this folder any more.", place="settings.root")
        check_path(place.text("path"))

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress unless `address` is empty or a folder."""
        check_path(address)

    def linked(self, _files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Every file goes along."""
        return ()

    def reference(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """The folder of the files."""
        parts = folder_of(message, recipient, placed(place).text("path"))
        return "/".join((str(placed(place).organization_id), *parts))

    def send(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """Write the files. Raises DeliveryDeferred where the folder cannot be written now."""
        root = self._roots.get(placed(place).text("root"))
        if root is None:
            raise DeliveryRefused("The operator does not allow this folder any more.")
        folder = root / self.reference(message, recipient, place)
        try:
            _make_folders(folder, root)
            if not folder.resolve().is_relative_to(root.resolve()):
                raise DeliveryRefused("The folder leads out of the place that the operator allows.")
            for file in message.attachments:
                _write(folder / file_part(file.file_name), file)
            _sync(folder)
        except OSError as error:
            raise DeliveryDeferred(f"The folder cannot be written: {error.strerror}.") from error
        return f"written to {folder.relative_to(root)}"


def _write(target: Path, file: MessageFile) -> None:
    """Write to a temporary file, then give it its name: nobody sees half a file, and a retry replaces the whole."""
    mark = hashlib.sha256(target.name.encode()).hexdigest()[:16]
    temporary = target.with_name(f".{mark}.{secrets.token_hex(6)}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
    try:
        with os.fdopen(descriptor, "wb") as out, CheckedFile(file) as content:
            while chunk := content.read(CHUNK_BYTES):
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _make_folders(folder: Path, root: Path) -> None:
    """Make the folders below the root, each lasting before one is made in it."""
    if folder.is_dir():
        return
    if folder != root:
        _make_folders(folder.parent, root)
    folder.mkdir(mode=0o750, parents=folder == root, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
