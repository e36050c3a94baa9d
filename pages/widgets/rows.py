"""Lists as tables: one line a thing, its name a link, its facts in columns, its actions in a menu."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from pages.widgets import words

MENU_WIDTH = 40  #: pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of facts: its heading and width in pixels, and whether it stays on narrow screens and is of numbers."""

    title: str
    width: int
    narrow: bool = True
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a row's name leads."""

    page: str
    query: dict[str, str]


def heading(name: str, columns: Sequence[Column], *, lead: int = 0, tail: int = MENU_WIDTH) -> None:
    """Draw the table's heading over rows whose controls in front take `lead` pixels and those at the end `tail`."""
    with st.container(key=f"list_heading_{name.lower()}", horizontal=True, gap="small"):
        if lead:
            st.html("<span></span>", width=lead)
        st.html(f'<div class="bs-th">{escape(name)}</div>')
        st.html(_grid(columns, [escape(column.title) for column in columns], "bs-th"), width=_width(columns))
        if tail:
            st.html("<span></span>", width=tail)


def row(name: str, link: Link | None, columns: Sequence[Column], cells: Sequence[str]) -> None:
    """Draw a row's name and facts; `cells` are HTML. Call it inside `line`, then add the row's controls."""
    if link is None:
        st.markdown(f"**{words.plain(name)}**", width="stretch")
    else:
        st.page_link(link.page, label=words.plain(name), query_params=link.query, width="stretch")
    facts(columns, cells)


def facts(columns: Sequence[Column], cells: Sequence[str]) -> None:
    """Draw a row's facts, `cells` as HTML, beside whatever stands for its name."""
    st.html(_grid(columns, cells, "bs-td"), width=_width(columns))


def line(key: str) -> "st.delta_generator.DeltaGenerator":
    """Return the container of one row."""
    return st.container(key=f"list_row_{key}", horizontal=True, vertical_alignment="center", gap="small")


def menu(key: str, options: Sequence[str]) -> str | None:
    """Draw a row's menu and return what was chosen in this run."""
    return st.menu_button(
        "More", list(options), icon=":material/more_horiz:", key=key, type="tertiary", width=MENU_WIDTH
    )


def fact(text: str, *, quiet: bool = False) -> str:
    """Return a cell's HTML for plain text."""
    return f'<span class="{"bs-quiet" if quiet else ""}" title="{escape(text)}">{escape(text)}</span>' if text else ""


def count(number: int, noun: str, *, many: str = "") -> str:
    """Return a number's cell; on narrow screens, where no heading says what it counts, its noun stands beside it."""
    said = f'{number:,}<span class="bs-only-narrow"> {escape(noun if number == 1 else many or noun + "s")}</span>'
    return said if number else f'<span class="bs-quiet">{said}</span>'


def two_lines(first: str, second: str, *, is_strong: bool = False) -> None:
    """Draw plain text with a quiet line under it; no address becomes a link."""
    name = f"<strong>{escape(first)}</strong>" if is_strong else escape(first)
    st.html(f'<div class="bs-found">{name}<br><span class="bs-quiet">{escape(second)}</span></div>')


def _grid(columns: Sequence[Column], cells: Sequence[str], css: str) -> str:
    template = " ".join(f"{column.width}px" for column in columns)
    inner = "".join(f'<div class="{_place(column)}">{cell}</div>' for column, cell in zip(columns, cells, strict=True))
    return f'<div class="bs-cells {css}" style="grid-template-columns:{template}">{inner}</div>'


def _place(column: Column) -> str:
    return " ".join(("bs-num",) * column.is_number + ("bs-wide",) * (not column.narrow))


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + 16 * (len(columns) - 1)
