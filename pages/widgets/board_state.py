"""The dashboard on the screen: what is saved, the draft while it is edited, and the values of its filters."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.dashboard import Dashboard, DashboardContent
from core.domain.dashboard_json import parse_filters
from core.domain.definition import ParameterType
from core.domain.filter import DateWindow, WindowKind
from core.domain.parameters import ParameterValue, dump_parameters
from core.errors import InvalidInput
from pages.widgets import keys

#: What a filter's name begins with in the address.
_PREFIX = "f."
FULL = "full"
_UNDO_DEPTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDraft:
    """A dashboard while it is edited; without an id it was never saved."""

    dashboard_id: UUID | None
    version: int | None
    name: str
    description: str
    content: DashboardContent
    saved: tuple[str, str, DashboardContent]
    past: tuple[DashboardContent, ...] = ()
    future: tuple[DashboardContent, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to save."""
        return (self.name, self.description, self.content) != self.saved


def named_id() -> UUID | None:
    """Return the id of the dashboard that the address names."""
    try:
        return UUID(st.query_params["dashboard"])
    except (KeyError, ValueError):
        return None


def draft() -> BoardDraft | None:
    """Return the draft of the dashboard on the screen; None while it is only looked at."""
    found: BoardDraft | None = st.session_state.get(keys.DASHBOARD_DRAFT)
    return found if found is not None and found.dashboard_id == named_id() else None


def edit(dashboard: Dashboard) -> None:
    """Begin to edit a saved dashboard."""
    st.session_state[keys.DASHBOARD_DRAFT] = BoardDraft(
        dashboard_id=dashboard.id,
        version=dashboard.version,
        name=dashboard.name,
        description=dashboard.description,
        content=dashboard.content,
        saved=(dashboard.name, dashboard.description, dashboard.content),
    )


def begin(timezone: str) -> None:
    """Begin a new dashboard."""
    content = DashboardContent(timezone=timezone)
    st.session_state[keys.DASHBOARD_DRAFT] = BoardDraft(
        dashboard_id=None, version=None, name="", description="", content=content, saved=("", "", content)
    )


def leave() -> None:
    """Forget the draft."""
    st.session_state.pop(keys.DASHBOARD_DRAFT, None)


def change(edit_content: Callable[[DashboardContent], DashboardContent]) -> None:
    """Change what the draft shows, so that it can be undone."""
    present = draft()
    if present is None:
        return
    content = edit_content(present.content)
    if content != present.content:
        past = (*present.past, present.content)[-_UNDO_DEPTH:]
        st.session_state[keys.DASHBOARD_DRAFT] = replace(present, content=content, past=past, future=())


def undo() -> None:
    """Go one change of the draft back."""
    present = draft()
    if present is not None and present.past:
        st.session_state[keys.DASHBOARD_DRAFT] = replace(
            present,
            content=present.past[-1],
            past=present.past[:-1],
            future=(present.content, *present.future),
        )


def redo() -> None:
    """Go one change of the draft forward again."""
    present = draft()
    if present is not None and present.future:
        st.session_state[keys.DASHBOARD_DRAFT] = replace(
            present,
            content=present.future[0],
            past=(*present.past, present.content),
            future=present.future[1:],
        )


def rename(name: str) -> None:
    """Change what the draft is called."""
    present = draft()
    if present is not None:
        st.session_state[keys.DASHBOARD_DRAFT] = replace(present, name=name)


def set_refresh(seconds: int | None) -> None:
    """Change how often the draft is asked again by itself."""
    change(lambda content: replace(content, refresh_s=seconds))


def kept_values(dashboard_id: UUID | None) -> dict[str, ParameterValue]:
    """Return the values given for the filters of a dashboard; what is put into them is kept."""
    kept: dict[UUID | None, dict[str, ParameterValue]] = st.session_state.setdefault(keys.DASHBOARD_GIVEN, {})
    return kept.setdefault(dashboard_id, {})


def values_of_address(content: DashboardContent) -> tuple[Mapping[str, ParameterValue], tuple[str, ...]]:
    """Return the values that the address gives, and what is to be said of those that cannot be."""
    given: dict[str, ParameterValue] = {}
    wrong = []
    known = {shared.name: shared for shared in content.filters}
    for key in st.query_params:
        if not key.startswith(_PREFIX):
            continue
        shared = known.get(key.removeprefix(_PREFIX))
        if shared is None:
            wrong.append(f"The dashboard has no filter {key.removeprefix(_PREFIX)}.")
            continue
        texts = st.query_params.get_all(key)
        is_window = shared.type is ParameterType.WINDOW
        data: Any = _window(texts[0]) if is_window else [_value(text, str(shared.value_type)) for text in texts]
        try:
            given.update(parse_filters(content, {shared.name: data}))
        except InvalidInput as error:
            wrong.append(f"{shared.label}: {error.user_message.removeprefix(f'{error.place}: ')}")
    return given, tuple(wrong)


def put_into_address(given: Mapping[str, ParameterValue]) -> None:
    """Make the address a link that opens the dashboard like this."""
    wanted = {f"{_PREFIX}{name}": _texts(name, value) for name, value in given.items()}
    for key in [key for key in st.query_params if key.startswith(_PREFIX) and key not in wanted]:
        del st.query_params[key]
    for key, texts in wanted.items():
        if st.query_params.get_all(key) != texts:
            st.query_params[key] = texts


def _texts(name: str, value: ParameterValue) -> list[str]:
    if isinstance(value, DateWindow) and value.kind is WindowKind.BETWEEN:
        return [f"{value.first_on}..{value.last_on}"]
    if isinstance(value, DateWindow):
        return [json.dumps(dump_parameters({name: value})[name], separators=(",", ":"))]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in value]


def _window(text: str) -> object:
    """`2026-11-01..2026-11-30`, or a window's JSON."""
    first, dots, last = text.partition("..")
    if dots:
        return {"kind": "between", "first_on": first, "last_on": last}
    try:
        return json.loads(text)
    except ValueError:
        return text


def _value(text: str, kind: str) -> object:
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind not in ("integer", "decimal"):
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
