"""Several reports as one workbook, read from their sources one after another; no run is kept of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from core.access.policy import require
from core.clock import Clock
from core.db import branding_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.artifact import Rendering
from core.domain.file_options import FileOptions
from core.domain.parameters import ParameterValue
from core.domain.report import Report
from core.domain.result import Result
from core.query.executor import HeadFields, QueryExecutor
from core.query.given_values import check_given
from core.render.renderer import Wishes
from core.services.catalog import CatalogService


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedReport:
    """A report and the values for what it asks."""

    report: Report
    parameters: Mapping[str, ParameterValue]


class WorkbookService:
    """Writes workbooks of several reports."""

    def __init__(
        self,
        database: Database,
        catalog: CatalogService,
        executor: QueryExecutor,
        clock: Clock,
        *,
        timeout_s: float,
    ) -> None:
        """`timeout_s`: how long one report may take."""
        self._database = database
        self._catalog = catalog
        self._executor = executor
        self._clock = clock
        self._timeout_s = timeout_s

    def write(
        self,
        principal: Principal,
        asked: Sequence[AskedReport],
        target: BinaryIO,
        *,
        title: str,
        as_of: datetime | None = None,
        options: FileOptions = FileOptions(),
    ) -> tuple[Rendering, ...]:
        """Write the reports into `target`, which must be seekable, under one logical time.

        Raises what asking a source and rendering raise.
        """
        from core.render.xlsx_renderer import render_workbook  # the formats are loaded where they are needed

        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            wishes = Wishes(options=options, branding=branding_repository.load_branding(session))
        results = self._results(principal, asked, as_of or self._clock.now())
        return render_workbook(results, target, title=title, wishes=wishes)

    def _results(self, principal: Principal, asked: Sequence[AskedReport], logical_at: datetime) -> Iterator[Result]:
        """One source is open at a time; asking for the next result closes the one before."""
        for one in asked:
            report = one.report
            dataset, source = self._catalog.dataset_and_source(principal, report.definition.dataset_id)
            check_given(report.definition, dataset, one.parameters)
            with self._executor.run(
                report.definition,
                dataset,
                source,
                head_fields=HeadFields(
                    title=report.name,
                    report_id=report.id,
                    report_version=report.version,
                    description=report.description,
                    organization=principal.organization,
                    owner=principal.name,
                ),
                logical_at=logical_at,
                deadline_s=self._timeout_s,
                parameters=one.parameters,
            ) as result:
                yield result
