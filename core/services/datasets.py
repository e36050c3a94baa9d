"""Datasets: drafting, checking, looking at, saving, and who stands on them."""

from dataclasses import replace
from uuid import UUID

from core.access.policy import require
from core.catalog.drafts import draft_dataset, draft_sql_dataset, with_join
from core.catalog.drift import Eyes, find_drift, refreshed
from core.catalog.sources import SOURCES
from core.catalog.sources.connector import Connector
from core.catalog.usage import fields_used
from core.clock import Clock
from core.db import dataset_repository, notice_repository, source_repository, usage_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.catalog import WORKSPACE_KIND, Drift, Problem, ReportUse, RowSample, Usage
from core.domain.dataset import Dataset, Source
from core.domain.field import Field
from core.domain.relation import Join, SqlOrigin, TableOrigin
from core.errors import Conflict, InvalidDataset, InvalidInput, NotFound, QueryFailed, SourceError
from core.query.relation import check_dataset, columns_after
from core.query.samples import MAX_SAMPLE_ROWS, SAMPLE_DEADLINE_S, describe_sql, take_sample
from core.runs.missing_fields import note_missing, settle_drift
from core.runs.seeing import draft_seen_by
from core.services.connections import Connections
from core.services.dataset_checks import (
    MAX_NAME_LENGTH,
    after_steps,
    broken_reports,
    check_against,
    check_free,
    check_words,
    in_short,
    is_same_question,
    names_gone,
    names_in,
    noted_dataset,
    refuse_to_break,
    retyped_fields,
    what_is_gone,
)


class DatasetService:
    """Everything a person does with datasets."""

    def __init__(self, database: Database, connections: Connections, clock: Clock) -> None:
        self._database = database
        self._connections = connections
        self._clock = clock

    def draft(self, principal: Principal, source_id: UUID, table: TableOrigin) -> Dataset:
        """Return an unsaved dataset over a table, with the tables joined that its foreign keys name."""
        require(principal, Permission.MANAGE_CATALOG)
        source = self._own_source(principal, source_id)
        tables = self._connections.open(source).introspect()
        wanted = (table.schema_name, table.table_name)
        found = next((one for one in tables if (one.schema_name, one.table_name) == wanted), None)
        if found is None:
            raise NotFound(f"The source has no table {table.table_name!r}.", place="table_name")
        if not found.fields:
            raise InvalidDataset(f"{table.table_name} has no column that a report can show.", place="table_name")
        return self._named_freely(principal, draft_dataset(source, found, tables))

    def draft_sql(self, principal: Principal, source_id: UUID, sql: str) -> Dataset:
        """Return an unsaved dataset over saved SQL, whose columns the source was asked for."""
        require(principal, Permission.MANAGE_CATALOG)
        source = self._own_source(principal, source_id)
        self._require_sql(principal, source)
        columns = describe_sql(self._connections.open(source), sql, deadline_s=SAMPLE_DEADLINE_S)
        return self._named_freely(principal, draft_sql_dataset(source, sql, columns))

    def check(self, principal: Principal, dataset: Dataset) -> tuple[Problem, ...]:
        """Return what stands in the way of saving a dataset; empty where nothing does."""
        require(principal, Permission.MANAGE_CATALOG)
        try:
            check_words(dataset)
            with self._database.organization(principal.organization_id) as session:
                check_free(session, dataset)
            self._try(principal, dataset)
        except (InvalidInput, Conflict, NotFound, SourceError) as error:
            return (Problem(place=error.place, message=error.user_message),)
        return ()

    def preview(self, principal: Principal, dataset: Dataset, *, steps: int | None = None, rows: int = 50) -> RowSample:
        """Return the first rows of an unsaved dataset: all its fields, or the base's columns after so many steps."""
        require(principal, Permission.MANAGE_CATALOG)
        if not 1 <= rows <= MAX_SAMPLE_ROWS:
            raise InvalidInput(f"A preview has 1 to {MAX_SAMPLE_ROWS:,} rows.", place="rows")
        with self._database.organization(principal.organization_id) as session:
            shown = draft_seen_by(session, principal, dataset, is_whole=steps is None)
        return self._sample(principal, shown if steps is None else after_steps(shown, steps), rows)

    def columns(self, principal: Principal, dataset: Dataset, *, steps: int | None = None) -> tuple[Field, ...]:
        """Return the base's columns after so many steps (None: all) as fields; asks no source."""
        require(principal, Permission.MANAGE_CATALOG)
        return after_steps(dataset, len(dataset.steps) if steps is None else steps).fields

    def joined(self, principal: Principal, dataset: Dataset, join: Join) -> Dataset:
        """Return an unsaved dataset with a table of its source joined and that table's fields offered."""
        require(principal, Permission.MANAGE_CATALOG)
        found = self._connections.open(self._own_source(principal, dataset.source_id)).introspect(join.table)
        if not found:
            raise NotFound(f"The source has no table {join.table.table_name!r}.", place="joins")
        return with_join(dataset, join, found[0])

    def report_counts(self, principal: Principal) -> dict[UUID, int]:
        """Return how many reports stand on each dataset that has any."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return usage_repository.report_counts(session)

    def create(self, principal: Principal, dataset: Dataset) -> Dataset:
        """Save a new dataset; raises InvalidDataset with the place, Conflict where a name is taken."""
        require(principal, Permission.MANAGE_CATALOG)
        made = replace(
            dataset, organization_id=principal.organization_id, is_certified=False, label=dataset.label.strip()
        )
        check_words(made)
        self._try(principal, made)
        with self._database.organization(principal.organization_id) as session:
            source_repository.load_source(session, made.source_id, lock=True)
            check_free(session, made)
            dataset_repository.insert_dataset(session, made)
            return noted_dataset(session, principal, "dataset.created", made.id)

    def save(
        self,
        principal: Principal,
        dataset: Dataset,
        *,
        expected_version: int | None = None,
        is_confirmed: bool = False,
    ) -> Dataset:
        """Change a dataset; the certificate stays where it answers as before.

        Raises InvalidDataset with the place, Conflict where a name is taken or `expected_version` is not the newest,
        and BreaksReports where reports use what the change takes away, unless that `is_confirmed`.
        """
        require(principal, Permission.MANAGE_CATALOG)
        changed = replace(dataset, organization_id=principal.organization_id, label=dataset.label.strip())
        self._own(principal, dataset.id)
        check_words(changed)
        self._try(principal, changed)
        with self._database.organization(principal.organization_id) as session:
            saved = dataset_repository.load_one_dataset(session, dataset.id, lock=True)
            if expected_version is not None and expected_version != saved.version:
                raise Conflict(
                    f"Somebody saved version {saved.version} since you opened version {expected_version}. "
                    "Open the dataset again, then make your change."
                )
            source_repository.load_source(session, changed.source_id, lock=True)
            check_free(session, changed)
            if not is_confirmed:
                refuse_to_break(broken_reports(saved, changed, usage_repository.reports_on(session, dataset.id)))
            # The source has just answered for all of it, so that whatever is missing from now on is news.
            notice_repository.heal_dataset(session, dataset.id, names_in(changed))
            note_missing(session, saved, names_gone(saved, changed), at=self._clock.now())
            is_certified = saved.is_certified and is_same_question(saved, changed)
            dataset_repository.update_dataset(
                session, replace(changed, version=saved.version, is_certified=is_certified)
            )
            return noted_dataset(session, principal, "dataset.changed", dataset.id, before=saved)

    def delete(self, principal: Principal, dataset_id: UUID) -> None:
        """Remove a dataset; raises Conflict naming the reports that stand on it, archived ones included."""
        require(principal, Permission.MANAGE_CATALOG)
        self._own(principal, dataset_id)
        with self._database.organization(principal.organization_id) as session:
            dataset = dataset_repository.load_one_dataset(session, dataset_id, lock=True)
            names = [report.name for report in usage_repository.reports_on(session, dataset_id)]
            names += [f"{name} (archived)" for name in usage_repository.archived_on(session, dataset_id)]
            if names:
                raise Conflict(f"{dataset.label} is used by {in_short(names)}. Delete those reports first.")
            usage_repository.purge_deleted(session, dataset_id)
            dataset_repository.delete_dataset(session, dataset_id)
            note(session, principal, "dataset.deleted", before=dataset)

    def certify(self, principal: Principal, dataset_id: UUID, is_certified: bool) -> Dataset:
        """Vouch for a dataset, or no longer do so."""
        require(principal, Permission.MANAGE_CATALOG)
        self._own(principal, dataset_id)
        with self._database.organization(principal.organization_id) as session:
            saved = dataset_repository.load_one_dataset(session, dataset_id)
            dataset_repository.set_certified(session, dataset_id, is_certified=is_certified)
            return noted_dataset(session, principal, "dataset.certified", dataset_id, before=saved)

    def used_by(self, principal: Principal, dataset_id: UUID, field: str | None = None) -> Usage:
        """Return the reports and schedules that stand on a dataset, or on one of its fields; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            dataset = dataset_repository.load_one_dataset(session, dataset_id)
            if field is not None and dataset.field(field) is None:
                raise NotFound(f"{dataset.label} has no field {field!r}.", place="field")
            uses = [
                ReportUse(id=report.id, name=report.name, owner=report.owner, fields=tuple(sorted(used)))
                for report in usage_repository.reports_on(session, dataset_id)
                if field in (used := fields_used(report.definition, dataset)) or field is None
            ]
            schedules = usage_repository.schedules_of(session, [use.id for use in uses])
        return Usage(reports=tuple(uses), schedules=schedules)

    def drift(self, principal: Principal, dataset_id: UUID) -> Drift:
        """Return how the source differs from what the dataset was made of. Raises NotFound and SourceError."""
        require(principal, Permission.MANAGE_CATALOG)
        dataset, source = self._own(principal, dataset_id)
        found = find_drift(dataset, self._eyes(self._connections.open(source)))
        with self._database.organization(principal.organization_id) as session:
            settle_drift(session, dataset, found, at=self._clock.now())
        return found

    def refresh(self, principal: Principal, dataset_id: UUID, *, is_confirmed: bool = False) -> Dataset:
        """Take over new columns and changed types; labels, and fields that are missing, stay as they are.

        Raises BreaksReports where reports use a field whose type changed, unless that `is_confirmed`, and
        InvalidDataset where the dataset itself cannot be made of it.
        """
        require(principal, Permission.MANAGE_CATALOG)
        dataset, source = self._own(principal, dataset_id)
        connector = self._connections.open(source)
        changed = refreshed(dataset, self._eyes(connector))
        if changed == dataset:
            return dataset
        check_dataset(changed, connector.functions.sql_dialect)
        with self._database.organization(principal.organization_id) as session:
            saved = dataset_repository.load_one_dataset(session, dataset_id, lock=True)
            if saved.version != dataset.version:
                raise Conflict
            if not is_confirmed:
                refuse_to_break(broken_reports(saved, changed, usage_repository.reports_on(session, dataset_id)))
            is_certified = saved.is_certified and not retyped_fields(saved, changed)
            dataset_repository.update_dataset(session, replace(changed, is_certified=is_certified))
            return noted_dataset(session, principal, "dataset.refreshed", dataset_id, before=saved)

    def _eyes(self, connector: Connector) -> Eyes:
        return Eyes(
            connector=connector,
            describe_sql=lambda sql: describe_sql(connector, sql, deadline_s=SAMPLE_DEADLINE_S),
            columns_after=columns_after,
        )

    def _try(self, principal: Principal, dataset: Dataset) -> None:
        """Ask the source for no row of it: what it refuses now it would refuse in every report.

        Raises InvalidDataset with the place where that is because a column is gone or changed.
        """
        try:
            self._sample(principal, replace(dataset, policy=None), 0)  # nobody sees anything of it
        except QueryFailed as error:
            source = self._own_source(principal, dataset.source_id)
            gone = what_is_gone(dataset, find_drift(dataset, self._eyes(self._connections.open(source))))
            if gone is None:
                raise
            raise gone from error

    def _sample(self, principal: Principal, dataset: Dataset, rows: int) -> RowSample:
        source = self._own_source(principal, dataset.source_id)
        if isinstance(dataset.origin, SqlOrigin):
            self._require_sql(principal, source)
        connector = self._connections.open(source)
        check_against(connector, dataset)
        return take_sample(connector, dataset, rows=rows, deadline_s=SAMPLE_DEADLINE_S)

    def _require_sql(self, principal: Principal, source: Source) -> None:
        require(principal, Permission.WRITE_SQL)
        if not SOURCES[source.kind].runs_sql:
            raise InvalidDataset(f"{source.name} does not run saved SQL.", place="origin.sql")

    def _own_source(self, principal: Principal, source_id: UUID) -> Source:
        """Return a source that people may build datasets on; raises NotFound, Conflict for the workspace's own."""
        with self._database.organization(principal.organization_id) as session:
            source = source_repository.load_source(session, source_id)
        if source.kind == WORKSPACE_KIND:
            raise Conflict(f"The datasets of {source.name} are kept by Broadsheet itself.", place="source_id")
        return source

    def _own(self, principal: Principal, dataset_id: UUID) -> tuple[Dataset, Source]:
        """Return a dataset that people may change, and its source; raises NotFound and Conflict."""
        with self._database.organization(principal.organization_id) as session:
            dataset = dataset_repository.load_one_dataset(session, dataset_id)
        return dataset, self._own_source(principal, dataset.source_id)

    def _named_freely(self, principal: Principal, dataset: Dataset) -> Dataset:
        """The draft under a name and label that no dataset of the organization has yet."""
        with self._database.organization(principal.organization_id) as session:
            known = dataset_repository.list_datasets(session)
        names, labels = {one.name for one in known}, {one.label.lower() for one in known}
        name, label, number = dataset.name, dataset.label, 1
        while name in names or label.lower() in labels:
            number += 1
            end = f"_{number}"
            name, label = f"{dataset.name[: MAX_NAME_LENGTH - len(end)]}{end}", f"{dataset.label} {number}"
        return replace(dataset, name=name, label=label)
