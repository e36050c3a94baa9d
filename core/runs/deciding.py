"""The deciding stage: whether a run's data is fresh, whether its condition holds, whether a person looks at it first.

It reads what earlier runs found and judges; the pipeline makes the verdict the state of the run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import history_repository, owner_notice_repository, run_repository
from core.db.database import Database
from core.db.history_repository import PastRun
from core.db.run_repository import LedgerRun
from core.domain.fingerprint import Fingerprint
from core.domain.moments import instant_words
from core.domain.notice import NoticeKind
from core.domain.terms import Freshness, StaleThen, Terms, parse_terms
from core.errors import InvalidInput, ParametersUnfit
from core.query.executor import QueryExecutor
from core.query.fingerprint_json import load_fingerprint
from core.query.terms_rules import check_terms
from core.runs.endings import Endings
from core.runs.freshness import Newest, newest_row, next_look, slot_of
from core.runs.guard import Guard
from core.runs.judging import BY_HAND, Past, Verdict, judge, looks_back
from core.runs.subjects import Subject
from core.runs.verdicts import HOLD_WINDOW

#: How soon a run looks again whether the one before it has found something.
_AFTER_ONE_BEFORE = timedelta(seconds=10)
#: Runs that are looked through for comparable ones: the report may have been changed since.
_LOOKED_THROUGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Whether a run may read its data now; `stale` is what is said of data that is older than wanted."""

    goes_on: bool
    stale: str | None = None


class Deciding:
    """Judges runs of schedules; all others pass."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        executor: QueryExecutor,
        endings: Endings,
    ) -> None:
        self._database = database
        self._clock = clock
        self._executor = executor
        self._endings = endings

    def opens(self, run: LedgerRun, subject: Subject, guard: Guard) -> Opening:
        """Look whether the run's data is fresh and the runs before it have found something; else put it off or end it.

        Raises ParametersUnfit where the report no longer has what the terms speak of.
        """
        terms = parse_terms(run.terms)
        if run.schedule_id is None or terms == Terms():
            return Opening(goes_on=True)
        if run.kind not in BY_HAND:
            _check(terms, subject)
            if self._waits_for_one_before(run, run.schedule_id, terms, subject):
                return Opening(goes_on=False)
        if terms.freshness is None or subject.dataset.field(terms.freshness.field) is None:
            return Opening(goes_on=True)
        newest = newest_row(
            self._executor,
            subject,
            terms.freshness.field,
            logical_at=run.logical_at,
            deadline_s=guard.seconds_left(),
            should_stop=guard.should_stop,
        )
        guard.check()
        if newest.is_fresh(terms.freshness, slot_of(run)):
            return Opening(goes_on=True)
        return self._too_old(run, terms.freshness, newest, subject.definition.timezone)

    def judge(self, run: LedgerRun, fingerprint: Fingerprint, timezone: str) -> Verdict:
        """Judge what the run found by what earlier ones did. Judging again gives the same."""
        with self._database.organization(run.organization_id) as session:
            return self.judge_in(session, run, fingerprint, timezone)

    def judge_in(self, session: Session, run: LedgerRun, fingerprint: Fingerprint, timezone: str) -> Verdict:
        """The same in a transaction that is under way."""
        return judge(run, fingerprint, _past(session, run, fingerprint), timezone)

    def note(self, session: Session, run: LedgerRun, verdict: Verdict) -> None:
        """Write the verdict beside the step that it belongs to."""
        run_repository.update_running(session, run.lease(), fingerprint=verdict.kept, held_because=verdict.hold)
        if verdict.is_alerting is not None and run.schedule_id is not None:
            history_repository.set_alerting(session, run.schedule_id, is_alerting=verdict.is_alerting)
        for line in verdict.said:
            self._say(session, run, line)

    def skip(self, run: LedgerRun, reason: str) -> None:
        """End the run without sending anything."""
        with self._database.organization(run.organization_id) as session:
            self._endings.skip(session, run, reason)

    def holds(self, run: LedgerRun) -> bool:
        """Leave a run with its files to its owner where the verdict said so; returns whether it did."""
        if "hold" not in run.terms:
            return False
        with self._database.organization(run.organization_id) as session:
            because = history_repository.held_because(session, run.id)
            if because is None:
                return False
            self._endings.hold(session, run, because)
        return True

    def _waits_for_one_before(self, run: LedgerRun, schedule_id: UUID, terms: Terms, subject: Subject) -> bool:
        """What is judged by the past comes slot by slot, whatever the number of workers."""
        if not looks_back(terms):
            return False
        with self._database.organization(run.organization_id) as session:
            before = history_repository.unjudged_before(session, schedule_id, run.logical_at)
        if before is None:
            return False
        slot = instant_words(before, subject.definition.timezone)
        words = f"Waiting for the run of {slot}: it is judged by that one."
        self._endings.wait(run, self._clock.now() + _AFTER_ONE_BEFORE, words)
        return True

    def _too_old(self, run: LedgerRun, wanted: Freshness, newest: Newest, timezone: str) -> Opening:
        age = f"at most {_span(wanted.max_age_s)} old at {instant_words(slot_of(run), timezone)}"
        stale = f"The data is older than wanted: {newest.words}, and it was to be {age}."
        again_at = next_look(run, wanted, self._clock.now())
        if run.kind in BY_HAND or (again_at is None and wanted.then is StaleThen.SEND):
            return Opening(goes_on=True, stale=stale)
        if again_at is not None:
            words = f"Waiting for fresh data: {newest.words}; looked again at {instant_words(again_at, timezone)}."
            self._endings.wait(run, again_at, words)
            return Opening(goes_on=False)
        with self._database.organization(run.organization_id) as session:
            self._endings.skip(session, run, f"{stale} Nothing was sent.")
            if wanted.then is StaleThen.NOTIFY:
                owner_notice_repository.tell_owner(session, run.id, NoticeKind.STALE, stale, at=self._clock.now())
        return Opening(goes_on=False)

    def _say(self, session: Session, run: LedgerRun, line: str) -> None:
        run_repository.add_event(
            session, run.organization_id, run.id, at=self._clock.now(), name="decided", message=line
        )


def _past(session: Session, run: LedgerRun, now: Fingerprint) -> Past:
    if run.schedule_id is None:
        return Past()
    terms = parse_terms(run.terms)
    delivered = history_repository.last_delivered(session, run.schedule_id, run.logical_at)
    runs: Sequence[PastRun] = ()
    if looks_back(terms):
        runs = history_repository.runs_before(
            session,
            run.schedule_id,
            run.logical_at,
            most=_LOOKED_THROUGH * max(terms.condition.window, HOLD_WINDOW),
            delivering_only=bool(run.recipients),
        )
    return Past(runs=tuple(past for past in runs if past.fingerprint["question"] == now.question), delivered=delivered)


def judged_anew(session: Session, run: LedgerRun, kept: Mapping[str, Any], *, timezone: str) -> Verdict:
    """Judge what another run found, for a run without terms: what changed since its own schedule's last delivery."""
    delivered = None
    if run.schedule_id is not None:
        delivered = history_repository.last_delivered(session, run.schedule_id, run.logical_at)
    return judge(run, load_fingerprint(kept), Past(delivered=delivered), timezone)


def _check(terms: Terms, subject: Subject) -> None:
    try:
        check_terms(subject.definition, subject.dataset, terms)
    except InvalidInput as error:
        raise ParametersUnfit(
            f"The report changed, and the schedule's terms no longer suit it. {error.user_message} "
            "Open the schedule and mend them.",
            place=error.place,
        ) from error


def _span(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return f"{seconds:,} seconds"
