"""The schedule form's controls, a function a section; values live in the session under their field's key."""

from typing import Any

import streamlit as st

from core.domain.moments import weekday_words
from core.domain.schedule import Cadence, Misfire, ScheduleConfig
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import keys, words
from pages.widgets import schedule_state as state
from pages.widgets.app import broadsheet
from pages.widgets.zones import zone_options

CADENCES = {Cadence.DAILY: "Daily", Cadence.WEEKLY: "Weekly", Cadence.MONTHLY: "Monthly", Cadence.CRON: "Cron"}
_UNITS = {Cadence.DAILY: "day", Cadence.WEEKLY: "week", Cadence.MONTHLY: "month"}
#: What a subject or message may name, as the mail composer knows it.
VARIABLES = {
    "report": "title of the report",
    "period": "the period in words",
    "rows": "rows in the files",
    "date": "day the report stands for",
    "as_of": "when the data was read",
    "organization": "name of the organization",
    "schedule": "name of the schedule",
    "recipient": "address of the recipient",
}


def key(field: str) -> str:
    """Return the session's key of a field."""
    return f"{keys.SCHEDULE_FORM}_{field}"


def fill(values: dict[str, Any]) -> None:
    """Put `values` into the form."""
    for field in state.FIELDS:
        st.session_state[key(field)] = values[field]


def read() -> dict[str, Any]:
    """Return the form's values; a control that is not drawn keeps its last one."""
    kept: dict[str, Any] = st.session_state.setdefault(keys.SCHEDULE_VALUES, {})
    for field in state.FIELDS:
        if key(field) in st.session_state:
            kept[field] = st.session_state[key(field)]
    return kept


def error_at(error: InvalidInput | None, *places: str) -> None:
    """Say what is wrong beside the control it belongs to."""
    if error is not None and (error.place or "").startswith(places):
        st.error(error.user_message, icon=":material/error:")


def cadence_fields(values: dict[str, Any]) -> None:
    """Draw when it runs."""
    _keep("cadence", values)
    st.segmented_control(
        "How often", list(CADENCES), key=key("cadence"), format_func=lambda item: CADENCES[item], required=True
    )
    cadence = st.session_state[key("cadence")]
    if cadence is Cadence.CRON:
        _keep("cron", values)
        st.text_input(
            "Cron line",
            key=key("cron"),
            placeholder="0 9 * * 1",
            help="Minute, hour, day of month, month, day of week. 0 and 7 are Sunday; names such as MON work.",
        )
    else:
        if cadence is Cadence.WEEKLY:
            _keep("days", values)
            st.pills(
                "On",
                range(1, 8),
                selection_mode="multi",
                key=key("days"),
                format_func=lambda day: state.WEEKDAYS[day - 1][:3],
            )
        elif cadence is Cadence.MONTHLY:
            _month_fields(values)
        _time_fields(values, _UNITS[cadence])
    _keep("timezone", values)
    st.selectbox(
        "Timezone",
        zone_options(values["timezone"]),
        key=key("timezone"),
        format_func=lambda zone: zone.replace("_", " "),
    )


def _month_fields(values: dict[str, Any]) -> None:
    _keep("month_by", values)
    st.segmented_control(
        "Day", [state.BY_DAY, state.BY_WEEKDAY], key=key("month_by"), required=True, label_visibility="collapsed"
    )
    with st.container(horizontal=True):
        if st.session_state[key("month_by")] == state.BY_DAY:
            _keep("month_day", values)
            st.selectbox(
                "Day of the month",
                state.month_days(),
                key=key("month_day"),
                format_func=state.month_day_label,
                help="Past a month's end it means the month's last day.",
            )
            return
        _keep("nth", values)
        _keep("weekday", values)
        st.selectbox("Which", list(state.NTH), key=key("nth"), format_func=lambda n: state.NTH[n])
        st.selectbox("Weekday", range(1, 8), key=key("weekday"), format_func=lambda day: state.WEEKDAYS[day - 1])


def _time_fields(values: dict[str, Any], unit: str) -> None:
    for field in ("time", "time_2", "interval"):
        _keep(field, values)
    with st.container(horizontal=True):
        st.time_input("At", key=key("time"), step=300, width=130)
        st.time_input("And at", key=key("time_2"), step=300, width=130)
        st.number_input(f"Every … {unit}s", key=key("interval"), min_value=1, max_value=100, step=1, width=130)


def span_fields(values: dict[str, Any]) -> None:
    """Draw from when to when, and what happens to missed times."""
    for field in ("starts_on", "ends_on", "misfire"):
        _keep(field, values)
    with st.container(horizontal=True):
        st.date_input("First day", key=key("starts_on"), format="YYYY-MM-DD")
        st.date_input("Last day", key=key("ends_on"), format="YYYY-MM-DD")
    st.selectbox(
        "When a time was missed",
        list(Misfire),
        key=key("misfire"),
        format_func=lambda item: words.MISFIRES[item],
        help="A time is missed when nothing was running. Every missed time stays visible in the history.",
    )


def recipient_fields(values: dict[str, Any]) -> None:
    """Draw who gets it and in which formats."""
    _keep("recipients", values)
    _keep("formats", values)
    text = st.text_area(
        "Recipients, one address a line",
        key=key("recipients"),
        height=104,
        placeholder="name@example.com",
        help="Write cc: or bcc: before an address for a copy.",
    )
    lines = state.lines_of(text or "")
    wrong = [line.text for line in lines if not line.looks_right]
    for line in wrong[:5]:
        st.caption(f":red[:material/error: {line}] is not an e-mail address.")
    if lines and not wrong:
        st.caption(f"{len(lines)} recipient{'' if len(lines) == 1 else 's'}. Each gets a mail of their own.")
    formats = dict(broadsheet().schedules.formats())
    st.pills(
        "Files",
        list(formats),
        selection_mode="multi",
        key=key("formats"),
        format_func=lambda item: formats.get(item, item),
    )


def mail_fields(values: dict[str, Any]) -> None:
    """Draw the mail's own words."""
    _keep("subject", values)
    _keep("body", values)
    st.text_input("Subject", key=key("subject"), placeholder="{report} · {period}", max_chars=200)
    st.text_area(
        "Message", key=key("body"), height=96, placeholder="The report's sentence, its numbers and first rows follow."
    )
    listed = " · ".join(f"`{{{name}}}` {meaning}" for name, meaning in VARIABLES.items())
    st.caption(f"Both may name: {listed}.")


def preview_runs(config: ScheduleConfig) -> bool:
    """Draw the sentence and the next runs; returns whether the schedule can run."""
    schedules = broadsheet().schedules
    try:
        slots = schedules.next_runs(config, count=5)
        sentence = schedules.describe(config)
    except BroadsheetError as error:
        st.error(error.user_message, icon=":material/error:")
        return False
    st.html(f'<p class="bs-when">{words.html(sentence)}</p><div class="bs-eyebrow">Next runs</div>')
    if not slots:
        st.caption("It never runs: the last day lies before the next time.")
        return False
    lines = []
    for slot in slots:
        note = f"<em>{words.html(slot.note)}</em>" if slot.note else ""
        lines.append(
            f"<li><span>{weekday_words(slot.local.date())}, {slot.local:%H:%M}</span>"
            f'<span class="bs-quiet">{slot.at:%H:%M} UTC</span>{note}</li>'
        )
    st.html(f'<ol class="bs-slots">{"".join(lines)}</ol>')
    return True


def _keep(field: str, values: dict[str, Any]) -> None:
    """Give a control its last value back when it is drawn again."""
    if key(field) not in st.session_state:
        st.session_state[key(field)] = values[field]
