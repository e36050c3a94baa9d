"""Reads whom the data names: rows of the recipients' dataset become recipients, one for each address."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from core.address import email_key, parse_email
from core.domain.bursting import Burst, BurstPlan, BurstRecipient, BurstRefusal, Combination, SplitValue
from core.domain.dataset import Dataset, Source
from core.domain.definition import Aggregation, Grouping, Measure, ReportDefinition
from core.domain.field import FieldType
from core.domain.timezones import known_timezones, timezone_problem
from core.errors import InvalidAddress, InvalidInput
from core.query.columns import field_of
from core.query.executor import HeadFields, QueryExecutor

#: Types whose values are equal where they look equal.
SPLIT_TYPES = (FieldType.TEXT, FieldType.INTEGER, FieldType.BOOLEAN, FieldType.DATE)
#: Rows that are read of recipients, at most: an address may have several.
MAX_ROWS = 200_000
_MOST_SHOWN = 120
_CAP = "recipients[0].cap"
_MOST_FACT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a reading of recipients stands on."""

    dataset: Dataset  #: the recipients' own
    source: Source
    report: ReportDefinition  #: with its values in place
    logical_at: datetime
    deadline_s: float
    should_stop: Callable[[], bool] = lambda: False
    formats: Sequence[str] = ()  #: the ones there are
    facts: Sequence[str] = ()  #: further fields that texts name


def check_fields(
    burst: Burst, recipients: Dataset, report: Dataset, facts: Sequence[str] = (), *, place: str = "email_body"
) -> None:
    """Raise InvalidInput with its place unless the fields are there and the pairs are of one kind.

    `facts`: fields that a text names; `place`: which text.
    """
    for name in burst.fields:
        _known(recipients, name)
    for name in facts:
        if recipients.field(name) is None:
            words = f"{recipients.label} has no field {name!r} for {{recipient.{name}}}."
            raise InvalidInput(words, place=place)
    for pair in burst.pairs:
        mine, theirs = _known(recipients, pair.recipient_field), _known(report, pair.report_field)
        if theirs not in SPLIT_TYPES:
            label = field_of(report, pair.report_field).label
            words = f"{label} cannot pick rows: choose a text, a whole number, a day, or yes and no."
            raise InvalidInput(words, place="recipients[0].pairs")
        if mine is not theirs:
            words = (
                f"{field_of(recipients, pair.recipient_field).label} is a {mine}, and "
                f"{field_of(report, pair.report_field).label} is a {theirs}: nobody would get any rows."
            )
            raise InvalidInput(words, place="recipients[0].pairs")


def read_recipients(executor: QueryExecutor, burst: Burst, asking: Asking) -> BurstPlan:
    """Return whom the data names now. Raises InvalidInput where they are more than the cap."""
    found = _Found(burst=burst, formats=frozenset(asking.formats), facts=tuple(asking.facts))
    with executor.run(
        _question(burst, asking),
        asking.dataset,
        asking.source,
        head_fields=HeadFields(title=asking.dataset.label),
        logical_at=asking.logical_at,
        deadline_s=asking.deadline_s,
        should_stop=asking.should_stop,
    ) as result:
        rows = (row for batch in result.batches for row in batch.to_pylist())
        for line, row in enumerate(islice(rows, MAX_ROWS + 1), start=1):
            if line > MAX_ROWS:
                raise InvalidInput(f"The recipients have more than {MAX_ROWS:,} rows. Nothing was sent.", place=_CAP)
            found.add(line, row)
    return found.plan()


def _question(burst: Burst, asking: Asking) -> ReportDefinition:
    """Rows of a recipients' dataset as they are; of the report's own, each combination of values in its rows once."""
    fields = tuple(dict.fromkeys((*burst.fields, *asking.facts)))
    plain = ReportDefinition(dataset_id=asking.dataset.id, limit=None, timezone=asking.report.timezone)
    if burst.dataset_id is not None:
        return replace(plain, columns=fields)
    return replace(
        plain,
        groupings=tuple(Grouping(field=name) for name in fields),
        measures=(Measure(aggregation=Aggregation.COUNT, name="broadsheet_rows"),),
        filters=asking.report.filters,
        period=asking.report.period,
        calendar=asking.report.calendar,
    )


@dataclass(slots=True, kw_only=True)
class _Person:
    line: int
    address: str
    row: Mapping[str, Any]
    values: dict[tuple[SplitValue, ...], None] = field(default_factory=dict)
    rest: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Found:
    """Gathers rows by address: the first one that says a thing is the one that counts."""

    burst: Burst
    formats: frozenset[str]
    facts: tuple[str, ...]
    people: dict[str, _Person] = field(default_factory=dict)
    refused: list[BurstRefusal] = field(default_factory=list)

    def add(self, line: int, row: Mapping[str, Any]) -> None:
        text = row[self.burst.address]
        try:
            address = parse_email("" if text is None else str(text))
        except InvalidAddress as error:
            self._refuse(line, text, "There is no address." if text is None else error.user_message)
            return
        wrong = self._wrong(row)
        if wrong is not None:
            self._refuse(line, text, wrong)
            return
        self._take(line, address, row)

    def _take(self, line: int, address: str, row: Mapping[str, Any]) -> None:
        person = self.people.get(email_key(address))
        if person is None:
            if len(self.people) == self.burst.cap:
                raise InvalidInput(
                    f"The data names more than {self.burst.cap:,} recipients, which is the most that the schedule "
                    "allows. Nothing was sent.",
                    place=_CAP,
                )
            person = self.people[email_key(address)] = _Person(line=line, address=address, row=row)
        values = tuple(row[pair.recipient_field] for pair in self.burst.pairs)
        if None not in values:
            person.values[values] = None
        for name in ("name", "locale", "timezone", "format"):
            said = self._said(row, name)
            if said:
                person.rest.setdefault(name, said)

    def plan(self) -> BurstPlan:
        return BurstPlan(
            recipients=tuple(self._recipient(person) for person in self.people.values()), refused=tuple(self.refused)
        )

    def _recipient(self, person: _Person) -> BurstRecipient:
        format_ = person.rest.get("format")
        values = tuple(sorted(person.values, key=repr))
        return BurstRecipient(
            line=person.line,
            address=person.address,
            name=person.rest.get("name", ""),
            locale=person.rest.get("locale", ""),
            formats=(format_.lower(),) if format_ else (),
            facts={name: _shown(person.row[name], _MOST_FACT) for name in (*self.burst.fields, *self.facts)},
            combination=Combination(values=values, timezone=person.rest.get("timezone")),
        )

    def _wrong(self, row: Mapping[str, Any]) -> str | None:
        timezone, format_ = self._said(row, "timezone"), self._said(row, "format")
        if timezone and timezone not in known_timezones():
            return timezone_problem(timezone)
        if format_ and format_.lower() not in self.formats:
            return f"There is no file format {_shown(format_)!r}."
        return None

    def _said(self, row: Mapping[str, Any], name: str) -> str:
        chosen = getattr(self.burst, name)
        return "" if chosen is None or row[chosen] is None else _shown(row[chosen], _MOST_FACT)

    def _refuse(self, line: int, text: object, reason: str) -> None:
        if len(self.refused) >= self.burst.cap:
            raise InvalidInput(
                f"More than {self.burst.cap:,} rows of the recipients cannot be used. The first: "
                f"{self.refused[0].reason} Nothing was sent.",
                place=_CAP,
            )
        self.refused.append(BurstRefusal(line=line, text=_shown(text), reason=reason))


def _known(dataset: Dataset, name: str) -> FieldType:
    found = dataset.field(name)
    if found is None:
        raise InvalidInput(f"{dataset.label} has no field {name!r}.", place="recipients[0]")
    return found.type


def _shown(value: object, most: int = _MOST_SHOWN) -> str:
    """A value as one line that can be shown."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    clean = "".join(_printable(text[: 4 * most]))
    line = " ".join(clean.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _printable(text: Iterable[str]) -> Iterator[str]:
    return (" " if unicodedata.category(character)[0] == "C" else character for character in text)
