"""The few marks that words on a dashboard may carry, read into blocks: screens and files draw them, nobody runs HTML.

`# heading`, `- item`, paragraphs apart by an empty line, `**bold**`, `*italic*` and `[words](https://…)`. Everything
else, tags included, stands as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from itertools import groupby

_HEADING = re.compile(r"(#{1,3})\s+(.+)")
_ITEM = re.compile(r"[-*]\s+(.+)")
_MARKED = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|\*(?P<italic>[^*\n]+)\*|\[(?P<words>[^\]\n]+)\]\((?P<url>https?://[^\s()<>\"']+)\)"
)


class BlockKind(StrEnum):
    """What a block of words is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"  #: of a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Words with one look."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading, a paragraph or an item."""

    kind: BlockKind
    spans: tuple[Span, ...]
    level: int = 1  #: of a heading, 1 to 3

    @property
    def plain(self) -> str:
        """Its words without their looks; where a link leads stands behind it."""
        return "".join(f"{span.text} ({span.url})" if span.url else span.text for span in self.spans)


def parse_rich_text(text: str) -> tuple[Block, ...]:
    """Read words and their marks."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(block for kind, group in groupby(lines, key=_kind) for block in _blocks(kind, list(group)))


def plain_text(text: str) -> str:
    """The same words without marks, a line a block."""
    bullet = {BlockKind.ITEM: "\u2022 "}
    return "\n".join(f"{bullet.get(block.kind, '')}{block.plain}" for block in parse_rich_text(text))


def rich_html(text: str, *, first_level: int = 3) -> str:
    """The same words as HTML that carries their marks and nothing else; headings begin at `first_level`."""
    return "".join(_block_html(block, first_level) for block in parse_rich_text(text)).replace("</ul><ul>", "")


def _block_html(block: Block, first_level: int) -> str:
    spans = "".join(map(_span_html, block.spans))
    if block.kind is BlockKind.HEADING:
        level = block.level + first_level - 1
        return f"<h{level}>{spans}</h{level}>"
    return f"<ul><li>{spans}</li></ul>" if block.kind is BlockKind.ITEM else f"<p>{spans}</p>"


def _span_html(span: Span) -> str:
    text = escape(span.text)
    if span.url is not None:
        return f'<a href="{escape(span.url)}" target="_blank" rel="noreferrer noopener">{text}</a>'
    text = f"<strong>{text}</strong>" if span.is_bold else text
    return f"<em>{text}</em>" if span.is_italic else text


def _kind(line: str) -> BlockKind | None:
    """What a line is; None: it keeps paragraphs apart."""
    if not line:
        return None
    if _HEADING.fullmatch(line):
        return BlockKind.HEADING
    return BlockKind.ITEM if _ITEM.fullmatch(line) else BlockKind.PARAGRAPH


def _blocks(kind: BlockKind | None, lines: list[str]) -> Iterator[Block]:
    if kind is BlockKind.PARAGRAPH:
        yield Block(kind=kind, spans=_spans(" ".join(lines)))
    elif kind is not None:
        for line in lines:
            marked = _HEADING.fullmatch(line) if kind is BlockKind.HEADING else _ITEM.fullmatch(line)
            if marked is not None:
                level = len(marked[1]) if kind is BlockKind.HEADING else 1
                yield Block(kind=kind, spans=_spans(marked[marked.re.groups]), level=level)


def _spans(text: str) -> tuple[Span, ...]:
    spans, end = [], 0
    for found in _MARKED.finditer(text):
        if found.start() > end:
            spans.append(Span(text=text[end : found.start()]))
        if found["url"]:
            spans.append(Span(text=found["words"], url=found["url"]))
        else:
            words = found["bold"] or found["italic"]
            spans.append(Span(text=words, is_bold=bool(found["bold"]), is_italic=bool(found["italic"])))
        end = found.end()
    if end < len(text):
        spans.append(Span(text=text[end:]))
    return tuple(spans)
