"""Judges a result by the terms of its schedule and by what earlier runs found, and says what changed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.db.history_repository import PastRun
from core.db.run_repository import LedgerRun
from core.domain.fingerprint import Fingerprint, changes_between, changes_in_words
from core.domain.moments import day_words, instant_words
from core.domain.run import RunKind
from core.domain.terms import ConditionKind, Terms, dump_terms, parse_terms
from core.query.fingerprint_json import dump_changes, dump_fingerprint, load_fingerprint
from core.runs.verdicts import Finding, find, hold_because

#: What a person asked for, whatever the terms say.
BY_HAND = (RunKind.MANUAL, RunKind.TEST)
_IGNORED = "A person sent this: the schedule's condition and approval were not asked for."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a result; `kept` is the JSON that later runs and the mail look at."""

    kept: dict[str, Any]
    skip: str | None = None
    hold: str | None = None
    said: tuple[str, ...] = ()  #: for the timeline
    is_alerting: bool | None = None  #: None: not to be noted

    @property
    def changes(self) -> str | None:
        """What changed since the last one that was delivered, in words."""
        changes = self.kept.get("changes")
        return None if changes is None else changes["in_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a result is compared with."""

    runs: tuple[PastRun, ...] = ()  #: of earlier slots that were asked the same, the latest first
    delivered: PastRun | None = None  #: the last one that reached a recipient


def judge(run: LedgerRun, now: Fingerprint, past: Past, timezone: str) -> Verdict:
    """Return what becomes of the result."""
    terms = parse_terms(run.terms)
    kept = dump_fingerprint(now)
    if past.delivered is not None and _shows_figures(run):
        kept["changes"] = _changes(run, past.delivered, now, timezone)
    if run.kind in BY_HAND:
        asks = terms.condition.kind is not ConditionKind.ALWAYS or terms.hold is not None
        return Verdict(kept=kept, said=(_IGNORED,) if asks else ())
    fingerprints = [_fingerprint(one) for one in past.runs]
    found = find(
        terms.condition,
        now,
        past=fingerprints,
        delivered=None if past.delivered is None else _fingerprint(past.delivered),
        shows_figures=_shows_figures(run),
    )
    kept["verdict"] = {"is_met": found.is_met, "condition": _condition(terms)}
    skip, said = _skip(terms, found, was_on=_was_on(past.runs, terms))
    hold = None if skip is not None else _hold(run, terms, now, fingerprints)
    if hold is not None and not run.recipients:
        said, hold = (*said, f"Nothing is delivered, so nobody is asked: {hold}"), None
    notes_alert = terms.condition.until_recovers and run.kind is RunKind.SCHEDULED
    return Verdict(kept=kept, skip=skip, hold=hold, said=said, is_alerting=found.is_met if notes_alert else None)


def looks_back(terms: Terms) -> bool:
    """Whether the verdict depends on runs of earlier slots."""
    kinds = (ConditionKind.CHANGED, ConditionKind.DEVIATION)
    return terms.condition.kind in kinds or terms.condition.until_recovers or terms.hold is not None


def _skip(terms: Terms, found: Finding, *, was_on: bool) -> tuple[str | None, tuple[str, ...]]:
    """Why nothing is sent, if so, and what else is said."""
    if terms.condition.kind is ConditionKind.ALWAYS:
        return None, ()
    if not terms.condition.until_recovers:
        return (None, (found.words,)) if found.is_met else (found.words, ())
    if found.is_met:
        return (f"{found.words} This was sent when it began.", ()) if was_on else (None, (found.words,))
    return f"{found.words} It has recovered." if was_on else found.words, ()


def _was_on(past: Sequence[PastRun], terms: Terms) -> bool:
    """Whether the run before met the very condition: what was sent then is not sent again."""
    if not past:
        return False
    verdict = past[0].fingerprint.get("verdict") or {}
    return verdict.get("condition") == _condition(terms) and bool(verdict.get("is_met"))


def _condition(terms: Terms) -> dict[str, Any]:
    condition: dict[str, Any] = dump_terms(terms).get("condition", {})
    return condition


def _fingerprint(past: PastRun) -> Fingerprint:
    return load_fingerprint(past.fingerprint)


def _hold(run: LedgerRun, terms: Terms, now: Fingerprint, past: Sequence[Fingerprint]) -> str | None:
    return None if terms.hold is None else hold_because(terms.hold, now, past, shows_figures=_shows_figures(run))


def _shows_figures(run: LedgerRun) -> bool:
    """Whether words beside the files may name figures: not where the files are locked."""
    return run.file_options.get("sealed_password") is None


def _changes(run: LedgerRun, before: PastRun, now: Fingerprint, timezone: str) -> dict[str, Any] | None:
    changes = changes_between(_fingerprint(before), now)
    if changes is None:
        return None
    since = _since(before.logical_at, run.logical_at, timezone)
    return {
        "since": before.logical_at.isoformat(),
        "since_run": str(before.id),
        "in_words": changes_in_words(changes, since),
        **dump_changes(changes),
    }


def _since(before: datetime, now: datetime, timezone: str) -> str:
    zone = ZoneInfo(timezone)
    day = before.astimezone(zone).date()
    return instant_words(before, timezone) if day == now.astimezone(zone).date() else day_words(day)
