"""What a person asks to be made, as the run that makes it: a download, or an ended run once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.db.run_inserting import RunDraft
from core.db.run_repository import LedgerRun
from core.domain.access import Principal
from core.domain.bursting import BurstTest, dump_burst, parse_burst
from core.domain.dashboard import Dashboard
from core.domain.dashboard_json import dump_content, dump_question
from core.domain.definition import ReportDefinition
from core.domain.definition_json import definition_sha256, dump_definition
from core.domain.file_options import FileOptions, dump_file_options
from core.domain.parameters import ParameterValue, dump_parameters
from core.domain.run import RunKind
from core.domain.schedule import Recipient
from core.errors import InvalidInput
from core.secrets import SecretBox
from core.services.file_choices import check_choices, check_formats, with_password

#: What a new run made from an ended one is; the others stay what they are.
_AGAIN = {RunKind.SCHEDULED: RunKind.MANUAL}
_MAX_TITLE = 200

#: What the audit calls a run that a person starts.
STARTED = {
    RunKind.SCHEDULED: "run.started",
    RunKind.MANUAL: "run.sent_now",
    RunKind.TEST: "run.tested",
    RunKind.EXPORT: "run.exported",
    RunKind.BACKFILL: "run.made_again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOrder:
    """Which files to make of a report, and how."""

    formats: tuple[str, ...]
    options: FileOptions
    as_of: datetime | None

    def run(
        self,
        principal: Principal,
        definition: ReportDefinition,
        title: str,
        parameters: Mapping[str, ParameterValue],
        *,
        now: datetime,
    ) -> RunDraft:
        """Return the run that makes them."""
        return RunDraft(
            organization_id=principal.organization_id,
            kind=RunKind.EXPORT,
            title=" ".join(title.split())[:_MAX_TITLE] or "Report",
            definition=dump_definition(definition),
            definition_sha256=definition_sha256(definition),
            parameters=dump_parameters(parameters),
            file_options=dump_file_options(self.options),
            requested_by=principal.user_id,
            formats=self.formats,
            logical_at=self.as_of or now,
        )

    def dashboard_run(
        self, principal: Principal, dashboard: Dashboard, given: Mapping[str, ParameterValue], *, now: datetime
    ) -> RunDraft:
        """Return the run that makes them of a dashboard."""
        return RunDraft(
            organization_id=principal.organization_id,
            kind=RunKind.EXPORT,
            title=dashboard.name,
            definition=dump_question(dashboard.id, dashboard.version, dump_content(dashboard.content)),
            definition_sha256=dashboard.content_sha256,
            report_version=dashboard.version,
            parameters=dump_parameters(given),
            file_options=dump_file_options(self.options),
            requested_by=principal.user_id,
            formats=self.formats,
            logical_at=self.as_of or now,
        )


def file_order(
    formats: str | Sequence[str],
    options: FileOptions,
    password: str | None,
    as_of: datetime | None,
    *,
    box: SecretBox | None,
) -> FileOrder:
    """Return the order where all of it can be had. Raises InvalidInput with the place."""
    if as_of is not None and as_of.tzinfo is None:
        raise InvalidInput("Give the time with its offset, like 2026-11-23T09:00:00+01:00.", place="as_of")
    return FileOrder(
        formats=check_formats((formats,) if isinstance(formats, str) else formats),
        options=with_password(check_choices(options, place="options"), password, box),
        as_of=as_of,
    )


def to_caller(draft: RunDraft, principal: Principal, *, recipient: str | None = None) -> RunDraft:
    """Return the test of a schedule's run: what it sends goes to the caller and to nobody else.

    Where its recipients stand in the data, it is the message of `recipient`, else of the first one who has rows.
    """
    burst = parse_burst(draft.burst)
    if burst is None:
        return replace(draft, recipients=(Recipient(channel="email", address=principal.email),))
    test = BurstTest(recipient=recipient, to=principal.email)
    return replace(draft, recipients=(), burst=dump_burst(replace(burst, test=test)))


def once_more(run: LedgerRun) -> RunDraft:
    """Return a new run that asks and sends what an ended one did, for the same logical time and on the same terms."""
    return RunDraft(
        organization_id=run.organization_id,
        kind=_AGAIN.get(run.kind, run.kind),
        title=run.title,
        definition=run.definition,
        definition_sha256=run.definition_sha256,
        parameters=run.parameters,
        file_options=run.file_options,
        terms=run.terms,
        requested_by=run.requested_by,
        formats=run.formats,
        logical_at=run.logical_at,
        schedule_id=run.schedule_id,
        report_id=run.report_id,
        report_version=run.report_version,
        recipients=run.recipients,
        burst=run.burst,
        email_subject=run.email_subject,
        email_body=run.email_body,
        scheduled_for=run.scheduled_for,
    )
