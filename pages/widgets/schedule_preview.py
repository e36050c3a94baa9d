"""What a schedule under change means: its sentence and its next runs, each with what it will cover."""

from dataclasses import dataclass

import streamlit as st

from core.domain.access import Principal
from core.domain.moments import weekday_words
from core.domain.schedule import FireTime, ScheduleConfig
from core.errors import BroadsheetError, InvalidInput, InvalidSchedule
from core.services.next_runs import Covering
from pages.widgets import words
from pages.widgets.app import broadsheet

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The sentence and the next slots of a recurrence, or what is wrong with it."""

    sentence: str = ""
    slots: tuple[FireTime, ...] = ()
    error: BroadsheetError | None = None


def upcoming(principal: Principal, config: ScheduleConfig, covering: Covering | None) -> Upcoming:
    """Return what `config` means; what the report does not take yet only hides the dates that runs cover."""
    schedules = broadsheet().schedules
    try:
        sentence = schedules.recurrence_words(principal, config)
        try:
            slots = schedules.next_runs(principal, config, count=_SHOWN, covering=covering)
        except InvalidInput as error:
            if covering is None or isinstance(error, InvalidSchedule):
                raise
            slots = schedules.next_runs(principal, config, count=_SHOWN)
    except BroadsheetError as error:
        return Upcoming(error=error)
    return Upcoming(sentence=sentence, slots=slots)


def preview_panel(found: Upcoming) -> None:
    """Draw it."""
    if found.error is not None:
        if not found.error.place:
            st.error(found.error.user_message, icon=":material/error:")
        st.caption("The next runs are shown once the times are right.")
        return
    st.html(f'<p class="bs-when">{words.html(found.sentence)}</p><div class="bs-eyebrow">Next runs</div>')
    if not found.slots:
        st.caption("It never runs: the last day lies before the next time.")
        return
    st.html(f'<ol class="bs-slots">{"".join(_line(slot) for slot in found.slots)}</ol>')


def _line(slot: FireTime) -> str:
    """A slot: local time, the same in UTC with its day where that is another, what it covers, what moved it."""
    utc = f"{slot.at:%H:%M} UTC" if slot.at.date() == slot.local.date() else f"{slot.at:%a %H:%M} UTC"
    notes = [f"covers {slot.window.words}"] if slot.window else []
    notes += [slot.note] if slot.note else []
    said = "".join(f"<em>{words.html(note)}</em>" for note in notes)
    return (
        f"<li><span>{weekday_words(slot.local.date())}, {slot.local:%H:%M}</span>"
        f'<span class="bs-quiet">{utc}</span>{said}</li>'
    )
