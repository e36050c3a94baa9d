"""Conditional formatting on paper: signs before marked texts, inks, fills and bars of a block's cells."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.domain.appearance import RuleKind
from core.domain.result import Result
from core.render.pdf.blocks import Bar, Block, Measured, bold_lines
from core.render.pdf.style import colour
from core.render.rules import marker_of
from core.render.tones import Paint, paint

Codes = Mapping[int, npt.NDArray[np.uint16]]  #: by column, a code of a look for every row


class Marks:
    """The looks of a result's cells."""

    def __init__(self, result: Result, *, accent: str | None) -> None:
        """`accent` is the organization's. Shades and bars need rows that can be read twice; without those they go."""
        if iter(result.batches) is result.batches:
            marked = tuple(rule for rule in result.head.rules if rule.kind is RuleKind.MARK)
            result = replace(result, head=replace(result.head, rules=marked), batches=())
        self._marker = marker_of(result)
        looks = self._marker.looks if self._marker is not None else ()
        self._paints: list[Paint] = [paint(look, accent=accent) if look else Paint() for look in looks]

    def codes(self, batch: pa.RecordBatch) -> Codes:
        """The looks of a batch's cells."""
        return self._marker.codes(batch) if self._marker is not None else {}

    def signed(self, texts: list[str], place: int, codes: Codes) -> list[str]:
        """A column's texts with the signs of their marks; a row that is marked as a whole bears its sign once."""
        if place not in codes or not any(one.sign for one in self._paints):
            return texts
        own = codes[place]
        first = codes.get(0, np.zeros_like(own))
        signs = [self._paints[code].sign for code in own.tolist()]
        once = ((own != first) | (place == 0)).tolist()
        return [
            f"{sign} {text}" if sign and shown else text for sign, shown, text in zip(signs, once, texts, strict=True)
        ]

    def apply(
        self, block: Block, measured: Measured, place: int, codes: Codes, *, width: float, is_number: bool
    ) -> None:
        """Give a column's marked cells their inks, fills, bars and weight."""
        if place not in codes:
            return
        own = codes[place]
        for row in np.flatnonzero(own).tolist():
            look = self._paints[own[row]]
            if look.fill:
                block.fills[row] = colour(look.fill)
            if look.ink:
                block.inks[row] = colour(look.ink)
            if look.bar:
                block.bars[row] = Bar(start=look.starts, end=look.ends, colour=colour(look.bar))
            if look.is_bold:
                _embolden(block, row, measured.texts[row], width=width, is_number=is_number)


def _embolden(block: Block, row: int, text: str, *, width: float, is_number: bool) -> None:
    block.shown[row] = ""
    block.squeezed.pop(row, None)
    block.special[row] = bold_lines(text, width=width, is_number=is_number)
