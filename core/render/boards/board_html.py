"""A dashboard as one self-contained HTML page: its tiles on the same grid as on screen, below each other on phones."""

import base64
import json
import shutil
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from core.domain.artifact import Rendering
from core.domain.branding import Branding
from core.domain.moments import instant_words
from core.domain.result import Kpi
from core.domain.rich_text import rich_html
from core.domain.shown import shown_result
from core.render.boards.board import CHART, KPI, TEXT, Board, BoardTile, merged
from core.render.boards.board_words import board_facts, filter_words
from core.render.cell_text import Alterations, clean_characters
from core.render.html_page import (
    CONTENT_POLICY,
    STYLE_FILE,
    chart_in_words,
    column_rules,
    figures_markup,
    legend_markup,
    logo_markup,
    notes_markup,
    table_start,
)
from core.render.html_renderer import write_rows, write_totals
from core.render.html_style import accent_rules, look_rules
from core.render.markup import escaped
from core.render.masthead import period_words, row_notes
from core.render.renderer import ChartImage, Wishes

_BOARD_STYLE = Path(__file__).parents[1] / "templates" / "board.css"
_IN_MEMORY_BYTES = 8_000_000


class HtmlBoard:
    """Writes dashboards as HTML."""

    format = "html"
    extension = "html"
    media_type = "text/html; charset=utf-8"

    def write(self, board: Board, target: BinaryIO, wishes: Wishes) -> Rendering:
        """Write the tiles aside first: the page opens with rules that are only known after the last of them."""
        rules, said = [], []
        with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as body:
            for number, tile in enumerate(board.tiles):
                style, rendering = _write_tile(tile, body, number=number, accent=wishes.branding.accent)
                rules.append(style)
                said.append((tile.name, rendering))
            rendering = merged(said)
            target.write(_opening(board, rendering, wishes.branding, "".join(rules)).encode())
            body.seek(0)
            shutil.copyfileobj(body, target, 1 << 20)
        target.write(_ending(board, rendering).encode())
        return rendering


def _write_tile(tile: BoardTile, body: IO[bytes], *, number: int, accent: str | None) -> tuple[str, Rendering]:
    """Write one tile; return its own style rules and what is said of it."""
    place = f"grid-column: {tile.column + 1} / span {tile.width}; grid-row: {tile.row + 1}"
    opening = f'<section class="tile shows-{tile.show} {tile.height}" id="tile-{number}" style="{place}">\n'
    body.write(opening.encode())
    rules, rendering = _write_content(tile, body, accent=accent)
    body.write(b"</section>\n")
    return f"#tile-{number} {{ {rules} }}\n" if rules else "", rendering


def _write_content(tile: BoardTile, body: IO[bytes], *, accent: str | None) -> tuple[str, Rendering]:
    if tile.show == TEXT:
        words = rich_html(clean_characters(tile.text))
        body.write(f'{_heading(tile.title)}<div class="words">{words}</div>\n'.encode())
        return "", Rendering(rows=tile.result.head.rows_delivered)
    head = tile.result.head
    if tile.show == KPI:
        title = "" if len(head.kpis) == 1 else tile.title
        body.write(f"{_heading(title)}{figures_markup(_named(tile))}{_about(tile, '')}".encode())
        return "", Rendering(rows=len(head.kpis), notes=(tile.note,) if tile.note else ())
    body.write(f"{_heading(tile.name)}{_about(tile, period_words(head.period) if head.period else '')}".encode())
    if tile.show == CHART:
        notes = tuple(filter(None, (*head.notes, tile.picture_note)))
        body.write(f"{_picture(tile, tile.picture)}{notes_markup(notes)}".encode())
        return "", Rendering(rows=head.rows_delivered, notes=tuple(filter(None, (*notes, tile.note))))
    return _write_table(tile, body, accent=accent)


def _write_table(tile: BoardTile, body: IO[bytes], *, accent: str | None) -> tuple[str, Rendering]:
    result, tally = shown_result(tile.result), Alterations()
    head = result.head
    with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as lines:
        rows, longest, looks = write_rows(result, lines, tally)
        longest = write_totals(head, lines, tally, longest) if rows else longest
        body.write(table_start(head, rows).encode())
        lines.seek(0)
        shutil.copyfileobj(lines, body, 1 << 20)
    notes = row_notes(head, rows)
    nothing = "" if rows else '<p class="empty quiet">No rows match.</p>'
    body.write(f"</tbody>\n</table>{nothing}</section>\n{legend_markup(head) if rows else ''}".encode())
    body.write(notes_markup(notes).encode())
    noted = tuple(filter(None, (*notes, tile.note)))
    return column_rules(longest) + look_rules(looks, accent), Rendering(rows=rows, altered=tally.as_dict(), notes=noted)


def _named(tile: BoardTile) -> tuple[Kpi, ...]:
    """The headline numbers; a single one under the name of its tile."""
    kpis = tile.result.head.kpis
    return (replace(kpis[0], label=tile.title or kpis[0].label),) if len(kpis) == 1 else kpis


def _heading(title: str) -> str:
    return f"<h2>{escaped(title)}</h2>\n" if title else ""


def _about(tile: BoardTile, period: str) -> str:
    words = ". ".join(part.rstrip(".") for part in (period, tile.note) if part)
    return f'<p class="about quiet">{escaped(words)}</p>\n' if words else ""


def _picture(tile: BoardTile, picture: ChartImage | None) -> str:
    if picture is None:
        return ""
    words = escaped(chart_in_words(tile.result.head).removesuffix(" The table below holds the same figures."))
    return (
        f'<figure class="chart"><img width="{picture.width}" height="{picture.height}" alt="{words}"'
        f' src="data:image/png;base64,{base64.b64encode(picture.png).decode()}"></figure>\n'
    )


def _opening(board: Board, rendering: Rendering, branding: Branding, rules: str) -> str:
    head = board.head
    sheet = STYLE_FILE.read_text(encoding="utf-8") + _BOARD_STYLE.read_text(encoding="utf-8")
    house = f'<p class="house quiet">{escaped(head.organization)}</p>\n' if head.organization else ""
    description = f'<div class="sentence"><p>{escaped(head.description)}</p></div>\n' if head.description else ""
    line = (f"Filters: {filter_words(head)}", f"Data as of {instant_words(head.as_of, head.timezone)}")
    dateline = "".join(f"<span>{escaped(text)}</span>" for text in line)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="Broadsheet">\n<title>{escaped(head.title)}</title>\n'
        f'<script type="application/json" id="manifest">{_manifest(board, rendering)}</script>\n'
        f"<style>\n{sheet}{accent_rules(branding.accent)}{rules}</style>\n</head>\n<body>\n"
        f'<header class="masthead">\n{logo_markup(head, branding)}{house}<h1>{escaped(head.title)}</h1>\n'
        f'<p class="dateline quiet">{dateline}</p>\n</header>\n<main>\n{description}<div class="board">\n'
    )


def _ending(board: Board, rendering: Rendering) -> str:
    head = board.head
    facts = board_facts(head, rows=rendering.rows, altered=rendering.altered, notes=rendering.notes)
    listed = "".join(f"<dt>{escaped(label)}</dt><dd>{escaped(text)}</dd>\n" for label, text in facts)
    return (
        "</div>\n</main>\n<footer>\n<h2>About this dashboard</h2>\n"
        f'<dl class="facts">\n{listed}</dl>\n'
        f'<p class="quiet">Times are those of {escaped(head.timezone)}. Set by Broadsheet.</p>\n</footer>\n'
        "</body>\n</html>\n"
    )


def _manifest(board: Board, rendering: Rendering) -> str:
    """What the file is as JSON that no markup can break out of."""
    head = board.head
    said = {
        "dashboard_version": head.report_version,
        "title": head.title,
        "tiles": [tile.name for tile in board.tiles],
        "filters_in_words": list(head.filters_in_words),
        "logical_at": head.logical_at.astimezone(UTC).isoformat(),
        "as_of": head.as_of.astimezone(UTC).isoformat(),
        "timezone": head.timezone,
        "altered": rendering.altered,
        "notes": list(rendering.notes),
        "definition_sha256": head.definition_sha256,
    }
    text = json.dumps(said, separators=(",", ":"))  # ASCII only: lone surrogates and U+2028 come out as \u escapes
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
