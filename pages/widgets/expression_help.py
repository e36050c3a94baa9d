"""The expression language on screens: its help, and whether what was written holds together."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from core.domain.expression import parse_expression
from core.domain.expression_functions import FUNCTIONS
from core.domain.expression_types import ExpressionContext, type_of
from core.domain.field import FieldType
from core.errors import InvalidInput
from pages.widgets import catalog_words as catalog

_NO_MEASURES: Mapping[str, FieldType] = {}
_SIGNS = (
    ("+ - * /", "sums and the like; a division by zero is empty"),
    ("= != < <= > >=", "comparisons"),
    ("and, or, not", "conditions together"),
    ("x in ('a', 'b')", "whether it is one of these"),
    ("x is empty", "whether there is no value"),
    ("'text'", "a text, in single quotes"),
    ("[Net price]", "a name with spaces, in brackets"),
)


def check(
    text: str,
    names: Mapping[str, FieldType],
    context: ExpressionContext = ExpressionContext.ROW,
    *,
    measures: Mapping[str, FieldType] = _NO_MEASURES,
) -> tuple[FieldType | None, str]:
    """Return the type an expression gives, and what is wrong with it; one of the two is empty."""
    try:
        return type_of(parse_expression(text), names, context, measures=measures), ""
    except InvalidInput as error:
        return None, error.user_message


def verdict(kind: FieldType | None, wrong: str) -> None:
    """Draw what a check found."""
    if kind is None:
        st.html(f'<p class="bs-verdict bs-state bs-red">{escape(wrong)}</p>')
    else:
        st.html(f'<p class="bs-verdict bs-state bs-green">Gives {catalog.TYPES[kind].lower()}</p>')


def help_button(names: Mapping[str, str], *, with_aggregates: bool) -> None:
    """Draw the help: names that may stand in an expression, signs and functions."""
    popover = st.popover(
        "How to write it", icon=":material/help:", type="tertiary", on_change="rerun", key="expression_help"
    )
    if not popover.open:
        return
    with popover, st.container(height=420, border=False):
        st.html('<div class="bs-eyebrow">Names</div>' + _list((name, label) for name, label in names.items()))
        st.html('<div class="bs-eyebrow">Signs</div>' + _list(_SIGNS))
        offered = [f for f in FUNCTIONS.values() if with_aggregates or not f.is_aggregate]
        listed = sorted(offered, key=lambda f: not f.is_aggregate) if with_aggregates else offered
        st.html('<div class="bs-eyebrow">Functions</div>' + _list((f.signature, f.explanation) for f in listed))


def _list(entries: "object") -> str:
    items = "".join(f"<div><dt><code>{escape(name)}</code></dt><dd>{escape(said)}</dd></div>" for name, said in entries)  # type: ignore[attr-defined]
    return f'<dl class="bs-help">{items}</dl>'
