"""The terms of a schedule in its form: from terms into widgets, and from widgets into terms; no drawing."""

from collections.abc import Mapping
from typing import Any

from core.domain.terms import Against, Condition, ConditionKind, Freshness, StaleThen, Terms, UnknownThen, parse_terms

SECONDS, MINUTES, HOURS, DAYS = 1, 60, 3600, 86_400
#: Kinds that look at a figure.
WITH_FIGURE = (ConditionKind.THRESHOLD, ConditionKind.DEVIATION)
#: Kinds that last: they can be told once, until they are over.
LASTING = (ConditionKind.ROWS, *WITH_FIGURE)


def fresh() -> dict[str, Any]:
    """Return the values of a schedule that always sends."""
    return values_in(Terms())


def values_in(terms: Terms) -> dict[str, Any]:
    """Return the form's values of saved terms."""
    hold = terms.hold
    return {
        **_condition_in(terms.condition),
        **_freshness_in(terms.freshness),
        "holds": hold is not None,
        "hold_measure": hold.measure if hold else None,
        "hold_pct": hold.max_change_pct if hold else 50.0,
        "unknown": terms.unknown,
    }


def terms_of(values: Mapping[str, Any]) -> Terms:
    """Return the terms that the form describes; raises InvalidInput with the place."""
    data: dict[str, Any] = {"condition": _condition_of(values), "unknown": str(UnknownThen(values["unknown"]))}
    if values["waits"]:
        data["freshness"] = {
            "field": values["fresh_field"] or "",
            "max_age_s": int(values["fresh_age"] or 0) * values["fresh_age_unit"],
            "deadline_s": int(values["fresh_deadline"] or 0) * values["fresh_deadline_unit"],
            "then": str(StaleThen(values["fresh_then"])),
        }
    if values["holds"]:
        data["hold"] = {"measure": values["hold_measure"] or "", "max_change_pct": values["hold_pct"] or 0.0}
    return parse_terms(data)


def is_careful(values: Mapping[str, Any]) -> bool:
    """Whether the schedule waits for fresh data or holds what looks unusual."""
    return bool(values["waits"] or values["holds"])


def _condition_in(condition: Condition) -> dict[str, Any]:
    is_limit = condition.kind is ConditionKind.THRESHOLD
    is_move = condition.kind is ConditionKind.DEVIATION
    return {
        "condition": condition.kind,
        "measure": condition.measure,
        "limit_op": condition.op if is_limit else ">",
        "limit": condition.value if is_limit else None,
        "move_op": condition.op if is_move else "either",
        "move_pct": condition.value if is_move else 10.0,
        "against": condition.against,
        "median_of": condition.window,
        "until_recovers": condition.until_recovers,
    }


def _condition_of(values: Mapping[str, Any]) -> dict[str, Any]:
    kind = ConditionKind(values["condition"])
    data: dict[str, Any] = {"kind": str(kind)}
    if kind in LASTING:
        data["until_recovers"] = bool(values["until_recovers"])
    if kind in WITH_FIGURE:
        data["measure"] = values["measure"]
    if kind is ConditionKind.THRESHOLD:
        data |= {"op": values["limit_op"], "value": values["limit"]}
    if kind is ConditionKind.DEVIATION:
        data |= {"op": values["move_op"], "value": values["move_pct"], "against": str(Against(values["against"]))}
        data["window"] = int(values["median_of"] or 0)
    return data


def _freshness_in(freshness: Freshness | None) -> dict[str, Any]:
    age, age_unit = _in_units(freshness.max_age_s if freshness else 24 * HOURS)
    deadline, deadline_unit = _in_units(freshness.deadline_s if freshness else 2 * HOURS)
    return {
        "waits": freshness is not None,
        "fresh_field": freshness.field if freshness else None,
        "fresh_age": age,
        "fresh_age_unit": age_unit,
        "fresh_deadline": deadline,
        "fresh_deadline_unit": deadline_unit,
        "fresh_then": freshness.then if freshness else StaleThen.SKIP,
    }


def _in_units(seconds: int) -> tuple[int, int]:
    """A duration in the largest unit that says it exactly; two days and less in hours."""
    if seconds and seconds % DAYS == 0 and seconds > 2 * DAYS:
        return seconds // DAYS, DAYS
    if seconds and seconds % HOURS == 0:
        return seconds // HOURS, HOURS
    return (seconds, SECONDS) if seconds % MINUTES else (seconds // MINUTES, MINUTES)
