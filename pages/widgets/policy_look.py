"""Looking at a dataset as somebody else: how many rows they get, of what, and the first of them."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.errors import BroadsheetError
from core.services.data_policies import KeptPolicy, Look, Names
from pages.widgets import policy_keys as keys
from pages.widgets import words
from pages.widgets.app import broadsheet, guard
from pages.widgets.policy_words import TREATMENTS
from pages.widgets.result import column_config, written
from pages.widgets.states import problem

_ROW_HEIGHT = 32


def look_panel(principal: Principal, kept: KeptPolicy, names: Names) -> None:
    """Draw the choice of a person, and what they get."""
    st.html('<h2 class="bs-part">Look as somebody</h2>')
    st.selectbox(
        "Person",
        list(names.people),
        index=None,
        key=keys.POLICY_LOOK,
        format_func=lambda one: names.people.get(one, ""),
        placeholder="Choose a person",
        label_visibility="collapsed",
        width=420,
    )
    chosen: UUID | None = st.session_state.get(keys.POLICY_LOOK)
    if chosen is None:
        st.caption("See what a person gets of this dataset. That you looked is noted in the audit.")
        return
    try:
        look = broadsheet().data_policies.look_as(guard(Permission.MANAGE_POLICIES), kept.dataset.id, chosen)
    except BroadsheetError as error:
        problem(error)
        return
    _said(look)
    if look.preview is not None and look.preview.table.num_rows:
        shown = look.preview.table.num_rows
        st.dataframe(
            written(look.preview),
            hide_index=True,
            row_height=_ROW_HEIGHT,
            height=(min(shown, 10) + 1) * _ROW_HEIGHT + 4,
            column_config={one.key: column_config(one, principal.timezone) for one in look.preview.columns},
            alt=f"The first rows that {look.person} gets",
        )


def _said(look: Look) -> None:
    noun = look.dataset.row_noun
    if look.rows is None:
        st.markdown(f"**{words.plain(look.person)}** gets figures of fewer rows than the least: nothing.")
    else:
        st.markdown(f"**{words.plain(look.person)}** gets **{look.rows:,}** of {look.rows_of_all:,} {noun}.")
    labels = {field.name: field.label for field in look.sight.fields}
    said = [f"{labels.get(name, name)}: {TREATMENTS[how].lower()}" for name, how in look.sight.masks]
    if look.sight.hidden:
        said.append("Hidden: " + ", ".join(sorted(labels.get(name, name) for name in look.sight.hidden)))
    if look.sight.least_rows:
        said.append(f"Figures of at least {look.sight.least_rows:,} rows, and no rows as they are")
    told = ", ".join(f"{name}: {', '.join(values)}" for name, values in sorted(look.traits.attributes.items()))
    st.caption(words.plain("  ·  ".join([*said, told])))
