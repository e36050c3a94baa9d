"""What was read of an upload: the guesses as controls, its columns as a table that can be changed, its first rows."""

from typing import Any

import pandas as pd
import streamlit as st

from core.domain.field import FieldType
from core.domain.upload import DateOrder, ReadColumn, Reading
from pages.widgets import catalog_words as catalog
from pages.widgets import keys, words
from pages.widgets import upload_state as state
from pages.widgets.control import show
from pages.widgets.zones import zone_options

_ROW_HEIGHT = 32
_MOST_ROWS_SHOWN = 14
_DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
_ENCODINGS = ["utf-8", "utf-16", "windows-1252", "iso-8859-1", "shift_jis", "gb18030"]
_GUESSED = "As guessed"
_DECIMALS = {".": "Point, 1.5", ",": "Comma, 1,5"}
_ORDERS = {DateOrder.DAY_FIRST: "Day first, 23.11.2026", DateOrder.MONTH_FIRST: "Month first, 11/23/2026"}
_TYPES = {label: kind for kind, label in catalog.TYPES.items()}


def reading_facts(reading: Reading) -> None:
    """Draw what the file is, and what to look at."""
    columns = f"{len(reading.columns):,} column{'' if len(reading.columns) == 1 else 's'}"
    facts = f"{reading.format}, {words.size(reading.size_bytes)}: {counted(reading.row_count)}, {columns}"
    st.html(f'<p class="bs-sentence">{words.html(facts)}</p>')
    for warning in reading.warnings:
        st.warning(warning, icon=":material/warning:")


def counted(rows: int) -> str:
    """Return a number of rows in words."""
    return f"{rows:,} row{'' if rows == 1 else 's'}"


def options_form(reading: Reading) -> None:
    """Draw how the file was read, each guess as a control."""
    st.html('<h2 class="bs-part">Read as</h2>')
    options = reading.options
    if len(reading.sheets) > 1:
        _choice("Sheet", "sheet", {name: name for name in reading.sheets}, options.sheet)
    if options.delimiter is not None:
        _choice("Between columns", "delimiter", _with(_DELIMITERS, options.delimiter), options.delimiter)
    if options.encoding is not None:
        known = dict.fromkeys([options.encoding, *_ENCODINGS])
        _choice("Characters", "encoding", {name: name.upper() for name in known}, options.encoding)
    if options.has_header is not None:
        _control(st.toggle, "First row names the columns", "has_header", options.has_header)
    if options.skip_rows is not None:
        _control(st.number_input, "Rows left out at the top", "skip_rows", options.skip_rows, min_value=0, step=1)
    if options.decimal is not None:
        _choice("Decimal sign", "decimal", _DECIMALS, options.decimal)
    if options.date_order is not None:
        _choice("Days in numbers", "date_order", _ORDERS, options.date_order)
    if any(column.type is FieldType.DATETIME for column in reading.columns):
        zone = options.timezone or "UTC"
        zones = {name: name.replace("_", " ") for name in zone_options(zone)}
        _choice("Times are those of", "timezone", zones, zone)
    _control(
        st.text_input,
        "Words for an empty cell",
        "empty_words",
        ", ".join(options.empty_words),
        read=lambda text: tuple(word.strip() for word in (text or "").split(",") if word.strip()),
        placeholder="n/a, unknown",
    )


def retry_form() -> None:
    """Draw what can be said about a text file that was not read as it was guessed."""
    st.html('<h2 class="bs-part">Read it otherwise</h2>')
    options = state.asked()
    encodings = {name: name.upper() for name in _ENCODINGS}
    with st.grid(3, min_column_width=200):
        _choice("Between columns", "delimiter", {"": _GUESSED} | _DELIMITERS, options.delimiter or "", read=_asked)
        _choice("Characters", "encoding", {"": _GUESSED} | encodings, options.encoding or "", read=_asked)
        _control(st.number_input, "Rows left out at the top", "skip_rows", options.skip_rows or 0, min_value=0, step=1)


def _asked(picked: str) -> str | None:
    return picked or None


def _choice(label: str, option: str, names: dict[Any, str], value: Any, read: Any = lambda given: given) -> None:
    _control(
        st.selectbox,
        label,
        option,
        value,
        read,
        options=list(names),
        format_func=lambda item: names.get(item, str(item)),
    )


def _control(widget: Any, label: str, option: str, value: Any, read: Any = lambda given: given, **more: Any) -> None:
    key = f"upload_option_{option}"
    show(widget, label, key=key, value=value, on_change=_apply, args=(key, option, read), **more)


def _apply(key: str, option: str, read: Any) -> None:
    state.ask(**{option: read(st.session_state[key])})


def _with(names: dict[str, str], value: str) -> dict[str, str]:
    return names if value in names else names | {value: value}


def columns_table(reading: Reading) -> None:
    """Draw the columns: what was guessed of each, and its name and type to be changed."""
    st.html('<h2 class="bs-part">Columns</h2>')
    st.caption("Change a name or a type where the guess is wrong; take out what nobody needs.")
    found = {column.heading: column for column in reading.columns}
    frame = pd.DataFrame([_row(heading, found.get(heading)) for heading in reading.headings])
    if not any(column.unreadable for column in reading.columns):
        frame = frame.drop(columns="unreadable")
    st.data_editor(
        frame.set_index("heading", drop=True),
        key=keys.UPLOAD_COLUMNS,
        on_change=_edit,
        args=(reading,),
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=(min(len(frame), _MOST_ROWS_SHOWN) + 1) * _ROW_HEIGHT + 4,
        disabled=["filled", "empty", "unreadable", "note"],
        column_config={
            "keep": st.column_config.CheckboxColumn("Keep", width=85),
            "name": st.column_config.TextColumn("Name", width=180, max_chars=100),
            "type": st.column_config.SelectboxColumn("Type", width=130, options=list(_TYPES)),
            "filled": st.column_config.NumberColumn("Filled", format="%,d", width=75),
            "empty": st.column_config.NumberColumn("Empty", format="%,d", width=75),
            "unreadable": st.column_config.NumberColumn("Unreadable", format="%,d", width=100),
            "note": st.column_config.TextColumn("What was seen", width=380),
        },
        placeholder="",
        alt="Columns of the file",
    )
    for column in reading.columns:
        if column.unreadable:
            cells = ", ".join(f"“{text}”" for text in column.examples[:3])
            lost = f"{column.unreadable:,} cells of {column.name} are no {catalog.TYPES[column.type].lower()}"
            st.warning(f"{lost}: {words.plain(cells)}. They are left empty.", icon=":material/warning:")


def _row(heading: str, column: ReadColumn | None) -> dict[str, Any]:
    if column is None:
        return {"heading": heading, "keep": False, "name": heading, "type": None, "filled": None, "empty": None,
                "unreadable": None, "note": "Left out"}  # fmt: skip
    return {
        "heading": heading,
        "keep": True,
        "name": column.name,
        "type": catalog.TYPES[column.type],
        "filled": column.filled,
        "empty": column.empty,
        "unreadable": column.unreadable,
        "note": column.note,
    }


def _edit(reading: Reading) -> None:
    edited = st.session_state[keys.UPLOAD_COLUMNS]["edited_rows"]
    state.choose({reading.headings[int(position)]: _changes(cells) for position, cells in edited.items()})


def _changes(cells: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if cells.get("name"):
        changes["name"] = cells["name"].strip()
    if cells.get("type"):
        changes["type"] = _TYPES[cells["type"]]
    if "keep" in cells:
        changes["is_left_out"] = not cells["keep"]
    return changes


def sample_table(reading: Reading) -> None:
    """Draw the first rows."""
    st.dataframe(
        reading.sample,
        key="upload_sample",
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=(min(reading.sample.num_rows, 10) + 1) * _ROW_HEIGHT + 4,
        placeholder="",
        alt="First rows of the file",
    )
