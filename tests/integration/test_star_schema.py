"""A star of five tables, and a sixth that multiplies it, answers on every engine as SQL written by hand does."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.domain.definition_json import parse_definition
from tests.oracle.datasets import required_dataset, star_dataset
from tests.oracle.engines import KINDS, Engine, open_engine
from tests.oracle.tables import star
from tests.query_parts import condition, matching

COUNT = {"aggregation": "count"}
#: The lines in their star. `T(…)` is a text by code point, whatever the engine's tables compare by.
STAR = """
    order_lines l
    LEFT JOIN orders o ON o.order_id = l.order_id
    LEFT JOIN customers c ON c.customer_id = o.customer_id
    LEFT JOIN regions r ON r.region_id = c.region_id
    LEFT JOIN products p ON T(p.sku) = T(l.sku)
"""
WITH_TICKETS = f"{STAR} LEFT JOIN tickets t ON t.customer_id = c.customer_id"
REQUIRED = STAR.replace("LEFT JOIN regions", "JOIN regions").replace("LEFT JOIN products", "JOIN products")


def total(field: str) -> dict[str, str]:
    return {"aggregation": "sum", "field": field}


def by(*fields: str) -> list[dict[str, str]]:
    return [{"field": field} for field in fields]


#: What is asked, and the same in SQL; the columns are in the same order.
QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "lines of each region": (
        {"groupings": by("region"), "measures": [COUNT, total("quantity")]},
        f"SELECT T(r.region), count(*), sum(l.quantity) FROM {STAR} GROUP BY T(r.region)",
    ),
    "worth of each product": (
        {"groupings": by("product"), "measures": [total("line_worth"), total("list_worth")]},
        (
            "SELECT T(p.product), sum(l.quantity * l.price), sum(l.quantity * p.list_price) "
            f"FROM {STAR} GROUP BY T(p.product)"
        ),
    ),
    "shipping is of orders, not of their lines": (
        {"measures": [total("shipping"), COUNT]},
        (
            "SELECT (SELECT sum(shipping) FROM orders WHERE order_id IN (SELECT order_id FROM order_lines)), "
            "(SELECT count(*) FROM order_lines)"
        ),
    ),
    "shipping of each region": (
        {"groupings": by("region"), "measures": [total("shipping")]},
        (
            f"SELECT region, sum(shipping) FROM (SELECT DISTINCT T(r.region) AS region, o.order_id, o.shipping "
            f"FROM {STAR}) d GROUP BY region"
        ),
    ),
    "an order counts in each of its products": (
        {"groupings": by("product"), "measures": [total("shipping")]},
        (
            f"SELECT product, sum(shipping) FROM (SELECT DISTINCT T(p.product) AS product, o.order_id, o.shipping "
            f"FROM {STAR}) d GROUP BY product"
        ),
    ),
    "credit and population are of those who bought": (
        {"measures": [total("credit"), total("population")]},
        (
            f"SELECT (SELECT sum(credit) FROM (SELECT DISTINCT c.customer_id, c.credit FROM {STAR}) a), "
            f"(SELECT sum(population) FROM (SELECT DISTINCT r.region_id, r.population FROM {STAR}) b)"
        ),
    ),
    "tickets beside lines: each its own sum": (
        {"measures": [COUNT, total("quantity"), total("minutes")]},
        (
            "SELECT (SELECT count(*) FROM order_lines), (SELECT sum(quantity) FROM order_lines), "
            f"(SELECT sum(minutes) FROM (SELECT DISTINCT t.ticket_id, t.minutes FROM {WITH_TICKETS}) a)"
        ),
    ),
    "tickets beside lines in each region": (
        {"groupings": by("region"), "measures": [total("quantity"), total("hours")]},
        (
            f"SELECT a.region, a.quantity, b.hours FROM (SELECT T(r.region) AS region, sum(l.quantity) AS quantity "
            f"FROM {STAR} GROUP BY T(r.region)) a JOIN (SELECT region, sum(hours) AS hours FROM (SELECT DISTINCT "
            f"T(r.region) AS region, t.ticket_id, t.hours FROM {WITH_TICKETS}) d GROUP BY region) b "
            "ON coalesce(a.region, '-') = coalesce(b.region, '-')"
        ),
    ),
    "lines of customers with a ticket": (
        {
            "groupings": by("channel"),
            "measures": [COUNT, total("quantity")],
            "filters": matching(condition("severity", "is", "High")),
        },
        (
            f"SELECT T(o.channel), count(*), sum(l.quantity) FROM {STAR} WHERE c.customer_id IN "
            "(SELECT customer_id FROM tickets WHERE severity = 'High') GROUP BY T(o.channel)"
        ),
    ),
    "lines in each severity of a ticket": (
        {"groupings": by("severity"), "measures": [COUNT, total("price")]},
        (
            "SELECT severity, count(*), sum(price) FROM (SELECT DISTINCT T(t.severity) AS severity, l.line_id, l.price "
            f"FROM {WITH_TICKETS}) d GROUP BY severity"
        ),
    ),
    "least, greatest and different ones need no guard": (
        {
            "groupings": by("is_gift"),
            "measures": [
                {"aggregation": "min", "field": "shipping"},
                {"aggregation": "max", "field": "minutes"},
                {"aggregation": "count_distinct", "field": "credit"},
            ],
        },
        (
            f"SELECT l.is_gift, min(o.shipping), max(t.minutes), count(DISTINCT c.credit) FROM {WITH_TICKETS} "
            "GROUP BY l.is_gift"
        ),
    ),
    "a measure with a filter on another table": (
        {
            "measures": [
                {**total("shipping"), "name": "of apples", "filters": matching(condition("product", "is", "Apple"))},
                {**COUNT, "name": "tense", "filters": matching(condition("minutes", "greater", 45))},
            ]
        },
        (
            f"SELECT (SELECT sum(shipping) FROM (SELECT DISTINCT o.order_id, o.shipping FROM {STAR} "
            "WHERE T(p.product) = 'Apple') a), "
            f"(SELECT count(*) FROM (SELECT DISTINCT l.line_id FROM {WITH_TICKETS} WHERE t.minutes > 45) b)"
        ),
    ),
    "rows with what they are joined to": (
        {"columns": ["quantity", "price", "channel", "name", "region", "product"]},
        f"SELECT l.quantity, l.price, T(o.channel), T(c.name), T(r.region), T(p.product) FROM {STAR}",
    ),
    "rows come once for each ticket only if tickets are asked for": (
        {"columns": ["quantity", "minutes"]},
        f"SELECT l.quantity, t.minutes FROM {WITH_TICKETS}",
    ),
    "two tables' fields in one condition": (
        {
            "groupings": by("region", "product"),
            "measures": [COUNT],
            "filters": matching(condition("credit", "greater", 10), condition("list_price", "less", 2), match="any"),
        },
        (
            f"SELECT T(r.region), T(p.product), count(*) FROM {STAR} WHERE c.credit > 10 OR p.list_price < 2 "
            "GROUP BY T(r.region), T(p.product)"
        ),
    ),
}
#: The same with joins that leave lines out, whether or not anything of them is asked for.
REQUIRED_QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "only lines of known products and regions": (
        {"measures": [COUNT, total("quantity")]},
        f"SELECT count(*), sum(l.quantity) FROM {REQUIRED}",
    ),
    "shipping of their orders": (
        {"groupings": by("channel"), "measures": [total("shipping")]},
        (
            "SELECT channel, sum(shipping) FROM (SELECT DISTINCT T(o.channel) AS channel, o.order_id, o.shipping "
            f"FROM {REQUIRED}) d GROUP BY channel"
        ),
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    with open_engine(request.param, star(), request, folder) as opened:
        yield opened


def by_hand(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    text = r"CAST(\1 AS CHAR) COLLATE utf8mb4_nopad_bin" if engine.kind == "mysql" else r"\1"
    return in_order(engine.rows_of(re.sub(r"\bT\(([\w.]+)\)", text, sql)))


def in_order(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(plain, row)) for row in rows), key=repr)


def plain(value: Any) -> Any:
    """Engines give sums of whole numbers and flags in several types."""
    return float(value) if isinstance(value, bool | int | float | Decimal) else value


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_star_answers_as_hand_written_sql_does(engine: Engine, name: str) -> None:
    parts, sql = QUESTIONS[name]
    dataset = star_dataset()
    asked = parse_definition({"dataset_id": str(dataset.id), "limit": None, **parts})
    head, table = engine.ask(asked, dataset)
    wanted = by_hand(engine, sql)
    assert in_order([tuple(row.values()) for row in table.to_pylist()]) == wanted
    assert head.rows_matched == len(wanted) > 0


@pytest.mark.parametrize("name", REQUIRED_QUESTIONS)
def test_required_joins_leave_lines_out(engine: Engine, name: str) -> None:
    parts, sql = REQUIRED_QUESTIONS[name]
    dataset = required_dataset()
    asked = parse_definition({"dataset_id": str(dataset.id), "limit": None, **parts})
    _, table = engine.ask(asked, dataset)
    wanted = by_hand(engine, sql)
    assert in_order([tuple(row.values()) for row in table.to_pylist()]) == wanted
    assert len(wanted) > 0


def test_joins_that_nothing_needs_are_not_made(engine: Engine) -> None:
    dataset = star_dataset()
    asked = parse_definition({"dataset_id": str(dataset.id), "groupings": by("channel"), "measures": [COUNT]})
    preview = engine.preview(asked, dataset, page=1, page_size=10)
    assert preview.sql.as_asked().lower().count(" join ") == 1
    assert "row_number" not in preview.sql.as_asked().lower()
