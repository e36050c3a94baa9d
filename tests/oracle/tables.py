"""The tables that every engine is asked about: awkward values of every type, made from one seed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from core.domain.field import FieldType
from core.domain.relation import SourceColumn
from tests.oracle.frame import Tables

_T, _I, _D = FieldType.TEXT, FieldType.INTEGER, FieldType.DECIMAL
_COUNTRIES = ("DE", "de", "De", "FR", "US", "", None, "ÉIRE", "éire", "Österreich", "DE ", "日本", "😀")
_NOTES = (
    None, "", " ", "plain", "Plain", "100%", "100 %", "under_score", "underxscore", "back\\slash", "back\\\\slash",
    "o'clock", '"quoted"', "Straße", "ÉCOLE", "école", "ecole", "a\nb", "tab\there", "trailing ", "trailing", "%", "_",
    "\\", "日本語", "naïve 😀", "z", "Z", "{p1}", ":name", "$1", "%s", "--", "/* */",
)  # fmt: skip
#: Both sides of what clocks do in the zones that definitions ask in, and the ends of days, months and years.
_EDGES = (
    "2026-03-08T06:59:59", "2026-03-08T07:00:00", "2026-11-01T05:30:00", "2026-11-01T06:30:00",  # New York
    "2026-03-29T00:59:59.999999", "2026-03-29T01:00:00", "2026-10-25T00:30:00", "2026-10-25T01:30:00",  # Berlin
    "2026-04-04T14:59:59", "2026-04-04T15:00:00", "2026-10-03T15:29:59", "2026-10-03T15:30:00",  # Lord Howe
    "2011-12-30T09:59:59", "2011-12-30T10:00:00", "2021-04-03T14:00:00",  # Apia, which skipped a day
    "2026-01-31T18:29:59", "2026-01-31T18:30:00", "2024-02-29T12:00:00", "2025-12-31T23:59:59.999999",  # Kolkata
    "2026-01-01T00:00:00", "2026-11-22T23:00:00", "2026-11-23T00:00:00", "2026-11-23T05:00:00", "2025-11-23T14:30:00",
)  # fmt: skip
_DAYS = (
    "2024-02-29", "2025-02-28", "2025-12-31", "2026-01-01", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30",
    "2026-10-31", "2026-11-22", "2026-11-23", "2026-11-30", "2026-12-27", "2026-12-28", "2027-01-03", "1969-12-31",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its rows."""

    name: str
    columns: tuple[SourceColumn, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def columns(**kinds: FieldType | tuple[FieldType, int]) -> tuple[SourceColumn, ...]:
    """Columns by name; exact numbers have their digits beside the type."""
    found = []
    for name, kind in kinds.items():
        kind, scale = kind if isinstance(kind, tuple) else (kind, None)
        found.append(SourceColumn(name=name, type=kind, scale=scale))
    return tuple(found)


def plain_tables(tables: list[Table]) -> Tables:
    """The rows as the oracle reads them."""
    return {table.name: table.records() for table in tables}


def facts(count: int = 400) -> Table:
    """One table of facts: nulls everywhere, ties, and the edges of every type. Doubles add up exactly."""
    random = Random(20261123)
    rows = [_fact(random, number) for number in range(count)]
    described = columns(
        id=_I, at=FieldType.DATETIME, shipped=FieldType.DATE, country=_T, note=_T, paid=FieldType.BOOLEAN,
        items=_I, big=_I, amount=(_D, 2), rate=(_D, 4), weight=_D,
    )  # fmt: skip
    return Table(name="facts", columns=described, rows=rows)


def _fact(random: Random, number: int) -> tuple[Any, ...]:
    return (
        number,
        _some(random, 8, lambda: instant(random)),
        _some(random, 8, lambda: day(random)),
        random.choice(_COUNTRIES),
        random.choice(_NOTES),
        random.choice((True, True, False, None)),
        _some(random, 7, lambda: random.randint(-5, 9)),
        _some(random, 5, lambda: random.choice((1, -1)) * (2**53 + random.randint(0, 9))),
        _some(
            random,
            6,
            lambda: Decimal(random.choice((0, 10, 20, 30, -1999, 123456, random.randint(-9999, 99999)))) / 100,
        ),
        _some(random, 4, lambda: Decimal(random.randint(0, 20_000)) / 10_000),
        _some(random, 5, lambda: random.randint(-64, 640) / 16),
    )


def _some(random: Random, one_in: int, made: Any) -> Any:
    return None if random.randrange(one_in) == 0 else made()


def instant(random: Random) -> datetime:
    """An instant within a year and a half, or one at an edge."""
    if random.randrange(4) == 0:
        return datetime.fromisoformat(random.choice(_EDGES)).replace(tzinfo=UTC)
    return datetime(2025, 9, 1, tzinfo=UTC) + timedelta(minutes=30 * random.randrange(24_000))


def day(random: Random) -> date:
    """A day within a year and a half, or one at an edge."""
    if random.randrange(4) == 0:
        return date.fromisoformat(random.choice(_DAYS))
    return date(2025, 9, 1) + timedelta(days=random.randrange(500))


def star() -> list[Table]:
    """Order lines with orders, customers, regions and products, and the tickets of customers, which multiply lines.

    Keys are missing, lead nowhere, and differ in case alone.
    """
    random = Random(42)
    return [
        Table(
            name="regions",
            columns=columns(region_id=_I, region=_T, population=_I),
            rows=[(1, "North", 900), (2, "north", 40), (3, "", None), (4, None, 7), (5, "South", 900)],
        ),
        Table(
            name="customers",
            columns=columns(customer_id=_I, name=_T, region_id=_I, credit=(_D, 2), since=FieldType.DATE),
            rows=[_customer(random, number) for number in range(24)],
        ),
        Table(
            name="products",
            columns=columns(sku=_T, product=_T, list_price=(_D, 2), grams=_D),
            rows=[
                ("a", "Apple", Decimal("1.10"), 0.5), ("A", "Avocado", Decimal("2.20"), 1.25),
                ("a ", "Anise", None, 0.0625), ("", "Nameless", Decimal("3.30"), None),
                ("é", "Éclair", Decimal("0.01"), 12.0), ("z%", "Zest", Decimal("99999.99"), -1.5),
            ],
        ),
        Table(
            name="orders",
            columns=columns(order_id=_I, customer_id=_I, ordered_at=FieldType.DATETIME, channel=_T, shipping=(_D, 2)),
            rows=[_order(random, number) for number in range(70)],
        ),
        Table(
            name="order_lines",
            columns=columns(line_id=_I, order_id=_I, sku=_T, quantity=_I, price=(_D, 2), is_gift=FieldType.BOOLEAN),
            rows=[_order_line(random, number) for number in range(180)],
        ),
        Table(
            name="tickets",
            columns=columns(ticket_id=_I, customer_id=_I, severity=_T, minutes=_I, hours=_D),
            rows=[_ticket(random, number) for number in range(40)],
        ),
    ]  # fmt: skip


def _customer(random: Random, number: int) -> tuple[Any, ...]:
    return (
        number,
        random.choice(("Ann", "ann", "Bob", "Ömer", "", None)),
        random.choice((1, 2, 3, 4, 5, None, 99)),
        _some(random, 4, lambda: Decimal(random.randint(-500, 5000)) / 100),
        _some(random, 5, lambda: day(random)),
    )


def _order(random: Random, number: int) -> tuple[Any, ...]:
    return (
        number,
        _some(random, 8, lambda: random.randint(0, 27)),
        _some(random, 8, lambda: instant(random)),
        random.choice(("web", "Web", "shop", None)),
        _some(random, 5, lambda: Decimal(random.randint(0, 900)) / 100),
    )


def _order_line(random: Random, number: int) -> tuple[Any, ...]:
    return (
        number,
        _some(random, 12, lambda: random.randint(0, 74)),
        random.choice(("a", "A", "a ", "", "é", "É", "z%", None)),
        _some(random, 6, lambda: random.randint(0, 6)),
        _some(random, 6, lambda: Decimal(random.randint(5, 2500)) / 100),
        random.choice((True, False, False, None)),
    )


def _ticket(random: Random, number: int) -> tuple[Any, ...]:
    return (
        number,
        _some(random, 9, lambda: random.randint(0, 30)),
        random.choice(("low", "High", None)),
        _some(random, 5, lambda: random.randint(1, 90)),
        _some(random, 5, lambda: random.randint(1, 64) / 8),
    )
