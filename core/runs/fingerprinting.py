"""Takes a run's fingerprint in the same pass that spools its rows; runs without a schedule keep none."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import replace

from core.db.run_repository import LedgerRun
from core.domain.definition import ReportDefinition
from core.domain.field import Format, NumberStyle
from core.domain.fingerprint import Exact, Fingerprint, MeasureValue
from core.domain.result import CellValue, Result
from core.domain.run import RunKind
from core.query.columns import measure_column
from core.query.row_digest import RowDigest
from core.query.terms_rules import known_measures
from core.render.cells import display_number
from core.runs.subjects import Subject

_KEPT_BY = (RunKind.SCHEDULED, RunKind.MANUAL, RunKind.BACKFILL)
#: What a definition says of its looks, which change no value.
_LOOKS = ("options", "rules", "chart")


def keeps_fingerprint(run: LedgerRun) -> bool:
    """Whether later runs compare themselves with this one."""
    return run.schedule_id is not None and run.kind in _KEPT_BY


class Fingerprinting:
    """Takes the fingerprint of one result."""

    def __init__(self, run: LedgerRun, subject: Subject, result: Result) -> None:
        self._run = run
        self._subject = subject
        self._result = result
        self._digest = RowDigest(result.head.columns, keys=_keys(subject.definition), rows=result.head.rows_delivered)

    def watched(self) -> Result:
        """The result; its rows are looked at on their way. To be read once, to its end."""
        return replace(self._result, batches=self._digest.passing(self._result.batches))

    def fingerprint(self) -> Fingerprint:
        """The fingerprint, once the rows have passed."""
        return Fingerprint(
            question=_question(self._run),
            rows=self._digest.rows,
            columns=tuple(column.key for column in self._result.head.columns if not column.is_hidden),
            sha256=self._digest.sha256(),
            measures=self._measures(),
            keys=self._digest.by_key(),
        )

    def _measures(self) -> tuple[MeasureValue, ...]:
        definition, result = self._subject.definition, self._result
        values: dict[str, CellValue] = {
            measure.key: kpi.value for measure, kpi in zip(definition.kpis, result.head.kpis, strict=True)
        }
        values |= result.overall
        found = []
        for key, measure in known_measures(definition).items():
            column, value = measure_column(measure, self._subject.dataset), values.get(key)
            if column.type.is_number:
                number = _finite(value)
                found.append(
                    MeasureValue(key=key, label=column.label, value=number, shown=figure_words(number, column.format))
                )
        return tuple(found)


def figure_words(value: Exact | None, format: Format) -> str:  # noqa: A002 - the domain's word
    """Return a figure with its unit as people read it."""
    if value is None:
        return "no data"
    shown = display_number(value, format)
    return f"{shown} {format.unit}" if format.unit and format.style is not NumberStyle.DURATION else shown


def _finite(value: CellValue) -> Exact | None:
    return value if isinstance(value, Exact) and not isinstance(value, bool) and math.isfinite(value) else None


def _keys(definition: ReportDefinition) -> Sequence[str]:
    """The columns that tell the rows of a summary apart: its groupings, but for those that a pivot spreads."""
    spread = definition.pivot.groupings if definition.pivot is not None else ()
    return [grouping.key for grouping in definition.groupings if grouping.key not in spread]


def _question(run: LedgerRun) -> str:
    asked = {name: value for name, value in run.definition.items() if name not in _LOOKS}
    said = json.dumps([asked, run.parameters], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]
