"""Recipients from data: which dataset names them, which of its fields say what, and what each of them gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.errors import InvalidInput

DEFAULT_CAP = 1_000
MAX_CAP = 10_000
MAX_PAIRS = 3
#: The kind of recipient under which the API takes and gives them.
DATA = "data"

#: A value that splits: floating numbers and instants are seldom equal to what looks the same, so they are none.
SplitValue = str | int | bool | date


class NoRows(StrEnum):
    """What becomes of an address whose part has no rows."""

    SKIP = "skip"  #: it gets nothing, which the run says
    SEND = "send"  #: it gets a file that says so


class Outcome(StrEnum):
    """What becomes of somebody whom the data names."""

    SENT = "sent"  #: there is a delivery, whose state says how it went
    SKIPPED = "skipped"  #: there are no rows for them
    REFUSED = "refused"  #: they cannot be written to


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A field of the recipients' dataset whose value a field of the report's dataset has to have."""

    recipient_field: str
    report_field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstTest:
    """One recipient's message, sent to somebody else to be looked at."""

    recipient: str | None  #: None: the first one who has rows
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Where the recipients of a schedule stand in the data. The fields are those of the recipients' dataset."""

    dataset_id: UUID | None  #: None: the report's own
    address: str
    pairs: tuple[Pair, ...]
    name: str | None = None
    locale: str | None = None
    timezone: str | None = None
    format: str | None = None
    no_rows: NoRows = NoRows.SKIP
    cap: int = DEFAULT_CAP  #: more recipients than these are an accident: nothing is sent
    test: BurstTest | None = None  #: of a run only

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are read, each once."""
        said = (self.address, self.name, self.locale, self.timezone, self.format)
        named = [*(one for one in said if one is not None), *(pair.recipient_field for pair in self.pairs)]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """What picks a part of the result: rows that have one of `values`, in the order of the pairs; none: no row."""

    values: tuple[tuple[SplitValue, ...], ...]
    timezone: str | None = None  #: None: the report's


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstRecipient:
    """Somebody whom the data names; `line` is the first row that does, from 1."""

    line: int
    address: str
    name: str
    locale: str
    formats: tuple[str, ...]  #: none: those of the schedule
    facts: Mapping[str, str]
    combination: Combination


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstRefusal:
    """A row that names nobody who can be written to."""

    line: int
    text: str  #: what stands there, printable and cut
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstPlan:
    """Whom the data names. Recipients with the same values have the same combination."""

    recipients: tuple[BurstRecipient, ...]
    refused: tuple[BurstRefusal, ...]

    @property
    def combinations(self) -> tuple[Combination, ...]:
        """What they get, each once, in the order in which they ask for it."""
        return tuple(dict.fromkeys(one.combination for one in self.recipients))


def dump_burst(burst: Burst) -> dict[str, Any]:
    """The JSON of a burst."""
    data: dict[str, Any] = {
        "dataset_id": None if burst.dataset_id is None else str(burst.dataset_id),
        "address": burst.address,
        "pairs": [[pair.recipient_field, pair.report_field] for pair in burst.pairs],
        "no_rows": str(burst.no_rows),
        "cap": burst.cap,
    }
    data |= {name: getattr(burst, name) for name in _OPTIONAL if getattr(burst, name) is not None}
    if burst.test is not None:
        data["test"] = {"recipient": burst.test.recipient, "to": burst.test.to}
    return data


def parse_burst(data: Mapping[str, Any] | None) -> Burst | None:
    """Read a burst as it is stored."""
    if data is None:
        return None
    test = data.get("test")
    return Burst(
        dataset_id=None if data["dataset_id"] is None else UUID(data["dataset_id"]),
        address=data["address"],
        pairs=tuple(Pair(recipient_field=mine, report_field=theirs) for mine, theirs in data["pairs"]),
        no_rows=NoRows(data["no_rows"]),
        cap=data["cap"],
        test=None if test is None else BurstTest(recipient=test["recipient"], to=test["to"]),
        **{name: data.get(name) for name in _OPTIONAL},
    )


def dump_combination(combination: Combination) -> dict[str, Any]:
    """The JSON of a combination; days keep their type."""
    rows = [[_dump_value(value) for value in values] for values in combination.values]
    return {"values": rows, "timezone": combination.timezone}


def parse_combination(data: Mapping[str, Any]) -> Combination:
    """Read a combination as it is stored."""
    rows = tuple(tuple(_load_value(value) for value in values) for values in data["values"])
    return Combination(values=rows, timezone=data["timezone"])


def check_burst(burst: Burst) -> None:
    """Raise InvalidInput with its place where a burst cannot be, whatever the datasets hold."""
    if not 1 <= burst.cap <= MAX_CAP:
        raise InvalidInput(f"The most recipients are 1 to {MAX_CAP:,}.", place="recipients[0].cap")
    if not burst.pairs:
        raise InvalidInput(
            "Say which field of the recipients picks their rows: without one everybody would get everything.",
            place="recipients[0].pairs",
        )
    if len(burst.pairs) > MAX_PAIRS:
        raise InvalidInput(f"At most {MAX_PAIRS} fields can pick rows.", place="recipients[0].pairs")
    theirs = [pair.report_field for pair in burst.pairs]
    if len(set(theirs)) < len(theirs):
        raise InvalidInput("A field of the report picks rows once only.", place="recipients[0].pairs")


_OPTIONAL = ("name", "locale", "timezone", "format")


def _dump_value(value: SplitValue) -> Any:
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _load_value(value: Any) -> SplitValue:
    return date.fromisoformat(value["day"]) if isinstance(value, dict) else value
