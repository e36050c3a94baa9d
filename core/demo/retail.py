"""The shop: products, and the order lines of three years with seasons, growth, discounts and returns."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from core.demo.columns import decimals, digits, flags, instants, integers, joined, texts
from core.demo.days import (
    Rhythm,
    days_of_year,
    days_up_to,
    months,
    rows_of_days,
    seconds_of_day,
    weekdays,
    years,
)
from core.demo.people import SEGMENTS, Customers, country_column
from core.demo.randomness import Bools, Draws, Floats, Ints

#: Three years, today included.
ORDER_DAYS = 1096
_PRODUCTS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Category:
    """A part of the assortment; `price` is the median in whole EUR."""

    name: str
    weight: float
    price: float
    groups: tuple[str, ...]
    nouns: tuple[str, ...]


_CATEGORIES: tuple[_Category, ...] = (
    _Category(
        name="Furniture",
        weight=10,
        price=189.0,
        groups=("Chairs", "Tables", "Shelves"),
        nouns=("Chair", "Side table", "Shelf", "Stool", "Sideboard"),
    ),
    _Category(
        name="Lighting",
        weight=14,
        price=64.0,
        groups=("Lamps", "Outdoor light"),
        nouns=("Desk lamp", "Pendant", "Lantern", "Floor lamp"),
    ),
    _Category(
        name="Kitchen",
        weight=24,
        price=27.0,
        groups=("Cookware", "Tableware", "Storage"),
        nouns=("Pan", "Teapot", "Bowl", "Jar", "Carafe", "Knife"),
    ),
    _Category(
        name="Textiles",
        weight=18,
        price=34.0,
        groups=("Bedding", "Curtains", "Rugs"),
        nouns=("Throw", "Cushion", "Duvet cover", "Rug", "Curtain"),
    ),
    _Category(
        name="Office",
        weight=16,
        price=22.0,
        groups=("Paper", "Desk"),
        nouns=("Notebook", "Desk mat", "Pen set", "File box", "Planner"),
    ),
    _Category(
        name="Garden",
        weight=10,
        price=45.0,
        groups=("Planting", "Outdoor living"),
        nouns=("Planter", "Watering can", "Bench", "Trellis"),
    ),
    _Category(
        name="Gifts",
        weight=8,
        price=18.0,
        groups=("Seasonal", "Children"),
        nouns=("Candle", "Puzzle", "Music box", "Gift box"),
    ),
)
_BRANDS = ("Hällström", "Nørrebro", "Maison Céleste", "Ōmiya", "Brightwater", "Vallée", "Tatry", "Casa Ibáñez")
_STYLES = ("Linnéa", "Oslo", "Kyōto", "Porto", "Ärla", "Delft", "Siena", "Nara", "Bergen", "Coté")
_FINISHES = ("oak", "walnut", "white", "black", 'brass, 12"', "green", "sand", "blue & grey")
_CHANNELS = ("Web", "Mobile app", "Store", "Marketplace", "Phone")
_CHANNEL_WEIGHTS = (44, 27, 17, 9, 3)
_PAYMENTS = ("Card", "Bank transfer", "PayPal", "Invoice", "Cash")
_PAYMENT_WEIGHTS = (52, 11, 22, 12, 3)
_DISCOUNTS = np.array([0, 500, 1000, 1250, 1500, 2000, 3000])  # of 10,000
_DISCOUNT_WEIGHTS = (66, 9, 11, 3, 5, 4, 2)
_NOTES = (
    "Please leave with the neighbour",
    "Gift wrap, no price tag",
    'Customer asked for the "matte" finish',
    "Call before delivery,\nsecond floor",
    "Ring twice; dog is friendly 🐶",
    "=SUM(A1)",
    "-10% agreed",
    "+49 30 123456 if nobody opens",
    "@reception",
    "Frágil: manipular con cuidado",
    "Zweite Lieferung, siehe Auftrag vom März",
    "配達は午後にお願いします",
    "يرجى الاتصال قبل التسليم",
    "Подарок, без чека",
    "Line one\r\nLine two, with\ttab",
)
_HOURS = (3, 2, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 14, 12, 11, 11, 12, 14, 17, 20, 21, 18, 12, 6)
_RHYTHM = Rhythm(
    base=174.0,
    growth=0.1,
    weekday=(1.03, 0.97, 0.96, 0.99, 1.08, 1.18, 0.84),
    month=(0.87, 0.85, 0.94, 0.98, 1.0, 0.96, 0.9, 0.88, 0.99, 1.06, 1.25, 1.38),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """The products table with what order lines copy from it."""

    table: pa.Table
    names: pa.Array
    prices: Ints  #: in cents
    categories: Ints  #: positions in the category list
    weights: Floats  #: how well each one sells


def build_products(*, seed: int) -> Products:
    """The assortment, a function of the seed only."""
    numbers = np.arange(_PRODUCTS, dtype=np.int64)
    draws = Draws(seed=seed, table="products", days=np.zeros_like(numbers), rows=numbers)
    categories = draws.choice("category", [category.weight for category in _CATEGORIES])
    names = joined(
        texts(*draws.nested("noun", [category.nouns for category in _CATEGORIES], categories)),
        " ",
        texts(_STYLES, draws.below("style", len(_STYLES))),
        ", ",
        texts(_FINISHES, draws.below("finish", len(_FINISHES))),
        " no. ",
        digits(numbers + 1),
    )
    medians = np.array([category.price for category in _CATEGORIES])[categories]
    prices = np.maximum(np.rint(draws.around("price", medians, 0.55)), 3).astype(np.int64) * 100 - 10
    discontinued = draws.chance("discontinued", 0.06)
    table = pa.table(
        {
            "product_id": integers(numbers + 1),
            "sku": joined("BS-", digits(numbers + 1, width=5)),
            "name": names,
            "category": _category_column(categories),
            "subcategory": texts(*draws.nested("group", [category.groups for category in _CATEGORIES], categories)),
            "brand": texts(_BRANDS, draws.below("brand", len(_BRANDS))),
            "unit_price": decimals(prices, precision=12, scale=2),
            "discontinued": flags(discontinued),
        }
    )
    weights = draws.around("popularity", 1.0, 0.9) * np.where(discontinued, 0.1, 1.0)
    return Products(table=table, names=names, prices=prices, categories=categories, weights=weights)


def build_order_lines(today: date, customers: Customers, products: Products, *, seed: int) -> pa.Table:
    """The order lines of the three years that end with `today`, oldest first."""
    days = days_up_to(today, count=ORDER_DAYS)
    counts = _RHYTHM.counts(days, seed=seed, table="orders", factor=_special_days(days))
    day, number = rows_of_days(days, counts)
    orders = Draws(seed=seed, table="orders", days=day, rows=number)
    lines_of = orders.choice("lines", (44, 28, 15, 8, 5)) + 1
    order, line = rows_of_days(np.arange(len(day), dtype=np.int64), lines_of)
    draws = Draws(seed=seed, table="order_lines", days=day[order], rows=number[order] * 8 + line)
    who = _buyers(orders, customers, day)
    at = np.sort(day * 86_400 + seconds_of_day(orders, _HOURS)) * 1_000_000
    channels = orders.choice("channel", _CHANNEL_WEIGHTS)
    payment = texts(_PAYMENTS, orders.choice("payment", _PAYMENT_WEIGHTS), empty=orders.chance("unpaid", 0.03))
    what = draws.choice("product", products.weights)
    return pa.table(
        {
            "order_id": _order_ids(day, number).take(pa.array(order)),
            "line_no": integers(line + 1),
            "ordered_at": instants(at[order]),
            "customer_id": integers(who[order] + 1),
            "customer_name": texts(customers.names, who[order]),
            "country": country_column(customers.countries[who[order]]),
            "segment": texts(SEGMENTS, customers.segments[who[order]]),
            "product_id": integers(what + 1),
            "product_name": texts(products.names, what),
            "category": _category_column(products.categories[what]),
            "sales_channel": texts(_CHANNELS, channels[order]),
            **_amounts(draws, products.prices[what], orders.chance("wholesale", 0.04)[order]),
            "payment_method": payment.take(pa.array(order)),
            "note": texts(_NOTES, draws.below("note", len(_NOTES)), empty=~draws.chance("has note", 0.03)),
        }
    )


def _category_column(positions: Ints) -> pa.Array:
    return texts([category.name for category in _CATEGORIES], positions)


def _special_days(days: Ints) -> Floats:
    """Black Friday and its weekend, quiet Christmas, a January sale."""
    day, month, weekday = days_of_year(days), months(days), weekdays(days)
    late_november = (month == 11) & (day >= 326)
    factor = np.ones(len(days))
    factor[late_november & (weekday == 4)] = 1.9
    factor[late_november & (weekday >= 5)] = 1.35
    factor[(month == 12) & (day >= 357) & (day <= 359)] = 0.45
    factor[(month == 1) & (day >= 6) & (day <= 12)] = 1.2
    return factor


def _buyers(orders: Draws, customers: Customers, day: Ints) -> Ints:
    """Positions of customers: half the orders come from regulars."""
    known = customers.known_on(day - 1)
    regular = (orders.uniform("regular") ** 1.4 * known * 0.35).astype(np.int64)
    return np.where(orders.chance("is regular", 0.5), regular, orders.below("anybody", known))


def _order_ids(day: Ints, number: Ints) -> pa.Array:
    """As in SO-260131-0042: the day and the order's number in it."""
    of_month = (day - day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)) + 1
    written = years(day) % 100 * 10_000 + months(day) * 100 + of_month
    return joined("SO-", digits(written, width=6), "-", digits(number + 1, width=4))


def _amounts(draws: Draws, prices: Ints, wholesale: Bools) -> dict[str, pa.Array]:
    """Quantity to amount; returned lines are negative, and amount is rounded half away from zero."""
    returned = draws.chance("returned", 0.045)
    sold = draws.choice("quantity", (70, 17, 7, 4, 2)) + 1
    quantity = np.where(wholesale, sold * 10, sold)
    discount = np.where(wholesale, 2500, _DISCOUNTS[draws.choice("discount", _DISCOUNT_WEIGHTS)])
    sign = np.where(returned, -1, 1)
    amount = (quantity * prices * (10_000 - discount) + 5_000) // 10_000
    return {
        "quantity": integers(quantity * sign),
        "unit_price": decimals(prices, precision=12, scale=2),
        "discount_rate": decimals(discount, precision=5, scale=4),
        "amount": decimals(amount * sign, precision=14, scale=2),
        "is_return": flags(returned),
    }
