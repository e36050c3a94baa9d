"""What the ledger keeps of a run's result: its head, where its rows are spooled, and what the mail shows of them."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultHead
from core.domain.shown import shown_result
from core.query.head_json import dump_head, load_head
from core.render.cells import display_strings
from core.runs.mail_look import Looks, dump_looks, load_looks, shown_looks
from core.runs.rendering import first_rows

#: Rows a mail shows.
SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """The JSON in `runs.result_head`."""

    head: ResultHead
    rows: int  #: rows in the spool
    spool_token: int  #: lease token of the attempt that wrote the spool; another attempt never writes to the same file
    shown: tuple[tuple[str, ...], ...]  #: the first rows as people read them
    picture_key: str | None = None  #: the chart's PNG in the artifact store
    rendering: Rendering | None = None  #: where the rows went straight into the run's one file, what was said of it
    notes: tuple[str, ...] = ()  #: why the chart is missing, or what it leaves out
    skipped: str | None = None  #: why nothing is made and sent of it
    changes: str | None = None  #: what changed since the last one that was delivered
    is_stale: bool = False  #: the data is older than its schedule wants
    looks: Looks = ()  #: of the cells of `shown`; empty: the report has no rules


def dump_record(record: ResultRecord) -> dict[str, Any]:
    """Return the record as JSON."""
    return {
        "head": dump_head(record.head),
        "rows": record.rows,
        "spool_token": record.spool_token,
        "shown": [list(row) for row in record.shown],
        "picture_key": record.picture_key,
        "notes": list(record.notes),
        "looks": dump_looks(record.looks),
        "skipped": record.skipped,
        "changes": record.changes,
        "is_stale": record.is_stale,
        "rendering": record.rendering and asdict(record.rendering),
    }


def load_record(data: dict[str, Any]) -> ResultRecord:
    """Return the record behind stored JSON."""
    said = data.get("rendering")
    return ResultRecord(
        head=load_head(data["head"]),
        rows=data["rows"],
        spool_token=data["spool_token"],
        shown=tuple(tuple(row) for row in data["shown"]),
        picture_key=data["picture_key"],
        notes=tuple(data["notes"]),
        skipped=data.get("skipped"),
        changes=data.get("changes"),
        is_stale=data.get("is_stale", False),
        looks=load_looks(data.get("looks", [])),
        rendering=said and Rendering(rows=said["rows"], altered=said["altered"], notes=tuple(said["notes"])),
    )


def shown_rows(result: Result) -> tuple[tuple[str, ...], ...]:
    """Return the first rows of a spooled result as people read them, without hidden columns."""
    result = shown_result(result)
    table = first_rows(result, SHOWN_ROWS)
    columns = [
        display_strings(table.column(column.key), column, timezone=result.head.timezone)
        for column in result.head.columns
    ]
    return tuple(zip(*columns, strict=True))


def record_of(result: Result, *, rows: int, token: int = 0) -> ResultRecord:
    """Return the record of a result that can be read more than once, with what the mail shows of it."""
    return ResultRecord(
        head=result.head,
        rows=rows,
        spool_token=token,
        shown=shown_rows(result),
        looks=shown_looks(result, SHOWN_ROWS),
    )


def rows_words(record: ResultRecord) -> str:
    """What the timeline says once the rows are read."""
    return f"{record.rows:,} of {record.head.rows_matched:,} rows read."


def spool_path(folder: Path, run_id: UUID, token: int) -> Path:
    """Return where the attempt with lease token `token` spools its rows."""
    return folder / f"{run_id}-{token}.arrow"


def written_path(folder: Path, run_id: UUID, token: int) -> Path:
    """Return where that attempt leaves a file that its rows went straight into."""
    return folder / f"{run_id}-{token}.file"


def kept_rows(folder: Path, run_id: UUID, record: ResultRecord) -> Path:
    """Return where the rows of a committed result are."""
    place = spool_path if record.rendering is None else written_path
    return place(folder, run_id, record.spool_token)


def remove_spools(folder: Path, run_id: UUID) -> None:
    """Remove every attempt's rows of a run."""
    ours = f"{run_id}-"
    if folder.is_dir():
        with os.scandir(folder) as entries:  # a pattern would cost a small run as much as its file
            for entry in entries:
                if entry.name.startswith(ours):
                    Path(entry.path).unlink(missing_ok=True)
