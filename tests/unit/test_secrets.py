"""The secret key's file, encryption at rest, derived secrets and tokens."""

import stat
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.errors import SettingError
from core.secrets import SecretBox, derive, load_secret_key, new_token, token_sha256
from core.settings import Settings

KEY, OTHER_KEY = "Jq3-xTz81_mLw0vRb92KdYhP6sNcUe4G", "o" * 43


def settings(data_dir: Path, **fields: object) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir, **fields)


def test_the_key_of_the_settings_comes_first_and_writes_nothing(tmp_path: Path) -> None:
    assert load_secret_key(settings(tmp_path / "data", secret_key=SecretStr(KEY))) == KEY
    assert not (tmp_path / "data").exists()


def test_a_missing_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = load_secret_key(settings(tmp_path / "data"))
    assert load_secret_key(settings(tmp_path / "data")) == first
    assert len(first) >= 43
    file = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in file.parent.iterdir()] == ["secret_key"]
    assert load_secret_key(settings(tmp_path / "other")) != first


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    keys: list[str] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        keys.append(load_secret_key(settings(tmp_path)))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_secret_key(settings(tmp_path))
    (tmp_path / "secret_key").chmod(mode)
    with pytest.raises(SettingError, match="chmod 600"):
        load_secret_key(settings(tmp_path))


def test_a_damaged_file_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    file.touch(mode=0o600)
    with pytest.raises(SettingError, match="damaged"):
        load_secret_key(settings(tmp_path))
    assert file.read_text() == ""


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text(KEY)
    (tmp_path / "target").chmod(0o600)
    (tmp_path / "secret_key").symlink_to(tmp_path / "target")
    with pytest.raises(SettingError, match="cannot be read"):
        load_secret_key(settings(tmp_path))


def test_secrets_come_back_and_look_different_each_time() -> None:
    box = SecretBox(KEY)
    written = box.encrypt("pass wörd")
    assert box.decrypt(written) == "pass wörd"
    assert box.encrypt("pass wörd") != written
    assert "pass" not in written
    assert KEY not in repr(box)


def test_another_key_or_a_changed_text_cannot_be_read() -> None:
    written = SecretBox(KEY).encrypt("secret")
    for box, token in ((SecretBox(OTHER_KEY), written), (SecretBox(KEY), written[:-4] + "AAA="), (SecretBox(KEY), "ü")):
        with pytest.raises(SettingError, match="another one"):
            box.decrypt(token)
        with pytest.raises(SettingError, match="another one"):
            box.rotate(token)


def test_keys_are_replaced_without_losing_secrets() -> None:
    written = SecretBox(KEY).encrypt("secret")
    both = SecretBox(OTHER_KEY, KEY)
    assert both.decrypt(written) == "secret"
    rotated = both.rotate(written)
    assert SecretBox(OTHER_KEY).decrypt(rotated) == "secret"


def test_derived_secrets_are_stable_and_separate() -> None:
    assert derive(KEY, "database") == derive(KEY, "database")
    assert len({derive(KEY, "database"), derive(KEY, "session"), derive(OTHER_KEY, "database"), KEY}) == 4
    assert len(derive(KEY, "database")) == 43


def test_tokens() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)
    assert token_sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
