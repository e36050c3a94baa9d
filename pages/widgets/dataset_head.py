"""The top of the dataset editor: its name, save and its refusals, and what is true of the dataset as a whole."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission
from core.domain.catalog import Problem
from core.domain.dataset import Source
from core.errors import BreaksReports, BroadsheetError, Conflict, InvalidInput
from pages.widgets import catalog_words as catalog
from pages.widgets import dataset_draft as drafts
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.control import show
from pages.widgets.data_lists import delete_dataset, report_on, show_notice
from pages.widgets.dataset_edits import complete
from pages.widgets.dataset_questions import columns_of

_NO_TIME = ""


def head(draft: drafts.DatasetDraft, source: Source) -> None:
    """Draw the name, which is edited in place, the toolbar, and what stands to be said."""
    title, tools = st.columns([5, 7], vertical_alignment="center")
    with title:
        drafts.control(
            st.text_input,
            "Label",
            key=keys.DATASET_LABEL,
            value=draft.dataset.label,
            edit=lambda d, label: replace(d, label=(label or "").strip()),
            label_visibility="collapsed",
            placeholder="Untitled dataset",
            max_chars=200,
        )
    with tools:
        _toolbar(draft)
    _standing(draft, source)
    show_notice()
    notice = st.session_state.get(keys.DATASET_NOTICE)
    if notice is not None:
        _notice(draft, notice)
    breaks: tuple[str, ...] = st.session_state.get(keys.DATASET_BREAKS, ())
    if breaks:
        _breaks(breaks)


def _toolbar(draft: drafts.DatasetDraft) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="dataset_tools"):
        for icon, name, able, act in (
            ("undo", "Undo", draft.past, drafts.undo),
            ("redo", "Redo", draft.future, drafts.redo),
        ):
            st.button(
                "",
                icon=f":material/{icon}:",
                key=f"dataset_{icon}",
                help=name,
                type="tertiary",
                disabled=not able,
                on_click=act,
            )
        if draft.saved is not None:
            _certify_toggle(draft.saved.is_certified)
            if st.button("New report", key="dataset_report", help="Ask a question about the dataset as it is saved."):
                report_on(draft.saved)
            if st.button("", icon=":material/delete:", key="dataset_delete", type="tertiary", help="Delete dataset"):
                delete_dataset(draft.saved)
        st.button(
            "Save dataset" if draft.saved is None else "Save changes",
            type="primary",
            key=keys.DATASET_SAVE,
            on_click=save,
            disabled=not draft.is_changed,
        )


def _certify_toggle(is_certified: bool) -> None:
    key = "dataset_certified"
    show(
        st.toggle,
        "Certified",
        key=key,
        value=is_certified,
        on_change=_certify,
        args=(key,),
        help="You have checked it and vouch for it. A change of what it answers takes the mark away.",
    )


def _certify(key: str) -> None:
    draft = drafts.current()
    is_certified = bool(st.session_state[key])
    try:
        saved = broadsheet().datasets.certify(guard(Permission.MANAGE_CATALOG), draft.dataset.id, is_certified)
    except BroadsheetError as error:
        st.session_state[keys.DATASET_NOTICE] = error
        return
    changed = replace(draft.dataset, is_certified=is_certified, version=saved.version, updated_at=saved.updated_at)
    drafts.put(replace(draft, saved=saved, dataset=changed))


def _standing(draft: drafts.DatasetDraft, source: Source) -> None:
    dataset = draft.dataset
    parts = [f"{len(dataset.fields):,} fields"]
    for items, noun in ((dataset.joins, "join"), (dataset.steps, "step"), (dataset.measures, "measure")):
        if items:
            parts.append(f"{len(items)} {noun}{'' if len(items) == 1 else 's'}")
    where = f"From {catalog.origin(dataset)} in {source.name}: {', '.join(parts)}."
    if draft.saved is None:
        state = "Not saved yet"
    else:
        state = f"Version {dataset.version}" + (", with unsaved changes" if draft.is_changed else "")
    st.html(f'<p class="bs-sentence">{words.html(where)} <span class="bs-quiet">{state}.</span></p>')


def save(*, is_confirmed: bool = False) -> None:
    """Save the draft; what stands in the way is kept to be shown beside its place."""
    draft = drafts.current()
    datasets = broadsheet().datasets
    drafts.forget_questions()
    try:
        principal = guard(Permission.MANAGE_CATALOG)
        asked = complete(draft.dataset)
        if draft.saved is None:
            saved = datasets.create(principal, asked)
        else:
            saved = datasets.save(principal, asked, expected_version=draft.saved.version, is_confirmed=is_confirmed)
    except BreaksReports as error:
        st.session_state[keys.DATASET_BREAKS] = error.reports
        return
    except (InvalidInput, Conflict) as error:
        if error.place is None:
            st.session_state[keys.DATASET_NOTICE] = error
        else:
            drafts.note((Problem(place=error.place, message=error.user_message),))
        return
    except BroadsheetError as error:
        st.session_state[keys.DATASET_NOTICE] = error
        return
    drafts.take_saved(saved)
    st.toast(f"{saved.label} saved", icon=":material/check:")


def _notice(draft: drafts.DatasetDraft, error: BroadsheetError) -> None:
    st.error(error.user_message, icon=":material/error:")
    if isinstance(error, Conflict) and not isinstance(error, BreaksReports) and draft.saved is not None:
        st.button(
            "Open it as it is saved now",
            key="dataset_reload",
            on_click=drafts.discard,
            args=(draft.dataset.id,),
            help="Your unsaved changes are dropped.",
        )


def _breaks(reports: tuple[str, ...]) -> None:
    listed = "\n".join(f"- {words.plain(name)}" for name in reports)
    count = "1 report uses" if len(reports) == 1 else f"{len(reports)} reports use"
    st.warning(
        f"{listed}\n\nSaved anyway, they stop with a message that names what is missing, until somebody changes them.",
        title=f"{count} what this change takes away",
        icon=":material/warning:",
    )
    with st.container(horizontal=True):
        st.button("Save anyway", key="dataset_confirm", on_click=save, kwargs={"is_confirmed": True})
        st.button("Not now", key="dataset_unconfirm", type="tertiary", on_click=drafts.forget_questions)


def problems_strip(draft: drafts.DatasetDraft) -> None:
    """Draw what stands in the way of saving, each with the way to its place."""
    for number, found in enumerate(draft.problems):
        tab, name = catalog.place(draft.dataset, found.place)
        with st.container(horizontal=True, vertical_alignment="center", key=f"dataset_problem_{number}"):
            where = " · ".join(part for part in (tab, name) if part)
            st.error(f"**{words.plain(where)}**: {found.message}" if where else found.message, icon=":material/error:")
            if tab:
                st.button(f"Show {tab.lower()}", key=f"dataset_show_{number}", on_click=_show, args=(tab, found.place))


def _show(tab: str, place: str | None) -> None:
    st.session_state[keys.DATASET_TABS] = tab
    position = (place or "").partition("[")[2].partition("]")[0]
    if not position:
        return
    if tab == "Steps":
        st.session_state[keys.DATASET_STEP] = int(position)
    elif tab == "Measures":
        st.session_state[keys.DATASET_MEASURE] = int(position)


def about(draft: drafts.DatasetDraft) -> None:
    """Draw the description, the folder, what a row is, its date and its key."""
    dataset = draft.dataset
    with st.expander("Description, folder, what a row is", key="dataset_about"):
        drafts.control(
            st.text_area,
            "Description",
            key="dataset_description",
            value=dataset.description,
            edit=lambda d, text: replace(d, description=(text or "").strip()),
            height=72,
            max_chars=2000,
            placeholder="What a row is, where it comes from, what it is good for",
        )
        with st.grid(4, min_column_width=190):
            drafts.control(
                st.text_input,
                "Folder",
                key="dataset_folder",
                value=dataset.folder,
                edit=lambda d, text: replace(d, folder=(text or "").strip()),
                placeholder="None",
            )
            drafts.control(
                st.text_input,
                "Rows are called",
                key="dataset_row_noun",
                value=dataset.row_noun,
                edit=lambda d, text: replace(d, row_noun=(text or "").strip() or "rows"),
                help="In sentences: “Number of orders”.",
            )
            _time_field(draft)
            _row_key(draft)


def _time_field(draft: drafts.DatasetDraft) -> None:
    dates = {field.name: field.label for field in draft.dataset.fields if field.type.is_temporal}
    drafts.control(
        st.selectbox,
        "Periods apply to",
        key="dataset_time_field",
        value=draft.dataset.time_field or _NO_TIME,
        edit=lambda d, name: replace(d, time_field=name or None),
        options=[_NO_TIME, *dates],
        format_func=lambda name: dates.get(name, "No date"),
    )


def _row_key(draft: drafts.DatasetDraft) -> None:
    columns = [field.source_column for field in columns_of(draft.dataset)]
    drafts.control(
        st.multiselect,
        "A row is told apart by",
        key="dataset_row_key",
        value=list(draft.dataset.row_key),
        edit=lambda d, names: replace(d, row_key=tuple(names)),
        options=list(dict.fromkeys([*draft.dataset.row_key, *columns])),
        placeholder="Nothing",
        help="The columns that no two rows share. Needed where a join multiplies rows, to count each one once.",
    )
