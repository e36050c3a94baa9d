"""Runs of dashboards: every tile is read, each source at one moment, and the files hold them all or are not made.

Until the files are stored nothing of a run is kept but its timeline: a worker that dies leaves one that is read again.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from core.db import artifact_repository
from core.db.database import Database
from core.db.run_repository import LedgerRun
from core.domain.access import Principal
from core.domain.dashboard import DashboardContent, TextTile
from core.domain.dashboard_filters import values_of
from core.domain.dashboard_json import DashboardQuestion, parse_filters
from core.domain.filter import DateWindow
from core.domain.parameters import ParameterValue
from core.domain.result import Kpi, Result, ResultHead
from core.domain.run import RunPhase, RunStep
from core.errors import InvalidInput, LeaseLost, ParametersUnfit
from core.query.executor import QueryExecutor
from core.query.windows import resolve_window
from core.render.boards.board import KPI, Board, BoardTile
from core.render.masthead import period_words
from core.runs import failpoints
from core.runs.dashboard_files import tile_names
from core.runs.dashboard_reading import AskedTile, load_tiles, read_tiles, text_tile
from core.runs.filing import Filed, Filing, SpooledRows
from core.runs.guard import Guard
from core.runs.ledger import Ledger
from core.runs.progress import CountedBatches
from core.runs.rendering import words_about
from core.runs.result_record import ResultRecord, dump_record, rows_words, spool_path
from core.runs.subjects import Subjects, principal_of, require_sight

#: Headline numbers that a mail shows.
_MAIL_KPIS = 4
_SEVERAL_SOURCES = "Its tiles stand on several sources, which were read one after the other."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a run asks, and for whom."""

    principal: Principal
    description: str
    content: DashboardContent
    given: Mapping[str, ParameterValue]
    tiles: tuple[AskedTile, ...]


class Dashboards:
    """Takes runs of dashboards to their files; what follows is the same for all runs."""

    def __init__(
        self, database: Database, ledger: Ledger, *, executor: QueryExecutor, filing: Filing, spool_dir: Path
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._executor = executor
        self._filing = filing
        self._spool_dir = spool_dir
        self._subjects = Subjects(database)

    def make(self, run: LedgerRun, question: DashboardQuestion, guard: Guard) -> None:
        """Read all tiles, make and store every file. Raises what is wrong with a tile, naming it."""
        began = time.monotonic()
        guard.note(RunPhase.READING, rows=0, rows_total=None)
        board = self._read(run, self._load(run, question), guard)
        guard.check()
        record = _record(run, board)
        query_s = time.monotonic() - began
        with self._ledger.step(
            run,
            RunStep.QUERIED,
            message=f"{rows_words(record)} Tiles: {tile_names(board.tiles)}.",
            result_head=dump_record(record),
            rows_matched=record.head.rows_matched,
            rows_delivered=record.rows,
            query_s=query_s,
        ):
            failpoints.reach(failpoints.QUERIED)
        self._file(run, board, record, guard)

    def _file(self, run: LedgerRun, board: Board, record: ResultRecord, guard: Guard) -> None:
        """Make and store every file, then record them all at once: nothing half is visible."""
        began = time.monotonic()
        rows = SpooledRows(head=board.head, path=self._spool_dir, wishes=self._subjects.wishes(run), board=board)
        filed = self._filing.file(run, rows, guard)
        failpoints.reach(failpoints.STORED)
        try:
            self._commit(run, filed, record, render_s=time.monotonic() - began)
        except LeaseLost:
            self._filing.discard(filed.keys)
            raise
        failpoints.reach(failpoints.RENDERED)
        self._filing.discard_earlier(run)

    def _commit(self, run: LedgerRun, filed: Filed, record: ResultRecord, *, render_s: float) -> None:
        record = replace(record, picture_key=filed.picture_key, notes=filed.picture_notes)
        with self._ledger.step(
            run,
            RunStep.RENDERED,
            message=" ".join(words_about(file) for file in filed.files),
            render_s=render_s,
            result_head=dump_record(record),
        ) as session:
            artifact_repository.insert_artifacts(session, run.organization_id, filed.artifacts)

    def _load(self, run: LedgerRun, question: DashboardQuestion) -> _Asked:
        """What the tiles ask, as the person of the run may see it now."""
        with self._database.organization(run.organization_id) as session:
            principal = principal_of(session, run)
            require_sight(session, principal, report_id=None, dashboard_id=question.dashboard_id)
        given = _given(run, question.content)
        with self._database.person(principal) as session:
            tiles = load_tiles(
                session,
                principal,
                question.content,
                given,
                path_of=lambda number: _tile_path(self._spool_dir, run, number),
            )
        return _Asked(principal=principal, content=question.content, given=given, tiles=tiles, description="")

    def _read(self, run: LedgerRun, asked: _Asked, guard: Guard) -> Board:
        read = 0

        def watch(result: Result) -> Result:
            before = read

            def passed(rows: int, _size: int) -> None:
                nonlocal read
                read = before + rows
                guard.note(RunPhase.READING, rows=read, rows_total=None)
                guard.check()

            return replace(result, batches=CountedBatches(result.batches, passed))

        open_source = partial(
            self._executor.one_snapshot,
            logical_at=run.logical_at,
            deadline_s=guard.seconds_left(),
            should_stop=guard.should_stop,
        )
        found = read_tiles(asked.tiles, open_source, watch)
        head = _head(run, asked, list(found.values()))
        tiles = [
            text_tile(tile, head) if isinstance(tile, TextTile) else found[tile.id] for tile in asked.content.in_order
        ]
        return Board(head=replace(head, sentence=f"{tile_names(tiles)}."), tiles=tuple(tiles))


def _given(run: LedgerRun, content: DashboardContent) -> Mapping[str, ParameterValue]:
    try:
        return parse_filters(content, run.parameters)
    except InvalidInput as error:
        mend = " Open the schedule and give it what the dashboard asks for now." if run.schedule_id else ""
        raise ParametersUnfit(
            f"The dashboard's filters changed. {error.user_message}{mend}", place=error.place
        ) from error


def _head(run: LedgerRun, asked: _Asked, tiles: Sequence[BoardTile]) -> ResultHead:
    """What is said of all tiles together. The data is as old as the oldest of it."""
    heads = [tile.result.head for tile in tiles]
    sources = {one.source.id for one in asked.tiles}
    rows = sum(head.rows_delivered for head in heads)
    with_period = next((head for head in heads if head.kpis and head.previous_period), None)
    return ResultHead(
        report_id=None,
        report_version=run.report_version,
        title=run.title,
        description=asked.description,
        sentence="",
        filters_in_words=_filter_words(run, asked),
        previous_period=with_period.previous_period if with_period else None,
        columns=(),
        kpis=_mail_kpis(tiles),
        rows_matched=rows,
        row_limit=None,
        logical_at=run.logical_at,
        as_of=min((head.as_of for head in heads), default=run.logical_at),
        is_snapshot=len(sources) <= 1 and all(head.is_snapshot for head in heads),
        timezone=asked.content.timezone,
        organization=asked.principal.organization,
        owner=asked.principal.name,
        notes=(_SEVERAL_SOURCES,) if len(sources) > 1 else (),
        definition_sha256=run.definition_sha256,
    )


def _mail_kpis(tiles: Sequence[BoardTile]) -> tuple[Kpi, ...]:
    """The first headline numbers; one that is a tile of its own bears its name."""
    found = []
    for tile in (tile for tile in tiles if tile.show == KPI):
        kpis = tile.result.head.kpis
        found += [replace(kpi, label=tile.title) for kpi in kpis] if len(kpis) == 1 else list(kpis)
    return tuple(found[:_MAIL_KPIS])


def _filter_words(run: LedgerRun, asked: _Asked) -> tuple[str, ...]:
    """The filters that have a value: "Country: Austria, Spain", days resolved against the run's logical time."""
    values = values_of(asked.content, asked.given)
    labels = {shared.name: shared.label for shared in asked.content.filters}
    return tuple(f"{labels[name]}: {_value_words(run, asked, value)}" for name, value in values.items())


def _value_words(run: LedgerRun, asked: _Asked, value: ParameterValue) -> str:
    if isinstance(value, DateWindow):
        return period_words(resolve_window(value, run.logical_at, asked.content.timezone))
    return ", ".join({True: "yes", False: "no"}[one] if isinstance(one, bool) else str(one) for one in value)


def _record(run: LedgerRun, board: Board) -> ResultRecord:
    return ResultRecord(
        head=board.head,
        rows=board.head.rows_delivered,
        spool_token=run.lease_token,
        shown=(),
    )


def _tile_path(folder: Path, run: LedgerRun, number: int) -> Path:
    """Each attempt has files of its own; all of them go with the run's other rows."""
    path = spool_path(folder, run.id, run.lease_token)
    return path.with_name(f"{path.stem}-tile-{number}{path.suffix}")
