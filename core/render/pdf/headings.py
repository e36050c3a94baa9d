"""What stands above the columns: of a pivot's columns first what they were spread over, once for all neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from core.domain.result import ResultColumn
from core.render.cell_text import clean_characters
from core.render.cells import display_header


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's heading: its own, and those of the groups it is in, the outermost first ("" where it is in none)."""

    own: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spanner:
    """A heading over neighbouring columns, by their positions."""

    words: str
    first: int
    last: int


def headings_of(columns: Sequence[ResultColumn]) -> tuple[Heading, ...]:
    """The headings; what all of a pivot's columns show stands over them all, else below what they were spread over."""
    measures = {_label(column) for column in columns if _spans(column)}
    paths = [_path(column, is_only=len(measures) == 1) for column in columns]
    depth = max((len(path) for path in paths), default=1) - 1
    return tuple(Heading(own=path[-1], groups=_padded(path[:-1], depth)) for path in paths)


def spanners(headings: Sequence[Heading], level: int) -> list[Spanner]:
    """The group headings of one level over neighbouring columns; what lies in different outer groups stays apart."""
    found = []
    for groups, members in groupby(enumerate(headings), key=lambda one: one[1].groups[: level + 1]):
        positions = [position for position, _ in members]
        if groups[level]:
            found.append(Spanner(words=groups[level], first=positions[0], last=positions[-1]))
    return found


def _path(column: ResultColumn, *, is_only: bool) -> tuple[str, ...]:
    label, spans = _label(column), _spans(column)
    return (label, *spans) if is_only and spans else (*spans, label)


def _label(column: ResultColumn) -> str:
    return display_header(replace(column, spans=()))


def _spans(column: ResultColumn) -> tuple[str, ...]:
    """What a pivot spread over it, without the empty ones of totals."""
    return tuple(clean_characters(span) for span in column.spans if span)


def _padded(groups: tuple[str, ...], depth: int) -> tuple[str, ...]:
    return (*groups, *[""] * (depth - len(groups)))
