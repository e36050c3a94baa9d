"""Templates in memory, with the signatures the screens call."""

from dataclasses import replace
from uuid import uuid4

from core.domain.workbook_template import (
    TemplateColumn,
    TemplateContents,
    TemplateName,
    TemplateTable,
    WorkbookTemplate,
)
from core.errors import Conflict, InvalidUpload, NotFound

from . import fake_data

CONTENTS = TemplateContents(
    sheets=("Report",),
    names=(TemplateName(name="broadsheet.title", place="Report!B2", meaning="Title of the report"),),
    unknown=("broadsheet.tilte (Report!B3) is no name that is filled",),
    table=TemplateTable(
        name="Orders",
        place="Report!B10:D11",
        columns=(
            TemplateColumn(heading="Country"),
            TemplateColumn(heading="Revenue"),
            TemplateColumn(heading="Margin", is_formula=True),
        ),
    ),
    warnings=("Not kept: sparklines.",),
)


class FakeTemplates:
    """A file that begins with `no` cannot be filled; everything else holds `CONTENTS`."""

    max_bytes = 10_000_000

    def __init__(self) -> None:
        self.items: dict = {}
        self.contents: dict = {}
        self.using: dict = {}

    def list(self, principal):
        return tuple(sorted(self.items.values(), key=lambda one: one.name.lower()))

    def get(self, principal, template_id):
        if template_id not in self.items:
            raise NotFound
        return self.items[template_id]

    def content(self, principal, template_id):
        self.get(principal, template_id)
        return self.contents[template_id]

    def use_counts(self, principal):
        return {template_id: len(names) for template_id, names in self.using.items()}

    def used_by(self, principal, template_id):
        return tuple(self.using.get(template_id, ()))

    def inspect(self, principal, file_name, content):
        if content.startswith(b"no"):
            raise InvalidUpload("The workbook holds macros, which are not sent on. Save it as .xlsx without them.")
        return CONTENTS

    def create(self, principal, name, file_name, content):
        if name in {one.name for one in self.items.values()}:
            raise Conflict(f"There is a template called {name} already.", place="name")
        made = WorkbookTemplate(
            id=uuid4(),
            name=name,
            file_name=file_name,
            size_bytes=len(content),
            sha256="ab" * 32,
            contents=self.inspect(principal, file_name, content),
            version=1,
            created_at=fake_data.NOW,
            updated_at=fake_data.NOW,
            uploaded_by="Ada Lovelace",
        )
        self.items[made.id] = made
        self.contents[made.id] = content
        return made

    def replace(self, principal, template_id, file_name, content):
        known = self.get(principal, template_id)
        self.items[template_id] = replace(known, file_name=file_name, version=known.version + 1)
        self.contents[template_id] = content
        return self.items[template_id]

    def delete(self, principal, template_id):
        if self.using.get(template_id):
            raise Conflict(f"Schedules fill this template: {', '.join(self.using[template_id])}.")
        del self.items[template_id]

    def example(self, principal, report_id):
        return "example.xlsx", b"PK example"
