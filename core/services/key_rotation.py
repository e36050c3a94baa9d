"""A new secret key: everything that was sealed with the old one is sealed anew, while nothing else runs.

What is derived from the key and kept nowhere (sign-ins over the API, codes of links, hashed fields) begins anew.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copyfileobj

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.artifacts.file_store import FileStore
from core.db import audit_checking
from core.db.database import Database
from core.db.tables.audit import AuditHeadRow
from core.domain.audit_chain import Link, seal
from core.errors import ArtifactError
from core.secrets import SecretBox, derive

#: Every column of sealed texts; a test looks for one that is missing here.
SEALED = (
    ("sources", "secrets"),
    ("destinations", "secrets"),
    ("email_configs", "secrets"),
    ("bounce_intakes", "secrets"),
    ("second_factors", "sealed_secret"),
    ("sent_copies", "content"),
)
#: Tables whose files may be locked with a password, which is sealed inside their options.
WITH_FILE_OPTIONS = ("schedules", "runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """How much was sealed anew, and what neither key fits: it was lost before."""

    texts: int
    chains: int
    files: int
    lost_files: int


def rotate(database: Database, *, old: str, new: str, files: Path) -> Rotated:
    """Seal everything with `new`; may be repeated after a break. `files` is the folder of produced files.

    `database` is the owner's. Raises SettingError where a text fits neither key; then nothing in it is changed.
    """
    moved, lost = _files(database, files, old=old, new=new)
    with database.installation() as session:
        box = SecretBox(new, old)
        texts = sum(_column(session, box, table, column) for table, column in SEALED)
        texts += sum(_options(session, box, table) for table in WITH_FILE_OPTIONS)
        chains = _chains(session, old=derive(old, "audit"), new=derive(new, "audit"))
    return Rotated(texts=texts, chains=chains, files=moved, lost_files=lost)


def _column(session: Session, box: SecretBox, table: str, column: str) -> int:
    """Rotate a column of texts, row by row: the rows of one transaction keep their place until they are changed."""
    rows = session.execute(text(f"SELECT ctid::text, {column} FROM {table} WHERE {column} <> ''")).all()  # noqa: S608
    change = text(f"UPDATE {table} SET {column} = :sealed WHERE ctid = CAST(:row AS tid)")  # noqa: S608
    for row, sealed in rows:
        session.execute(change, {"sealed": box.rotate(sealed), "row": row})
    return len(rows)


def _options(session: Session, box: SecretBox, table: str) -> int:
    found = f"SELECT id, file_options ->> 'sealed_password' FROM {table}"  # noqa: S608
    rows = session.execute(text(found)).all()
    sealed_anew = "jsonb_set(file_options, '{sealed_password}', to_jsonb(CAST(:sealed AS text)))"
    change = text(f"UPDATE {table} SET file_options = {sealed_anew} WHERE id = :id")  # noqa: S608
    sealed = [(row_id, value) for row_id, value in rows if value]
    for row_id, value in sealed:
        session.execute(change, {"sealed": box.rotate(value), "id": row_id})
    return len(sealed)


def _chains(session: Session, *, old: str, new: str) -> int:
    """Seal the ends of the chains that hold; one that is broken stays so."""
    sealed = 0
    for organization_id, name in audit_checking.organizations(session):
        if audit_checking.check_chain(session, organization_id, name, key=old).broken is not None:
            continue
        row = session.execute(select(AuditHeadRow).where(AuditHeadRow.organization_id == organization_id)).scalar()
        if row is not None:
            head = Link(
                organization_id=row.organization_id,
                position=row.position,
                event_id=None,  # no part of the seal
                linked_at=row.linked_at,
                caught_up_at=row.caught_up_at,
                sha256=row.sha256,
            )
            session.execute(
                update(AuditHeadRow).where(AuditHeadRow.organization_id == organization_id).values(seal=seal(new, head))
            )
            sealed += 1
    return sealed


def _files(database: Database, folder: Path, *, old: str, new: str) -> tuple[int, int]:
    """Write the files of the folder anew, one at a time; returns how many, and how many neither key opens."""
    before, after = (FileStore(folder, key=partial(derive, key, "artifacts")) for key in (old, new))
    moved = lost = 0
    for key in _stored_keys(database):
        if _moved(key, before, after):
            moved += 1
        elif not _opens(key, after):
            lost += 1
    return moved, lost


def _stored_keys(database: Database) -> Iterator[str]:
    with database.installation() as session:
        wanted = text("SELECT storage_key FROM artifacts WHERE store = 'file' AND deleted_at IS NULL ORDER BY id")
        yield from session.execute(wanted).scalars().all()


def _moved(key: str, before: FileStore, after: FileStore) -> bool:
    with tempfile.NamedTemporaryFile() as plain:
        try:
            with before.open(key) as content:
                copyfileobj(content, plain)
        except ArtifactError:
            return False
        plain.flush()
        after.put(key, Path(plain.name))
    return True


def _opens(key: str, store: FileStore) -> bool:
    try:
        with store.open(key) as content:
            while content.read(1 << 20):
                pass
    except ArtifactError:
        return False
    return True
