"""Reports: building, previewing, saving and their history."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require, require_can
from core.clock import Clock
from core.db import branding_repository, report_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.appearance import Chart
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Grouping, Measure, Period, ReportDefinition, Sort
from core.domain.field import FieldType
from core.domain.filter import DateUnit, DateWindow, Grain, Operator, WindowKind
from core.domain.library import Action, ReportFilter
from core.domain.page import Page
from core.domain.parameters import ParameterValue
from core.domain.report import Report, ReportVersion
from core.domain.result import Headline, Preview, ResultColumn
from core.domain.text import check_text
from core.errors import Conflict, InvalidInput
from core.query.columns import result_columns
from core.query.executor import NO_PARAMETERS, QueryExecutor
from core.query.given_values import bind_given
from core.query.validate import aggregations_for, operators_for, validate_definition
from core.render.charts import build_figure, default_chart
from core.services.catalog import CatalogService
from core.services.one_look import once

if TYPE_CHECKING:
    import plotly.graph_objects as go

Given = Mapping[str, ParameterValue]

MAX_PREVIEW_ROWS = 1000
#: A chart of more points than this says nothing more and takes the browser longer.
MAX_CHART_ROWS = 5000
#: Rows of a preview's page unless asked otherwise: the chart beside it mostly needs no question of its own.
_PAGE_ROWS = 100
MAX_NAME_LENGTH = 200
MAX_DESCRIPTION_LENGTH = 2000
EVERY_REPORT = ReportFilter()
_QUICK_START_COLUMNS = 8


class ReportService:
    """Everything a person does with reports."""

    def __init__(
        self,
        database: Database,
        catalog: CatalogService,
        executor: QueryExecutor,
        clock: Clock,
        *,
        row_limit_default: int,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._executor = executor
        self._clock = clock
        self._row_limit_default = row_limit_default

    @property
    def row_limit_default(self) -> int:
        """The row limit a new report starts with."""
        return self._row_limit_default

    def list(
        self,
        principal: Principal,
        wanted: ReportFilter = EVERY_REPORT,
        *,
        search: str = "",
        page: int = 1,
        limit: int = 50,
    ) -> Page[Report]:
        """Return the reports this person may see, the newest change first unless `wanted` says otherwise."""
        require(principal, Permission.VIEW_REPORTS)
        wanted = replace(wanted, search=f"{wanted.search} {search}".strip())
        check_text(wanted.search, place="search", max_length=MAX_NAME_LENGTH)
        with self._database.person(principal) as session:
            return report_repository.list_reports(session, wanted, user_id=principal.user_id, page=page, limit=limit)

    def get(self, principal: Principal, report_id: UUID, *, version: int | None = None) -> Report:
        """Return a report at its newest version or at `version`; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return report_repository.load_report(session, report_id, version)

    def viewed(self, principal: Principal, report_id: UUID) -> None:
        """Record that somebody opened a report: once for each opening, not for each drawing. Raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            report = report_repository.load_report(session, report_id)
            note(session, principal, "report.viewed", object_id=report_id, name=report.name)

    def versions(self, principal: Principal, report_id: UUID) -> tuple[ReportVersion, ...]:
        """Return a report's versions, the newest first; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            report_repository.load_report(session, report_id)
            return report_repository.list_versions(session, report_id)

    def create(self, principal: Principal, *, name: str, definition: ReportDefinition, description: str = "") -> Report:
        """Save a new report; raises InvalidDefinition with the place, and then nothing is saved."""
        require(principal, Permission.EDIT_REPORTS)
        self._check(principal, name, description, definition)
        with self._database.person(principal) as session:
            report_id = report_repository.insert_report(
                session,
                organization_id=principal.organization_id,
                owner_id=principal.user_id,
                name=name.strip(),
                description=description.strip(),
                definition=definition,
            )
            return note(session, principal, "report.created", after=report_repository.load_report(session, report_id))

    def save(
        self,
        principal: Principal,
        report_id: UUID,
        *,
        name: str,
        definition: ReportDefinition,
        description: str = "",
        expected_version: int | None = None,
    ) -> Report:
        """Save a new version; raises Conflict where `expected_version` is no longer the newest.

        Without it writers take turns, and the last one's version is the newest.
        """
        require(principal, Permission.EDIT_REPORTS)
        self._check(principal, name, description, definition)
        with self._database.person(principal) as session:
            report = report_repository.load_report(session, report_id, lock=True)
            require_can(principal, Action.EDIT, report)
            if expected_version is not None and expected_version != report.version:
                raise Conflict(
                    f"{self._saved_by(session, report)} saved version {report.version} since you opened version "
                    f"{expected_version}. Look at it, save yours as the next version, or as a report of its own."
                )
            report_repository.save_version(
                session,
                report,
                saved_by=principal.user_id,
                name=name.strip(),
                description=description.strip(),
                definition=definition,
            )
            saved = report_repository.load_report(session, report_id)
            return note(session, principal, "report.changed", before=report, after=saved)

    def preview(
        self,
        principal: Principal,
        definition: ReportDefinition,
        *,
        parameters: Given = NO_PARAMETERS,
        page: int = 1,
        page_size: int = _PAGE_ROWS,
        refresh: bool = False,
    ) -> Preview:
        """Return one page of what a definition answers now; `refresh` asks the source even if it was asked lately."""
        if not 1 <= page_size <= MAX_PREVIEW_ROWS:
            raise InvalidInput(f"A preview page has 1 to {MAX_PREVIEW_ROWS:,} rows.", place="limit")
        if page < 1:
            raise InvalidInput("Pages are counted from 1.", place="page")
        return self._preview(principal, definition, parameters, page, page_size, refresh=refresh)

    def figure(
        self,
        principal: Principal,
        definition: ReportDefinition,
        *,
        parameters: Given = NO_PARAMETERS,
        dark: bool = False,
    ) -> "go.Figure | None":
        """Return the definition's chart as a Plotly figure in the organization's colours; None where it has none."""
        if definition.chart is None:
            return None
        preview = self._preview(principal, definition, parameters, 1, _PAGE_ROWS)
        if preview.table.num_rows < preview.rows_matched:
            preview = self._preview(principal, definition, parameters, 1, MAX_CHART_ROWS)
        accent = once((self._database, "accent", principal), lambda: self._accent(principal))
        shown, rows = preview.table.num_rows, min(preview.rows_matched, definition.limit or preview.rows_matched)
        note = f"The first {shown:,} of {rows:,} rows" if shown < rows else None
        return build_figure(preview.columns, definition.chart, preview.table, dark=dark, accent=accent, note=note)

    def headline(
        self, principal: Principal, definition: ReportDefinition, *, parameters: Given = NO_PARAMETERS
    ) -> Headline:
        """Return the definition's headline numbers, compared with the span before."""
        dataset, source = self._catalog.dataset_and_source(principal, definition.dataset_id)
        bound = bind_given(definition, dataset, parameters)
        return self._executor.headline(bound, dataset, source, logical_at=self._clock.now())

    def default_chart(
        self, principal: Principal, definition: ReportDefinition, *, parameters: Given = NO_PARAMETERS
    ) -> Chart | None:
        """Return the chart that suits the shape of a definition's result; None where none does."""
        preview = self._preview(principal, definition, parameters, 1, 1)
        return default_chart(preview.columns)

    def new_definition(self, principal: Principal, dataset_id: UUID) -> ReportDefinition:
        """Return a first question to a dataset, so that the builder never starts empty."""
        return quick_start(self._catalog.dataset(principal, dataset_id), principal.timezone, self._row_limit_default)

    def columns_of(self, principal: Principal, definition: ReportDefinition) -> tuple[ResultColumn, ...]:
        """Return what a definition's columns are, before a pivot spreads them; no source is asked."""
        return result_columns(definition, self._catalog.dataset(principal, definition.dataset_id))

    def operators_for(self, field_type: FieldType) -> tuple[Operator, ...]:
        """Return the operators a field of this type takes."""
        return operators_for(field_type)

    def aggregations_for(self, field_type: FieldType) -> tuple[Aggregation, ...]:
        """Return the aggregations a field of this type takes."""
        return aggregations_for(field_type)

    def _preview(
        self,
        principal: Principal,
        definition: ReportDefinition,
        parameters: Given,
        page: int,
        page_size: int,
        *,
        refresh: bool = False,
    ) -> Preview:
        dataset, source = self._catalog.dataset_and_source(principal, definition.dataset_id)
        bound = bind_given(definition, dataset, parameters)
        now = self._clock.now()
        return self._executor.preview(
            bound, dataset, source, page=page, page_size=page_size, logical_at=now, refresh=refresh
        )

    def _accent(self, principal: Principal) -> str | None:
        with self._database.person(principal) as session:
            return branding_repository.load_branding(session).accent

    def _saved_by(self, session: Session, report: Report) -> str:
        return report_repository.list_versions(session, report.id)[0].saved_by or "Somebody"

    def _check(self, principal: Principal, name: str, description: str, definition: ReportDefinition) -> None:
        if not name.strip():
            raise InvalidInput("Give the report a name.", place="name")
        check_text(name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
        check_text(description, place="description", max_length=MAX_DESCRIPTION_LENGTH)
        validate_definition(definition, self._catalog.dataset(principal, definition.dataset_id))


def quick_start(dataset: Dataset, timezone: str, row_limit: int) -> ReportDefinition:
    """Return its rows over the last 30 days with the first measure, or its first columns where it has no time field."""
    if dataset.time_field is None:
        return ReportDefinition(
            dataset_id=dataset.id,
            columns=tuple(field.name for field in dataset.fields[:_QUICK_START_COLUMNS]),
            limit=row_limit,
            timezone=timezone,
        )
    day = Grouping(field=dataset.time_field, grain=Grain.DAY)
    measures = [Measure(aggregation=Aggregation.COUNT)]
    first = next((field for field in dataset.fields if field.is_measure and field.type.is_number), None)
    if first is not None:
        measures.append(Measure(aggregation=Aggregation.SUM, field=first.name))
    return ReportDefinition(
        dataset_id=dataset.id,
        groupings=(day,),
        measures=tuple(measures),
        period=Period(field=dataset.time_field, window=DateWindow(kind=WindowKind.LAST, n=30, unit=DateUnit.DAY)),
        sort=(Sort(key=day.key, descending=True),),
        limit=row_limit,
        timezone=timezone,
        kpis=tuple(measures),
    )
