"""Recipients in the data: who would get what, the report and the mail as one of them gets it, and how a run went."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require, require_dataset
from core.address import email_key
from core.artifacts.file_names import artifact_file_name
from core.clock import Clock
from core.db import (
    burst_repository,
    dataset_repository,
    delivery_repository,
    recipient_policy_repository,
    report_repository,
    run_reading,
    source_repository,
    suppression_repository,
)
from core.db.database import Database
from core.deliver.templates import recipient_fields
from core.domain.access import Permission, Principal
from core.domain.burst_preview import BurstLine, BurstPreview, Standing
from core.domain.burst_split import narrowed
from core.domain.bursting import BurstPlan, BurstRecipient, Combination, NoRows, Outcome
from core.domain.delivery import DeliveryState
from core.domain.page import Page
from core.domain.parameters import parse_parameters
from core.domain.result import Preview
from core.domain.schedule import ScheduleDraft
from core.domain.shown import shown_preview
from core.errors import InvalidInput, NotFound
from core.query.burst_counts import count_part, count_parts
from core.query.burst_questions import BurstQuestion, ask_part
from core.query.executor import PREVIEW_DEADLINE_S, HeadFields, QueryExecutor
from core.render import RENDERERS
from core.runs.burst_finding import find_recipients
from core.runs.result_record import record_of
from core.runs.seeing import as_seen_by
from core.services.burst_drafts import check_burst_draft
from core.services.burst_lines import capped, invalid_lines, line_of
from core.services.burst_sizes import bytes_of
from core.services.mail_preview import MailData, MailDraft, MailPreview, MailPreviewService

MAX_LINES = 1000
_SAMPLE_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AsRecipient:
    """The report as one recipient gets it."""

    recipient: BurstRecipient
    preview: Preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """How a run went for whom the data names: counts of what became of them, and of the deliveries that were made."""

    outcomes: dict[Outcome, int]
    deliveries: dict[DeliveryState, int]
    lines: Page[BurstLine]


class BurstService:
    """Looks before anything is sent, and afterwards. It sends nothing itself."""

    def __init__(self, database: Database, clock: Clock, executor: QueryExecutor, *, mails: MailPreviewService) -> None:
        self._mails = mails
        self._database = database
        self._clock = clock
        self._executor = executor

    def preview(
        self,
        principal: Principal,
        draft: ScheduleDraft,
        *,
        schedule_id: UUID | None = None,
        page: int = 1,
        limit: int = 100,
    ) -> BurstPreview:
        """Return who would get what, of a schedule that need not be saved; invalid rows come last.

        Raises InvalidInput with the place, also where the data names more recipients than the cap.
        """
        if not 1 <= limit <= MAX_LINES:
            raise InvalidInput(f"A page has 1 to {MAX_LINES} lines.", place="limit")
        question = self._question(principal, draft)
        plan = self._plan(principal, draft, question)
        first = (page - 1) * limit
        shown = plan.recipients[first : first + limit]
        rows = self._count(question, plan.combinations, [one.combination for one in shown])
        refused = self._refused(principal, plan, schedule_id, shown)
        sizes = self._sizes(question, draft, plan.recipients, rows)
        lines = [line_of(one, question, rows, refused) for one in plan.recipients]
        lines = [replace(line, size_bytes=size) for line, size in zip(lines, sizes, strict=True)]
        if question.burst.no_rows is NoRows.SEND:
            lines = [replace(one, standing=Standing.GETS) if one.standing is Standing.NO_ROWS else one for one in lines]
        every = [*lines, *invalid_lines(plan)]
        counts = {standing: sum(one.standing is standing for one in every) for standing in Standing}
        known = [one.size_bytes for one in lines if one.standing is Standing.GETS and one.size_bytes is not None]
        are_counted = len(rows) == len(plan.combinations)
        return BurstPreview(
            lines=Page(items=tuple(every[first : first + limit]), total=len(every), page=page, limit=limit),
            counts=counts,
            recipients=len(plan.recipients),
            parts=len(plan.combinations),
            why_many=question.why_many,
            are_counted=are_counted,
            size_bytes=sum(known) if are_counted else None,
        )

    def preview_as(
        self, principal: Principal, draft: ScheduleDraft, recipient: str, *, page: int = 1, limit: int = 100
    ) -> AsRecipient:
        """Return the report as `recipient` gets it. Raises NotFound where the data does not name them."""
        question = self._question(principal, draft)
        one = self._one(self._plan(principal, draft, question), recipient)
        asked = narrowed(question.bound, question.fields, one.combination)
        preview = self._executor.preview(
            asked, question.dataset, question.source, page=page, page_size=limit, logical_at=question.logical_at
        )
        return AsRecipient(recipient=one, preview=shown_preview(preview))

    def mail_as(self, principal: Principal, draft: ScheduleDraft, recipient: str) -> MailPreview:
        """Return the mail that `recipient` would get now. Raises NotFound where the data does not name them."""
        question = self._question(principal, draft)
        one = self._one(self._plan(principal, draft, question), recipient)
        with ask_part(question, self._executor, one.combination) as result:
            head = result.head
            record = record_of(result, rows=head.rows_delivered)
        files = tuple(
            artifact_file_name(head.title, head.period, RENDERERS[name].extension)
            for name in one.formats or draft.formats
        )
        given = MailData(record=record, name=one.name, locale=one.locale, facts=one.facts, files=files)
        return self._mails.preview(
            principal,
            MailDraft(
                report_id=draft.report_id,
                name=draft.name,
                email_subject=draft.email_subject,
                email_body=draft.email_body,
                recipient=one.address,
                given=given,
            ),
        )

    def outcomes(
        self,
        principal: Principal,
        run_id: UUID,
        *,
        outcome: Outcome | None = None,
        state: DeliveryState | None = None,
        page: int = 1,
        limit: int = 50,
    ) -> Outcomes:
        """Return how a run went for whom its data names. Raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            run_reading.load_run(session, run_id)
            return Outcomes(
                outcomes=burst_repository.count_outcomes(session, run_id),
                deliveries=delivery_repository.count_states(session, run_id),
                lines=burst_repository.list_lines(
                    session, run_id, outcome=outcome, state=state, page=page, limit=limit
                ),
            )

    def _question(self, principal: Principal, draft: ScheduleDraft) -> BurstQuestion:
        require(principal, Permission.MANAGE_SCHEDULES)
        burst = draft.burst
        if burst is None:
            raise InvalidInput("The schedule has no recipients in the data.", place="recipients")
        check_burst_draft(draft, burst)
        if draft.report_id is None:
            raise InvalidInput("Name the report that is sent.", place="report_id")
        with self._database.person(principal) as session:
            report = report_repository.load_report(session, draft.report_id)
            dataset = dataset_repository.load_one_dataset(session, report.definition.dataset_id)
            require_dataset(principal, dataset)
            dataset = as_seen_by(session, principal, dataset)
            return BurstQuestion(
                burst=burst,
                definition=report.definition,
                parameters=parse_parameters(report.definition, dict(draft.report_parameters)),
                dataset=dataset,
                source=source_repository.load_source(session, dataset.source_id),
                head_fields=HeadFields(title=report.name),
                logical_at=self._clock.now(),
                deadline_s=PREVIEW_DEADLINE_S,
            )

    def _plan(self, principal: Principal, draft: ScheduleDraft, question: BurstQuestion) -> BurstPlan:
        texts = tuple(filter(None, (draft.email_subject, draft.email_body)))
        return find_recipients(
            self._database,
            self._executor,
            question,
            principal,
            facts=recipient_fields(*texts),
            formats=tuple(RENDERERS),
        )

    def _one(self, plan: BurstPlan, recipient: str) -> BurstRecipient:
        for one in plan.recipients:
            if email_key(one.address) == email_key(recipient):
                return one
        raise NotFound("The data does not name this recipient.", place="recipient")

    def _count(
        self, question: BurstQuestion, every: Sequence[Combination], shown: Sequence[Combination]
    ) -> dict[Combination, int]:
        """The rows of all parts where one question tells them, else of those that are shown."""
        if question.why_many is None:
            return count_parts(question, self._executor, every)
        return {
            one: count_part(question, self._executor, narrowed(question.bound, question.fields, one))
            if one.values
            else 0
            for one in dict.fromkeys(shown)
        }

    def _refused(
        self, principal: Principal, plan: BurstPlan, schedule_id: UUID | None, shown: Sequence[BurstRecipient]
    ) -> dict[str, tuple[Standing, str]]:
        """Who is not written to whatever their rows are, by `email_key`."""
        addresses = [one.address for one in plan.recipients]
        now = self._clock.now()
        with self._database.organization(principal.organization_id) as session:
            left_alone = dict(suppression_repository.find_lasting(session, addresses, now=now))
            if schedule_id is not None:
                left_alone |= _left_alone(session, shown, schedule_id, now=now)
            why = recipient_policy_repository.refusals(session, principal.organization_id, addresses)
        found = {key: (Standing.SUPPRESSED, words) for key, words in left_alone.items()}
        return found | {email_key(address): (Standing.REFUSED, words) for address, words in why.items()}

    def _sizes(
        self,
        question: BurstQuestion,
        draft: ScheduleDraft,
        recipients: Sequence[BurstRecipient],
        rows: dict[Combination, int],
    ) -> list[int | None]:
        """About how many bytes the files of each have, seen how wide the report's first rows are."""
        sample = self._executor.preview(
            question.bound,
            question.dataset,
            question.source,
            page=1,
            page_size=_SAMPLE_ROWS,
            logical_at=question.logical_at,
        )
        width = sample.table.nbytes / sample.table.num_rows if sample.table.num_rows else 0.0
        return [
            bytes_of(one.formats or draft.formats, capped(rows[one.combination], question), width)
            if one.combination in rows
            else None
            for one in recipients
        ]


def _left_alone(
    session: Session, shown: Sequence[BurstRecipient], schedule_id: UUID, *, now: datetime
) -> dict[str, str]:
    """Those of a page whom this schedule does not write to."""
    found = {}
    for one in shown:
        suppression = suppression_repository.find_suppression(session, one.address, schedule_id=schedule_id, now=now)
        if suppression is not None:
            found[email_key(one.address)] = suppression.in_words
    return found
