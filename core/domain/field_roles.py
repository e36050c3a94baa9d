"""What a dataset's fields are good for, told by their types, marks and words: which to add up, to group by, to follow.

It guesses what to offer first. Nothing is decided by it that a person could not choose otherwise.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure
from core.domain.field import Field, FieldType, NumberStyle

_MONEY = ("revenue", "amount", "sales", "turnover", "income", "net", "total", "paid")
_SPENT = ("cost", "tax", "fee", "expense", "spend")
#: Numbers of which a sum says nothing.
_AVERAGED = ("price", "rate", "ratio", "share", "percent", "discount", "duration", "age", "score", "latency", "seconds")
_IDENTITY = ("id", "no", "number", "code", "sku", "key", "uuid", "url", "note", "notes", "comment", "email", "phone")
_ACTOR = ("user", "account", "customer", "member", "person", "actor", "visitor", "client", "owner", "employee", "who")
_ACTION = ("event", "action", "activity", "operation", "status", "state", "change", "result", "outcome", "what")
_SENDING = ("campaign", "channel", "mailing", "newsletter", "audience", "recipient", "carrier")
_OUTCOME = (
    "delivered",
    "deliveries",
    "opened",
    "opens",
    "clicked",
    "clicks",
    "replied",
    "replies",
    "bounced",
    "bounces",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The fields of a dataset by what they are good for, the likeliest first."""

    time: Field | None
    measures: tuple[Measure, ...]  #: what the catalog defines, then numbers
    money: tuple[Field, ...]  #: what comes in
    currency: Field | None  #: what amounts without a unit are in: they are added up only currency by currency
    groups: tuple[Field, ...]  #: few values, nobody's personal data
    actors: tuple[Field, ...]  #: who it was
    actions: tuple[Field, ...]  #: what was done
    sendings: tuple[Field, ...]  #: what was sent, and how
    outcomes: tuple[Field, ...]  #: what became of it: flags, or numbers to add up


def roles_of(dataset: Dataset, used: Mapping[str, int] | None = None) -> Roles:
    """Return what the fields are good for; `used` says how often reports use a name, and what is used comes first."""
    often = used or {}
    offered = sorted((f for f in dataset.fields if not f.is_hidden), key=lambda f: -often.get(f.name, 0))
    numbers = [f for f in offered if f.is_measure and f.type.is_number]
    texts = [f for f in offered if f.type is FieldType.TEXT]
    outcomes = _called(offered, _OUTCOME)
    money = [f for f in numbers if _is_money(f)]
    currency = next(iter(_called(texts, ("currency",))), None)
    alone = [f for f in numbers if currency is None or not _is_amount(f) or f.format.unit is not None]
    ranked = sorted(alone, key=lambda f: (-often.get(f.name, 0), f not in money, sum_says_nothing(f), _is_spent(f)))
    catalog = sorted(dataset.measures, key=lambda m: -often.get(m.name, 0))
    return Roles(
        time=_time(dataset, offered),
        measures=(*(Measure(dataset_measure=m.name) for m in catalog), *map(measure_of, ranked)),
        money=tuple(money),
        currency=currency,
        groups=tuple(f for f in texts if not f.is_personal and not _words(f) & {*_IDENTITY, *_ACTOR}),
        actors=_actors(dataset, [f for f in offered if not f.is_measure and not f.type.is_temporal]),
        actions=tuple(f for f in _called(texts, _ACTION) if not f.is_personal),
        sendings=tuple(f for f in _called(texts, _SENDING) if not f.is_personal),
        outcomes=tuple(f for f in outcomes if f.type is FieldType.BOOLEAN or (f.is_measure and f.type.is_number)),
    )


def measure_of(field: Field) -> Measure:
    """Return the usual figure of a number field: its sum, or its average where a sum says nothing."""
    how = Aggregation.AVERAGE if sum_says_nothing(field) else Aggregation.SUM
    return Measure(aggregation=how, field=field.name)


def sum_says_nothing(field: Field) -> bool:
    """Whether adding the field's values up makes no sense, as far as its style and words tell."""
    return field.format.style is NumberStyle.PERCENT or bool(_words(field) & set(_AVERAGED))


def _is_money(field: Field) -> bool:
    return _is_amount(field) and not sum_says_nothing(field) and not _is_spent(field)


def _is_amount(field: Field) -> bool:
    return field.format.style is NumberStyle.CURRENCY or bool(_words(field) & {*_MONEY, *_SPENT})


def _is_spent(field: Field) -> bool:
    return bool(_words(field) & set(_SPENT))


def _actors(dataset: Dataset, fields: list[Field]) -> tuple[Field, ...]:
    """Return one field for each kind of people, but not for those whom the rows themselves are."""
    subject = _split(dataset.row_noun)
    kinds = [word for word in _ACTOR if word not in subject]
    found: dict[str, Field] = {}
    for field in _called(fields, _ACTOR):
        kind = next((word for word in kinds if word in _words(field)), None)
        if kind is not None:
            found.setdefault(kind, field)
    return tuple(found.values())


def _time(dataset: Dataset, offered: list[Field]) -> Field | None:
    named = dataset.field(dataset.time_field) if dataset.time_field else None
    return named or next((field for field in offered if field.type.is_temporal), None)


def _called(fields: Iterable[Field], wanted: tuple[str, ...]) -> list[Field]:
    """Return the fields whose words are among those wanted, in the order of the words."""
    found = [(min(map(wanted.index, hits)), field) for field in fields if (hits := _words(field) & set(wanted))]
    return [field for _, field in sorted(found, key=lambda pair: pair[0])]


def _words(field: Field) -> set[str]:
    return _split(" ".join((field.name, field.label, *field.synonyms)))


def _split(text: str) -> set[str]:
    split = re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    return set(split) | {word.removesuffix("s") for word in split if len(word) > 3}
