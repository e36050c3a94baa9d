"""Markdown: a table for wikis, issue trackers and chats (GitHub Flavored Markdown, "tables"), rows in flat memory.

It reads as text too. Whatever a cell holds is text: nothing in it becomes a link, a picture, an emphasis or a tag.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultColumn, ResultHead
from core.render.batches import convert_ahead
from core.render.cell_text import (
    TEXT,
    Alterations,
    byte_table,
    clean_characters,
    clean_text,
    rows_with,
    text_bytes,
    text_scalar,
    utf8_array,
)
from core.render.cells import display_header, display_number, display_strings
from core.render.masthead import facts, period_words, row_notes, row_words
from core.render.renderer import ChartImage, Wishes
from core.render.totals import total_batch

#: What means something inside a line (CommonMark 0.31, section 2.4; "$" begins a formula at GitHub).
_MEANING = r"\\`*_\[\]<>|~&$"
_MEANING_PATTERN = re.compile(f"([{_MEANING}])")
_MEANING_BYTES = byte_table("\\`*_[]<>|~&$")
_BREAKS_PATTERN = re.compile(r"\r\n|\r|\n")
_BREAKS_BYTES = byte_table("\r\n")
#: Spaces at the ends of a cell belong to the table unless they are named.
_EDGES = r"^[\s\p{Z}]|[\s\p{Z}]$"


class MarkdownRenderer:
    """Writes Markdown with the table of the rows between its title and what there is to know about it."""

    format = "markdown"
    label = "Markdown"
    extension = "md"
    media_type = "text/markdown; charset=utf-8"
    takes_chart = False

    def fitted(self, wishes: Wishes) -> "MarkdownRenderer":  # noqa: ARG002
        """Nothing of it can be chosen."""
        return self

    def render(
        self,
        result: Result,
        target: BinaryIO,
        *,
        chart: ChartImage | None = None,  # noqa: ARG002 - carries no pictures
        chart_note: str | None = None,  # noqa: ARG002
    ) -> Rendering:
        """Write title and headline numbers, one line a row, then what only the end knows."""
        head, tally, rows = result.head, Alterations(), 0
        target.write("".join(_opening(head)).encode())
        for batch, lines in convert_ahead(result.batches, lambda batch, _: _lines(batch, head, tally)):
            target.write(text_bytes(lines))
            rows += batch.num_rows
        totals = total_batch(head) if rows else None
        if totals is not None:
            target.write(text_bytes(_lines(totals, head, tally)))
        notes, altered = row_notes(head, rows), tally.as_dict()
        target.write("".join(_ending(head, rows, altered, notes)).encode())
        return Rendering(rows=rows, altered=altered, notes=notes)


def _opening(head: ResultHead) -> Iterator[str]:
    """Everything before the first row."""
    yield f"# {_escaped(head.title)}\n\n{_escaped(head.sentence)}\n\n"
    if head.period:
        yield f"{_escaped(period_words(head.period))}\n\n"
    for kpi in head.kpis:
        value = "no value" if kpi.value is None else display_number(kpi.value, kpi.format)
        yield f"- {_escaped(kpi.label)}: **{_escaped(value)}**\n"
    yield "\n" if head.kpis else ""
    yield f"| {' | '.join(_escaped(display_header(column)) for column in head.columns)} |\n"
    yield f"| {' | '.join('---:' if column.type.is_number else '---' for column in head.columns)} |\n"


def _ending(head: ResultHead, rows: int, altered: dict[str, dict[str, int]], notes: tuple[str, ...]) -> Iterator[str]:
    """Everything after the last row."""
    yield f"\n{_escaped(row_words(head, rows))}\n\n## About this report\n\n"
    for label, text in facts(head, rows=rows, altered=altered, notes=notes):
        yield f"- {_escaped(label)}: {_escaped(text)}\n"


def _lines(batch: pa.RecordBatch, head: ResultHead, tally: Alterations) -> pa.Array:
    """The batch as one line of the table a row."""
    parts: list[pa.Array | pa.Scalar] = []
    for index, (array, column) in enumerate(zip(batch.columns, head.columns, strict=True)):
        parts += [text_scalar(" | " if index else "| "), _cells(array, column, head.timezone, tally)]
    return pc.binary_join_element_wise(
        *parts, text_scalar(" |\n"), text_scalar(""), null_handling="replace", null_replacement=""
    )


def _cells(array: pa.Array, column: ResultColumn, timezone: str, tally: Alterations) -> pa.Array:
    """A column as people read it, escaped; null is nothing."""
    kind = array.type
    has_own_words = pa.types.is_temporal(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)
    if has_own_words or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.array(display_strings(array, column, timezone=timezone, alterations=tally), TEXT)
    return _escape_column(clean_text(utf8_array(array, column.label, tally), column.label, tally))


def _escape_column(text: pa.Array) -> pa.Array:
    """A clean text column for cells of a table. Nulls stay."""
    edged = pc.match_substring_regex(text, _EDGES).fill_null(False)
    if rows_with(text, _MEANING_BYTES) is not None:
        text = pc.replace_substring_regex(text, f"([{_MEANING}])", r"\\\1")
    if pc.any(edged).as_py():  # before line breaks become tags: those at an end are no spaces then
        text = pc.replace_with_mask(
            text, edged, pa.array([_with_edges(cell) for cell in text.filter(edged).to_pylist()], TEXT)
        )
    if rows_with(text, _BREAKS_BYTES) is not None:
        text = pc.replace_substring_regex(text, r"\r\n|\r|\n", "<br>")
    return text


def _with_edges(text: str) -> str:
    """`text` with the space at each end named, where it is no line break."""
    last = _named(text[-1]) if len(text) > 1 else ""
    return _named(text[0]) + text[1:-1] + last


def _named(character: str) -> str:
    return f"&#{ord(character)};" if character.isspace() and character not in "\r\n" else character


def _escaped(text: str) -> str:
    """One text as a line of its own or a part of one."""
    return _BREAKS_PATTERN.sub("<br>", _MEANING_PATTERN.sub(r"\\\1", clean_characters(text)))
