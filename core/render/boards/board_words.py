"""What a file says of a whole dashboard in words."""

from core.domain.moments import instant_words
from core.domain.result import ResultHead
from core.render.masthead import facts


def filter_words(head: ResultHead) -> str:
    """The values of the shared filters: "Country: Austria; Period: last 7 days"."""
    return "; ".join(head.filters_in_words) or "none"


def board_line(head: ResultHead) -> str:
    """Filters and age in one line."""
    return f"Filters: {filter_words(head)}. Data as of {instant_words(head.as_of, head.timezone)}."


def board_facts(
    head: ResultHead, *, rows: int, altered: dict[str, dict[str, int]], notes: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Label and text of what a reader needs to trust the file; limits and periods are those of each tile."""
    renamed = {"Report version": "Dashboard version"}
    left_out = ("Period", "Compared with", "Row limit", "Report id")
    listed = facts(head, rows=rows, altered=altered, notes=notes)
    return [(renamed.get(label, label), text) for label, text in listed if label not in left_out]
