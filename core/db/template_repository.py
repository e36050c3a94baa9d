"""Workbook templates of one organization. Their files come only where they are asked for by name."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import RunRow, ScheduleRow, UserRow, WorkbookTemplateRow
from core.domain.workbook_template import TemplateContents, WorkbookTemplate, dump_contents, load_contents
from core.errors import NotFound

#: Where a run's options keep the name of the template that is gone.
_DELETED = text("'{xlsx,deleted_template}'::text[]")
_GONE = "This template does not exist any more, or you may not see it. Choose another one."


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFile:
    """A workbook that was looked into."""

    file_name: str
    content: bytes
    contents: TemplateContents


def list_templates(session: Session) -> tuple[WorkbookTemplate, ...]:
    """Return every template by name."""
    rows = session.execute(_select_templates().order_by(func.lower(WorkbookTemplateRow.name))).mappings()
    return tuple(_template(row) for row in rows)


def load_template(session: Session, template_id: UUID) -> WorkbookTemplate:
    """Return a template without its file; raises NotFound."""
    row = session.execute(_select_templates().where(WorkbookTemplateRow.id == template_id)).mappings().first()
    if row is None:
        raise NotFound(_GONE, place="template_id")
    return _template(row)


def load_template_bytes(session: Session, template_id: UUID) -> bytes:
    """Return a template's file; raises NotFound."""
    statement = select(WorkbookTemplateRow.content).where(WorkbookTemplateRow.id == template_id)
    content = session.execute(statement).scalar_one_or_none()
    if content is None:
        raise NotFound(_GONE, place="template_id")
    return content


def lock_template(session: Session, template_id: UUID, *, share: bool) -> None:
    """Keep a template as it is until the transaction's end; raises NotFound.

    Who is about to refer to it locks it with `share`, who is about to delete it without: one waits for the other.
    """
    statement = select(WorkbookTemplateRow.id).where(WorkbookTemplateRow.id == template_id)
    if session.execute(statement.with_for_update(read=share)).first() is None:
        raise NotFound(_GONE, place="template_id")


def is_name_taken(session: Session, name: str, *, but: UUID | None = None) -> bool:
    """Whether another template than `but` is called `name`, whatever the case of its letters."""
    statement = select(WorkbookTemplateRow.id).where(func.lower(WorkbookTemplateRow.name) == func.lower(name))
    if but is not None:
        statement = statement.where(WorkbookTemplateRow.id != but)
    return session.execute(statement.limit(1)).first() is not None


def lock_names(session: Session, organization_id: UUID) -> None:
    """Wait until nobody else names a template of the organization; the transaction's end lets them go on."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"templates {organization_id}"}
    )


def insert_template(session: Session, file: TemplateFile, *, name: str, organization_id: UUID, user_id: UUID) -> UUID:
    """Keep a template; returns its id."""
    values = {"organization_id": organization_id, "uploaded_by": user_id, "name": name, **_columns(file)}
    return session.execute(insert(WorkbookTemplateRow).values(values).returning(WorkbookTemplateRow.id)).scalar_one()


def replace_file(session: Session, template_id: UUID, file: TemplateFile, *, user_id: UUID) -> None:
    """Put a newer file in the place of a template's; raises NotFound."""
    row = WorkbookTemplateRow
    changed = session.execute(
        update(row)
        .where(row.id == template_id)
        .values(uploaded_by=user_id, version=row.version + 1, updated_at=func.now(), **_columns(file))
        .returning(row.id)
    ).first()
    if changed is None:
        raise NotFound(_GONE, place="template_id")


def delete_template(session: Session, template_id: UUID) -> None:
    """Remove a template that no schedule uses; runs that were to fill it keep its name, to say which one is gone."""
    options = RunRow.file_options
    name = select(func.to_jsonb(WorkbookTemplateRow.name)).where(WorkbookTemplateRow.id == template_id)
    session.execute(
        update(RunRow)
        .where(options["xlsx"]["template_id"].astext == str(template_id))
        .values(file_options=func.jsonb_set(options, _DELETED, name.scalar_subquery()))
    )
    session.execute(delete(WorkbookTemplateRow).where(WorkbookTemplateRow.id == template_id))


def schedules_using(session: Session, template_id: UUID) -> tuple[str, ...]:
    """Return the names of the schedules that fill a template."""
    used = ScheduleRow.file_options["xlsx"]["template_id"].astext == str(template_id)
    return tuple(session.execute(select(ScheduleRow.name).where(used).order_by(ScheduleRow.name)).scalars())


def use_counts(session: Session) -> dict[UUID, int]:
    """Return how many schedules fill each template; those without any are left out."""
    used = ScheduleRow.file_options["xlsx"]["template_id"].astext
    rows = session.execute(select(used, func.count()).where(used.is_not(None)).group_by(used))
    return {UUID(template_id): count for template_id, count in rows}


def _columns(file: TemplateFile) -> dict[str, Any]:
    return {
        "file_name": file.file_name,
        "content": file.content,
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "size_bytes": len(file.content),
        "contents": dump_contents(file.contents),
    }


def _select_templates() -> Select[Any]:
    row = WorkbookTemplateRow
    return select(
        row.id,
        row.name,
        row.file_name,
        row.size_bytes,
        row.sha256,
        row.contents,
        row.version,
        row.created_at,
        row.updated_at,
        UserRow.name.label("uploaded_by"),
    ).join(UserRow, UserRow.id == row.uploaded_by)


def _template(row: RowMapping) -> WorkbookTemplate:
    return WorkbookTemplate(**{**row, "contents": load_contents(row["contents"])})
