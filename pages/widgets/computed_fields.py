"""Fields that are computed of others: one open at a time, checked as it is written."""

import streamlit as st

from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_edits as edits
from pages.widgets import keys
from pages.widgets.expression_help import check, help_button, verdict

_NEW = ""
_LABEL = "dataset_computed_label"
_EXPRESSION = "dataset_computed_expression"


def computed_panel(draft: drafts.DatasetDraft) -> None:
    """Draw the computed fields and the form of the one that is open."""
    dataset = draft.dataset
    st.html('<h2 class="bs-part">Computed fields</h2>')
    opened = st.session_state.get(keys.DATASET_COMPUTED)
    for position, field in enumerate(dataset.fields):
        if field.expression is not None:
            _line(field, drafts.problem_at(f"fields[{position}]"), is_open=opened == field.name)
    if opened is not None:
        _form(dataset, dataset.field(opened) if opened else None)
    else:
        st.button("Compute a field", icon=":material/function:", key="dataset_compute", on_click=_open, args=(None,))


def _line(field: Field, wrong: str, *, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"list_row_computed_{field.name}"):
        st.markdown(f"**{field.label}**  \n`{field.expression}`", width="stretch")
        if wrong:
            st.caption(f":red[{wrong}]", width="content")
        if not is_open:
            st.button("Edit", key=f"dataset_compute_{field.name}", type="tertiary", on_click=_open, args=(field,))
        drafts.act(
            "",
            key=f"dataset_uncompute_{field.name}",
            edit=lambda d, name=field.name: edits.drop_fields(d, [name]),
            icon=":material/close:",
            type="tertiary",
            help="Take it out",
        )


def _open(field: Field | None) -> None:
    st.session_state[keys.DATASET_COMPUTED] = field.name if field else _NEW
    st.session_state[_LABEL] = field.label if field else ""
    st.session_state[_EXPRESSION] = field.expression if field else ""


def _form(dataset: Dataset, field: Field | None) -> None:
    others = [one for one in dataset.fields if field is None or one.name != field.name]
    with st.container(key="dataset_computed_form"):
        label = st.text_input("Label", key=_LABEL, max_chars=200, placeholder="Net amount")
        text = st.text_input(
            "Computed as", key=_EXPRESSION, placeholder="amount - coalesce(discount, 0)", live=True, max_chars=2000
        )
        kind: FieldType | None = None
        if (text or "").strip():
            kind, wrong = check(text or "", {one.name: one.type for one in others})
            verdict(kind, wrong)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Add field" if field is None else "Change field",
                key="dataset_compute_done",
                on_click=_done,
                args=(field.name if field else None, kind),
                disabled=kind is None or not (label or "").strip(),
            )
            st.button("Cancel", key="dataset_compute_cancel", type="tertiary", on_click=_close)
            help_button({one.name: one.label for one in others}, with_aggregates=False)


def _done(name: str | None, kind: FieldType) -> None:
    label, text = st.session_state[_LABEL].strip(), st.session_state[_EXPRESSION].strip()
    dataset = drafts.current().dataset
    if name is None:
        drafts.change(edits.add_computed(dataset, label, kind, text))
    else:
        drafts.change(edits.tidy(edits.set_field(dataset, name, label=label, expression=text, type=kind, scale=None)))
    _close()


def _close() -> None:
    st.session_state.pop(keys.DATASET_COMPUTED, None)
