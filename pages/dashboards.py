"""Every dashboard, one line each."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dashboard import Dashboard
from core.domain.library import Action, Visibility
from core.errors import BroadsheetError
from pages.widgets import board_state, keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.board_head import FILES, download
from pages.widgets.export_status import export_status
from pages.widgets.report_sharing import open_sharing
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem

PAGE_SIZE = 25
COLUMNS = (
    rows.Column(title="Owner", width=160, narrow=False),
    rows.Column(title="For", width=130, narrow=False),
    rows.Column(title="Tiles", width=80, is_number=True),
    rows.Column(title="Refreshes", width=120, narrow=False),
    rows.Column(title="Changed", width=170),
)

_FOR = {
    Visibility.PRIVATE: "Private",
    Visibility.SHARED: "Shared with some",
    Visibility.ORGANIZATION: "Everybody here",
}


def draw(principal: Principal, dashboard: Dashboard) -> None:
    """Draw one dashboard."""
    refresh_s = dashboard.content.refresh_s
    cells = (
        rows.fact(dashboard.owner_name, quiet=True),
        rows.fact(_FOR[dashboard.visibility], quiet=True),
        rows.count(len(dashboard.content.tiles), "tile"),
        rows.fact(f"Every {refresh_s} s" if refresh_s else "When opened", quiet=True),
        rows.fact(f"{words.ago(dashboard.updated_at, broadsheet().clock.now())}, v{dashboard.version}", quiet=True),
    )
    with rows.line(str(dashboard.id)):
        link = rows.Link(page="dashboard.py", query={"dashboard": str(dashboard.id)})
        rows.row(dashboard.name, link, COLUMNS, cells)
        chosen = rows.menu(f"dashboards_menu_{dashboard.id}", actions(principal, dashboard))
    if chosen is not None:
        act(principal, dashboard, chosen)


def actions(principal: Principal, dashboard: Dashboard) -> list[str]:
    """Return what the person may do with a dashboard."""
    found = ["Open"]
    if principal.may(Permission.MANAGE_EXPORTS):
        found += [f"Download {label}" for label in FILES]
    if principal.may(Permission.MANAGE_SCHEDULES):
        found.append("Schedule …")
    found.append("History")
    library = broadsheet().library
    found.append("Share …" if library.may(principal, Action.SHARE, dashboard) else "Who sees it …")
    return found + (["Edit", "Archive"] if library.may(principal, Action.EDIT, dashboard) else [])


def act(principal: Principal, dashboard: Dashboard, chosen: str) -> None:
    """Do what was chosen in a dashboard's menu."""
    query = {"dashboard": str(dashboard.id)}
    if chosen.startswith("Download "):
        download(principal, dashboard.id, FILES[chosen.removeprefix("Download ")], {})
        st.rerun()
    elif chosen == "Schedule …":
        st.switch_page("schedule_form.py", query_params=query)
    elif chosen == "History":
        st.switch_page("runs.py", query_params=query)
    elif chosen in ("Share …", "Who sees it …"):
        open_sharing(dashboard)
    elif chosen == "Archive":
        archive(dashboard)
    else:
        if chosen == "Edit":
            board_state.edit(dashboard)
        st.switch_page("dashboard.py", query_params=query)


@st.dialog("Archive this dashboard?")
def archive(dashboard: Dashboard) -> None:
    """Ask before a dashboard leaves the list."""
    st.markdown(f"**{words.plain(dashboard.name)}** leaves the list. Its reports, versions, runs and files stay.")
    if st.button("Archive dashboard", type="primary", key=keys.DASHBOARDS_ARCHIVE):
        try:
            broadsheet().dashboards.archive(guard(Permission.EDIT_REPORTS), dashboard.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


principal = guard(Permission.VIEW_REPORTS)
entered("dashboards")
with heading("Dashboards", "dashboards"):
    search = st.text_input(
        "Search dashboards",
        key=keys.DASHBOARDS_SEARCH,
        label_visibility="collapsed",
        placeholder="Search dashboards",
        icon=":material/search:",
        width=260,
        live=True,
    )
    if principal.may(Permission.EDIT_REPORTS) and st.button("New dashboard", type="primary", key=keys.DASHBOARDS_NEW):
        board_state.begin(principal.timezone)
        st.switch_page("dashboard.py")
export_status(principal)
try:
    page = broadsheet().dashboards.list(
        principal, search=search or "", page=st.session_state.get(keys.DASHBOARDS_PAGE, 1), limit=PAGE_SIZE
    )
except BroadsheetError as error:
    problem(error)
    st.stop()
if page.items:
    with st.container(key=keys.DASHBOARDS_LIST, gap=None):
        rows.heading("Name", COLUMNS)
        for item in page.items:
            draw(principal, item)
elif search:
    empty("No dashboard is called that", "Try fewer words.", icon=":material/search_off:")
else:
    empty("No dashboards yet", "Press New dashboard and put your reports side by side.", icon=":material/dashboard:")
if page.total > PAGE_SIZE:
    st.pagination(-(-page.total // PAGE_SIZE), key=keys.DASHBOARDS_PAGE)
