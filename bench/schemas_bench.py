"""Requests made up from the API's own document: how many answers it does not tell of (none).

python -m bench.schemas_bench [--each 18]
"""

import argparse
import time

from bench.figures import Figure, table
from bench.injection_bench import PASSWORD, small_installation
from tests.api_requests import Requests
from tests.schema_cases import ask_everything

#: Of each operation, in each of the ways of making them: more than 10,000 in all.
EACH = 18


def measure(each: int) -> list[Figure]:
    """Ask every operation and hold every answer against the document."""
    with small_installation() as (installation, world, email):
        client = installation.client
        document = client.get("/api/openapi.json").json()
        signed_in = client.post("/api/auth/token", json={"username": email, "password": PASSWORD}).json()
        began = time.perf_counter()
        found = ask_everything(
            client.app, document, Requests(document, world), token=signed_in["access_token"], each=each
        )
        took_s = time.perf_counter() - began
    statuses = ", ".join(f"{number:,} x {status}" for status, number in sorted(found.statuses.items()))
    assert not found.wrong, "\n\n".join(found.wrong.values())
    return [
        Figure(name=f"answers the document does not tell of ({statuses})", measured=0, unit="answers"),
        Figure(name="requests", measured=found.cases, unit="requests"),
        Figure(name="operations", measured=len(found.operations), unit="operations"),
        Figure(name="of them, did what was asked at least once", measured=len(found.answered), unit="operations"),
        Figure(name="making, sending and checking one", measured=took_s / found.cases * 1000, unit="ms"),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=EACH)
    print(table(measure(parser.parse_args().each)))
