"""Reads of the REST API while four exports of every order line run: 95th percentile and the slowest one.

python -m bench.api_bench [--seconds 40]
"""

import argparse
import os
import statistics
import time
from collections.abc import Iterator

import httpx2

from bench.figures import Figure, table
from bench.people_site import site

P95_LIMIT_MS, MOST_MS = 100, 1000
EXPORTS = 4
_PATHS = (
    "/me",
    "/reports",
    "/reports/{report}",
    "/datasets",
    "/sources",
    "/dashboards",
    "/scheduled-reports",
    "/report-executions",
    "/deliveries",
    "/groups",
    "/queue/stats",
)


def measure(seconds: float) -> list[Figure]:
    """Read one address after the other; as soon as one of the exports ends, the next one is asked for."""
    os.environ["RATE_LIMITS"] = "off"
    with site(1) as place:
        principal = place.principal(place.administrator())
        _, token = place.broadsheet.tokens.create(principal, name="bench")
        address = f"http://127.0.0.1:{place.webs[0].port}/api"
        with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
            exports = _Exports(client)
            report = client.get("/reports").json()["items"][0]["id"]
            for path in _PATHS:
                client.get(path.format(report=report)).raise_for_status()
            took_ms = list(_reads(client, exports, report=report, until=time.monotonic() + seconds))
    return [
        Figure(
            name=f"reading while {EXPORTS} exports run, p95 of {len(took_ms):,}",
            measured=statistics.quantiles(took_ms, n=100)[94],
            unit="ms",
            limit=P95_LIMIT_MS,
        ),
        Figure(name="the slowest one", measured=max(took_ms), unit="ms", limit=MOST_MS),
        Figure(name="median", measured=statistics.median(took_ms), unit="ms"),
        Figure(name="exports that ended meanwhile", measured=exports.ended, unit="exports"),
    ]


def _reads(client: httpx2.Client, exports: "_Exports", *, report: str, until: float) -> Iterator[float]:
    while time.monotonic() < until:
        exports.keep_going()
        for path in _PATHS:
            began = time.perf_counter()
            client.get(path.format(report=report)).raise_for_status()
            yield (time.perf_counter() - began) * 1000


class _Exports:
    """Keeps as many under way as are asked for."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        self._going: set[str] = set()
        self.ended = 0
        lines = next(one for one in client.get("/datasets").json()["items"] if one["name"] == "orders")
        columns = [field["name"] for field in client.get(f"/datasets/{lines['id']}/fields").json()["items"]][:12]
        definition = {"dataset_id": lines["id"], "columns": columns, "timezone": "UTC", "limit": None}
        made = client.post("/reports", json={"name": "Every line", "definition": definition})
        made.raise_for_status()
        self._report = made.json()["id"]

    def keep_going(self) -> None:
        """Ask for another one for each that ended."""
        for run_id in tuple(self._going):
            status = self._client.get(f"/report-executions/{run_id}").json()["status"]
            assert status != "failed"
            if status == "completed":
                self._going.remove(run_id)
                self.ended += 1
        while len(self._going) < EXPORTS:
            made = self._client.post(f"/reports/{self._report}/export", json={"format": "xlsx"})
            made.raise_for_status()
            self._going.add(made.json()["id"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=40)
    print(table(measure(parser.parse_args().seconds)))
