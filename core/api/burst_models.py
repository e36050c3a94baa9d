"""Recipients in the data as the API takes and gives them: a recipient of the type `data`."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from pydantic import Field

from core.api.inputs import Json, Text
from core.api.models import In
from core.domain.bursting import DATA, DEFAULT_CAP, MAX_CAP, MAX_PAIRS, Burst, NoRows, Pair
from core.errors import InvalidInput

_PLACE = "recipients"


class PairIn(In):
    """Rows of the report are theirs whose `report_field` has the value of `recipient_field`."""

    recipient_field: Text
    report_field: Text


class BurstIn(In):
    """Which fields say what; they are those of the dataset in `value`, or of the report's own where that is empty."""

    address: Text
    pairs: list[PairIn] = Field(max_length=MAX_PAIRS)
    name: Text | None = None
    locale: Text | None = None
    timezone: Text | None = None
    format: Text | None = None
    no_rows: NoRows = NoRows.SKIP
    cap: int = Field(DEFAULT_CAP, ge=1, le=MAX_CAP)

    def burst(self, dataset: str) -> Burst:
        """Return it as a domain value; raises InvalidInput for what is no dataset's id."""
        return Burst(
            dataset_id=_dataset_id(dataset),
            address=self.address,
            pairs=tuple(Pair(recipient_field=one.recipient_field, report_field=one.report_field) for one in self.pairs),
            name=self.name or None,
            locale=self.locale or None,
            timezone=self.timezone or None,
            format=self.format or None,
            no_rows=self.no_rows,
            cap=self.cap,
        )


class _Recipient(Protocol):
    @property
    def type(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def data(self) -> BurstIn | None: ...


def burst_in(recipients: Sequence[_Recipient]) -> Burst | None:
    """Return where the recipients stand in the data, if they do. Raises InvalidInput."""
    found = [one for one in recipients if one.type == DATA]
    for position, one in enumerate(recipients):
        if (one.type == DATA) is not (one.data is not None):
            words = "A recipient of the type data says in data which fields are what; others do not."
            raise InvalidInput(words, place=f"{_PLACE}[{position}].data")
    if len(found) > 1:
        raise InvalidInput("A schedule takes its recipients from one dataset.", place=_PLACE)
    return found[0].data.burst(found[0].value) if found and found[0].data is not None else None


def burst_out(burst: Burst | None) -> list[Json]:
    """Return the recipient of the type data, if there is one."""
    if burst is None:
        return []
    data: Json = {
        "address": burst.address,
        "pairs": [{"recipient_field": pair.recipient_field, "report_field": pair.report_field} for pair in burst.pairs],
        "name": burst.name,
        "locale": burst.locale,
        "timezone": burst.timezone,
        "format": burst.format,
        "no_rows": str(burst.no_rows),
        "cap": burst.cap,
    }
    value = "" if burst.dataset_id is None else str(burst.dataset_id)
    return [{"type": DATA, "value": value, "role": "to", "destination_id": None, "data": data}]


def _dataset_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidInput(
            "Give the dataset's id, or nothing for the report's own.", place=f"{_PLACE}[0].value"
        ) from None
