"""Recipients in the data, as the schedule form holds them: from a schedule into widgets and back; no drawing."""

from collections.abc import Mapping
from typing import Any

from core.domain.bursting import DEFAULT_CAP, MAX_PAIRS, Burst, NoRows, Pair

NAMED, DATA = "Named here", "From data"
#: Stands for the report's own dataset.
OWN = "own"
OPTIONAL = ("name", "locale", "timezone", "format")


def values_in(burst: Burst | None) -> dict[str, Any]:
    """Return the form's values of saved recipients in the data, or those that a new one starts with."""
    values: dict[str, Any] = {
        "whom": NAMED if burst is None else DATA,
        "burst_dataset": OWN if burst is None or burst.dataset_id is None else burst.dataset_id,
        "burst_address": None if burst is None else burst.address,
        "burst_pairs": 1 if burst is None else len(burst.pairs),
        "burst_cap": DEFAULT_CAP if burst is None else burst.cap,
        "burst_no_rows": NoRows.SKIP if burst is None else burst.no_rows,
        "burst_as": "",
    }
    for name in OPTIONAL:
        values[f"burst_{name}"] = None if burst is None else getattr(burst, name)
    for n in range(MAX_PAIRS):
        pair = burst.pairs[n] if burst is not None and n < len(burst.pairs) else None
        values[f"burst_mine_{n}"] = None if pair is None else pair.recipient_field
        values[f"burst_theirs_{n}"] = None if pair is None else pair.report_field
    return values


def is_data(values: Mapping[str, Any]) -> bool:
    """Whether the recipients stand in the data."""
    return values.get("whom") == DATA


def burst_of(values: Mapping[str, Any]) -> Burst | None:
    """Return where the form says that the recipients stand; None: they are named."""
    if not is_data(values):
        return None
    chosen = values["burst_dataset"]
    rows = ((values[f"burst_mine_{n}"], values[f"burst_theirs_{n}"]) for n in range(values["burst_pairs"]))
    return Burst(
        dataset_id=None if chosen == OWN else chosen,
        address=values["burst_address"] or "",
        pairs=tuple(Pair(recipient_field=mine, report_field=theirs) for mine, theirs in rows if mine and theirs),
        cap=int(values["burst_cap"] or DEFAULT_CAP),
        no_rows=NoRows(values["burst_no_rows"]),
        **{name: values[f"burst_{name}"] for name in OPTIONAL},
    )
