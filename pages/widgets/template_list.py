"""The list of templates, and what is done with one."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import streamlit as st

from core.domain.workbook_template import WorkbookTemplate
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet
from pages.widgets.template_dialogs import ask_delete, newer_file, show_template

LOOK, NEWER, DELETE = "Look inside", "Newer file", "Delete"
_COLUMNS = (
    rows.Column(title="Filled", width=210),
    rows.Column(title="Used by", width=110),
    rows.Column(title="Uploaded by", width=150, narrow=False),
    rows.Column(title="Changed", width=130, narrow=False),
)


def template_list(found: Iterable[WorkbookTemplate], counts: Mapping[UUID, int]) -> None:
    """Draw templates, one line each."""
    with st.container(key=keys.TEMPLATES_LIST, gap=None):
        rows.heading("Name", _COLUMNS)
        for template in found:
            _line(template, counts.get(template.id, 0))


def filled_words(template: WorkbookTemplate) -> str:
    """How much of a template is filled: "8 names, 6 columns"."""
    contents = template.contents
    columns = [column for column in contents.table.columns if not column.is_formula] if contents.table else []
    return ", ".join((_count(len(contents.names), "name"), _count(len(columns), "column") if columns else "no table"))


def _line(template: WorkbookTemplate, schedules: int) -> None:
    now = broadsheet().clock.now()
    cells = (
        rows.fact(filled_words(template), quiet=True),
        rows.fact(_count(schedules, "schedule") if schedules else "no schedule", quiet=not schedules),
        rows.fact(template.uploaded_by, quiet=True),
        rows.fact(f"{words.ago(template.updated_at, now)}, v{template.version}", quiet=True),
    )
    with rows.line(str(template.id)):
        rows.row(template.name, None, _COLUMNS, cells)
        chosen = rows.menu(f"templates_menu_{template.id}", (LOOK, NEWER, DELETE))
    if chosen == LOOK:
        show_template(template)
    elif chosen == NEWER:
        newer_file(template)
    elif chosen == DELETE:
        ask_delete(template)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
