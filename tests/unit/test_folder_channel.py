"""Deliveries into folders: below what the operator allows, whole or not at all, organizations apart."""

import stat
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from core.deliver.folder_channel import FolderChannel
from core.domain.delivery import MessageFile
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryRefused, InvalidInput
from core.settings import Settings
from tests.channel_parts import MESSAGE, ORGANIZATION, about, place, settings_of

TO = Recipient(channel="folder", address="")
CONTENT = b"a,b\r\n1,2\n"


def files(root: Path) -> dict[str, bytes]:
    return {str(one.relative_to(root)): one.read_bytes() for one in root.rglob("*") if one.is_file()}


def test_the_first_folder_is_there_for_everybody(tmp_path: Path) -> None:
    channel = FolderChannel(settings_of(tmp_path))
    own = channel.own_settings()
    assert own == {"root": str(tmp_path / "delivered"), "path": "{report}/{date}/{run}"}
    said = channel.send(MESSAGE, TO, place(own))
    expected = f"{ORGANIZATION}/Umsätze/2026-11-23/00000000"
    assert said == f"written to {expected}"
    assert files(tmp_path / "delivered") == {f"{expected}/Umsätze.csv": CONTENT}
    written = tmp_path / "delivered" / expected / "Umsätze.csv"
    assert stat.S_IMODE(written.stat().st_mode) == 0o640


def test_the_operators_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELIVERY_FOLDERS", f"{tmp_path}/a, {tmp_path}/b")
    channel = FolderChannel(Settings(_env_file=None, data_dir=tmp_path))
    (root, _path) = channel.form
    assert root.choices == (f"{tmp_path}/a", f"{tmp_path}/b")
    channel.send(MESSAGE, TO, place({"root": f"{tmp_path}/b", "path": "x"}))
    assert files(tmp_path) == {f"b/{ORGANIZATION}/x/Umsätze.csv": CONTENT}
    elsewhere = place({"root": "/etc", "path": "x"})
    with pytest.raises(InvalidInput, match="does not allow"):
        channel.check_place(elsewhere)
    with pytest.raises(DeliveryRefused, match="does not allow"):
        channel.send(MESSAGE, TO, elsewhere)


def test_organizations_do_not_meet(tmp_path: Path) -> None:
    channel = FolderChannel(settings_of(tmp_path))
    for number in (1, 2):
        there = replace(place({"root": str(tmp_path / "delivered"), "path": "x"}), organization_id=UUID(int=number))
        channel.send(MESSAGE, TO, there)
    assert len(files(tmp_path / "delivered")) == 2


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    channel, root, outside = FolderChannel(settings_of(tmp_path)), tmp_path / "delivered", tmp_path / "outside"
    outside.mkdir()
    (root / str(ORGANIZATION)).mkdir(parents=True)
    (root / str(ORGANIZATION) / "x").symlink_to(outside)
    with pytest.raises(DeliveryRefused, match="leads out"):
        channel.send(MESSAGE, TO, place({"root": str(root), "path": "x"}))
    assert files(outside) == {}


def test_titles_lead_nowhere_else(tmp_path: Path) -> None:
    channel = FolderChannel(settings_of(tmp_path))
    there = place({"root": str(tmp_path / "delivered"), "path": "{report}"})
    file = replace(MESSAGE.attachments[0], file_name="../../../up.csv")
    channel.send(replace(about(names={"report": "../../up"}), attachments=(file,)), TO, there)
    assert all(name.startswith(f"delivered/{ORGANIZATION}/") for name in files(tmp_path))


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = FolderChannel(settings_of(tmp_path))
    there = place({"root": str(tmp_path / "delivered"), "path": "x"})
    channel.send(MESSAGE, TO, there)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.deliver.folder_channel.os.fsync", full)
    newer = MessageFile.of(MESSAGE.attachments[0].file_name, "text/csv", b"newer")
    with pytest.raises(DeliveryDeferred, match="No space left"):
        channel.send(replace(MESSAGE, attachments=(newer,)), TO, there)
    assert files(tmp_path / "delivered") == {f"{ORGANIZATION}/x/Umsätze.csv": CONTENT}
