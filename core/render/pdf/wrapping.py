"""Breaks text into lines: at spaces, between ideographs, and inside a word only when it is wider than the line."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from core.render.pdf.shaping import is_plain, measure, plain_widths

_LINE_BREAK = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_IDEOGRAPHS = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_TOKEN = re.compile(f"\\s+|[{_IDEOGRAPHS}]|[^\\s{_IDEOGRAPHS}]+?(?:[-/\u2013\u2014](?=\\w)|(?=[\\s{_IDEOGRAPHS}])|$)")


def wrap(text: str, face_name: str, *, width: float, kerned: bool = False) -> list[str]:
    """Lines no wider than `width` (thousandths of the font size) that hold all of `text`; at least one."""
    lines: list[str] = []
    for paragraph in _LINE_BREAK.split(text):
        lines.extend(_wrap_paragraph(paragraph, face_name, width, kerned) or [""])
    return lines


def shortened(lines: list[str], most: int) -> list[str]:
    """At most this many lines, the last ending in an ellipsis where more would follow; for headings only."""
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1][:-1] + "…"]


def _wrap_paragraph(text: str, face_name: str, width: float, kerned: bool) -> list[str]:
    if not kerned and is_plain(text, face_name):
        return _wrap_plain(text, list(accumulate(map(plain_widths(face_name).__getitem__, text), initial=0.0)), width)
    if measure(text, face_name, kerned=kerned) <= width:
        return [text]
    lines: list[str] = []
    line, used = "", 0.0
    for token in _tokens(text, face_name, width, kerned):
        advance = measure(token, face_name, kerned=kerned)
        if line and used + (0 if token.isspace() else advance) > width:
            lines.append(line.rstrip())
            line, used = "", 0.0
            if token.isspace():
                continue
        line += token
        used += advance
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _wrap_plain(text: str, reach: list[float], width: float) -> list[str]:
    """The same for plain text; `reach[i]` is the width of its first `i` characters."""
    if reach[-1] <= width:
        return [text]
    lines: list[str] = []
    start = fits = 0  # of the line, and the last place it may end at
    for match in _TOKEN.finditer(text):
        end = match.end()
        if text[match.start()].isspace():
            if fits == start and lines:
                start = end  # no line but the first begins with spaces
            fits = end
            continue
        if reach[end] - reach[start] > width and fits > start:
            lines.append(text[start:fits].rstrip())
            start = fits
        while reach[end] - reach[start] > width and end - start > 1:
            cut = max(bisect_right(reach, reach[start] + width, lo=start, hi=end) - 1, start + 1)
            lines.append(text[start:cut])
            start = cut
        fits = end
    lines.append(text[start:].rstrip())
    return lines


def _tokens(text: str, face_name: str, width: float, kerned: bool) -> Iterator[str]:
    """Pieces that a line may end after, none wider than the line."""
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token.isspace() or measure(token, face_name, kerned=kerned) <= width:
            yield token
        else:
            yield from _broken(token, face_name, width, kerned)


def _broken(word: str, face_name: str, width: float, kerned: bool) -> Iterator[str]:
    """A word wider than the line, cut where it is full, never before a combining mark."""
    part, used = "", 0.0
    for character in word:
        advance = measure(character, face_name, kerned=kerned)
        joins = unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf")
        if part and not joins and used + advance > width:
            yield part
            part, used = "", 0.0
        part += character
        used += 0.0 if joins else advance
    if part:
        yield part
