"""Asks every route of a small installation once and writes what was asked and answered to core/api/examples.json.

PYTHONPATH=. python docs/make_api_examples.py
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from bench.injection_bench import PASSWORD, small_installation
from tests.api_requests import Asked, Requests, routes_of
from tests.every_object import MARK

_FILE = Path(__file__).parents[1] / "core" / "api" / "examples.json"
#: An example of more text than this explains nothing.
_MOST = 6000
_SECRETS = ("token", "access_token", "recovery_codes", "secret", "url", "link", "uri", "qr_svg")
#: Asked last: after them things are gone, or somebody may less.
_LAST = ("DELETE", "POST /users/", "PUT /sign-in-rules", "PUT /recipient-policy", "POST /me/", "PUT /me/")


def main() -> None:
    """Write the file."""
    bodies, answers = {}, {}
    with small_installation() as (installation, world, email):
        client = installation.client
        document = client.get("/api/openapi.json").json()
        signed_in = client.post("/api/auth/token", json={"username": email, "password": PASSWORD}).json()
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        requests = Requests(document, world)
        for route in sorted(routes_of(document), key=lambda one: (one.name.startswith(_LAST), one.method != "GET")):
            body = requests.body(route)
            answer = client.request(
                route.method, requests.address(route), params=requests.query(route), **({"json": body} if body else {})
            )
            if answer.status_code >= 300:
                continue
            if body:
                bodies[route.name] = _plain(body)
            if _is_json(answer) and len(json.dumps(shown := _plain(answer.json()))) <= _MOST and _explains(route):
                answers[route.name] = shown
    _FILE.write_text(f'{{\n"bodies": {_written(bodies)},\n"answers": {_written(answers)}\n}}\n')
    sys.stdout.write(f"{len(bodies)} bodies, {len(answers)} answers\n")


def _written(found: dict[str, Any]) -> str:
    """A line each, so that a change is seen."""
    lines = (f"{json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in sorted(found.items()))
    return "{\n" + ",\n".join(lines) + "\n}"


def _is_json(answer: Any) -> bool:
    return bool(answer.content) and answer.headers["content-type"].startswith("application/json")


def _explains(route: Asked) -> bool:
    return not route.path.endswith("schema")


def _plain(value: Any, name: str = "") -> Any:
    """Lists cut to their first two, secrets to dots, made-up names to plainer ones."""
    if isinstance(value, dict):
        return {key: _plain(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value[:2]]
    if isinstance(value, str):
        return "…" if name in _SECRETS and value else re.sub(rf"{MARK} ?", "", value, flags=re.IGNORECASE)[:400]
    return value


if __name__ == "__main__":
    main()
