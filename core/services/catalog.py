"""The catalog as reports see it: datasets, the values in their fields, and what is wrong with a report on them."""

from uuid import UUID

from core.access.policy import may_ask, require, require_dataset
from core.catalog.usage import names_used
from core.db import dataset_repository, notice_repository, source_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.catalog import Notice, Problem
from core.domain.dataset import Dataset, Source
from core.domain.definition import ReportDefinition
from core.domain.filter import Scalar
from core.domain.report import Report
from core.domain.text import check_text
from core.errors import InvalidInput, PolicyRefused
from core.query.executor import QueryExecutor
from core.query.validate import validate_definition
from core.runs.seeing import all_seen_by, as_seen_by
from core.services.one_look import once

MAX_VALUES = 1000
_MAX_SEARCH = 200


class CatalogService:
    """Reads the catalog."""

    def __init__(self, database: Database, executor: QueryExecutor) -> None:
        self._database = database
        self._executor = executor

    def datasets(self, principal: Principal) -> tuple[Dataset, ...]:
        """Return the datasets this person may ask by label, the workspace's own last."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            found = [one for one in dataset_repository.list_datasets(session) if may_ask(principal, one)]
            return all_seen_by(session, principal, found)

    def dataset(self, principal: Principal, dataset_id: UUID) -> Dataset:
        """Return one dataset; raises NotFound and NotAllowed."""
        return self.dataset_and_source(principal, dataset_id)[0]

    def dataset_as_made(self, principal: Principal, dataset_id: UUID) -> Dataset:
        """Return a dataset with all its fields for those who may change it, as it is for them for all others."""
        if not principal.may(Permission.MANAGE_CATALOG) and not principal.may(Permission.MANAGE_POLICIES):
            return self.dataset(principal, dataset_id)
        with self._database.person(principal) as session:
            dataset = dataset_repository.load_one_dataset(session, dataset_id)
        require_dataset(principal, dataset)
        return dataset

    def dataset_and_source(self, principal: Principal, dataset_id: UUID) -> tuple[Dataset, Source]:
        """Return a dataset and the source it lives in; raises NotFound and NotAllowed."""
        require(principal, Permission.VIEW_REPORTS)
        return once((self._database, "dataset", dataset_id, principal), lambda: self._read(principal, dataset_id))

    def _read(self, principal: Principal, dataset_id: UUID) -> tuple[Dataset, Source]:
        with self._database.person(principal) as session:
            dataset = dataset_repository.load_one_dataset(session, dataset_id)
            require_dataset(principal, dataset)
            dataset = as_seen_by(session, principal, dataset)
            return dataset, source_repository.load_source(session, dataset.source_id)

    def field_values(
        self, principal: Principal, dataset_id: UUID, field: str, *, search: str = "", limit: int = 50
    ) -> tuple[tuple[Scalar | None, int], ...]:
        """Return the most frequent values of a field that hold `search`, each with its number of rows."""
        check_text(search, place="search", max_length=_MAX_SEARCH)
        if not 1 <= limit <= MAX_VALUES:
            raise InvalidInput(f"A list of values has 1 to {MAX_VALUES:,} of them.", place="limit")
        dataset, source = self.dataset_and_source(principal, dataset_id)
        return self._executor.values(dataset, source, field, search=search, limit=limit)

    def notices(self, principal: Principal) -> tuple[Notice, ...]:
        """Return which reports lost which fields, for the lists of the app, the longest known first."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return notice_repository.list_notices(session)

    def problems(self, principal: Principal, report: Report) -> tuple[Problem, ...]:
        """Return why a saved report does not run as it stands; empty where nothing is known to be wrong.

        Fields that are gone from its source are known from the last check or run; no source is asked.
        """
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            dataset = dataset_repository.load_one_dataset(session, report.definition.dataset_id)
            dataset = as_seen_by(session, principal, dataset)
            notices = notice_repository.list_notices(session, report.id)
        used = names_used(report.definition, dataset)
        found = [
            Problem(
                place=_place_of(report.definition, notice.field),
                message=_gone(dataset, notice.field),
            )
            for notice in notices
            if notice.field in used
        ]
        try:
            validate_definition(report.definition, dataset)
        except (InvalidInput, PolicyRefused) as error:
            if error.place is None or error.place not in {problem.place for problem in found}:
                found.append(Problem(place=error.place, message=error.user_message))
        return tuple(found)


def _gone(dataset: Dataset, name: str) -> str:
    """What is said of a field or measure: its source lost it, or somebody took it out of the dataset."""
    known = dataset.field(name) or dataset.measure(name)
    if known is None:
        return f"{name} is no longer in {dataset.label}."
    return f"{known.label} is no longer in the source of {dataset.label}."


def _place_of(definition: ReportDefinition, field: str) -> str | None:
    """Where a definition names a field first; None where it does so through a measure or another field only."""
    named = [
        *((f"columns[{index}]", name) for index, name in enumerate(definition.columns)),
        *((f"groupings[{index}].field", grouping.field) for index, grouping in enumerate(definition.groupings)),
        *((f"measures[{index}].field", measure.field) for index, measure in enumerate(definition.measures)),
        *(
            (f"measures[{index}].dataset_measure", measure.dataset_measure)
            for index, measure in enumerate(definition.measures)
        ),
        *((f"kpis[{index}].field", kpi.field) for index, kpi in enumerate(definition.kpis)),
        *((f"kpis[{index}].dataset_measure", kpi.dataset_measure) for index, kpi in enumerate(definition.kpis)),
        *(
            (f"filters.items[{index}].field", getattr(item, "field", None))
            for index, item in enumerate(definition.filters.items)
        ),
        ("period.field", None if definition.period is None else definition.period.field),
    ]
    return next((place for place, name in named if name == field), None)
