"""What a schedule may say of recipients in the data: checks before it is saved, and before it is looked at."""

from sqlalchemy.orm import Session

from core.access.policy import require_dataset
from core.db import dataset_repository, report_repository
from core.deliver.templates import recipient_fields
from core.domain.access import Principal
from core.domain.bursting import Burst, check_burst
from core.domain.schedule import ScheduleDraft
from core.domain.terms import Terms
from core.errors import InvalidInput
from core.query.recipient_rows import check_fields

_PLACE = "recipients[0]"


def check_burst_draft(draft: ScheduleDraft, burst: Burst) -> None:
    """Raise InvalidInput with the place where recipients in the data do not go together with the rest of a schedule."""
    if draft.recipients:
        words = "Recipients stand in the data or are named here, not both. Make a second schedule for the others."
        raise InvalidInput(words, place="recipients")
    if draft.dashboard_id is not None:
        words = "A dashboard cannot be taken apart for recipients in the data. Schedule one of its reports."
        raise InvalidInput(words, place="dashboard_id")
    check_burst(burst)
    if burst.format is not None and draft.file_options.zip:
        words = "Recipients cannot choose their format where all files go into one archive."
        raise InvalidInput(words, place=f"{_PLACE}.format")
    for place in ("condition", "hold"):
        if getattr(draft.terms, place) != getattr(Terms(), place):
            words = (
                "Conditions and approval look at one result, and each recipient in the data has one of their own. "
                "Who has no rows gets nothing anyway."
            )
            raise InvalidInput(words, place=place)


def check_burst_fields(session: Session, principal: Principal, draft: ScheduleDraft, burst: Burst) -> None:
    """Raise InvalidInput with the place unless the datasets have the fields; NotAllowed where one is not to be seen."""
    if draft.report_id is None:
        return
    definition = report_repository.load_report(session, draft.report_id).definition
    report = dataset_repository.load_one_dataset(session, definition.dataset_id)
    recipients = report
    if burst.dataset_id is not None:
        recipients = dataset_repository.load_one_dataset(session, burst.dataset_id)
    for dataset in (report, recipients):
        require_dataset(principal, dataset)
    for place, words in (("email_subject", draft.email_subject), ("email_body", draft.email_body)):
        check_fields(burst, recipients, report, recipient_fields(words or ""), place=place)
