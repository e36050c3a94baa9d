"""A new secret key: every sealed text in the database opens with it and with no other, and nothing is lost."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.artifacts.file_store import FileStore
from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.errors import SettingError
from core.secrets import SecretBox, derive
from core.services import audit, key_rotation
from core.services.audit_linking import AuditLinker
from tests.conftest import Tenant
from tests.integration.api_parts import SECRET_KEY, Installation, start
from tests.planted_secrets import PLANTED, plant

NEW = "wq7Zp2Vt9KfXo4Lr1Bn8Hs6Ym3Cd5Ga0EjUiTkQe-vR"
ROOT = Path(__file__).parents[2]
_SEALED = re.compile(r"gAAAA[A-Za-z0-9_=-]{60,}")


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def owner(database_urls: DatabaseUrls) -> Iterator[Database]:
    assert database_urls.owner is not None
    owner = Database(database_urls.owner, pool_size=1)
    yield owner
    owner.dispose()


def sealed_texts(session: Session) -> dict[str, list[str]]:
    """Every sealed text anywhere in the database, by table."""
    found: dict[str, list[str]] = {}
    names = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
    for name in names:
        rows = session.execute(text(f"SELECT to_jsonb(t) FROM {name} t")).scalars()
        texts = [one for row in rows for one in _SEALED.findall(json.dumps(row))]
        if texts:
            found[name] = texts
    return found


def test_everything_sealed_opens_with_the_new_key_alone(
    installation: Installation, database: Database, owner: Database, tenant: Tenant, tmp_path: Path
) -> None:
    plant(installation, database, tenant)
    AuditLinker(database, key=derive(SECRET_KEY, "audit")).link()
    with owner.installation() as session:
        before = sealed_texts(session)
        keys = session.execute(text("SELECT storage_key FROM artifacts")).scalars().all()
    known = {table for table, _ in key_rotation.SEALED} | set(key_rotation.WITH_FILE_OPTIONS)
    assert set(before) >= known - {"runs"}, "planted everywhere"
    assert set(before) <= known, "say in core/services/key_rotation.py what is sealed"
    files = tmp_path / "artifacts"
    with pytest.raises(SettingError):
        key_rotation.rotate(owner, old="not the key that it was", new=NEW, files=tmp_path / "nothing")
    done = key_rotation.rotate(owner, old=SECRET_KEY, new=NEW, files=files)
    assert (done.files, done.lost_files, done.chains) == (len(keys), 0, 1)
    assert len(keys) > 0
    assert key_rotation.rotate(owner, old=SECRET_KEY, new=NEW, files=files).texts == done.texts, "it may be repeated"
    with owner.installation() as session:
        after = sealed_texts(session)
    assert {name: len(texts) for name, texts in after.items()} == {name: len(texts) for name, texts in before.items()}
    box = SecretBox(NEW)
    opened = [box.decrypt(one) for texts in after.values() for one in texts]
    assert sum(PLANTED in one for one in opened) >= 4
    assert not {one for texts in after.values() for one in texts} & {one for texts in before.values() for one in texts}
    for key in keys:
        with FileStore(files, key=lambda: derive(NEW, "artifacts")).open(key) as content:
            assert content.read()
    states = [audit.check_all(database, key=derive(key, "audit")) for key in (NEW, SECRET_KEY)]
    assert [[state.broken is None for state in each] for each in states] == [[True], [False]]


def command(folder: Path, *arguments: str, **environment: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "core", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_puts_the_new_key_in_the_place_of_the_old(empty_database: Any, tmp_path: Path) -> None:
    url = empty_database.set(drivername="postgresql").render_as_string(hide_password=False)
    (tmp_path / "secret_key").touch(mode=0o600)
    (tmp_path / "secret_key").write_text(SECRET_KEY)
    done = command(tmp_path, "secrets", "rotate", DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    assert "Sealed anew: 0 secrets, 0 files, 0 chains" in done.stdout
    key = tmp_path / "secret_key"
    assert key.read_text() != SECRET_KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"secret_key"}
    refused = command(tmp_path, "secrets", "rotate", DATABASE_URL=url, SECRET_KEY=NEW)
    assert refused.returncode != 0
    assert "OLD_SECRET_KEY" in refused.stderr
    assert not set(re.findall(r"\S{30,}", done.stdout + refused.stderr)) & {NEW, key.read_text(), SECRET_KEY}
