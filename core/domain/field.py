"""Fields: what a column of a dataset holds, what it is called and how it is written for people."""

from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """What a field's values are, the same on every engine."""

    TEXT = "text"  #: characters; ids are text too
    INTEGER = "integer"  #: whole numbers up to 64 bits
    DECIMAL = "decimal"  #: exact or floating numbers with a fraction
    BOOLEAN = "boolean"  #: true or false
    DATE = "date"  #: a calendar day without time
    DATETIME = "datetime"  #: an instant; stored in UTC, shown in the report's timezone

    @property
    def is_number(self) -> bool:
        """Whether sums and averages make sense."""
        return self in (FieldType.INTEGER, FieldType.DECIMAL)

    @property
    def is_temporal(self) -> bool:
        """Whether date grains and relative dates make sense."""
        return self in (FieldType.DATE, FieldType.DATETIME)


class NumberStyle(StrEnum):
    """How a number is written for people."""

    PLAIN = "plain"  #: 1234.5 as it is; for ids and years
    NUMBER = "number"  #: 1,234.5
    CURRENCY = "currency"  #: 1,234.50, the unit in the header
    PERCENT = "percent"  #: 0.123 as 12.3%
    DURATION = "duration"  #: seconds as 1 h 05 min


class DateStyle(StrEnum):
    """How a day is written for people."""

    MEDIUM = "medium"  #: 23 Nov 2026
    LONG = "long"  #: Monday 23 November 2026
    ISO = "iso"  #: 2026-11-23
    WEEKDAY = "weekday"  #: Mon 23 Nov 2026
    MONTH = "month"  #: Nov 2026
    QUARTER = "quarter"  #: Q4 2026
    YEAR = "year"  #: 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How values of a column are written for people; files keep the full value."""

    style: NumberStyle = NumberStyle.NUMBER
    decimals: int | None = None  #: None: as many as the type has, at most 2 for averages
    unit: str | None = None  #: "EUR", "min": goes to the header
    date_style: DateStyle | None = None  #: None: MEDIUM, or what suits the grain


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One labelled field of a dataset. `name` is the key in definitions and never changes.

    Its values come from one of three: `column` of the base relation, `column` of the joined table `table`, or
    `expression` over other fields.
    """

    name: str
    label: str
    type: FieldType
    description: str = ""
    format: Format = Format()
    is_measure: bool = False  #: offered for aggregation first
    is_personal: bool = False  #: marked personal data
    is_hidden: bool = False  #: not offered; reports that use it go on
    folder: str = ""  #: heading under which the field list shows it
    synonyms: tuple[str, ...] = ()  #: other words that find it
    table: str | None = None  #: name of the join it comes from; None: the base relation
    column: str | None = None  #: column in the relation; None: the same as `name`
    expression: str | None = None  #: computed of other fields, in the expression language
    scale: int | None = None  #: digits after the point of exact numbers; None: unknown or floating

    @property
    def source_column(self) -> str:
        """The column of the relation that holds it."""
        return self.column or self.name
