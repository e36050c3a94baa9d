"""Workbook templates: brought, looked into, kept, handed back, taken away; and examples to start one from."""

import threading
from uuid import UUID

from core.access.policy import require
from core.db import template_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.template_repository import TemplateFile
from core.domain.access import Permission, Principal
from core.domain.text import check_text
from core.domain.workbook_template import TemplateContents, WorkbookTemplate
from core.errors import Conflict, InvalidInput, InvalidUpload, TooManyRequests
from core.query.columns import measure_column
from core.render.xlsx.template_inspection import TEMPLATE_LIMITS, inspect_template
from core.services.catalog import CatalogService
from core.services.reports import ReportService

MAX_NAME_LENGTH = 200
_MOST_TEMPLATES = 200
#: Workbooks looked into at the same time in one process, and how long others wait for their turn.
_MAX_READING = 2
_WAIT_S = 60


class TemplateTooLarge(InvalidUpload):
    """The workbook is too large."""

    code = "upload_too_large"
    http_status = 413


class TemplateService:
    """Everything a person does with templates. Whoever makes files may use them, whoever edits reports brings them."""

    def __init__(self, database: Database, reports: ReportService, catalog: CatalogService) -> None:
        self._database = database
        self._reports = reports
        self._catalog = catalog
        self._places = threading.BoundedSemaphore(_MAX_READING)

    @property
    def max_bytes(self) -> int:
        """The largest file that is taken."""
        return TEMPLATE_LIMITS.file_bytes

    def list(self, principal: Principal) -> tuple[WorkbookTemplate, ...]:
        """Return all templates by name."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return template_repository.list_templates(session)

    def get(self, principal: Principal, template_id: UUID) -> WorkbookTemplate:
        """Return a template; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return template_repository.load_template(session, template_id)

    def content(self, principal: Principal, template_id: UUID) -> bytes:
        """Return a template's file as it was brought; raises NotFound."""
        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            return template_repository.load_template_bytes(session, template_id)

    def use_counts(self, principal: Principal) -> dict[UUID, int]:
        """Return how many schedules fill each template; those without any are left out."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return template_repository.use_counts(session)

    def used_by(self, principal: Principal, template_id: UUID) -> tuple[str, ...]:
        """Return the names of the schedules that fill a template."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return template_repository.schedules_using(session, template_id)

    def inspect(self, principal: Principal, file_name: str, content: bytes) -> TemplateContents:
        """Say what is in a workbook, without keeping it. Raises InvalidUpload where it cannot be filled."""
        require(principal, Permission.EDIT_REPORTS)
        return self._looked_into(file_name, content).contents

    def create(self, principal: Principal, name: str, file_name: str, content: bytes) -> WorkbookTemplate:
        """Keep a workbook as the template `name`. Raises InvalidUpload, Conflict where the name is taken."""
        require(principal, Permission.EDIT_REPORTS)
        label = check_text(name.strip(), place="name", max_length=MAX_NAME_LENGTH, one_line=True)
        if not label:
            raise InvalidInput("Give the template a name.", place="name")
        file = self._looked_into(file_name, content)
        with self._database.person(principal) as session:
            template_repository.lock_names(session, principal.organization_id)
            if template_repository.is_name_taken(session, label):
                raise Conflict(f"There is a template called {label} already.", place="name")
            if len(template_repository.list_templates(session)) >= _MOST_TEMPLATES:
                raise Conflict(f"There are {_MOST_TEMPLATES} templates, the most there can be. Delete some.")
            template_id = template_repository.insert_template(
                session, file, name=label, organization_id=principal.organization_id, user_id=principal.user_id
            )
            made = template_repository.load_template(session, template_id)
            return note(session, principal, "template.created", after=made)

    def replace(self, principal: Principal, template_id: UUID, file_name: str, content: bytes) -> WorkbookTemplate:
        """Put a newer workbook in the place of a template's file; schedules fill that from then on."""
        require(principal, Permission.EDIT_REPORTS)
        self.get(principal, template_id)
        file = self._looked_into(file_name, content)
        with self._database.person(principal) as session:
            before = template_repository.load_template(session, template_id)
            template_repository.replace_file(session, template_id, file, user_id=principal.user_id)
            kept = template_repository.load_template(session, template_id)
            return note(session, principal, "template.changed", before=before, after=kept)

    def delete(self, principal: Principal, template_id: UUID) -> None:
        """Take a template away; raises Conflict while schedules fill it."""
        require(principal, Permission.EDIT_REPORTS)
        with self._database.person(principal) as session:
            template_repository.lock_template(session, template_id, share=False)
            using = template_repository.schedules_using(session, template_id)
            if using:
                raise Conflict(f"Schedules fill this template: {', '.join(using)}. Choose another one there first.")
            before = template_repository.load_template(session, template_id)
            template_repository.delete_template(session, template_id)
            note(session, principal, "template.deleted", before=before)

    def example(self, principal: Principal, report_id: UUID) -> tuple[str, bytes]:
        """Return the file name and bytes of a workbook to start from: a report's columns, figures and names."""
        require(principal, Permission.EDIT_REPORTS)
        from core.render.xlsx.template_example import ExampleSubject, example_workbook

        report = self._reports.get(principal, report_id)
        dataset = self._catalog.dataset(principal, report.definition.dataset_id)
        columns = self._reports.columns_of(principal, report.definition)
        subject = ExampleSubject(
            title=report.name,
            columns=tuple(column for column in columns if not column.is_hidden),
            kpis=tuple(measure_column(kpi, dataset).label for kpi in report.definition.kpis),
        )
        return f"{report.name}.xlsx", example_workbook(subject)

    def _looked_into(self, name: str, content: bytes) -> TemplateFile:
        file_name = _file_name(name)
        if len(content) > self.max_bytes:
            raise TemplateTooLarge(
                f"The workbook is larger than {self.max_bytes // 2**20} MB, the most a template may have. It needs no "
                "rows of data: delete them."
            )
        if not self._places.acquire(timeout=_WAIT_S):
            raise TooManyRequests(retry_after_s=_WAIT_S)
        try:
            contents = inspect_template(content, file_name)
        finally:
            self._places.release()
        return TemplateFile(file_name=_as_workbook(file_name), content=content, contents=contents)


def _file_name(name: str) -> str:
    """The last part of what a browser calls the file."""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    if not last:
        raise InvalidUpload("The file has no name.", place="file_name")
    return check_text(last, place="file_name", max_length=MAX_NAME_LENGTH, one_line=True)


def _as_workbook(name: str) -> str:
    """The name with the ending that its content has: handed back as "letter.pdf", nothing would open it."""
    return name if name.lower().endswith(".xlsx") else f"{name[: MAX_NAME_LENGTH - len('.xlsx')]}.xlsx"
