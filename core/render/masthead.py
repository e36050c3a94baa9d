"""What a file says about itself in words: period, data as of, rows, notes, and the facts its cover or footer lists."""

from core.domain.artifact import GENERATOR
from core.domain.filter import ResolvedWindow
from core.domain.moments import days_words, instant_words
from core.domain.result import ResultHead
from core.render.cell_text import altered_in_words


def period_words(period: ResolvedWindow) -> str:
    """A span of whole days, saying nothing twice: "16 to 22 Nov 2026"."""
    return days_words(period.first_on, period.last_on)


def row_words(head: ResultHead, rows: int) -> str:
    """How many rows the file holds of those that match: "98 of 98 rows".

    Where the report's limit cut some: "1,000 of 5,231 rows: the report is limited to 1,000".
    """
    matched = max(rows, head.rows_matched)  # a source that changed while it was read may hand over more than it counted
    words = f"{rows:,} of {matched:,} {'row' if matched == 1 else 'rows'}"
    return f"{words}: the report is limited to {rows:,}" if _is_limited(head, rows) else words


def row_notes(head: ResultHead, rows: int) -> tuple[str, ...]:
    """Sentences a reader must know: what the result says of itself, rows left out, a source that changed meanwhile."""
    notes = list(head.notes)
    if _is_limited(head, rows):
        notes.append(limit_note(head, rows))
        if head.totals:
            notes.append(f"Totals count all {head.rows_matched:,} rows.")
    elif rows != head.rows_delivered:
        notes.append(
            f"{head.rows_delivered:,} rows were counted, but {rows:,} came: the source changed while it was read."
        )
    return tuple(notes)


def limit_note(head: ResultHead, rows: int) -> str:
    """What to say where the report's limit cut rows."""
    return f"Only the first {rows:,} of {head.rows_matched:,} rows are here: the report is limited to {rows:,}."


def _is_limited(head: ResultHead, rows: int) -> bool:
    return rows < head.rows_matched and rows == head.row_limit


def facts(
    head: ResultHead, *, rows: int, altered: dict[str, dict[str, int]], notes: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Label and text of everything a reader needs to trust the file, in reading order; several lines in one text."""
    listed = [
        ("Period", period_words(head.period) if head.period else "All time"),
        ("Compared with", period_words(head.previous_period) if head.previous_period and head.kpis else ""),
        ("Filters", "\n".join(head.filters_in_words) or "None"),
        ("Data as of", instant_words(head.as_of, head.timezone)),
        ("Relative dates from", instant_words(head.logical_at, head.timezone)),
        ("Rows", row_words(head, rows)),
        ("Row limit", f"{head.row_limit:,}" if head.row_limit is not None else "None"),
        (
            "Consistency",
            ""
            if head.is_snapshot or head.notes
            else "The source gives no snapshot: figures and rows were read one after the other.",
        ),
        ("Altered cells", "\n".join(altered_in_words(altered)) or "None"),
        ("Notes", "\n".join(notes)),
        ("Organization", head.organization),
        ("Owner", head.owner),
        ("Report version", str(head.report_version) if head.report_version is not None else "Unsaved draft"),
        ("Report id", str(head.report_id) if head.report_id else ""),
        ("Definition (SHA-256)", head.definition_sha256),
        ("Made by", GENERATOR),
    ]
    return [(label, text) for label, text in listed if text]
