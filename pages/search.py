"""Search over everything: reports, dashboards, schedules and datasets, as far as the person may see them."""

from collections.abc import Sequence

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.library import Found, FoundKind
from core.errors import BroadsheetError
from pages.widgets import keys, rows
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem

TITLES = {
    FoundKind.REPORT: "Reports",
    FoundKind.DASHBOARD: "Dashboards",
    FoundKind.SCHEDULE: "Schedules",
    FoundKind.DATASET: "Datasets",
}
#: Where words were found that are not in the name.
PLACES = {
    "tag": "in a tag",
    "folder": "in its folder",
    "about": "in its description",
    "field": "in a field",
    "report": "in the name of its report",
}
COLUMNS = (rows.Column(title="Found", width=330),)


def link(principal: Principal, found: Found) -> rows.Link:
    """Return where a thing found leads."""
    may_schedule = principal.may(Permission.MANAGE_SCHEDULES)
    page = {
        FoundKind.REPORT: "builder.py",
        FoundKind.DASHBOARD: "dashboard.py",
        FoundKind.SCHEDULE: "schedule_form.py" if may_schedule else "runs.py",
        FoundKind.DATASET: "dataset.py",
    }[found.kind]
    return rows.Link(page=page, query={str(found.kind): str(found.id)})


def draw(principal: Principal, kind: FoundKind, items: Sequence[Found]) -> None:
    """Draw what was found of one kind."""
    with st.container(key=f"search_{kind}", gap=None):
        st.html(f'<h2 class="bs-section">{TITLES[kind]}</h2>')
        for item in items:
            with rows.line(f"search_{item.id}"):
                cells = (rows.fact(PLACES.get(item.because, ""), quiet=True),)
                rows.row(item.name, link(principal, item), COLUMNS, cells)


principal = guard(Permission.VIEW_REPORTS)
if entered("search"):
    st.session_state[keys.SEARCH_FIELD] = st.query_params.get("q") or st.session_state.get(keys.SEARCH_FIELD, "")
with heading("Search", "search"):
    asked = st.text_input(
        "Search everything",
        key=keys.SEARCH_FIELD,
        label_visibility="collapsed",
        placeholder="A name, a tag, a field …",
        icon=":material/search:",
        live=True,
        width=340,
    )
asked = (asked or "").strip()
st.query_params["q"] = asked
try:
    found = broadsheet().search.find(principal, asked)
except BroadsheetError as error:
    problem(error)
    st.stop()
for kind in TITLES:
    if found[kind]:
        draw(principal, kind, found[kind])
if not asked:
    empty("What are you looking for?", "Reports, schedules, dashboards and datasets are found by their words.")
elif not any(found.values()):
    empty("Nothing is like that", "Every word has to be found: try fewer.", icon=":material/search_off:")
