"""Setting up a destination and changing it, drawn from what its kind asks for; secrets go in and never come back."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.destination import Destination, DestinationDraft, DestinationTest
from core.domain.field import FieldType
from core.errors import BroadsheetError
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.destination_test import address_field, answer
from pages.widgets.screen import entered
from pages.widgets.states import problem

if TYPE_CHECKING:
    from core.services.destinations import ConnectionField, DestinationKind

_MULTI_LINE = ("private_key", "host_key")
_PREFIX = f"{keys.DESTINATION_FORM}_"
_NAME = f"{_PREFIX}name"


def destination_form(principal: Principal, destination_id: UUID | None) -> None:
    """Draw the form."""
    destination = broadsheet().destinations.get(principal, destination_id) if destination_id else None
    _open(destination)
    if st.session_state.pop(keys.DESTINATION_SAVED, False):
        st.switch_page("destinations.py")
    failed = st.session_state.get(keys.DESTINATION_ERROR)
    st.title(f"Edit {destination.name}" if destination else "New destination", anchor=False)
    if isinstance(failed, BroadsheetError) and not (failed.place or "").startswith(("name", "settings.", "secrets.")):
        problem(failed)
    left, right = st.columns([7, 4], gap="large")
    with left:
        kind = _kind(destination)
        # A form: without one, a password that was left with the tab key does not arrive.
        with st.form(keys.DESTINATION_FORM, border=False, enter_to_submit=False):
            _fields(kind, destination, failed)
            with st.container(horizontal=True, vertical_alignment="bottom"):
                address_field(kind)
                st.form_submit_button("Send a test", key=keys.DESTINATION_TEST, on_click=_test, args=(destination,))
            _tested()
            st.form_submit_button(
                "Save destination", type="primary", key=keys.DESTINATION_SAVE, on_click=_save, args=(destination,)
            )
    with right, st.container(key="destination_side"):
        _advice(kind)


def _open(destination: Destination | None) -> None:
    """Fill the form when it is opened."""
    subject = str(destination.id) if destination else "new"
    if not entered("destination_form") and st.session_state.get(keys.DESTINATION_SUBJECT) == subject:
        return
    _forget()
    st.session_state[keys.DESTINATION_SUBJECT] = subject
    values: dict[str, Any] = {_NAME: destination.name if destination else ""}
    if destination is not None:
        values |= {_key(destination.channel, name): value for name, value in destination.settings.items()}
    st.session_state[keys.DESTINATION_VALUES] = values


def _kind(destination: Destination | None) -> "DestinationKind":
    """Draw the kinds; a saved destination keeps its own."""
    kinds = {kind.key: kind for kind in broadsheet().destinations.kinds() if kind.fields}
    if destination is not None:
        return kinds[destination.channel]
    _keep(keys.DESTINATION_KIND, next(iter(kinds)))
    st.radio(
        "Kind", list(kinds), key=keys.DESTINATION_KIND, format_func=lambda name: kinds[name].label, horizontal=True
    )
    return kinds[st.session_state[keys.DESTINATION_KIND]]


def _fields(kind: "DestinationKind", destination: Destination | None, failed: object) -> None:
    _keep(_NAME, "")
    st.text_input("Name", key=_NAME, max_chars=200, placeholder="How people know it: Newsroom, Archive")
    _error_at(failed, "name")
    usual = [field for field in kind.fields if field.is_required or field.is_secret]
    rare = [field for field in kind.fields if field not in usual]
    for field in usual:
        _field(kind, field, destination, failed)
    if not rare:
        return
    is_wrong = isinstance(failed, BroadsheetError) and failed.place in {f"settings.{field.name}" for field in rare}
    with st.expander("More", expanded=is_wrong, key=f"{_PREFIX}more_{kind.key}"):
        for field in rare:
            _field(kind, field, destination, failed)


def _field(kind: "DestinationKind", field: "ConnectionField", destination: Destination | None, failed: object) -> None:
    name = _key(kind.key, field.name)
    label = field.label if field.is_required or field.type is FieldType.BOOLEAN else f"{field.label} (optional)"
    help_ = field.help or None
    if field.is_secret:
        _keep(name, "")
        kept = "Saved; leave empty to keep it" if destination is not None else None
        if field.name in _MULTI_LINE:
            st.text_area(label, key=name, help=help_, placeholder=kept)
        else:
            st.text_input(label, key=name, type="password", help=help_, placeholder=kept)
    elif field.type is FieldType.BOOLEAN:
        _keep(name, bool(field.default))
        st.toggle(label, key=name, help=help_)
    elif field.type is FieldType.INTEGER:
        _keep(name, field.default)
        st.number_input(label, key=name, min_value=0, step=1, width=200, help=help_)
    elif field.choices:
        _keep(name, field.default if field.default is not None else field.choices[0])
        st.segmented_control(label, list(field.choices), key=name, help=help_, required=True)
    else:
        _keep(name, field.default or "")
        (st.text_area if field.name in _MULTI_LINE else st.text_input)(label, key=name, help=help_)
    _error_at(failed, f"settings.{field.name}", f"secrets.{field.name}")


def _read(destination: Destination | None) -> DestinationDraft:
    """Return what the form says; empty secrets stay as they are."""
    channel = destination.channel if destination else st.session_state[keys.DESTINATION_KIND]
    kind = next(kind for kind in broadsheet().destinations.kinds() if kind.key == channel)
    settings: dict[str, object] = {}
    secrets: dict[str, str] = {}
    for field in kind.fields:
        value = st.session_state.get(_key(channel, field.name))
        if value in (None, ""):
            continue
        if field.is_secret:
            secrets[field.name] = str(value)
        else:
            settings[field.name] = value
    return DestinationDraft(name=st.session_state[_NAME] or "", channel=channel, settings=settings, secrets=secrets)


def _test(destination: Destination | None) -> None:
    st.session_state.pop(keys.DESTINATION_ERROR, None)
    try:
        draft = _read(destination)
        st.session_state[keys.DESTINATION_TESTED] = broadsheet().destinations.test(
            guard(Permission.MANAGE_CATALOG),
            draft,
            address=(st.session_state.get(keys.DESTINATION_ADDRESS) or "").strip(),
            destination_id=destination.id if destination else None,
        )
    except BroadsheetError as error:
        st.session_state[keys.DESTINATION_ERROR] = error


def _tested() -> None:
    """Draw how the test that was just sent went; it says nothing of what is typed later."""
    found = st.session_state.pop(keys.DESTINATION_TESTED, None)
    if isinstance(found, DestinationTest):
        answer(found)


def _save(destination: Destination | None) -> None:
    destinations = broadsheet().destinations
    try:
        principal = guard(Permission.MANAGE_CATALOG)
        draft = _read(destination)
        if destination is None:
            destinations.create(principal, draft)
        else:
            destinations.change(principal, destination.id, draft, expected_version=destination.version)
    except BroadsheetError as error:
        st.session_state[keys.DESTINATION_ERROR] = error
        return
    _forget()
    st.toast(f"{draft.name} saved", icon=":material/check:")
    st.session_state[keys.DESTINATION_SAVED] = True


def _advice(kind: "DestinationKind") -> None:
    lines = ["Send a test before you save: the answer is shown in words."]
    if any(field.is_secret for field in kind.fields):
        lines.append("Passwords and keys are kept encrypted and are never shown again.")
    if kind.key != "webhook":
        lines.append("Each schedule says for itself where in the destination its files go.")
    items = "".join(f"<li>{line}</li>" for line in lines)
    st.html(f'<div class="bs-eyebrow">Good to know</div><ul class="bs-notes">{items}</ul>')


def _forget() -> None:
    """Leave nothing of the form behind in the session, secrets above all."""
    for name in [name for name in st.session_state if str(name).startswith(_PREFIX)]:
        del st.session_state[name]
    for name in (keys.DESTINATION_ERROR, keys.DESTINATION_TESTED, keys.DESTINATION_ADDRESS, keys.DESTINATION_VALUES):
        st.session_state.pop(name, None)


def _key(channel: str, field: str) -> str:
    return f"{_PREFIX}{channel}_{field}"


def _keep(name: str, value: Any) -> None:
    """Give a control its value when it is drawn for the first time."""
    if name not in st.session_state:
        st.session_state[name] = st.session_state[keys.DESTINATION_VALUES].get(name, value)


def _error_at(failed: object, *places: str) -> None:
    if isinstance(failed, BroadsheetError) and failed.place in places:
        st.error(failed.user_message, icon=":material/error:")
