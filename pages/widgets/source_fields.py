"""The source form's controls, made of what a kind asks for; values live in the session under their field's key."""

from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.domain.catalog import SourceDraft, SourceTest
from core.domain.dataset import Source
from core.domain.field import FieldType
from core.errors import BroadsheetError
from pages.widgets import catalog_words as catalog
from pages.widgets import keys, words
from pages.widgets.app import broadsheet

if TYPE_CHECKING:
    from core.services.sources import ConnectionField, SourceKind

VERSION = f"{keys.SOURCE_FORM}_version"
_NAME = f"{keys.SOURCE_FORM}_name"
#: Rarely needed fields wait behind a heading of their own.
_RARE = ("replica_", "certificate", "max_connections", "schema")
_CHOICES = {
    "verify": "Encrypted, host verified",
    "encrypt": "Encrypted, host not verified",
    "none": "Not encrypted",
}
_MULTI_LINE = ("certificate",)


def key(kind: str, field: str) -> str:
    """Return the session's key of a field."""
    return f"{keys.SOURCE_FORM}_{kind}_{field}"


def fill(source: Source | None) -> None:
    """Put a source's values into the form, or a new one's."""
    for name in [name for name in st.session_state if str(name).startswith(f"{keys.SOURCE_FORM}_")]:
        if name not in (keys.SOURCE_SUBJECT, keys.SOURCE_TEST, keys.SOURCE_SAVE, keys.SOURCE_DELETE):
            del st.session_state[name]
    st.session_state[keys.SOURCE_VALUES] = {_NAME: source.name if source else ""}
    if source is None:
        return
    st.session_state[VERSION] = source.version
    values = st.session_state[keys.SOURCE_VALUES]
    values[keys.SOURCE_KIND] = source.kind
    for name, value in source.connection.items():
        values[key(source.kind, name)] = value


def kind_choice(source: Source | None) -> "SourceKind":
    """Draw the kinds, and a word on the chosen one; a saved source keeps its own."""
    kinds = {kind.key: kind for kind in broadsheet().sources.kinds()}
    if source is not None:
        return kinds[source.kind]
    _keep(keys.SOURCE_KIND, next(iter(kinds)))
    st.html('<div class="bs-eyebrow">What to connect to</div>')
    with st.container(key="source_form_kinds"):
        st.radio(
            "Kind",
            list(kinds),
            key=keys.SOURCE_KIND,
            format_func=lambda name: kinds[name].label,
            label_visibility="collapsed",
            horizontal=True,
        )
    chosen = st.session_state[keys.SOURCE_KIND]
    if catalog.SOURCE_KINDS.get(chosen):
        st.caption(catalog.SOURCE_KINDS[chosen])
    return kinds[chosen]


def form(kind: "SourceKind", source: Source | None, failed: BroadsheetError | None) -> None:
    """Draw a kind's fields, each with what is wrong with it below."""
    st.html('<h2 class="bs-part">Connection</h2>')
    _keep(_NAME, "")
    st.text_input("Name", key=_NAME, max_chars=200, placeholder="How people know it: Shop, Warehouse")
    st.session_state[keys.SOURCE_VALUES][_NAME] = st.session_state[_NAME]
    _error_at(failed, "name")
    usual = [field for field in kind.connection_fields if not field.name.startswith(_RARE)]
    rare = [field for field in kind.connection_fields if field.name.startswith(_RARE)]
    for field in usual:
        _field(kind, field, source, failed)
    if rare:
        with st.expander("Certificate, schema, read replica, limits", key=f"{keys.SOURCE_FORM}_rare_{kind.key}"):
            for field in rare:
                _field(kind, field, source, failed)


def _field(kind: "SourceKind", field: "ConnectionField", source: Source | None, failed: BroadsheetError | None) -> None:
    name = key(kind.key, field.name)
    label = field.label if field.is_required or field.is_secret else f"{field.label} (optional)"
    if field.is_secret:
        _keep(name, "")
        kept = "Saved; leave empty to keep it" if source is not None else None
        st.text_input(field.label, key=name, type="password", help=field.help or None, placeholder=kept)
    elif field.type is FieldType.BOOLEAN:
        _keep(name, bool(field.default))
        st.toggle(field.label, key=name, help=field.help or None)
    elif field.type is FieldType.INTEGER:
        _keep(name, field.default)
        st.number_input(label if field.default is None else field.label, key=name, min_value=0, step=1, width=200)
        if field.help:
            st.caption(field.help)
    elif field.choices:
        _keep(name, field.default if field.default is not None else field.choices[0])
        st.segmented_control(
            field.label,
            list(field.choices),
            key=name,
            format_func=lambda item: _CHOICES.get(item, item),
            help=field.help or None,
            required=True,
        )
    else:
        _keep(name, field.default or "")
        widget = st.text_area if field.name in _MULTI_LINE else st.text_input
        widget(label, key=name, help=field.help or None)
    if not field.is_secret:
        st.session_state[keys.SOURCE_VALUES][name] = st.session_state[name]
    _error_at(failed, f"connection.{field.name}", f"secrets.{field.name}")


def read() -> SourceDraft:
    """Return what the form says."""
    kinds = {kind.key: kind for kind in broadsheet().sources.kinds()}
    kind = kinds[_value(keys.SOURCE_KIND)]
    connection: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for field in kind.connection_fields:
        value = _value(key(kind.key, field.name))
        if value in (None, ""):
            continue
        (secrets if field.is_secret else connection)[field.name] = value
    return SourceDraft(name=_value(_NAME) or "", kind=kind.key, connection=connection, secrets=secrets)


def forget_secrets() -> None:
    """Leave no password behind in the session."""
    st.session_state[keys.SOURCE_VALUES] = {}
    for kind in broadsheet().sources.kinds():
        for field in kind.connection_fields:
            if field.is_secret:
                st.session_state.pop(key(kind.key, field.name), None)


def fingerprint() -> SourceDraft:
    """Return what a test is about: the name plays no part in it."""
    draft = read()
    return SourceDraft(name="", kind=draft.kind, connection=draft.connection, secrets=draft.secrets)


def test_result() -> None:
    """Draw how the last test of this very form went."""
    tested: tuple[SourceDraft, SourceTest] | None = st.session_state.get(keys.SOURCE_TEST_RESULT)
    if tested is None or tested[0] != fingerprint():
        return
    found = tested[1]
    if found.is_ok:
        server = f" {found.server}," if found.server else ""
        st.success(f"It answers:{server} {words.seconds(found.elapsed_s)}.", icon=":material/check_circle:")
    else:
        st.error(found.message, icon=":material/error:")


def advice(kind: "SourceKind") -> None:
    """Draw what to know before connecting."""
    lines = [
        "Nothing is ever written to a source: every question runs read-only and with a time limit.",
        "A user that may only read, and only what reports need, is best.",
    ]
    if any(field.is_secret for field in kind.connection_fields):
        lines.append("The password is kept encrypted and is never shown again.")
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    st.html(f'<div class="bs-eyebrow">Good to know</div><ul class="bs-notes">{items}</ul>')


def is_beside_a_field(failed: BroadsheetError) -> bool:
    """Whether the form shows what is wrong beside one of its fields."""
    return (failed.place or "").startswith(("name", "connection.", "secrets."))


def _error_at(failed: BroadsheetError | None, *places: str) -> None:
    if failed is not None and failed.place in places:
        st.error(failed.user_message, icon=":material/error:")


def _keep(name: str, value: Any) -> None:
    """Give a control its last value back when it is drawn again."""
    if name not in st.session_state:
        st.session_state[name] = st.session_state[keys.SOURCE_VALUES].get(name, value)


def _value(name: str) -> Any:
    return st.session_state.get(name, st.session_state[keys.SOURCE_VALUES].get(name))
