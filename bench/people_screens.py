"""Every screen as an administrator opens it, by a link in a fresh tab."""

import statistics

from bench.people_page import Page
from bench.people_site import Site

_TIMES = 5
#: By their addresses; the first screen has none.
_PLAIN = (
    "reports",
    "dashboards",
    "schedules",
    "runs",
    "data",
    "templates",
    "sent",
    "search",
    "new-dataset",
    "source",
    "upload",
    "account",
    "look",
    "mail",
    "people",
    "roles",
    "organizations",
    "calendars",
    "destinations",
    "personal_data",
    "audit",
    "limits",
)


async def screens(place: Site) -> dict[str, float]:
    """Return the median of the seconds that each screen takes once it was opened before."""
    administrator = place.administrator()
    principal, web = place.principal(administrator), place.webs[0]
    services = place.broadsheet
    dashboard = services.dashboards.list(principal).items[0]
    orders = next(one for one in services.catalog.datasets(principal) if one.name == "orders")
    asked = {"home": ("", "")} | {name: (name, "") for name in _PLAIN}
    asked |= {
        "a new report": ("builder", ""),
        "a report": ("builder", f"report={administrator.report_id}"),
        "a dashboard": ("dashboard", f"dashboard={dashboard.id}"),
        "a dataset": ("dataset", f"dataset={orders.id}"),
        "a new schedule": ("schedule", f"report={administrator.report_id}"),
    }
    cookie = await place.sign_in(administrator, web)
    took = {}
    for said, (name, query) in asked.items():
        times = []
        for _ in range(_TIMES + 1):
            async with Page(web.port, cookie) as page:
                times.append((await page.open(name, query)).ended_s)
        took[said] = statistics.median(times[1:])
    return took
