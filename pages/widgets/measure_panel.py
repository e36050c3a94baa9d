"""The editor's fourth tab: figures that the dataset defines once for all reports."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Aggregation, Measure
from core.domain.expression_types import ExpressionContext
from core.domain.field import FieldType, NumberStyle
from pages.widgets import catalog_words as catalog
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_edits as edits
from pages.widgets import keys, words
from pages.widgets.app import broadsheet
from pages.widgets.expression_help import check, help_button, verdict
from pages.widgets.filter_form import filter_form

_FIELD, _RATIO, _EXPRESSION = "A field", "A ratio of two measures", "An expression"
_WAYS = (_FIELD, _RATIO, _EXPRESSION)


def measures_panel(draft: drafts.DatasetDraft) -> None:
    """Draw the measures, and the form of the one that is open."""
    dataset = draft.dataset
    if not dataset.measures:
        st.caption("A measure is a figure everybody computes the same way: revenue, margin, orders per customer.")
    opened = st.session_state.get(keys.DATASET_MEASURE)
    for position, measure in enumerate(dataset.measures):
        _line(dataset, position, measure, is_open=opened == position)
        if opened == position:
            with st.container(key="dataset_measure_form"):
                _form(dataset, position, measure)
    st.button("Add a measure", icon=":material/add:", key="dataset_measure_add", on_click=_add)


def _add() -> None:
    dataset = drafts.current().dataset
    taken = {measure.label for measure in dataset.measures}
    label = next(
        name for n in range(1, len(taken) + 2) if (name := "New measure" + (f" {n}" if n > 1 else "")) not in taken
    )
    drafts.change(edits.add_measure(dataset, label))
    st.session_state[keys.DATASET_MEASURE] = len(dataset.measures)


def _line(dataset: Dataset, position: int, measure: DatasetMeasure, *, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"list_row_measure_{position}"):
        how = words.plain(catalog.measure_words(measure, dataset))
        st.markdown(f"**{words.plain(measure.label)}**  \n:gray[{how}]", width="stretch")
        wrong = drafts.problem_at(f"measures[{position}]")
        if wrong:
            st.caption(f":red[{words.plain(wrong)}]", width="content")
        st.button(
            "Close" if is_open else "Edit",
            key=f"dataset_measure_edit_{position}",
            type="tertiary",
            on_click=_open,
            args=(None if is_open else position,),
        )
        drop = partial(edits.set_measure, position=position, measure=None)
        drafts.act(
            "",
            key=f"dataset_measure_drop_{position}",
            edit=drop,
            icon=":material/close:",
            type="tertiary",
            help="Take it out",
        )


def _open(position: int | None) -> None:
    st.session_state[keys.DATASET_MEASURE] = position


def _key(position: int, part: str) -> str:
    return f"dataset_measure_{position}_{part}"


def _set(position: int, change: Callable[[DatasetMeasure, Any], DatasetMeasure]) -> drafts.Edit:
    return lambda d, value: edits.set_measure(d, position, change(d.measures[position], value))


def _how(position: int, change: Callable[[Measure, Any], Measure]) -> drafts.Edit:
    return _set(position, lambda m, value: replace(m, measure=change(m.measure, value)))


def _form(dataset: Dataset, position: int, measure: DatasetMeasure) -> None:
    way = _way(measure.measure)
    drafts.control(
        st.text_input,
        "Label",
        key=_key(position, "label"),
        value=measure.label,
        edit=_set(position, lambda m, text: replace(m, label=(text or "").strip() or m.label)),
        max_chars=200,
    )
    drafts.control(
        st.segmented_control,
        "Computed from",
        key=_key(position, "way"),
        value=way,
        edit=lambda d, picked: _turn(d, position, picked),
        options=[one for one in _WAYS if one != _RATIO or len(dataset.measures) > 2 or way == _RATIO],
        required=True,
    )
    if way == _FIELD:
        _field(dataset, position, measure.measure)
    elif way == _RATIO:
        _ratio(dataset, position, measure)
    else:
        _expression(dataset, position, measure)
    _format(position, measure)
    drafts.control(
        st.text_input,
        "Description",
        key=_key(position, "description"),
        value=measure.description,
        edit=_set(position, lambda m, text: replace(m, description=(text or "").strip())),
        max_chars=2000,
        placeholder="What is counted, and what is not",
    )


def _way(how: Measure) -> str:
    if how.expression is None:
        return _FIELD
    return _RATIO if catalog.ratio_of(how.expression) else _EXPRESSION


def _turn(d: Dataset, position: int, way: str | None) -> Dataset:
    """Compute a measure another way, beginning with what is likely."""
    measure = d.measures[position]
    if way is None or way == _way(measure.measure):
        return d
    if way == _FIELD:
        how = Measure(aggregation=Aggregation.COUNT)
    elif way == _RATIO:
        others = [one.name for one in d.measures if one.name != measure.name]
        how = edits.expressed(f"[{others[0]}] / [{others[1]}]")
    else:
        how = edits.expressed(_as_expression(measure.measure))
    return edits.set_measure(d, position, replace(measure, measure=how))


def _as_expression(how: Measure) -> str:
    if how.expression is not None:
        return f"({how.expression})"
    if how.field is None or how.aggregation is Aggregation.PERCENTILE:
        return "count()"
    return f"{how.aggregation}([{how.field}])"


def _field(dataset: Dataset, position: int, how: Measure) -> None:
    fields = {field.name: field for field in dataset.fields}
    with st.grid(3, min_column_width=180):
        drafts.control(
            st.selectbox,
            "How",
            key=_key(position, "aggregation"),
            value=how.aggregation,
            edit=lambda d, picked: edits.set_measure(d, position, _condensed(d, position, picked)),
            options=list(Aggregation),
            format_func=lambda item: catalog.AGGREGATIONS[item],
        )
        if how.aggregation is not Aggregation.COUNT:
            offered = [name for name, field in fields.items() if how.aggregation in _allowed(field)]
            drafts.control(
                st.selectbox,
                "Field",
                key=_key(position, "field"),
                value=how.field,
                edit=_how(position, lambda m, name: replace(m, field=name)),
                options=offered if how.field in offered or how.field is None else [how.field, *offered],
                format_func=lambda name: fields[name].label if name in fields else str(name),
                placeholder="Choose a field",
            )
        if how.aggregation is Aggregation.PERCENTILE:
            drafts.control(
                st.number_input,
                "Percent",
                key=_key(position, "percent"),
                value=float(how.percent or 90),
                edit=_how(position, lambda m, number: replace(m, percent=float(number or 0))),
                min_value=0.0,
                max_value=100.0,
            )
    save = _how(position, lambda m, group: replace(m, filters=group))
    filter_form(_key(position, "filters"), how.filters, fields, save, verb="Only rows for which")


def _allowed(field: Any) -> tuple[Aggregation, ...]:
    return broadsheet().reports.aggregations_for(field.type)


def _condensed(d: Dataset, position: int, picked: Aggregation) -> DatasetMeasure:
    measure = d.measures[position]
    field = d.field(measure.measure.field) if measure.measure.field else None
    if field is None or picked not in _allowed(field):
        field = next((one for one in d.fields if picked in _allowed(one)), None)
    return replace(measure, measure=edits.condense(measure.measure, picked, field.name if field else None))


def _ratio(dataset: Dataset, position: int, measure: DatasetMeasure) -> None:
    top, bottom = catalog.ratio_of(measure.measure.expression or "") or ("", "")
    labels = {one.name: one.label for one in dataset.measures if one.name != measure.name}
    with st.grid(2, min_column_width=200):
        for part, label, value in (("top", "Divide", top), ("bottom", "by", bottom)):
            drafts.control(
                st.selectbox,
                label,
                key=_key(position, part),
                value=value,
                edit=_how(position, partial(_with_part, part=part)),
                options=list(labels) if value in labels else [value, *labels],
                format_func=lambda name: labels.get(name, name),
            )
    st.caption("Where the second is zero, the ratio is empty.")


def _with_part(how: Measure, name: str, *, part: str) -> Measure:
    top, bottom = catalog.ratio_of(how.expression or "") or ("", "")
    return edits.expressed(f"[{name}] / [{bottom}]" if part == "top" else f"[{top}] / [{name}]")


def _expression(dataset: Dataset, position: int, measure: DatasetMeasure) -> None:
    drafts.control(
        st.text_input,
        "Computed as",
        key=_key(position, "expression"),
        value=measure.measure.expression or "",
        edit=_how(position, lambda m, text: replace(m, expression=(text or "").strip())),
        max_chars=2000,
        placeholder="sum(amount) / count_distinct(customer_id)",
    )
    fields = {field.name: field.type for field in dataset.fields}
    others = {one.name: FieldType.DECIMAL for one in dataset.measures if one.name != measure.name}
    verdict(*check(measure.measure.expression or "", fields, ExpressionContext.AGGREGATE, measures=others))
    names = {f.name: f.label for f in dataset.fields} | {f"[{name}]": "a measure" for name in others}
    help_button(names, with_aggregates=True)


def _format(position: int, measure: DatasetMeasure) -> None:
    with st.grid(3, min_column_width=180):
        drafts.control(
            st.selectbox,
            "Written as",
            key=_key(position, "style"),
            value=measure.format.style,
            edit=_set(position, lambda m, style: replace(m, format=replace(m.format, style=style))),
            options=list(NumberStyle),
            format_func=lambda style: catalog.NUMBER_STYLES[style],
        )
        drafts.control(
            st.number_input,
            "Decimals",
            key=_key(position, "decimals"),
            value=measure.format.decimals,
            edit=_set(
                position, lambda m, n: replace(m, format=replace(m.format, decimals=None if n is None else int(n)))
            ),
            min_value=0,
            max_value=10,
            step=1,
            placeholder="As needed",
        )
        drafts.control(
            st.text_input,
            "Unit",
            key=_key(position, "unit"),
            value=measure.format.unit or "",
            edit=_set(
                position, lambda m, text: replace(m, format=replace(m.format, unit=(text or "").strip() or None))
            ),
            max_chars=20,
            placeholder="EUR, min",
        )
