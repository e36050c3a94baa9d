"""Every report, one line each: where it stands, whose it is, when it runs next and how it last ended."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.library import Folder, ReportFilter, ReportLine, Shelves
from core.domain.page import Page
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import keys, report_bulk, report_lines, rows
from pages.widgets.app import broadsheet, guard
from pages.widgets.export_status import export_status
from pages.widgets.report_filters import first_page, is_narrowed, report_filters
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem

PAGE_SIZE = 25


def new_report() -> None:
    """Open the builder on a fresh question."""
    drafts.forget_new()
    st.switch_page("builder.py")


def found(principal: Principal, wanted: ReportFilter) -> Page[ReportLine]:
    """Return the page of the list; the first one where the one asked for is gone."""
    library = broadsheet().library
    page = library.lines(principal, wanted, page=st.session_state.get(keys.REPORTS_PAGE, 1), limit=PAGE_SIZE)
    if page.items or page.page == 1:
        return page
    first_page()
    return library.lines(principal, wanted, limit=PAGE_SIZE)


def draw(principal: Principal, line: ReportLine, folders: dict[object, Folder]) -> None:
    """Draw one report."""
    with rows.line(str(line.id)):
        if principal.may(Permission.EDIT_REPORTS):
            report_bulk.tick(line)
        report_lines.star(line)
        link = None if line.archived_at is not None else report_lines.report_link(line)
        rows.row(line.name, link, report_lines.COLUMNS, report_lines.cells(principal, line, folders))
        chosen = rows.menu(f"reports_menu_{line.id}", report_lines.options(principal, line))
    if chosen is not None:
        report_lines.act(principal, line, chosen)


def nothing(wanted: ReportFilter) -> None:
    """Say why there is nothing, and what helps."""
    if is_narrowed(wanted):
        empty("No report is like that", "Try fewer words, or another folder or tag.", icon=":material/search_off:")
    elif wanted.is_archived:
        empty("The archive is empty", "Archive in a report's menu puts it here; nothing is lost by it.")
    else:
        empty("No reports yet", "Press New report: it starts with an answer, and you change the question from there.")


principal = guard(Permission.VIEW_REPORTS)
entered("reports")
report_bulk.forget_done()
with heading("Reports", "reports"):
    st.text_input(
        "Search reports",
        key=keys.REPORTS_SEARCH,
        label_visibility="collapsed",
        placeholder="Search reports",
        icon=":material/search:",
        width=260,
        live=True,
        on_change=first_page,
    )
    if principal.may(Permission.EDIT_REPORTS) and st.button("New report", type="primary", key=keys.REPORTS_NEW):
        new_report()
export_status(principal)
notice = st.session_state.pop(keys.REPORTS_NOTICE, None)
if notice:
    st.error(notice, icon=":material/error:")
try:
    shelves: Shelves = broadsheet().library.shelves(principal)
    wanted = report_filters(shelves)
    page = found(principal, wanted)
except BroadsheetError as error:
    problem(error)
    st.stop()
if page.items:
    report_bulk.bulk_bar(page.items)
    with st.container(key=keys.REPORTS_LIST, gap=None):
        lead = report_lines.STAR_WIDTH
        lead += report_bulk.TICK_WIDTH + 16 if principal.may(Permission.EDIT_REPORTS) else 0
        rows.heading("Name", report_lines.COLUMNS, lead=lead)
        by_id: dict[object, Folder] = {folder.id: folder for folder in shelves.folders}
        for item in page.items:
            draw(principal, item, by_id)
else:
    nothing(wanted)
if page.total > PAGE_SIZE:
    st.pagination(-(-page.total // PAGE_SIZE), key=keys.REPORTS_PAGE)
