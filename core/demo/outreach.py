"""Outreach: three years of campaign messages and what became of them."""

from datetime import date

import numpy as np
import pyarrow as pa

from core.demo.columns import decimals, flags, instants, integers, texts
from core.demo.days import Rhythm, days_up_to, months, rows_of_days, seconds_of_day, years
from core.demo.randomness import Bools, Draws, Ints
from core.demo.retail import ORDER_DAYS

_CHANNELS = ("email", "sms", "push")
#: Per channel: shares delivered, opened of those, the others of the opened; cost in 1/10,000.
_DELIVERED = np.array([0.975, 0.985, 0.93])
_OPENED = np.array([0.36, 0.82, 0.17])
_CLICKED = np.array([0.14, 0.09, 0.28])
_REPLIED = np.array([0.012, 0.035, 0.0])
_UNSUBSCRIBED = np.array([0.006, 0.011, 0.002])
_COST = np.array([12, 640, 3])
_AUDIENCES = ("All customers", "New customers", "Regulars", "Lapsed", "Business")
_AUDIENCE_WEIGHTS = (38, 18, 24, 12, 8)
_ALWAYS_ON = ("Weekly letter", "Welcome series", "Forgotten basket", "Win-back", "Loyalty points", "Service survey")
_APPEAL = np.array([1.0, 1.45, 1.3, 0.6, 1.1, 0.75, 0.95])  #: the last one is the season's sale
_CAMPAIGN_WEIGHTS = (30, 13, 16, 9, 11, 7, 14)
_SEASONS = ("Winter sale", "Spring refresh", "Summer sale", "Autumn collection")
_HOURS = (0, 0, 0, 0, 0, 0, 1, 5, 12, 18, 15, 9, 7, 6, 6, 7, 9, 11, 10, 6, 3, 1, 0, 0)
_RHYTHM = Rhythm(
    base=58.0,
    growth=0.14,
    weekday=(1.0, 1.35, 1.1, 1.3, 1.05, 0.55, 0.45),
    month=(0.95, 0.85, 0.95, 1.0, 1.0, 0.95, 0.85, 0.8, 1.0, 1.1, 1.35, 1.3),
    noise=0.2,
)


def build_outreach(today: date, *, seed: int) -> pa.Table:
    """The messages of the three years that end with `today`, oldest first."""
    days = days_up_to(today, count=ORDER_DAYS)
    day, row = rows_of_days(days, _RHYTHM.counts(days, seed=seed, table="outreach"))
    draws = Draws(seed=seed, table="outreach", days=day, rows=row)
    campaign, channel = draws.choice("campaign", _CAMPAIGN_WEIGHTS), draws.choice("channel", (72, 10, 18))
    appeal = _APPEAL[campaign]
    delivered = draws.chance("delivered", _DELIVERED[channel])
    opened = delivered & draws.chance("opened", np.minimum(_OPENED[channel] * appeal, 0.95))
    outcomes = {
        "delivered": delivered,
        "opened": opened,
        "clicked": opened & draws.chance("clicked", _CLICKED[channel] * appeal),
        "replied": opened & draws.chance("replied", _REPLIED[channel]),
        "unsubscribed": opened & draws.chance("unsubscribed", _UNSUBSCRIBED[channel]),
    }
    return pa.table(
        {
            "message_id": pa.array(day * 1_000 + row),
            "campaign": _campaign_names(day, campaign),
            "channel": texts(_CHANNELS, channel),
            "audience": texts(_AUDIENCES, draws.choice("audience", _AUDIENCE_WEIGHTS)),
            "sent_at": instants(np.sort(day * 86_400 + seconds_of_day(draws, _HOURS)) * 1_000_000),
            **{name: flags(outcome) for name, outcome in outcomes.items()},
            "cost": decimals(_COST[channel], precision=8, scale=4),
            **_counts(outcomes),
        }
    )


def _counts(outcomes: dict[str, Bools]) -> dict[str, pa.Array]:
    """1 where it happened and 0 where not: sums count what yes-or-no fields can only filter."""
    names = {
        "deliveries": "delivered",
        "opens": "opened",
        "clicks": "clicked",
        "replies": "replied",
        "unsubscribes": "unsubscribed",
    }
    return {name: integers(outcomes[outcome].astype(np.int64)) for name, outcome in names.items()}


def _campaign_names(day: Ints, campaign: Ints) -> pa.Array:
    """The campaigns that always run, and the sale of the quarter with its year."""
    first_year, last_year = int(years(day[:1])[0]), int(years(day[-1:])[0])
    sales = [f"{season} {year}" for year in range(first_year, last_year + 1) for season in _SEASONS]
    quarter = (years(day) - first_year) * 4 + (months(day) - 1) // 3
    is_sale = campaign == len(_ALWAYS_ON)
    return texts([*_ALWAYS_ON, *sales], np.where(is_sale, len(_ALWAYS_ON) + quarter, campaign))
