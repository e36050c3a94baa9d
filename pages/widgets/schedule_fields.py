"""The schedule form's sections of when it runs and what is sent."""

from typing import Any

import streamlit as st

from core.domain.schedule import Cadence
from core.errors import InvalidInput
from pages.widgets import form_values as form
from pages.widgets import recipient_state as recipients
from pages.widgets import schedule_state as state
from pages.widgets.app import broadsheet
from pages.widgets.cron_fields import cron_fields
from pages.widgets.zones import zone_options

CADENCES = {Cadence.DAILY: "Daily", Cadence.WEEKLY: "Weekly", Cadence.MONTHLY: "Monthly", Cadence.CRON: "By rule"}
_UNITS = {Cadence.DAILY: "day", Cadence.WEEKLY: "week", Cadence.MONTHLY: "month"}
_MOST_TIMES = 24
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
    "recipient.name": "name of the recipient",
    "recipient.locale": "language of the recipient",
}


def cadence_fields(values: dict[str, Any], wrong: InvalidInput | None) -> None:
    """Draw when it runs, each mistake beside its control."""
    st.segmented_control(
        "How often",
        list(CADENCES),
        key=form.keep("cadence", values),
        format_func=lambda item: CADENCES[item],
        required=True,
    )
    cadence = st.session_state[form.key("cadence")]
    if cadence is Cadence.CRON:
        cron_fields(values)
        form.error_at(wrong, "schedule_config.cron", "cron")
    else:
        if cadence is Cadence.WEEKLY:
            st.pills(
                "On",
                range(1, 8),
                selection_mode="multi",
                key=form.keep("days", values),
                format_func=lambda day: state.WEEKDAYS[day - 1][:3],
            )
            form.error_at(wrong, "schedule_config.day_of_week")
        elif cadence is Cadence.MONTHLY:
            _month_fields(values)
            form.error_at(wrong, "schedule_config.day_of_month", "schedule_config.nth_weekday")
        _time_fields(values, _UNITS[cadence])
        form.error_at(wrong, "schedule_config.time", "schedule_config.interval", but=("schedule_config.timezone",))
    st.selectbox(
        "Timezone",
        zone_options(values["timezone"]),
        key=form.keep("timezone", values),
        format_func=lambda zone: zone.replace("_", " "),
    )
    form.error_at(wrong, "schedule_config.timezone")


def _month_fields(values: dict[str, Any]) -> None:
    st.segmented_control(
        "Day",
        [state.BY_DAY, state.BY_WEEKDAY],
        key=form.keep("month_by", values),
        required=True,
        label_visibility="collapsed",
    )
    with st.container(horizontal=True):
        if st.session_state[form.key("month_by")] == state.BY_DAY:
            st.selectbox(
                "Day of the month",
                state.month_days(),
                key=form.keep("month_day", values),
                format_func=state.month_day_label,
                help="Past a month's end it means the month's last day.",
            )
            return
        nth, weekday = form.keep("nth", values), form.keep("weekday", values)
        st.selectbox("Which", list(state.NTH), key=nth, format_func=lambda n: state.NTH[n])
        st.selectbox("Weekday", range(1, 8), key=weekday, format_func=lambda day: state.WEEKDAYS[day - 1])


def _time_fields(values: dict[str, Any], unit: str) -> None:
    shown = values["times"]
    with st.container(horizontal=True, vertical_alignment="bottom", key="schedule_times"):
        for n in range(shown):
            st.time_input("And at" if n else "At", key=form.keep(f"time_{n}", values), step=300, width=130)
        if shown < _MOST_TIMES:
            st.button("Another time", key="schedule_more_times", type="tertiary", on_click=_another, args=(shown,))
    every = form.keep("interval", values)
    st.number_input(f"Every … {unit}s", key=every, min_value=1, max_value=100, step=1, width=150)


def _another(shown: int) -> None:
    form.put(f"time_{shown}", None)
    form.put("times", shown + 1)


def recipient_fields(values: dict[str, Any], wrong: InvalidInput | None) -> None:
    """Draw who gets a mail."""
    text = st.text_area(
        "Mail to, one address a line",
        key=form.keep("recipients", values),
        height=104,
        placeholder="name@example.com",
        help="Write cc: or bcc: before an address for a copy.",
    )
    lines = recipients.lines_of(text or "")
    misread = [line.text for line in lines if not line.looks_right]
    for line in misread[:5]:
        st.caption(f":red[:material/error: {line}] is not an e-mail address.")
    if lines and not misread:
        st.caption(f"{len(lines)} recipient{'' if len(lines) == 1 else 's'}. Each gets a mail of their own.")
    here = tuple(f"recipients[{n}]" for n in range(len(lines)))
    if wrong is not None and (wrong.place == "recipients" or form.is_at(wrong, *here)):
        st.error(wrong.user_message, icon=":material/error:")


def format_fields(values: dict[str, Any], wrong: InvalidInput | None) -> None:
    """Draw in which formats it is sent."""
    formats = dict(broadsheet().schedules.formats())
    st.pills(
        "Files",
        list(formats),
        selection_mode="multi",
        key=form.keep("formats", values),
        format_func=lambda item: formats.get(item, item),
    )
    form.error_at(wrong, "formats")


def mail_fields(values: dict[str, Any], wrong: InvalidInput | None) -> None:
    """Draw the mail's own words, open where there are some or they are wrong."""
    is_said = bool(values["subject"] or values["body"])
    with st.expander("Subject and message", expanded=is_said or form.is_at(wrong, "email")):
        subject, body = form.keep("subject", values), form.keep("body", values)
        st.text_input("Subject", key=subject, placeholder="{report} · {period}", max_chars=200)
        form.error_at(wrong, "email_subject")
        usual = "The report's sentence, its numbers and first rows follow."
        st.text_area("Message", key=body, height=96, placeholder=usual)
        form.error_at(wrong, "email_body")
        listed = " · ".join(f"`{{{name}}}` {meaning}" for name, meaning in VARIABLES.items())
        st.caption(f"Both may name: {listed}.")
