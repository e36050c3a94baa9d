"""One CSV file from a source, made as a run makes it, in a process that does nothing else; started by `csv_bench`.

Run: python -m bench.csv_export '{"kind": …, "folder": …, "connection": …, "secrets": …, "table": …}'
"""

from core.plain_arrow import load_plain_arrow

load_plain_arrow()  # as the daemon does, before anything that uses it

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from datetime import UTC, datetime  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from uuid import uuid4  # noqa: E402

from core.catalog.drafts import draft_dataset  # noqa: E402
from core.catalog.sources import open_draft  # noqa: E402
from core.clock import SystemClock  # noqa: E402
from core.domain.dataset import Source  # noqa: E402
from core.domain.definition import ReportDefinition  # noqa: E402
from core.domain.relation import TableOrigin  # noqa: E402
from core.query.executor import HeadFields, QueryExecutor  # noqa: E402
from core.render import renderer_for  # noqa: E402
from core.settings import Settings  # noqa: E402


def export(place: dict[str, Any]) -> dict[str, float]:
    """Write the table's rows to `ours.csv` in the folder; how long it took, and what the process held at most."""
    source = Source(
        id=uuid4(), organization_id=uuid4(), name="Shop", kind=place["kind"], connection=place["connection"]
    )
    settings = Settings(data_dir=Path(place["folder"]), allow_private_hosts=("127.0.0.1",))
    connector = open_draft(source, place["secrets"], settings)
    dataset = draft_dataset(source, connector.introspect(TableOrigin(table_name=place["table"]))[0])
    asked = ReportDefinition(dataset_id=dataset.id, columns=tuple(each.name for each in dataset.fields), limit=None)
    renderer = renderer_for("csv")
    before, started = peak_mib(), time.perf_counter()
    with (
        QueryExecutor(lambda _: connector, SystemClock()).run(
            asked,
            dataset,
            source,
            head_fields=HeadFields(title="Order lines"),
            logical_at=datetime.now(UTC),
            deadline_s=600,
        ) as result,
        (Path(place["folder"]) / "ours.csv").open("w+b") as target,
    ):
        rows = renderer.render(result, target).rows
    seconds = time.perf_counter() - started
    connector.close()
    return {"rows": rows, "seconds": seconds, "peak_mib": peak_mib(), "grown_mib": peak_mib() - before}


def peak_mib() -> float:
    """Of this program only: what getrusage says begins with what the parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(export(json.loads(sys.argv[1]))))
