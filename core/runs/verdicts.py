"""Verdicts: whether a result meets the condition of its schedule, and whether it is to be held, with the words for it.

Pure: what earlier runs found is handed in.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from core.domain.fingerprint import Exact, Fingerprint, MeasureValue, percent_change
from core.domain.terms import Against, Condition, ConditionKind, Hold

#: Runs that the median of a sanity hold is taken of.
HOLD_WINDOW = 5

_COMPARED: dict[str, tuple[Callable[[Decimal, Decimal], bool], str]] = {
    ">": (operator.gt, "above"),
    ">=": (operator.ge, "at least"),
    "<": (operator.lt, "below"),
    "<=": (operator.le, "at most"),
    "=": (operator.eq, "exactly"),
    "!=": (operator.ne, "other than"),
}
_DIRECTIONS = {"up": "up ", "down": "down ", "either": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether a condition holds; `words` say what was found either way."""

    is_met: bool
    words: str


def find(
    condition: Condition,
    now: Fingerprint,
    *,
    past: Sequence[Fingerprint],
    delivered: Fingerprint | None,
    shows_figures: bool,
) -> Finding:
    """Judge a result. `past`: comparable results of earlier slots, the latest first; `delivered`: the last one sent.

    Without `shows_figures` the words name no value of the data.
    """
    match condition.kind:
        case ConditionKind.ALWAYS:
            return Finding(is_met=True, words="")
        case ConditionKind.ROWS:
            return Finding(is_met=now.rows > 0, words="There are rows." if now.rows else "There were no rows.")
        case ConditionKind.CHANGED:
            return _changed(now, delivered)
        case ConditionKind.THRESHOLD:
            return _crossed(condition, now, shows_figures)
        case ConditionKind.DEVIATION:
            return _deviated(condition, now, past, shows_figures)


def hold_because(hold: Hold, now: Fingerprint, past: Sequence[Fingerprint], *, shows_figures: bool) -> str | None:
    """Return why a result is held for approval; None where it is not."""
    value = _measure(now, hold.measure)
    base = _median(past[:HOLD_WINDOW], hold.measure)
    if value.value is None or base is None:
        return None
    percent = percent_change(value.value, base)
    if percent is not None and abs(percent) <= hold.max_change_pct:
        return None
    was = f" was {value.shown}" if shows_figures else ""
    moved = "" if percent is None or not shows_figures else f", {percent:+,.1f}% against the usual"
    return (
        f"{value.label}{was}{moved}: it moved by more than {hold.max_change_pct:g}% against the median of "
        f"{_runs(len(past[:HOLD_WINDOW]))} before. The files are made and wait for approval."
    )


def _changed(now: Fingerprint, delivered: Fingerprint | None) -> Finding:
    if delivered is None:
        return Finding(is_met=True, words="Nothing was delivered before.")
    is_same = (now.sha256, now.columns) == (delivered.sha256, delivered.columns)
    words = "The result is the same as the one that was delivered last." if is_same else "The result changed."
    return Finding(is_met=not is_same, words=words)


def _crossed(condition: Condition, now: Fingerprint, shows_figures: bool) -> Finding:
    measure, limit = _measure(now, condition.measure), _exact(condition.value or 0)
    compare, words = _COMPARED[condition.op or ">"]
    is_met = measure.value is not None and compare(_exact(measure.value), limit)
    shown = f"{measure.label} was {measure.shown} and" if shows_figures else f"{measure.label} was"
    return Finding(is_met=is_met, words=f"{shown} {'' if is_met else 'not '}{words} {_plain(limit)}.")


def _deviated(condition: Condition, now: Fingerprint, past: Sequence[Fingerprint], shows_figures: bool) -> Finding:
    measure = _measure(now, condition.measure)
    window = past[: 1 if condition.against is Against.PREVIOUS else condition.window]
    base = _median(window, measure.key)
    if base is None:
        return Finding(is_met=False, words=f"There is no earlier run yet that {measure.label} can be compared with.")
    if measure.value is None:
        return Finding(is_met=False, words=f"{measure.label} has no value.")
    percent = percent_change(measure.value, base)
    is_met = _moved_far(percent, measure.value, base, condition)
    against = (
        "the run before" if condition.against is Against.PREVIOUS else f"the median of {_runs(len(window))} before"
    )
    far = f"{_DIRECTIONS[condition.op or 'either']}by {condition.value:g}% or more"
    if not shows_figures:
        return Finding(
            is_met=is_met, words=f"{measure.label} {'moved' if is_met else 'did not move'} {far} against {against}."
        )
    moved = "from nothing" if percent is None else f"{percent:+,.1f}%"
    words = f"{measure.label} was {measure.shown}, {moved} against {against}: {'' if is_met else 'not '}{far}."
    return Finding(is_met=is_met, words=words)


def _moved_far(percent: float | None, value: Exact, base: Exact, condition: Condition) -> bool:
    """From nothing every change is a far one."""
    moved = percent if percent is not None else float("inf") if value > base else float("-inf")
    least = condition.value or 0
    return (condition.op != "down" and moved >= least) or (condition.op != "up" and moved <= -least)


def _measure(fingerprint: Fingerprint, key: str | None) -> MeasureValue:
    found = fingerprint.measure(key or "")
    return found or MeasureValue(key=key or "", label=key or "The measure", value=None, shown="no data")


def _median(past: Sequence[Fingerprint], key: str) -> Decimal | None:
    values = [_exact(value) for one in past if (value := _measure(one, key).value) is not None]
    return median(values) if values else None


def _exact(value: Exact) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _plain(number: Decimal) -> str:
    return f"{number.normalize():,f}" if number else "0"


def _runs(count: int) -> str:
    return "the run" if count == 1 else f"{count} runs"
