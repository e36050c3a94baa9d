"""Personal data: who received which, everything about a person, erasing somebody, how long files are kept."""

from urllib.parse import urlencode
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.personal_data import PersonalFilter, PersonalLine
from core.errors import BroadsheetError
from core.services.personal_data import PersonalDataset
from pages.widgets import policy_keys as keys
from pages.widgets import rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.delivery_states import DELIVERIES
from pages.widgets.personal_person import person_panel
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, mark, problem

SHOWN = {"received": "Who received what", "person": "One person", "datasets": "How long files are kept"}
PAGE_SIZE = 25
COLUMNS = (
    rows.Column(title="State", width=130),
    rows.Column(title="Report", width=220, narrow=False),
    rows.Column(title="Personal fields", width=280, narrow=False),
    rows.Column(title="When", width=190),
)
DATASETS = (rows.Column(title="Personal fields", width=420, narrow=False), rows.Column(title="Days", width=110))


def received(principal: Principal) -> None:
    """Draw which deliveries took personal data to whom."""
    search, page = st.session_state.get(keys.PERSONAL_SEARCH, ""), st.session_state.get(keys.PERSONAL_PAGE, 1)
    wanted = PersonalFilter(search=search)
    found = broadsheet().personal_data.received(principal, wanted, page=page, limit=PAGE_SIZE)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Search",
            key=keys.PERSONAL_SEARCH,
            placeholder="Address or report",
            label_visibility="collapsed",
            on_change=lambda: st.session_state.pop(keys.PERSONAL_PAGE, None),
            width=260,
        )
        if found.total:
            address = f"/saved/personal-data.csv?{urlencode({'search': search})}"
            st.link_button("CSV", address, icon=":material/download:")
    if not found.items:
        more = "Mark fields as personal in a dataset; deliveries of reports that use them are listed here."
        empty("No personal data went out", more, icon=":material/shield_person:")
        return
    with st.container(gap=None):
        rows.heading("To", COLUMNS, tail=0)
        for line in found.items:
            _received(principal, line)
    if found.total > PAGE_SIZE:
        st.pagination(-(-found.total // PAGE_SIZE), key=keys.PERSONAL_PAGE)


def _received(principal: Principal, line: PersonalLine) -> None:
    cells = (
        mark(*DELIVERIES[line.state]),
        rows.fact(line.title),
        rows.fact(", ".join(line.fields)),
        rows.fact(words.moment(line.at, principal.timezone, zone=False), quiet=True),
    )
    with rows.line(str(line.delivery_id)):
        rows.row(line.address, rows.Link(page="sent.py", query={"delivery": str(line.delivery_id)}), COLUMNS, cells)


def datasets(principal: Principal) -> None:
    """Draw the datasets with personal fields, each with the days its files are kept."""
    found = broadsheet().personal_data.datasets(principal)
    if not found:
        empty("No field is marked personal", "Mark fields in a dataset's editor.", icon=":material/shield_person:")
        return
    kept = broadsheet().settings.retention_days
    st.caption(f"Files are deleted after {kept:,} days here. A dataset may ask for fewer; 0 leaves it at that.")
    with st.container(gap=None):
        rows.heading("Dataset", DATASETS, tail=0)
        for one in found:
            _dataset(one)


def _dataset(one: PersonalDataset) -> None:
    key = f"personal_days_{one.dataset.id}"
    with rows.line(str(one.dataset.id)):
        link = rows.Link(page="dataset.py", query={"dataset": str(one.dataset.id)})
        rows.row(one.dataset.label, link, DATASETS[:1], (rows.fact(", ".join(one.fields), quiet=True),))
        st.number_input(
            f"Days for {one.dataset.label}",
            min_value=0,
            max_value=3650,
            value=one.files_days or 0,
            key=key,
            label_visibility="collapsed",
            on_change=_keep,
            args=(one.dataset.id, key),
            width=110,
        )


def _keep(dataset_id: UUID, key: str) -> None:
    days = int(st.session_state[key])
    try:
        broadsheet().personal_data.keep_files(guard(Permission.MANAGE_POLICIES), dataset_id, days or None)
    except BroadsheetError as error:
        problem(error)
    else:
        st.toast("Saved", icon=":material/check:")


principal = guard(Permission.MANAGE_POLICIES)
entered("personal_data")
with heading("Personal data", "personal"):
    shown = st.segmented_control(
        "Show",
        list(SHOWN),
        key=keys.PERSONAL_SHOWN,
        default="received",
        format_func=SHOWN.get,
        required=True,
        label_visibility="collapsed",
    )
try:
    if shown == "person":
        person_panel()
    else:
        {"received": received, "datasets": datasets}[shown](principal)
except BroadsheetError as error:
    problem(error)
