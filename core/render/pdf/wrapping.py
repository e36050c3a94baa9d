"""Breaks text into lines: at spaces, between ideographs, and inside a word only when it is wider than the line."""

import re
import unicodedata
from collections.abc import Iterator

from core.render.pdf.shaping import measure

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
    part = ""
    for character in word:
        joins = unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf")
        if part and not joins and measure(part + character, face_name, kerned=kerned) > width:
            yield part
            part = ""
        part += character
    if part:
        yield part
