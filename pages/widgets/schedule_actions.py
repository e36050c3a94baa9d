"""What is done with one schedule from its row: at once, or after a question."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.schedule import Schedule
from core.errors import BroadsheetError
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.schedule_backfill import backfill
from pages.widgets.states import problem

MANAGE = (
    "Edit",
    "Send now",
    "Send as of a date …",
    "Send test to me",
    "Pause",
    "Pause until …",
    "Resume",
    "Copy",
    "Give to somebody …",
    "Make past runs …",
    "History",
    "Delete …",
)
_WHEN_PAUSED = ("Pause", "Pause until …")


def options(principal: Principal, schedule: Schedule) -> list[str]:
    """Return what the person may do with a schedule."""
    if not principal.may(Permission.MANAGE_SCHEDULES):
        return ["History"]
    left_out = ("Resume",) if schedule.is_active else _WHEN_PAUSED
    return [name for name in MANAGE if name not in left_out]


def act(principal: Principal, schedule: Schedule, chosen: str) -> None:
    """Do what was chosen in a schedule's menu."""
    services = broadsheet()
    asked: dict[str, Callable[[Schedule], None]] = {
        "Send as of a date …": send_as_of,
        "Pause until …": pause_until,
        "Give to somebody …": transfer,
        "Make past runs …": backfill,
        "Delete …": delete,
    }
    if chosen in asked:
        asked[chosen](schedule)
    elif chosen == "Edit":
        st.switch_page("schedule_form.py", query_params={"schedule": str(schedule.id)})
    elif chosen == "History":
        st.switch_page("runs.py", query_params={"schedule": str(schedule.id)})
    elif chosen in ("Pause", "Resume"):
        set_active(schedule, is_active=chosen == "Resume")
        st.rerun()
    elif chosen == "Copy":
        _try(lambda: _copied(principal, schedule.id))
    else:
        send = services.runs.run_schedule_now if chosen == "Send now" else services.runs.test_schedule
        _try(lambda: _open_run(send(principal, schedule.id).id))


def set_active(schedule: Schedule, *, is_active: bool) -> None:
    """Pause or resume a schedule."""
    principal = guard(Permission.MANAGE_SCHEDULES)
    schedules = broadsheet().schedules
    try:
        changed = (schedules.resume if is_active else schedules.pause)(principal, schedule.id)
    except BroadsheetError as error:
        st.session_state[keys.SCHEDULES_NOTICE] = error.user_message
        return
    when = words.moment(changed.next_run_at, changed.config.timezone)
    st.toast(f"Next run: {when}" if changed.is_active else f"{changed.name} is paused", icon=":material/check:")


@st.dialog("Send as of a date")
def send_as_of(schedule: Schedule) -> None:
    """Ask which moment the report stands for."""
    st.markdown(f"**{words.plain(schedule.name)}** goes to its recipients as it would have on that day.")
    zone = ZoneInfo(schedule.config.timezone)
    today = broadsheet().clock.now().astimezone(zone).date()
    with st.container(horizontal=True):
        day = st.date_input("Day", value=today - timedelta(days=1), max_value=today, format="YYYY-MM-DD")
        at = st.time_input("Time", value=(schedule.config.times or (time(9),))[0], step=300)
    st.caption(f"Time in {schedule.config.timezone.replace('_', ' ')}. Dates such as “last week” follow it.")
    if st.button("Send now", type="primary", key=keys.SCHEDULES_AS_OF):
        as_of = datetime.combine(day, at or time(9), tzinfo=zone)
        runs = broadsheet().runs
        _try(lambda: _open_run(runs.run_schedule_now(_manager(), schedule.id, as_of=as_of).id))


@st.dialog("Pause until")
def pause_until(schedule: Schedule) -> None:
    """Ask until when and why a schedule pauses."""
    until, because = until_fields(schedule.config.timezone)
    if st.button("Pause schedule", type="primary", key=keys.SCHEDULES_PAUSE):
        pause = broadsheet().schedules.pause
        _try(lambda: _done(pause(_manager(), schedule.id, until=until, because=because).name, "is paused"))


def until_fields(timezone: str) -> tuple[datetime | None, str | None]:
    """Draw until when and why; without a day it is until somebody resumes it."""
    zone = ZoneInfo(timezone)
    tomorrow = broadsheet().clock.now().astimezone(zone).date() + timedelta(days=1)
    day = st.date_input("Resume on", value=tomorrow + timedelta(days=6), min_value=tomorrow, format="YYYY-MM-DD")
    because = st.text_input("Why", max_chars=300, placeholder="Optional; everybody who sees the schedule reads it")
    st.caption(
        f"It resumes by itself at the start of that day ({timezone.replace('_', ' ')}). What is missed stays out."
    )
    return (None if day is None else datetime.combine(day, time(0), tzinfo=zone)), because.strip() or None


@st.dialog("Give to somebody else")
def transfer(schedule: Schedule) -> None:
    """Ask for the new owner of a schedule."""
    st.markdown(f"**{words.plain(schedule.name)}** belongs to {words.plain(schedule.owner_name)}.")
    owner = st.text_input("Address of the new owner", placeholder="name@example.com")
    st.caption("From the next run on the report shows what the new owner may see.")
    if st.button("Give it to them", type="primary", key=keys.SCHEDULES_TRANSFER, disabled=not owner.strip()):
        give = broadsheet().schedule_care.transfer
        _try(
            lambda: _done(schedule.name, f"belongs to {give(_manager(), schedule.id, owner=owner.strip()).owner_name}")
        )


@st.dialog("Delete this schedule?")
def delete(schedule: Schedule) -> None:
    """Ask before a schedule is deleted."""
    name = words.plain(schedule.name)
    st.markdown(f"**{name}** will not run again. Its runs and files stay. Pausing it can be undone.")
    if st.button("Delete schedule", type="primary", key=keys.SCHEDULES_DELETE):
        _try(lambda: _deleted(schedule))


def _deleted(schedule: Schedule) -> None:
    broadsheet().schedules.delete(_manager(), schedule.id)
    _done(schedule.name, "is deleted")


def _copied(principal: Principal, schedule_id: UUID) -> None:
    made = broadsheet().schedule_care.clone(principal, schedule_id)
    st.toast(f"{made.name} is saved and paused", icon=":material/check:")
    st.switch_page("schedule_form.py", query_params={"schedule": str(made.id)})


def _manager() -> Principal:
    return guard(Permission.MANAGE_SCHEDULES)


def _open_run(run_id: UUID) -> None:
    st.switch_page("runs.py", query_params={"run": str(run_id)})


def _done(name: str, what: str) -> None:
    st.toast(f"{name} {what}", icon=":material/check:")
    st.rerun()


def _try(do: Callable[[], None]) -> None:
    """Do it; what stands in the way is said where it was asked."""
    try:
        do()
    except BroadsheetError as error:
        problem(error)
