"""Turns a line of text into positioned glyphs: font fallback, bidirectional order (UAX 9), shaping (HarfBuzz).

What no font has becomes U+FFFD and is counted. Plain left-to-right text in one font takes a short path.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import uharfbuzz as hb
from bidi import algorithm as bidi

from core.render.pdf.faces import FALLBACKS, Face, face

SANS = "sans-regular"
SEMIBOLD = "sans-semibold"
SERIF = "serif-semibold"
REPLACEMENT = "\ufffd"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN", "RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"})
_JOINING = frozenset({"Mn", "Me", "Mc", "Cf"})  #: characters that belong to the one before


@dataclass(frozen=True, slots=True, kw_only=True)
class GlyphRun:
    """Glyphs of one font in visual order; `pieces` are (rise in thousandths, operand and operator that shows them)."""

    face_name: str
    pieces: tuple[tuple[float, str], ...]
    glyphs: tuple[tuple[int, str], ...]  #: glyph number and the text it stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A line ready to draw; `width` is in thousandths of the font size."""

    text: str
    width: float
    runs: tuple[GlyphRun, ...]
    missing: int = 0  #: characters no font has


@cache
def plain_characters(face_name: str) -> npt.NDArray[np.bool_]:
    """For each character of the basic plane: whether this font draws it by itself, left to right."""
    plain = np.zeros(0x10000, dtype=np.bool_)
    for code in face(face_name).glyph_by_character:
        character = chr(code)
        if code >= 0x10000 or unicodedata.category(character) in _JOINING:
            continue
        plain[code] = code >= 32 and unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT
    return plain


@cache
def plain_widths(face_name: str) -> dict[str, float]:
    """Width in thousandths of each plain character of a font."""
    font = face(face_name)
    codes = np.flatnonzero(plain_characters(face_name)).tolist()
    return {chr(code): float(font.widths[font.glyph_by_character[code]]) for code in codes}


@cache
def _plain_glyphs(face_name: str) -> dict[str, str]:
    """Glyph number of each plain character, as the file writes it."""
    font = face(face_name)
    return {character: f"{font.glyph_by_character[ord(character)]:04X}" for character in plain_widths(face_name)}


def is_plain(text: str, face_name: str) -> bool:
    """Whether the short path will do for this text."""
    return plain_widths(face_name).keys() >= set(text)


@lru_cache(maxsize=20_000)
def set_line(text: str, face_name: str, *, kerned: bool = False) -> TextLine:
    """Set one line of text; line breaks and tabs in it count as spaces."""
    if not kerned and is_plain(text, face_name):
        return _plain_line(text, face_name)
    clean = "".join(" " if character in "\n\r\t\v\f\x85\u2028\u2029" else character for character in text)
    runs: list[GlyphRun] = []
    width, missing = 0.0, 0
    for span, right_to_left in _visual_spans(clean):
        pieces = list(_by_face(span, face_name))
        for name, part, lost in reversed(pieces) if right_to_left else pieces:
            run, advance = _shape(part, face(name), right_to_left=right_to_left)
            runs.append(run)
            width += advance
            missing += lost
    return TextLine(text=text, width=width, runs=tuple(runs), missing=missing)


def measure(text: str, face_name: str, *, kerned: bool = False) -> float:
    """Width in thousandths of the font size."""
    return set_line(text, face_name, kerned=kerned).width


def _plain_line(text: str, face_name: str) -> TextLine:
    font = face(face_name)
    shown = "".join(map(_plain_glyphs(face_name).__getitem__, text))
    glyphs = tuple((font.glyph_by_character[ord(character)], character) for character in sorted(set(text)))
    run = GlyphRun(face_name=face_name, pieces=((0.0, f"<{shown}>Tj"),), glyphs=glyphs)
    return TextLine(text=text, width=sum(map(plain_widths(face_name).__getitem__, text)), runs=(run,) if text else ())


def _visual_spans(text: str) -> list[tuple[str, bool]]:
    """The text cut by direction, in the order it is drawn: (characters in logical order, right to left)."""
    if not any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return [(text, False)]
    storage: dict[str, Any] = bidi.get_empty_storage()
    storage["base_level"] = bidi.get_base_level(text)
    storage["base_dir"] = ("L", "R")[storage["base_level"]]
    bidi.get_embedding_levels(text, storage)
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, False)
    bidi.resolve_implicit_levels(storage, False)
    spans = [
        (int(level), "".join(item["ch"] for item in group))
        for level, group in groupby(storage["chars"], key=lambda item: item["level"])
    ]
    for level in range(max((span[0] for span in spans), default=0), 0, -1):
        spans = list(_reversed_from(spans, level))
    return [(characters, level % 2 == 1) for level, characters in spans]


def _reversed_from(spans: list[tuple[int, str]], level: int) -> Iterator[tuple[int, str]]:
    """Rule L2: turn round every stretch of spans at `level` or above."""
    for is_high, group in groupby(spans, key=lambda span: span[0] >= level):
        stretch = list(group)
        yield from reversed(stretch) if is_high else stretch


def _by_face(text: str, face_name: str) -> Iterator[tuple[str, str, int]]:
    """Cut into stretches one font can draw: (font, text with U+FFFD for what none has, how many those are)."""
    chain = (face_name, *((SANS,) if face_name == SERIF else ()), *FALLBACKS)
    current, part, lost = face_name, "", 0
    for character in text:
        name = _face_of(character, chain, current if part else None)
        if name == "":
            continue
        shown = REPLACEMENT if name is None else character
        name = face_name if name is None else name
        if part and name != current:
            yield current, part, lost
            part, lost = "", 0
        current, part, lost = name, part + shown, lost + (shown != character)
    if part:
        yield current, part, lost


def _face_of(character: str, chain: tuple[str, ...], current: str | None) -> str | None:
    """The font for a character: "" drops an invisible one, None where no font has it."""
    code = ord(character)
    category = unicodedata.category(character)
    if current is not None and (category in _JOINING or character == " ") and face(current).has(code):
        return current
    if category in ("Cf", "Cc") or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return ""
    return _first_face(code, chain)


@cache
def _first_face(code: int, chain: tuple[str, ...]) -> str | None:
    return next((name for name in chain if face(name).has(code)), None)


def _shape(text: str, font: Face, *, right_to_left: bool) -> tuple[GlyphRun, float]:
    """HarfBuzz's glyphs and positions as PDF text operators, and their width in thousandths."""
    if font.name == "cjk" and not right_to_left:  # ideographs stand one by one
        glyphs = tuple((font.glyph_by_character[ord(character)], character) for character in text)
        shown = "".join(f"{glyph:04X}" for glyph, _ in glyphs)
        run = GlyphRun(face_name=font.name, pieces=((0.0, f"<{shown}>Tj"),), glyphs=glyphs)
        return run, float(sum(font.widths[glyph] for glyph, _ in glyphs))
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if right_to_left else "ltr"
    hb.shape(font.hb_font, buffer)
    texts = _cluster_texts(text, [info.cluster for info in buffer.glyph_infos])
    pieces: list[tuple[float, str]] = []
    line, rise, width = "", 0.0, 0.0
    for info, position, stands_for in zip(buffer.glyph_infos, buffer.glyph_positions, texts, strict=True):
        height = position.y_offset * font.scale
        is_joined = right_to_left and len(stands_for) > 1
        if line and (height != rise or is_joined):
            pieces.append((rise, _shown(line)))
            line = ""
        rise = height
        shift, advance = position.x_offset * font.scale, position.x_advance * font.scale
        line += _adjustment(shift) + f"<{info.codepoint:04X}>"
        line += _adjustment(advance - shift - float(font.widths[info.codepoint]))
        width += advance
        if is_joined:
            pieces.append((rise, _joined(_shown(line), stands_for)))
            line = ""
    if line:
        pieces.append((rise, _shown(line)))
    shaped = tuple((info.codepoint, stands_for) for info, stands_for in zip(buffer.glyph_infos, texts, strict=True))
    return GlyphRun(face_name=font.name, pieces=tuple(pieces), glyphs=shaped), width


def _shown(line: str) -> str:
    return f"[{line.replace('><', '')}]TJ"


def _joined(shown: str, stands_for: str) -> str:
    """A glyph for several characters, in the order in which readers that turn visual order round expect them.

    Poppler and pdfium take what stands on the page from left to right and turn each right-to-left stretch round, the
    characters of one glyph with it; a text given for the whole line comes out of them backwards.
    """
    text = stands_for[::-1].encode("utf-16-be", "replace").hex().upper()
    return f"/Span<</ActualText<FEFF{text}>>>BDC {shown} EMC"


def _adjustment(shift: float) -> str:
    """A move to the right by thousandths, as TJ writes it."""
    return f"{-shift:.0f}" if abs(shift) >= 0.5 else ""


def _cluster_texts(text: str, clusters: list[int]) -> list[str]:
    """The text each glyph stands for: its cluster's, given to the cluster's first glyph."""
    starts = sorted(set(clusters))
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    seen: set[int] = set()
    texts = []
    for cluster in clusters:
        texts.append("" if cluster in seen else text[cluster : ends[cluster]])
        seen.add(cluster)
    return texts
