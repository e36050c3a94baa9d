"""Invoices of three years; what is paid, open or overdue depends on the day the demo is made for."""

from datetime import date

import numpy as np
import pyarrow as pa

from core.demo.columns import dates, decimals, digits, integers, joined, texts
from core.demo.days import Rhythm, day_number, days_up_to, rows_of_days, years
from core.demo.people import Customers, country_column
from core.demo.randomness import Draws, Ints
from core.demo.retail import ORDER_DAYS
from core.demo.vocabulary import COUNTRIES

_TERMS_D = np.array([14, 30, 45, 60])
_TERM_WEIGHTS = (30, 52, 10, 8)
_TAX_RATES = {"EUR": 2000, "GBP": 2000, "USD": 0}  # of 10,000
_STATUSES = ("paid", "open", "overdue", "void")
#: Invoices sent out on one day are numbered inside this span of the year's numbers.
_NUMBERS_A_DAY = 100
_RHYTHM = Rhythm(
    base=23.0,
    growth=0.12,
    weekday=(1.3, 1.2, 1.1, 1.1, 1.2, 0.15, 0.05),
    month=(0.95, 0.95, 1.05, 1.0, 1.0, 1.05, 0.9, 0.8, 1.05, 1.05, 1.1, 1.2),
    noise=0.2,
)


def build_invoices(today: date, customers: Customers, *, seed: int) -> pa.Table:
    """The invoices of the three years that end with `today`, oldest first; payments after `today` have not happened."""
    days = days_up_to(today, count=ORDER_DAYS)
    day, row = rows_of_days(days, _RHYTHM.counts(days, seed=seed, table="invoices"))
    draws = Draws(seed=seed, table="invoices", days=day, rows=row)
    who = draws.below("customer", customers.known_on(day - 1))
    countries = customers.countries[who]
    due = day + _TERMS_D[draws.choice("terms", _TERM_WEIGHTS)]
    paid, status = _payment(draws, due, day, day_number(today))
    net = np.rint(draws.around("net", 62_000.0, 1.1)).astype(np.int64) + 1_900
    rates = np.array([_TAX_RATES[country.currency] for country in COUNTRIES])[countries]
    tax = (net * rates + 5_000) // 10_000
    return pa.table(
        {
            "invoice_id": pa.array(day * _NUMBERS_A_DAY + row),
            "invoice_number": _numbers(day, row),
            "customer_name": texts(customers.names, who),
            "country": country_column(countries),
            "issued_on": dates(day),
            "due_on": dates(due),
            "paid_on": dates(paid, empty=status != 0),
            "currency": texts([country.currency for country in COUNTRIES], countries),
            "net_amount": decimals(net, precision=14, scale=2),
            "tax_amount": decimals(tax, precision=14, scale=2),
            "total_amount": decimals(net + tax, precision=14, scale=2),
            "status": texts(_STATUSES, status),
            "reminders": integers(np.where(status == 2, np.clip((day_number(today) - due) // 14, 0, 3), 0)),
        }
    )


def _payment(draws: Draws, due: Ints, day: Ints, today: int) -> tuple[Ints, Ints]:
    """The day each invoice is paid on, and the position of its status: most people pay about when it is due."""
    lateness = np.where(draws.chance("late", 0.22), draws.around("late by", 18.0, 0.8), -draws.uniform("early by") * 12)
    paid = np.maximum(due + np.rint(lateness).astype(np.int64), day + 1)
    written_off = draws.chance("void", 0.018)
    status = np.where(paid <= today, 0, np.where(due < today, 2, 1))
    return paid, np.where(written_off, 3, status)


def _numbers(day: Ints, row: Ints) -> pa.Array:
    """As in INV-2026-04107: the year, and a number that rises through it."""
    first = (years(day) - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return joined("INV-", digits(years(day)), "-", digits((day - first) * _NUMBERS_A_DAY + row + 1, width=5))
