"""A program elsewhere, which knows nothing but an address and a password, does everything through the REST API."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest

from tests.browser.conftest import EMAIL, PASSWORD, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

_ROWS = b"country,amount\nES,1.10\nAT,2.20\nES,3.30\n"
_WITHIN_S = 60


def test_from_a_source_to_a_file_and_back(product: Product) -> None:
    with httpx2.Client(base_url=f"{product.url}/api", timeout=30) as client:
        signed_in = client.post("/auth/token", json={"username": EMAIL, "password": PASSWORD}).json()
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        token = _made(client, "/tokens", {"name": f"Outside {uuid4().hex[:6]}", "expires_at": until})
        client.headers["Authorization"] = f"Bearer {token['token']}"
        source, dataset = _source(client)
        report = _report(client, dataset["id"])
        schedule = _schedule(client, report["id"])
        run = _ended(client, _made(client, f"/scheduled-reports/{schedule['id']}/run", {}, status=202)["id"])
        assert (run["status"], run["rows_delivered"]) == ("completed", 2), run["error"]
        _download(client, run)
        _link(client, run)
        _delete(client, schedule=schedule, report=report, dataset=dataset, source=source)
        assert client.delete(f"/tokens/{token['id']}").status_code == 204
        assert client.get("/me").status_code == 401


def _made(client: httpx2.Client, path: str, body: dict[str, object], *, status: int = 201) -> dict[str, object]:
    """Make one of something; sent again, as after a lost answer, it is still one."""
    key = {"Idempotency-Key": str(uuid4())}
    first, again = (client.post(path, json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (status, status), first.text
    assert first.json() == again.json()
    made: dict[str, object] = first.json()
    return made


def _source(client: httpx2.Client) -> tuple[dict[str, object], dict[str, object]]:
    brought = client.post("/uploads", params={"name": "outside.csv"}, content=_ROWS)
    assert brought.status_code == 201, brought.text
    kept = _made(client, f"/uploads/{brought.json()['id']}/keep", {"name": f"Outside {uuid4().hex[:6]}"})
    return kept["source"], kept["dataset"]  # type: ignore[return-value]


def _report(client: httpx2.Client, dataset_id: object) -> dict[str, object]:
    definition = {
        "dataset_id": dataset_id,
        "timezone": "UTC",
        "groupings": [{"field": "country"}],
        "measures": [{"aggregation": "sum", "field": "amount"}],
    }
    shown = client.post("/reports/preview", json={"definition": definition}).json()
    assert shown["rows_matched"] == 2, shown
    report = _made(client, "/reports", {"name": "Outside", "definition": definition})
    tag = client.get(f"/reports/{report['id']}").headers["ETag"]
    change = {"name": "From outside", "definition": definition}
    assert client.put(f"/reports/{report['id']}", json=change, headers={"If-Match": tag}).status_code == 200
    assert client.put(f"/reports/{report['id']}", json=change, headers={"If-Match": tag}).status_code == 412
    return report


def _schedule(client: httpx2.Client, report_id: object) -> dict[str, object]:
    return _made(
        client,
        "/scheduled-reports",
        {
            "name": "Outside, daily",
            "report_id": report_id,
            "schedule_config": {"cadence": "daily", "time": "06:00", "timezone": "Europe/Vienna"},
            "recipients": [{"type": "email", "value": "boss@example.com"}],
            "formats": ["csv", "xlsx"],
        },
    )


def _ended(client: httpx2.Client, run_id: object) -> dict[str, object]:
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        run: dict[str, object] = client.get(f"/report-executions/{run_id}").json()
        if run["status"] not in ("pending", "waiting", "running"):
            return run
        time.sleep(0.1)  # the daemon works beside us, and a client has nothing to wait on
    raise AssertionError(run)


def _download(client: httpx2.Client, run: dict[str, object]) -> None:
    for artifact in run["artifacts"]:  # type: ignore[attr-defined]
        asked = {"format": artifact["format"]}
        file = client.get(f"/report-executions/{run['id']}/download", params=asked)
        assert hashlib.sha256(file.content).hexdigest() == artifact["sha256"]


def _link(client: httpx2.Client, run: dict[str, object]) -> None:
    """A link opens the file without a token until it is revoked."""
    link = _made(client, "/links", {"artifact_id": run["artifacts"][0]["id"]})  # type: ignore[index]
    address = str(link["url"])
    assert httpx2.get(address).status_code == 200
    assert client.post(f"/links/{link['id']}/revoke").status_code == 200
    assert httpx2.get(address).status_code in (404, 410)


def _delete(client: httpx2.Client, **things: dict[str, object]) -> None:
    paths = {"schedule": "scheduled-reports", "report": "reports", "dataset": "datasets", "source": "sources"}
    for name, thing in things.items():
        gone = client.delete(f"/{paths[name]}/{thing['id']}")
        assert gone.status_code == 204, gone.text
        assert client.get(f"/{paths[name]}/{thing['id']}").status_code == 404
