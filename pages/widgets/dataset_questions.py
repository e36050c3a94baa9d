"""What the dataset editor asks the services, kept for the draft as it is, so that only a changed draft asks again."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from core.domain.access import Principal
from core.domain.catalog import Drift, RowSample
from core.domain.dataset import Dataset
from core.domain.field import Field
from core.errors import BroadsheetError
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.dataset_edits import complete

_MOST = 32
Answer = TypeVar("Answer")


def columns_of(dataset: Dataset, steps: int | None = None) -> tuple[Field, ...]:
    """Return the base's columns after so many steps as fields; steps from the first that does not fit change none."""
    asked = complete(dataset)
    for count in range(len(dataset.steps) if steps is None else steps, -1, -1):
        try:
            return broadsheet().datasets.columns(guard(), asked, steps=count)
        except BroadsheetError:
            continue
    return ()


def sample(principal: Principal, dataset: Dataset, *, steps: int | None, rows: int) -> RowSample:
    """Return the first rows of the draft; raises what the service raises."""
    asked = complete(dataset)
    return _kept(
        ("sample", asked, steps, rows),
        lambda: broadsheet().datasets.preview(principal, asked, steps=steps, rows=rows),
    )


def drift(principal: Principal, saved: Dataset) -> Drift:
    """Return how the source differs from a dataset as it is saved; raises what the service raises."""
    key = ("drift", saved.id, saved.version)
    return _kept(key, lambda: broadsheet().datasets.drift(principal, saved.id))


def forget() -> None:
    """Ask everything anew."""
    st.session_state.pop(keys.DATASET_MEMO, None)


def _kept(key: tuple[Any, ...], ask: Callable[[], Answer]) -> Answer:
    memo: dict[tuple[Any, ...], Any] = st.session_state.setdefault(keys.DATASET_MEMO, {})
    if key in memo:
        kept: Answer = memo[key]
        return kept
    answer = ask()
    memo[key] = answer
    while len(memo) > _MOST:
        del memo[next(iter(memo))]
    return answer
