"""What a schedule may say: checks before anything is saved, and the values it gives its report."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import dashboard_repository, dataset_repository, report_repository
from core.deliver.channel import Channel
from core.deliver.templates import check_subject, check_template
from core.domain.dashboard_json import parse_filters
from core.domain.parameters import dump_parameters, parse_parameters
from core.domain.schedule import Schedule, ScheduleDraft
from core.domain.terms import Terms
from core.domain.text import check_text
from core.errors import InvalidInput
from core.query.given_values import bind_given
from core.query.terms_rules import check_terms, needs_dataset
from core.schedules.recurrence import check_config
from core.services.burst_drafts import check_burst_draft
from core.services.file_choices import check_choices, check_dashboard_choices, check_formats
from core.services.recipients import check_recipients

MAX_NAME_LENGTH = 200
MAX_DESCRIPTION_LENGTH = 2000


def check_draft(draft: ScheduleDraft, channels: Mapping[str, Channel]) -> None:
    """Raise InvalidInput with the place where a schedule cannot be saved like this, whatever its report asks for."""
    if not draft.name.strip():
        raise InvalidInput("Give the schedule a name.", place="name")
    check_text(draft.name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
    check_text(draft.description, place="description", max_length=MAX_DESCRIPTION_LENGTH)
    check_config(draft.config)
    check_formats(draft.formats)
    check_choices(draft.file_options, place="file_options")
    if draft.burst is None:
        check_recipients(draft.recipients, channels)
    else:
        check_burst_draft(draft, draft.burst)
    with_fields = draft.burst is not None
    if draft.email_subject:
        check_subject(draft.email_subject, "email_subject", with_fields=with_fields)
    if draft.email_body:
        check_template(draft.email_body, "email_body", with_fields=with_fields)


def with_parameters(session: Session, draft: ScheduleDraft) -> ScheduleDraft:
    """Return the draft with its values in canonical JSON, checked against the report's newest version.

    What is sent is locked, so that nobody archives it or changes what it asks for in between.
    """
    if draft.dashboard_id is not None:
        return _with_filters(session, draft, draft.dashboard_id)
    if draft.report_id is None:
        raise InvalidInput("Name either the report or the dashboard that is sent.", place="report_id")
    definition = report_repository.load_report(session, draft.report_id, lock=True).definition
    if needs_dataset(draft.terms):
        check_terms(definition, dataset_repository.load_one_dataset(session, definition.dataset_id), draft.terms)
    with _at_report_parameters():
        given = parse_parameters(definition, draft.report_parameters)
        if given or definition.parameters:
            bind_given(definition, dataset_repository.load_one_dataset(session, definition.dataset_id), given)
    return replace(draft, report_parameters=dump_parameters(given))


def _with_filters(session: Session, draft: ScheduleDraft, dashboard_id: UUID) -> ScheduleDraft:
    """The same for a dashboard, whose filters take the values."""
    if draft.report_id is not None:
        raise InvalidInput("Name either the report or the dashboard that is sent, not both.", place="dashboard_id")
    content = dashboard_repository.load_dashboard(session, dashboard_id, lock=True).content
    _check_dashboard_terms(draft)
    with _at_report_parameters("filters"):
        given = parse_filters(content, draft.report_parameters)
    return replace(draft, report_parameters=dump_parameters(given))


def _check_dashboard_terms(draft: ScheduleDraft) -> None:
    """Terms speak of one result; a dashboard has many. Raises InvalidInput."""
    refused = {
        "condition": draft.terms.condition != Terms().condition,
        "freshness": draft.terms.freshness is not None,
        "hold": draft.terms.hold is not None,
        "burst": draft.burst is not None,
    }
    for place, is_set in refused.items():
        if is_set:
            raise InvalidInput(
                f"{place}: A dashboard is sent whole, every time: conditions, freshness, approval and recipients from "
                "data look at the result of one report. Schedule that report, or leave them out.",
                place=place,
            )
    check_dashboard_choices(draft.file_options, place="file_options")


def draft_of(schedule: Schedule) -> ScheduleDraft:
    """What somebody would give to make this schedule."""
    return ScheduleDraft(**{field.name: getattr(schedule, field.name) for field in fields(ScheduleDraft)})


@contextmanager
def _at_report_parameters(known_as: str = "parameters") -> Iterator[None]:
    """Name the place of a value as the schedule does: `report_parameters.country`."""
    try:
        yield
    except InvalidInput as error:
        if error.place is None or not error.place.startswith(known_as):
            raise
        place = f"report_parameters{error.place.removeprefix(known_as)}"
        raise InvalidInput(error.user_message.removeprefix(f"{error.place}: "), place=place) from error
