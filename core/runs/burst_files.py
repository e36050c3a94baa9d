"""Makes and stores the files of one part of a bursting run, which is filed as a run of its own would be."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.db.burst_repository import FiledPart, OpenPart
from core.db.run_repository import LedgerRun
from core.domain.artifact import Artifact
from core.domain.result import Result
from core.domain.schedule import Recipient
from core.query.burst_questions import BurstQuestion, ask_part
from core.query.executor import QueryExecutor
from core.query.splitting import Parts
from core.query.spool import open_spool, write_spool
from core.render.renderer import Wishes
from core.runs.burst_state import BurstState, group_path
from core.runs.filing import Filed, Filing, SpooledRows
from core.runs.guard import Guard
from core.runs.result_record import ResultRecord, dump_record, record_of, spool_path

#: Files of a part are for somebody, so its mail has a picture.
_SOMEBODY = (Recipient(channel="email", address=""),)
#: Rows of a part that stay in memory.
_FEW_ROWS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePart:
    """A part with its files, stored and not yet spoken of; none where it has no rows and nobody gets it."""

    filed: FiledPart
    artifacts: tuple[Artifact, ...] = ()
    keys: tuple[str, ...] = ()


class PartFiling:
    """Files parts of one run, in the order of their places."""

    def __init__(self, executor: QueryExecutor, filing: Filing, *, spool_dir: Path) -> None:
        self._executor = executor
        self._filing = filing
        self._spool_dir = spool_dir

    def rows(self, run: LedgerRun, question: BurstQuestion, state: BurstState) -> "PartRows":
        """Where the rows of a run's parts come from."""
        return PartRows(run, question, state, executor=self._executor, spool_dir=self._spool_dir)

    def make(
        self, run: LedgerRun, part: OpenPart, rows: "PartRows", wishes: Wishes, guard: Guard, *, with_empty: bool
    ) -> MadePart:
        """Read, render and store a part; `with_empty`: also where it has no rows."""
        with rows.of(part) as result:
            if not with_empty and not result.head.rows_matched:
                return MadePart(filed=FiledPart(id=part.id, rows_matched=0, record=None))
            return self._make(run, part, result, wishes, guard)

    def _make(self, run: LedgerRun, part: OpenPart, result: Result, wishes: Wishes, guard: Guard) -> MadePart:
        as_run = replace(run, id=part.id, formats=part.formats, recipients=_SOMEBODY)
        path = spool_path(self._spool_dir, run.id, run.lease_token).with_suffix(".part.arrow")
        try:
            if self._is_small(as_run, result):
                kept = replace(result, batches=list(result.batches), csv=None)
                filed = self._filing.file_small(as_run, kept, wishes)
            else:
                write_spool(result, path)
                kept = open_spool(path, result.head)
                filed = self._filing.file(as_run, SpooledRows(head=result.head, path=path, wishes=wishes), guard)
            record = self._record(kept, filed, run.lease_token)
        finally:
            path.unlink(missing_ok=True)
        return MadePart(
            filed=FiledPart(id=part.id, rows_matched=result.head.rows_matched, record=dump_record(record)),
            artifacts=tuple(replace(one, run_id=run.id, part_id=part.id) for one in filed.artifacts),
            keys=filed.keys,
        )

    def forget_earlier(self, run: LedgerRun, part: OpenPart) -> None:
        """Clear away what an attempt stored of a part and died before it said so."""
        self._filing.discard_earlier(replace(run, id=part.id, formats=part.formats))

    def _is_small(self, run: LedgerRun, result: Result) -> bool:
        head = result.head
        return self._filing.is_plain(run) and head.chart is None and head.rows_delivered <= _FEW_ROWS

    def _record(self, result: Result, filed: Filed, token: int) -> ResultRecord:
        record = record_of(result, rows=result.head.rows_delivered, token=token)
        return replace(record, picture_key=filed.picture_key, notes=filed.picture_notes)


class PartRows:
    """The results of parts: out of one that was taken apart, or asked for one by one."""

    def __init__(
        self,
        run: LedgerRun,
        question: BurstQuestion,
        state: BurstState,
        *,
        executor: QueryExecutor,
        spool_dir: Path,
    ) -> None:
        self._question = question
        self._state = state
        self._executor = executor
        self._at: Mapping[int, tuple[int, int]] = {
            place: (number, at) for number, group in enumerate(state.groups) for at, place in enumerate(group.places)
        }
        self._parts = [
            Parts(group_path(spool_dir, run.id, state.token, number), parts=len(group.places), files=group.files)
            for number, group in enumerate(state.groups)
        ]

    @contextmanager
    def of(self, part: OpenPart) -> Iterator[Result]:
        """The result of a part."""
        if not self._state.groups:
            with ask_part(self._question, self._executor, part.combination) as result:
                yield result
            return
        number, at = self._at[part.place]
        group = self._state.groups[number]
        head = self._question.part_head(group.head, part.combination, part.rows_matched or 0)
        yield Result(head=head, batches=self._parts[number].batches(at))
