"""Choosing among the values that a field has, the most frequent first, each with how many rows have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import FieldType
from core.domain.filter import Scalar
from core.errors import BroadsheetError
from pages.widgets import answers, words
from pages.widgets import draft as drafts
from pages.widgets.scalars import value_of

MOST_VALUES = 100
_MOST_SEARCH = 200
#: Finds values that hold a text, as people read them, with the number of rows that have each.
FindValues = Callable[[str], Mapping[str, int]]
SetValues = Callable[[ReportDefinition, tuple[Scalar, ...]], ReportDefinition]


def no_values(_search: str) -> Mapping[str, int]:
    """Find none: whoever chooses types the values."""
    return {}


def values_in(principal: Principal, dataset: Dataset, name: str) -> FindValues:
    """Find values in a field of a dataset."""
    return partial(_asked, principal, dataset, name)


def _asked(principal: Principal, dataset: Dataset, name: str, search: str) -> Mapping[str, int]:
    """Values with their counts; says why where there are none."""
    try:
        found = answers.values(principal, dataset.id, name, search, MOST_VALUES)
    except BroadsheetError as error:
        st.caption(f"The values cannot be listed: {error.user_message}")
        return {}
    return {_written(value): count for value, count in found if value not in (None, "")}


def _written(value: Scalar | Decimal | None) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picking:
    key: str
    kind: FieldType
    present: Mapping[str, Scalar]
    save: SetValues

    def edit(self, d: ReportDefinition, texts: list[str]) -> ReportDefinition:
        """Take what was chosen and typed; what is no value of the type is refused and said so."""
        read = {text: self.present.get(text, value_of(text, self.kind)) for text in texts}
        wrong = [text for text, value in read.items() if value is None]
        if wrong:
            st.session_state[f"{self.key}_refused"] = wrong[0]
        return self.save(d, tuple(value for value in read.values() if value is not None))


def value_picker(key: str, values: tuple[Scalar, ...], kind: FieldType, save: SetValues, *, find: FindValues) -> None:
    """Draw the choice of values; where there are more than can be listed, also the search among all of them."""
    present = {str(value): value for value in values}
    found = find("")
    if len(found) >= MOST_VALUES:
        sought = st.text_input(
            "Search all values",
            key=f"{key}_search",
            placeholder="Search all values",
            label_visibility="collapsed",
            icon=":material/search:",
            max_chars=_MOST_SEARCH,
            live=True,
        )
        found = find(sought) if sought else found
    drafts.control(
        st.multiselect,
        "Values",
        key=f"{key}_values",
        value=list(present),
        edit=_Picking(key=key, kind=kind, present=present, save=save).edit,
        options=list(dict.fromkeys([*present, *found])),
        format_func=lambda text: f"{text}  ({found[text]:,})" if text in found else text,
        accept_new_options=True,
        select_all=False,
        label_visibility="collapsed",
        placeholder="Choose or type values" if found else "Type a value, press Enter",
    )
    refused = st.session_state.pop(f"{key}_refused", None)
    if refused is not None:
        wanted = "no number" if kind.is_number else "no value of this kind"
        st.caption(f":red[“{words.plain(refused)}” is {wanted}, so it was left out.]")
