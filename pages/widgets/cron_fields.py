"""The visual cron builder: a line to type and five parts to pick; whichever is changed, the other follows."""

from calendar import day_name, month_name
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.errors import InvalidSchedule
from core.services.cron_choices import CronPart, CronParts, PartKind, expression_of, parts_of
from pages.widgets import form_values as form

_KINDS = {
    PartKind.EVERY: "Every one",
    PartKind.STEP: "Every …",
    PartKind.AT: "These",
    PartKind.RANGE: "From … to",
}
#: The choices behind the line, or None where the line says more than can be picked.
_PARTS = "cron_parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """One part: its field of CronParts, its heading and the numbers that can be picked."""

    name: str
    label: str
    numbers: range

    def words(self, number: int) -> str:
        """Return a number as people read it."""
        if self.name == "weekday":
            return day_name[number - 1]
        if self.name == "month":
            return month_name[number]
        return f"{number:02}" if self.name in ("minute", "hour") else str(number)


_SCALES = (
    _Scale(name="minute", label="Minute", numbers=range(60)),
    _Scale(name="hour", label="Hour", numbers=range(24)),
    _Scale(name="day", label="Day of the month", numbers=range(1, 32)),
    _Scale(name="month", label="Month", numbers=range(1, 13)),
    _Scale(name="weekday", label="Day of the week", numbers=range(1, 8)),
)


def cron_fields(values: dict[str, Any]) -> None:
    """Draw the builder; the line is the form's value, the parts follow it."""
    if _PARTS not in values:
        form.put(_PARTS, _read(values["cron"]))
    parts: CronParts | None = values.get(_PARTS, st.session_state.get(form.key(_PARTS)))
    if parts is None:
        st.caption("The line below cannot be picked part by part. Change it, or pick anew.")
        st.button("Pick anew", key="schedule_cron_anew", on_click=_anew)
    else:
        with st.container(key="schedule_cron", gap="small"):
            for scale in _SCALES:
                _part(scale, getattr(parts, scale.name))
    st.text_input(
        "As a cron line",
        key=form.keep("cron", values),
        on_change=_typed,
        placeholder="0 9 * * 1",
        help="Minute, hour, day of month, month, day of week. 0 and 7 are Sunday; names such as MON work.",
    )


def _part(scale: _Scale, part: CronPart) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _seed(scale, part)
        st.selectbox(
            scale.label,
            list(_KINDS),
            key=_key(scale, "kind"),
            format_func=lambda kind: _KINDS[kind],
            on_change=_kind_chosen,
            args=(scale,),
            width=170,
        )
        if part.kind is PartKind.AT:
            _numbers(scale)
        elif part.kind is PartKind.RANGE:
            _number(scale, "first", "From")
            _number(scale, "last", "To")
        if part.kind in (PartKind.STEP, PartKind.RANGE):
            st.number_input(
                f"Every … {scale.label.split()[0].lower()}s",
                key=_key(scale, "n"),
                min_value=1,
                max_value=len(scale.numbers),
                step=1,
                on_change=_picked,
                args=(scale,),
                width=140,
            )


def _numbers(scale: _Scale) -> None:
    st.multiselect(
        "Which",
        list(scale.numbers),
        key=_key(scale, "at"),
        format_func=scale.words,
        on_change=_picked,
        args=(scale,),
        placeholder="Choose",
        select_all=False,
    )


def _number(scale: _Scale, field: str, label: str) -> None:
    key = _key(scale, field)
    st.selectbox(
        label, list(scale.numbers), key=key, format_func=scale.words, on_change=_picked, args=(scale,), width=130
    )


def _kind_chosen(scale: _Scale) -> None:
    """Start a kind with numbers that make sense, so that the line is right at every moment."""
    kind = st.session_state[_key(scale, "kind")]
    low, high = scale.numbers[0], scale.numbers[-1]
    begun = {
        PartKind.EVERY: CronPart(),
        PartKind.STEP: CronPart(kind=kind, n=5 if scale.name == "minute" else 2),
        PartKind.AT: CronPart(kind=kind, at=(9 if scale.name == "hour" else low,)),
        PartKind.RANGE: CronPart(kind=kind, first=low, last=high),
    }
    _set(scale, begun[kind])


def _picked(scale: _Scale) -> None:
    """Take what was picked; nothing at all means every one, an end before its start moves along."""
    now: CronPart = getattr(st.session_state[form.key(_PARTS)], scale.name)
    given = {name: st.session_state.get(_key(scale, name)) for name in ("n", "at", "first", "last")}
    part = replace(now, **{name: value for name, value in given.items() if value is not None and name != "at"})
    if part.kind is PartKind.AT:
        part = replace(part, at=tuple(given["at"] or ())) if given["at"] else CronPart()
    _set(scale, replace(part, last=max(part.first, part.last)))


def _set(scale: _Scale, part: CronPart) -> None:
    parts = replace(st.session_state[form.key(_PARTS)], **{scale.name: part})
    form.put(_PARTS, parts)
    form.put("cron", expression_of(parts))
    _forget(scale)


def _typed() -> None:
    """The line was typed: the parts follow it, as long as it is one."""
    form.put(_PARTS, _read(st.session_state[form.key("cron")]))
    for scale in _SCALES:
        _forget(scale)


def _anew() -> None:
    form.put("cron", "0 9 * * 1")
    _typed()


def _read(line: str) -> CronParts | None:
    try:
        return parts_of(line or "")
    except InvalidSchedule:
        return None


def _key(scale: _Scale, field: str) -> str:
    return form.key(f"cron_{scale.name}_{field}")


def _seed(scale: _Scale, part: CronPart) -> None:
    """Give the part's controls their values when they are drawn again."""
    for name in ("kind", "n", "first", "last"):
        st.session_state.setdefault(_key(scale, name), getattr(part, name))
    st.session_state.setdefault(_key(scale, "at"), list(part.at))


def _forget(scale: _Scale) -> None:
    for name in ("kind", "n", "at", "first", "last"):
        st.session_state.pop(_key(scale, name), None)
