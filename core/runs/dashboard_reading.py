"""Reading what a dashboard shows: every tile as the person of the run may see it, of one state of each source."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from core.access.policy import require_dataset
from core.db import dataset_repository, report_repository, source_repository
from core.db.database import name_nobody, name_person
from core.domain.access import Principal
from core.domain.dashboard import DashboardContent, DataTile, KpiTile, TextTile, Tile, TileHeight
from core.domain.dashboard_filters import TileQuestion, is_headline, tile_question, unheeded_words
from core.domain.dataset import Dataset, Source
from core.domain.parameters import ParameterValue
from core.domain.report import Report
from core.domain.result import Result, ResultHead
from core.errors import BroadsheetError, DatabaseUnavailable, FieldMissing, InvalidDefinition, LeaseLost, RunCancelled
from core.query.executor import HeadFields
from core.query.one_snapshot import OneSnapshot
from core.query.spool import open_spool, write_spool
from core.render.boards.board import KPI, TEXT, BoardTile, figures_result, text_result
from core.runs.seeing import as_seen_by

#: Opens one state of a source.
OpenSource = Callable[[Source], AbstractContextManager[OneSnapshot]]
#: Takes rows on their way, and may raise.
Watch = Callable[[Result], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTile:
    """A tile with what it asks, and where its rows are to be kept."""

    tile: DataTile
    report: Report
    dataset: Dataset
    source: Source
    question: TileQuestion
    fields: HeadFields
    path: Path

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return self.fields.title


def load_tiles(
    session: Session,
    principal: Principal,
    content: DashboardContent,
    given: Mapping[str, ParameterValue],
    *,
    path_of: Callable[[int], Path],
) -> tuple[AskedTile, ...]:
    """Return what the tiles ask, each report at its newest version. Raises what is wrong, naming the tile."""
    asked = []
    name_person(session, principal)  # a report that is private to others is no tile of theirs
    for number, tile in enumerate(content.in_order):
        if isinstance(tile, TextTile):
            continue
        with naming(tile.title or tile.id):
            report = report_repository.load_report(session, tile.report_id)
        title = tile.title or report.name
        with naming(title):
            dataset = dataset_repository.load_one_dataset(session, report.definition.dataset_id)
            require_dataset(principal, dataset)
            dataset = as_seen_by(session, principal, dataset)
            asked.append(
                AskedTile(
                    tile=tile,
                    report=report,
                    dataset=dataset,
                    source=source_repository.load_source(session, dataset.source_id),
                    question=tile_question(content, tile, report.definition, given),
                    fields=HeadFields(
                        title=title,
                        report_id=report.id,
                        report_version=report.version,
                        description=report.description,
                        organization=principal.organization,
                        owner=principal.name,
                    ),
                    path=path_of(number),
                )
            )
    name_nobody(session)
    return tuple(asked)


def read_tiles(asked: Sequence[AskedTile], open_source: OpenSource, watch: Watch) -> dict[str, BoardTile]:
    """Return the tiles by id, their rows on disk. Each source is opened once, for all tiles that stand on it."""
    found: dict[str, BoardTile] = {}
    for source_id in dict.fromkeys(one.source.id for one in asked):
        mine = [one for one in asked if one.source.id == source_id]
        with naming(mine[0].title), open_source(mine[0].source) as snapshot:
            for one in mine:
                with naming(one.title):
                    found[one.tile.id] = _read(one, snapshot, watch)
    return found


def _read(asked: AskedTile, snapshot: OneSnapshot, watch: Watch) -> BoardTile:
    question, note = asked.question, unheeded_words(asked.question.unheeded)
    if is_headline(asked.tile):
        head = snapshot.figures(
            question.definition, asked.dataset, head_fields=asked.fields, parameters=question.parameters
        )
        title = asked.tile.title or (head.kpis[0].label if isinstance(asked.tile, KpiTile) else asked.title)
        return board_tile(asked.tile, title=title, show=KPI, result=figures_result(head), note=note)
    with snapshot.result(
        question.definition, asked.dataset, head_fields=asked.fields, parameters=question.parameters
    ) as result:
        write_spool(watch(result), asked.path)
        head = result.head
    show = "" if isinstance(asked.tile, KpiTile) else str(asked.tile.show)
    return board_tile(asked.tile, title=asked.title, show=show, result=open_spool(asked.path, head), note=note)


def text_tile(tile: TextTile, head: ResultHead) -> BoardTile:
    """A text as files take it; `head` is that of the dashboard."""
    return board_tile(tile, title=tile.title or "", show=TEXT, result=text_result(head, tile.text), text=tile.text)


def board_tile(
    tile: Tile, *, title: str, show: str, result: Result, note: str | None = None, text: str = ""
) -> BoardTile:
    """A tile in its place."""
    height: TileHeight = tile.height
    return BoardTile(
        title=title,
        show=show,
        row=tile.row,
        column=tile.column,
        width=tile.width,
        height=height,
        result=result,
        note=note,
        text=text,
    )


@contextmanager
def naming(tile: str) -> Iterator[None]:
    """Name the tile in whatever stops the run on its account: it is never left out, so the run ends with its name."""
    try:
        yield
    except (LeaseLost, RunCancelled, DatabaseUnavailable):
        raise
    except FieldMissing as error:
        raise InvalidDefinition(_named(tile, error), place=error.place) from error
    except BroadsheetError as error:
        if not getattr(error, "__notes__", None):
            error.user_message = _named(tile, error)
            error.args = (error.user_message,)
            error.add_note("names its tile")
        raise


def _named(tile: str, error: BroadsheetError) -> str:
    return f"{tile}: {error.user_message}"
