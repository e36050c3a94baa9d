"""Column widths, whether the page stands or lies, and how a table wider than the page is cut into bands of columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.field import FieldType
from core.domain.file_options import Orientation
from core.domain.result import ColumnRole, ResultColumn
from core.render.pdf.blocks import Measured
from core.render.pdf.headings import Heading, headings_of, spanners
from core.render.pdf.shaping import SEMIBOLD, measure
from core.render.pdf.style import CELL_GAP, MARGIN, TABLE_SIZE

_TEXT_MOST = 190.0  #: a text column grows no wider by itself
_TEXT_LEAST = 62.0  #: and is squeezed no narrower than this for the sake of others
_HEADER_MOST = 90.0  #: a heading alone widens its column at most this much
_BAND_TEXT_MOST = 150.0  #: of a text column where the table is wider than the page anyhow
_REPEATED_SHARE = 0.34  #: most of a page's width that repeated columns take
_CHARACTER = 4.6  #: points that one of the characters asked for takes
_BOLD = 1.06  #: how much wider the semibold face is
_STRETCH = 2.4  #: a narrow table is spread at most this much


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A column's place on the page: the cell's left edge and width, gaps included."""

    index: int
    x: float
    width: float

    @property
    def inner_width(self) -> float:
        """Room for text."""
        return self.width - 2 * CELL_GAP


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Page size and bands; every band repeats the first columns."""

    page_width: float
    page_height: float
    bands: tuple[tuple[Placed, ...], ...]
    inner_widths: tuple[float, ...]  #: by column, the same in every band


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    least: float
    natural: float


def plan(
    columns: Sequence[ResultColumn],
    sample: Sequence[Measured],
    totals: Sequence[Measured],
    *,
    paper: tuple[float, float],
    orientation: Orientation = Orientation.AUTO,
) -> Layout:
    """Decide from the first rows and the totals. `paper` is width and height of the upright page."""
    labels = zip(headings_of(columns), _words_above(headings_of(columns)), strict=True)
    wishes = [
        _wish(column, heading.own, max(above, _longest_word(heading.own)), *cells)
        for column, (heading, above), *cells in zip(columns, labels, sample, totals, strict=True)
    ]
    narrow, wide = min(paper), max(paper)
    natural = sum(wish.natural for wish in wishes)
    lies = orientation is Orientation.LANDSCAPE
    if orientation is Orientation.AUTO:
        lies = natural > (narrow - 2 * MARGIN) * 1.04
    page_width, page_height = (wide, narrow) if lies else (narrow, wide)
    room = page_width - 2 * MARGIN
    if sum(wish.least for wish in wishes) <= room:
        widths = _shared(wishes, room)
        bands: tuple[tuple[int, ...], ...] = (tuple(range(len(columns))),)
    else:
        widths = [min(wish.natural, max(wish.least, _BAND_TEXT_MOST), room) for wish in wishes]
        bands = _bands(columns, widths, room)
        widths = _filled(widths, bands, room)
    return Layout(
        page_width=page_width,
        page_height=page_height,
        bands=tuple(_placed(band, widths) for band in bands),
        inner_widths=tuple(width - 2 * CELL_GAP for width in widths),
    )


def is_right_aligned(column: ResultColumn) -> bool:
    """Numbers stand at the right."""
    return column.type.is_number


def _words_above(headings: Sequence[Heading]) -> list[float]:
    """Points each column gives to the longest word of the headings that it shares with others."""
    needed = [0.0] * len(headings)
    for level in range(len(headings[0].groups) if headings else 0):
        for spanner in spanners(headings, level):
            share = _longest_word(spanner.words) / (spanner.last - spanner.first + 1)
            for position in range(spanner.first, spanner.last + 1):
                needed[position] = max(needed[position], share)
    return needed


def _longest_word(label: str) -> float:
    return max((measure(word, SEMIBOLD) for word in label.split()), default=0.0) * TABLE_SIZE / 1000


def _wish(column: ResultColumn, label: str, header_word: float, cells: Measured, totals: Measured) -> _Wish:
    """`header_word`: points that the longest word above the column takes of it."""
    if column.width is not None:
        asked = column.width * _CHARACTER + 2 * CELL_GAP
        return _Wish(least=min(asked, _TEXT_MOST), natural=asked)
    header = measure(label, SEMIBOLD) * TABLE_SIZE / 1000
    widest = float(max(np.max(cells.widths, initial=0.0), np.max(totals.widths, initial=0.0) * _BOLD))
    header_word = min(header_word, _HEADER_MOST)
    gaps = 2 * CELL_GAP + 0.5
    if column.type is not FieldType.TEXT:
        # Later rows may hold larger numbers than the first ones: one more digit fits without squeezing.
        need = max(widest + (4.0 if column.type.is_number else 0.0), header_word)
        return _Wish(least=need + gaps, natural=max(need, min(header, need * 1.6)) + gaps)
    usual = float(np.percentile(cells.widths, 98)) if len(cells.widths) else 0.0
    natural = min(max(usual if widest > _TEXT_MOST else widest, min(header, _HEADER_MOST), 20.0), _TEXT_MOST)
    return _Wish(least=min(natural, max(_TEXT_LEAST, header_word)) + gaps, natural=natural + gaps)


def _shared(wishes: Sequence[_Wish], room: float) -> list[float]:
    """Natural widths spread over the page, or squeezed towards the least ones where they do not fit."""
    natural = sum(wish.natural for wish in wishes)
    if natural <= room:
        factor = min(room / natural, _STRETCH) if natural else 1.0
        return [wish.natural * factor for wish in wishes]
    give = sum(wish.natural - wish.least for wish in wishes)
    share = (natural - room) / give
    return [wish.natural - (wish.natural - wish.least) * share for wish in wishes]


def _bands(columns: Sequence[ResultColumn], widths: Sequence[float], room: float) -> tuple[tuple[int, ...], ...]:
    """Cut the columns into bands that fit, each beginning with the leading columns that tell rows apart."""
    repeated = _repeated(columns, widths, room)
    taken = sum(widths[index] for index in repeated)
    bands: list[tuple[int, ...]] = []
    band: list[int] = []
    used = taken
    for index in range(len(repeated), len(columns)):
        if band and used + widths[index] > room:
            bands.append((*repeated, *band))
            band, used = [], taken
        band.append(index)
        used += widths[index]
    return (*bands, (*repeated, *band))


def _repeated(columns: Sequence[ResultColumn], widths: Sequence[float], room: float) -> tuple[int, ...]:
    """The first column, and the dimensions that follow it while they take little room."""
    repeated: list[int] = []
    used = 0.0
    for index, column in enumerate(columns[:3]):
        is_key = column.role is ColumnRole.DIMENSION and not column.type.is_number
        if used + widths[index] > room * _REPEATED_SHARE or (index and not is_key):
            break
        repeated.append(index)
        used += widths[index]
    return tuple(repeated)


def _filled(widths: Sequence[float], bands: tuple[tuple[int, ...], ...], room: float) -> list[float]:
    """Fit each band but its repeated columns to the page: spread, or narrowed where one alone is too wide."""
    filled = list(widths)
    repeated = set(bands[0]).intersection(*bands[1:]) if len(bands) > 1 else set()
    taken = sum(widths[index] for index in repeated)
    for band in bands:
        own = [index for index in band if index not in repeated]
        total = sum(widths[index] for index in own)
        factor = min((room - taken) / total, 1.25) if total else 1.0
        for index in own:
            filled[index] = widths[index] * factor
    return filled


def _placed(band: Sequence[int], widths: Sequence[float]) -> tuple[Placed, ...]:
    places = []
    x = MARGIN
    for index in band:
        places.append(Placed(index=index, x=x, width=widths[index]))
        x += widths[index]
    return tuple(places)
