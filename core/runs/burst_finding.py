"""Finds whom the data names and what each of them gets; where one result holds it all, takes that apart."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from core.access.policy import require_dataset
from core.address import email_key
from core.db import burst_repository, dataset_repository, source_repository
from core.db.burst_repository import PartDraft, RecipientDraft
from core.db.database import Database
from core.db.run_repository import LedgerRun
from core.deliver.templates import recipient_fields
from core.domain.access import Principal
from core.domain.bursting import Burst, BurstPlan, BurstRecipient, Combination
from core.domain.dataset import Dataset, Source
from core.domain.run import RunStep
from core.errors import InvalidInput, PolicyRefused
from core.query.burst_questions import BurstQuestion, ask_whole, by_timezone
from core.query.executor import HeadFields, QueryExecutor
from core.query.recipient_rows import Asking, check_fields, read_recipients
from core.query.splitting import Keys, split
from core.runs import failpoints
from core.runs.burst_state import BurstState, SplitGroup, dump_state, group_path
from core.runs.guard import Guard
from core.runs.ledger import Ledger
from core.runs.progress import watched_reading
from core.runs.seeing import as_seen_by
from core.runs.subjects import Subject


def question_of(run: LedgerRun, burst: Burst, subject: Subject, guard: Guard) -> BurstQuestion:
    """What a run asks."""
    return BurstQuestion(
        burst=burst,
        definition=subject.definition,
        parameters=subject.parameters,
        dataset=subject.dataset,
        source=subject.source,
        head_fields=HeadFields(
            title=run.title,
            report_id=run.report_id,
            report_version=run.report_version,
            description=subject.description,
            organization=subject.principal.organization,
            owner=subject.principal.name,
        ),
        logical_at=run.logical_at,
        deadline_s=guard.seconds_left(),
        should_stop=guard.should_stop,
    )


def find_recipients(
    database: Database,
    executor: QueryExecutor,
    question: BurstQuestion,
    principal: Principal,
    *,
    facts: Sequence[str],
    formats: Sequence[str],
) -> BurstPlan:
    """Return whom the data names, as `principal` may see it. Raises InvalidInput, NotAllowed and SourceError."""
    dataset, source = recipients_dataset(database, question, principal)
    check_fields(question.burst, dataset, question.dataset, facts)
    asking = Asking(
        dataset=dataset,
        source=source,
        report=question.bound,
        logical_at=question.logical_at,
        deadline_s=question.deadline_s,
        should_stop=question.should_stop,
        formats=formats,
        facts=facts,
    )
    return read_recipients(executor, question.burst, asking)


def recipients_dataset(database: Database, question: BurstQuestion, principal: Principal) -> tuple[Dataset, Source]:
    """The dataset that names the recipients, which `principal` may see, and its source."""
    if question.burst.dataset_id is None:
        _require_addresses(question.dataset, question.burst)
        return question.dataset, question.source
    with database.organization(principal.organization_id) as session:
        dataset = dataset_repository.load_one_dataset(session, question.burst.dataset_id)
        require_dataset(principal, dataset)
        dataset = as_seen_by(session, principal, dataset)
        _require_addresses(dataset, question.burst)
        return dataset, source_repository.load_source(session, dataset.source_id)


def _require_addresses(dataset: Dataset, burst: Burst) -> None:
    """Raise PolicyRefused where the field of the addresses is masked: what is left of one is somebody else's."""
    if dataset.sight is not None and dataset.sight.mask(burst.address) is not None:
        raise PolicyRefused(
            f"The data policy of {dataset.label} masks its addresses for the person whom this runs for. Have somebody "
            "own the schedule who may see them.",
            place=burst.address,
        )


class Finding:
    """The first half of a bursting run."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        executor: QueryExecutor,
        spool_dir: Path,
        formats: Sequence[str],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._executor = executor
        self._spool_dir = spool_dir
        self._formats = tuple(formats)

    def find(self, run: LedgerRun, question: BurstQuestion, principal: Principal, guard: Guard) -> BurstState | None:
        """Read whom the run goes to and commit that; None: to nobody. Raises InvalidInput where to too many."""
        began = time.monotonic()
        texts = tuple(filter(None, (run.email_subject, run.email_body)))
        plan = find_recipients(
            self._database,
            self._executor,
            question,
            principal,
            facts=recipient_fields(*texts),
            formats=self._formats,
        )
        plan = _of_test(plan, question.burst)
        if not plan.recipients and plan.refused:
            raise InvalidInput(f"None of the recipients can be written to. The first: {plan.refused[0].reason}")
        if not plan.recipients:
            return None
        failpoints.reach(failpoints.QUERYING)
        parts = _parts(plan, run.formats)
        state, parts = self._split(run, question, parts, guard)
        failpoints.reach(failpoints.SPOOLED)
        guard.check()
        self._commit(run, plan, parts, state, query_s=time.monotonic() - began)
        return state

    def _split(
        self, run: LedgerRun, question: BurstQuestion, parts: list[PartDraft], guard: Guard
    ) -> tuple[BurstState, list[PartDraft]]:
        if question.why_many is not None:
            return BurstState(token=run.lease_token), parts
        groups: list[SplitGroup] = []
        places = {part.combination: place for place, part in enumerate(parts)}
        for timezone, combinations in by_timezone(tuple(places)).items():
            path = group_path(self._spool_dir, run.id, run.lease_token, len(groups))
            with ask_whole(question, self._executor, combinations, timezone) as result:
                found = split(
                    watched_reading(result, guard),
                    Keys(combinations, len(question.fields)),
                    fields=question.fields,
                    kept=question.kept,
                    parts=len(combinations),
                    limit=question.bound.limit,
                    place=path,
                )
            mine = tuple(places[combination] for combination in combinations)
            for place, rows in zip(mine, found.rows_matched, strict=True):
                parts[place] = replace(parts[place], rows_matched=rows)
            groups.append(
                SplitGroup(
                    timezone=timezone, head=result.head, places=mine, files=found.files, limit=question.bound.limit
                )
            )
        return BurstState(token=run.lease_token, groups=tuple(groups)), parts

    def _commit(
        self, run: LedgerRun, plan: BurstPlan, parts: Sequence[PartDraft], state: BurstState, *, query_s: float
    ) -> None:
        ids = {part.combination: part.id for part in parts}
        recipients = [*_drafts(plan.recipients, ids), *_refused(plan)]
        rows = sum(part.rows_matched or 0 for part in parts)
        with self._ledger.step(
            run,
            RunStep.QUERIED,
            message=_found_words(plan, len(parts), is_one=bool(state.groups)),
            result_head=dump_state(state),
            rows_matched=rows,
            rows_delivered=rows,
            query_s=query_s,
        ) as session:
            burst_repository.clear_plan(session, run.id)
            burst_repository.insert_plan(session, run.organization_id, run.id, parts, recipients)
        failpoints.reach(failpoints.QUERIED)


def _parts(plan: BurstPlan, formats: Sequence[str]) -> list[PartDraft]:
    """A part for each combination, in the formats that anybody wants of it."""
    wanted: dict[Combination, dict[str, None]] = {}
    for one in plan.recipients:
        wanted.setdefault(one.combination, {}).update(dict.fromkeys(one.formats or formats))
    return [
        PartDraft(id=uuid4(), combination=combination, formats=tuple(names)) for combination, names in wanted.items()
    ]


def _drafts(recipients: Iterable[BurstRecipient], ids: dict[Combination, UUID]) -> list[RecipientDraft]:
    return [
        RecipientDraft(
            part_id=ids[one.combination],
            line=one.line,
            address=one.address,
            name=one.name,
            locale=one.locale,
            facts=one.facts,
            formats=one.formats,
        )
        for one in recipients
    ]


def _refused(plan: BurstPlan) -> list[RecipientDraft]:
    return [
        RecipientDraft(
            part_id=None, line=one.line, address=one.text or f"(row {one.line})", facts={}, reason=one.reason
        )
        for one in plan.refused
    ]


def _of_test(plan: BurstPlan, burst: Burst) -> BurstPlan:
    """Of a test, the one recipient whose message is looked at, under the address that it goes to."""
    test = burst.test
    if test is None:
        return plan
    wanted = None if test.recipient is None else email_key(test.recipient)
    for one in plan.recipients:
        if (one.combination.values and wanted is None) or email_key(one.address) == wanted:
            return BurstPlan(recipients=(replace(one, address=test.to),), refused=())
    raise InvalidInput(f"The data names no recipient {test.recipient or 'who has rows'}.", place="recipient")


def _found_words(plan: BurstPlan, parts: int, *, is_one: bool) -> str:
    count = len(plan.recipients)
    words = f"The data names {count:,} {'recipient' if count == 1 else 'recipients'}"
    if plan.refused:
        rows = len(plan.refused)
        words += f", and {rows:,} {'row' if rows == 1 else 'rows'} that cannot be used"
    how = "from one result" if is_one else "each asked for by itself"
    return f"{words}: {parts:,} different {'part' if parts == 1 else 'parts'}, {how}."
