"""The same done to many schedules: which are chosen, the bar of what can be done, and what became of it."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from core.domain.access import Permission
from core.domain.schedule import Schedule
from core.errors import BroadsheetError
from core.services.schedule_care import BulkAction, BulkOrder
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.schedule_actions import until_fields
from pages.widgets.states import problem

_ACTIONS = ("Pause", "Pause until …", "Resume", "Send now", "Give to somebody …", "Delete …")
_DONE = {
    BulkAction.PAUSE: "paused",
    BulkAction.RESUME: "resumed",
    BulkAction.RUN: "being made",
    BulkAction.TRANSFER: "given away",
    BulkAction.DELETE: "deleted",
}
_MOST_NAMED = 5


def tick(schedule: Schedule) -> None:
    """Draw the mark with which a schedule is chosen."""
    st.checkbox(f"Choose {schedule.name}", key=_key(schedule.id), label_visibility="collapsed", width=24)


def chosen(items: Sequence[Schedule]) -> list[Schedule]:
    """Return the schedules on the page that are chosen."""
    return [item for item in items if st.session_state.get(_key(item.id))]


def bulk_bar(items: list[Schedule]) -> None:
    """Draw what can be done with the chosen ones."""
    if not items:
        return
    with st.container(key="schedules_bulk", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(items)} chosen**", width="content")
        for action in _ACTIONS:
            if st.button(action, key=f"schedules_bulk_{action.split()[0].lower()}{'_until' * ('until' in action)}"):
                _act(action, items)
        st.button("Choose none", key="schedules_bulk_none", type="tertiary", on_click=_forget, args=(items,))


def _act(action: str, items: list[Schedule]) -> None:
    if action == "Pause until …":
        _pause_until(items)
    elif action == "Give to somebody …":
        _transfer(items)
    elif action == "Delete …":
        _delete(items)
    else:
        kinds = {"Pause": BulkAction.PAUSE, "Resume": BulkAction.RESUME, "Send now": BulkAction.RUN}
        _order(items, BulkOrder(action=kinds[action]))


@st.dialog("Pause until")
def _pause_until(items: list[Schedule]) -> None:
    until, because = until_fields(items[0].config.timezone)
    if st.button(f"Pause {len(items)}", type="primary", key="schedules_bulk_go"):
        _order(items, BulkOrder(action=BulkAction.PAUSE, until=until, because=because))


@st.dialog("Give to somebody else")
def _transfer(items: list[Schedule]) -> None:
    owner = st.text_input("Address of the new owner", placeholder="name@example.com").strip()
    st.caption("From the next run on the reports show what the new owner may see.")
    if st.button(f"Give {len(items)} to them", type="primary", key="schedules_bulk_go", disabled=not owner):
        _order(items, BulkOrder(action=BulkAction.TRANSFER, owner=owner))


@st.dialog("Delete these schedules?")
def _delete(items: list[Schedule]) -> None:
    st.markdown("  \n".join(item.name for item in items[:_MOST_NAMED]))
    if len(items) > _MOST_NAMED:
        st.caption(f"and {len(items) - _MOST_NAMED} more")
    st.caption("They will not run again. Their runs and files stay. Pausing them can be undone.")
    if st.button(f"Delete {len(items)}", type="primary", key="schedules_bulk_go"):
        _order(items, BulkOrder(action=BulkAction.DELETE))


def _order(items: list[Schedule], order: BulkOrder) -> None:
    """Do it; what could not be done is named above the list."""
    names = {item.id: item.name for item in items}
    try:
        answers = broadsheet().schedule_care.bulk(guard(Permission.MANAGE_SCHEDULES), list(names), order)
    except BroadsheetError as error:
        problem(error)
        return
    refused = [answer for answer in answers if not answer.is_done]
    done = len(answers) - len(refused)
    if done:
        st.toast(f"{done} {_DONE[order.action]}", icon=":material/check:")
    if refused:
        said = "; ".join(f"{names[answer.schedule_id]}: {answer.message}" for answer in refused[:_MOST_NAMED])
        st.session_state[keys.SCHEDULES_NOTICE] = f"{len(refused)} not {_DONE[order.action]}. {said}"
    st.session_state[keys.SCHEDULES_TICKED] = [item.id for item in items]
    st.rerun()


def forget_done() -> None:
    """Untick what was dealt with; called before the ticks are drawn."""
    for schedule_id in st.session_state.pop(keys.SCHEDULES_TICKED, ()):
        st.session_state[_key(schedule_id)] = False


def _forget(items: list[Schedule]) -> None:
    for item in items:
        st.session_state[_key(item.id)] = False


def _key(schedule_id: UUID) -> str:
    return f"schedules_tick_{schedule_id}"
