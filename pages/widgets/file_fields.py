"""Controls for how files are made, the same when one downloads and when one schedules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.branding import PaperSize
from core.errors import InvalidInput
from core.services.file_choices import NAME_VARIABLES, UNCHANGED, PasswordChange, name_example
from pages.widgets import file_state as state
from pages.widgets.app import broadsheet

_PAPERS = {state.NONE: "The organization's", PaperSize.A4: "A4", PaperSize.LETTER: "Letter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form's place in the session. `values` outlive controls that are not drawn; the dictionary is the session's."""

    prefix: str
    values: dict[str, Any]

    def key(self, field: str) -> str:
        """Return the key of a field's control, which takes up its last value."""
        name = f"{self.prefix}_{field}"
        if name not in st.session_state:
            st.session_state[name] = self.values[field]
        return name

    def read(self) -> None:
        """Take over what the controls say."""
        for field in self.values:
            name = f"{self.prefix}_{field}"
            if name in st.session_state:
                self.values[field] = st.session_state[name]

    def fill(self, values: Mapping[str, Any]) -> None:
        """Start anew."""
        self.values.clear()
        self.values.update(values)
        for field, value in values.items():
            st.session_state[f"{self.prefix}_{field}"] = value
        for name in ("password", "no_password"):
            st.session_state.pop(f"{self.prefix}_{name}", None)


def file_fields(form: Form, formats: Sequence[str], labels: Mapping[str, str], templates: Mapping[UUID, str]) -> None:
    """Draw the choices of the chosen formats, in the order of `labels`; `templates`: workbooks that can be filled."""
    drawn = {"csv": _csv_fields, "pdf": _pdf_fields}
    for key in labels:
        if key not in formats:
            continue
        if key in state.WITH_CHOICES:
            st.html(f'<div class="bs-eyebrow">{labels[key]}</div>')
        if key == "xlsx":
            _xlsx_fields(form, templates)
        elif key in drawn:
            drawn[key](form)


def name_fields(form: Form, formats: Sequence[str], *, title: str, organization: str, on: date) -> None:
    """Draw what the files are called, with an example that follows every letter, and whether they are one archive."""
    st.html('<div class="bs-eyebrow">Name</div>')
    st.text_input(
        "Name",
        key=form.key("file_name"),
        max_chars=200,
        placeholder="{report} {period}",
        label_visibility="collapsed",
        live=True,
    )
    form.read()
    try:
        shown = name_example(
            state.options_of(form.values), formats, title=title or "Report", organization=organization, on=on
        )
        st.caption(f"For last week: `{shown.replace('`', '')}`")
    except InvalidInput as error:
        st.error(error.user_message, icon=":material/error:")
    with st.popover("What a name may hold", type="tertiary", icon=":material/data_object:"):
        st.markdown("\n".join(f"- `{{{name}}}` {meaning}" for name, meaning in NAME_VARIABLES.items()))
    st.toggle("All files in one ZIP archive", key=form.key("zip"))


def password_fields(form: Form, *, has_password: bool) -> None:
    """Draw the password, which is never shown."""
    st.text_input(
        "Password",
        key=f"{form.prefix}_password",
        type="password",
        max_chars=127,
        autocomplete="new-password",
        placeholder="The present one stays" if has_password else "None",
        help="Excel workbooks and PDFs open with it; other files come in a ZIP that does. "
        "Nobody can read it here again, so tell the recipients yourself.",
    )
    if has_password:
        st.checkbox("Send the files without a password from now on", key=f"{form.prefix}_no_password")


def password_change(form: Form) -> PasswordChange:
    """Return what becomes of the password, as the controls say it now."""
    text = st.session_state.get(f"{form.prefix}_password")
    if text:
        return str(text)
    return None if st.session_state.get(f"{form.prefix}_no_password") else UNCHANGED


def template_names(principal: Principal) -> Mapping[UUID, str]:
    """Return the workbooks that can be filled, by name."""
    return {item.id: item.name for item in broadsheet().templates.list(principal)}


def _csv_fields(form: Form) -> None:
    with st.container(horizontal=True):
        _choice(form, "csv_delimiter", "Between cells", state.DELIMITERS)
        _choice(form, "csv_decimal", "Decimal sign", state.DECIMALS)
        _choice(form, "csv_date_style", "Dates", state.DATES)
        _choice(form, "csv_newline", "Line ends", state.NEWLINES)
    with st.container(horizontal=True):
        st.toggle("For Excel", key=form.key("csv_bom"), help="Begins with a mark by which Excel knows UTF-8.")
        st.toggle("Compressed", key=form.key("csv_gzip"), help="As .csv.gz.")
        _raw(form, "csv_raw")


def _xlsx_fields(form: Form, templates: Mapping[UUID, str]) -> None:
    if templates:
        kept = form.values["xlsx_template_id"]
        known = {state.NONE: "None: a workbook made by Broadsheet", **templates}
        known |= {kept: "A workbook that was deleted"} if kept not in known else {}
        _choice(form, "xlsx_template_id", "Fill this workbook", known, width=420)
        if form.values["xlsx_template_id"]:
            return
    with st.container(horizontal=True):
        st.toggle("Cover sheet first", key=form.key("xlsx_cover"), help="Without it, it comes after the rows.")
        st.toggle("Totals as formulas", key=form.key("xlsx_formulas"), help="Where the rows of the sheet add up to it.")
        _raw(form, "xlsx_raw")


def _pdf_fields(form: Form) -> None:
    with st.container(horizontal=True):
        _choice(form, "pdf_style", "Begins", state.STYLES)
        _choice(form, "pdf_orientation", "Pages", state.ORIENTATIONS)
        _choice(form, "pdf_paper", "Paper", _PAPERS)


def _raw(form: Form, field: str) -> None:
    st.toggle(
        "Text as it is",
        key=form.key(field),
        help="Text that looks like a formula gets no apostrophe in front. Only for programs that are not spreadsheets.",
    )


def _choice(form: Form, field: str, label: str, options: Mapping[Any, str], *, width: int = 156) -> None:
    key = form.key(field)
    if st.session_state[key] not in options:
        st.session_state[key] = next(iter(options))
    st.selectbox(label, list(options), key=key, format_func=lambda item: options[item], width=width)
    form.values[field] = st.session_state[key]
