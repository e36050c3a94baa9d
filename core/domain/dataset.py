"""Datasets: queryable subjects of the catalog, with the labelled fields people see."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How values of a column are written for people; files keep the full value."""

    style: NumberStyle = NumberStyle.NUMBER
    decimals: int | None = None  #: None: as many as the type has, at most 2 for averages
    unit: str | None = None  #: "EUR", "min": goes to the header


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One labelled field of a dataset. `name` is the column in the source and the key in definitions."""

    name: str
    label: str
    type: FieldType
    description: str = ""
    format: Format = Format()
    is_measure: bool = False  #: offered for aggregation first
    is_personal: bool = False  #: marked personal data


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A table or view of a source with its fields. Identifiers reach SQL only from here."""

    id: UUID
    organization_id: UUID
    source_id: UUID
    name: str
    label: str
    description: str = ""
    schema_name: str | None = None
    table_name: str
    fields: tuple[Field, ...]
    time_field: str | None = None  #: the date field that a period applies to by default
    row_noun: str = "rows"  #: "order lines", "events": used in sentences

    def field(self, name: str) -> Field | None:
        """Return the field called `name`, or None."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connection to data. `connection` holds the kind's structured fields without secrets."""

    id: UUID
    organization_id: UUID
    name: str
    kind: str
    connection: dict[str, str | int | bool]
