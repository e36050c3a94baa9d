"""What a run reads and how its files are to be made, as the database knows it now and its person may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require_dataset
from core.db import (
    access_repository,
    branding_repository,
    template_repository,
)
from core.db.database import Database
from core.db.run_repository import LedgerRun
from core.db.sight import may_see
from core.db.subject_reading import read_subject
from core.domain.access import Principal
from core.domain.branding import Branding
from core.domain.dataset import Dataset, Source
from core.domain.definition import ReportDefinition
from core.domain.definition_json import parse_definition
from core.domain.file_options import parse_file_options
from core.domain.parameters import ParameterValue, bind_parameters, parse_parameters
from core.errors import InvalidInput, NotAllowed, NotFound, ParametersUnfit
from core.query.given_values import check_given
from core.render.renderer import Wishes
from core.runs.seeing import as_seen_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a run reads, and under whose identity."""

    definition: ReportDefinition
    dataset: Dataset
    source: Source
    principal: Principal
    description: str
    parameters: Mapping[str, ParameterValue]
    branding: Branding


class Subjects:
    """Loads what runs read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, run: LedgerRun) -> Subject:
        """Load what the run reads, as the person it is for may see it now."""
        definition = parse_definition(run.definition)
        with self._database.organization(run.organization_id) as session:
            principal = principal_of(session, run)
            read = read_subject(session, definition.dataset_id, run.report_id)
            if not read.is_for_all:
                require_sight(session, principal, report_id=run.report_id)
            require_dataset(principal, read.dataset)
            dataset = as_seen_by(session, principal, read.dataset)
        return Subject(
            definition=definition,
            dataset=dataset,
            source=read.source,
            principal=principal,
            description=read.description,
            parameters=_given(run, definition, dataset),
            branding=read.branding,
        )

    def wishes(self, run: LedgerRun) -> Wishes:
        """How the run's files are to be made, as its options, its organization's look and its template are now."""
        options = parse_file_options(run.file_options)
        template_id = options.xlsx.template_id if "xlsx" in run.formats else None
        if template_id is not None and options.xlsx.deleted_template is not None:
            raise NotFound(
                f'The workbook template "{options.xlsx.deleted_template}" that was to be filled is deleted. '
                "Export again with another template or without one.",
                place="file_options.xlsx.template_id",
            )
        with self._database.organization(run.organization_id) as session:
            return Wishes(
                options=options,
                branding=branding_repository.load_branding(session),
                template=None if template_id is None else template_repository.load_template_bytes(session, template_id),
            )


def principal_of(session: Session, run: LedgerRun) -> Principal:
    """Return the person whose rows a run reads. Raises NotAllowed where they are no longer active here."""
    if run.requested_by is not None:
        for principal in access_repository.principals_of_user(session, run.requested_by):
            if principal.organization_id == run.organization_id:
                return principal
    raise NotAllowed("The person this report runs for is no longer active here. Give the schedule another owner.")


def require_sight(
    session: Session, principal: Principal, *, report_id: UUID | None, dashboard_id: UUID | None = None
) -> None:
    """Return if the person whom a run is for may see what it is made of. Raises NotAllowed."""
    if not may_see(session, principal, report_id=report_id, dashboard_id=dashboard_id):
        what = "report" if dashboard_id is None else "dashboard"
        raise NotAllowed(
            f"The {what} is not shared any more with {principal.name}, for whom it runs. Have it shared again."
        )


def _given(run: LedgerRun, definition: ReportDefinition, dataset: Dataset) -> Mapping[str, ParameterValue]:
    """Return the values given for the definition's parameters. Raises ParametersUnfit: no value is ever left out."""
    try:
        given = parse_parameters(definition, run.parameters)
        check_given(definition, dataset, given)
        bind_parameters(definition, given)
    except InvalidInput as error:
        reason = error.user_message.removeprefix(f"{error.place}: ")
        mend = " Open the schedule and give it what the report asks for now." if run.schedule_id else ""
        raise ParametersUnfit(f"The report changed what it asks for. {reason}{mend}", place=error.place) from error
    return given
