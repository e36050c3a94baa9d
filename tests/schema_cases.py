"""Requests that schemathesis makes of the API's own document, sent to the application; what is wrong with answers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp

from tests.api_requests import Asked, Requests, routes_of

#: No document of ours tells of a 500; what a source or a mail server refuses is told where one is asked.
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: Asked last: after them things are gone, or the caller may less.
_LAST = ("DELETE", "PUT /sign-in-rules", "PUT /recipient-policy", "POST /users/", "PATCH /organizations/")
#: A browser draws it, and a chart is asked for elsewhere; the caller's own password is the caller's way in.
_LEFT_OUT = ("GET /reports/{report_id}/chart", "PUT /me/password")


@dataclass(slots=True)
class Found:
    """What came of the cases."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)  #: operations that did what was asked at least once
    wrong: dict[str, str] = field(default_factory=dict)  #: operation and failure -> the first such case


def ask_everything(
    app: ASGIApp,
    document: Mapping[str, Any],
    requests: Requests,
    *,
    token: str,
    each: int,
    is_short: bool = False,
) -> Found:
    """Make `each` cases of every operation in each way of making them, in one of them if short; always the same."""
    found = Found()
    schema = schemathesis.openapi.from_dict(dict(document), config=schemathesis.Config())
    schema.app = app
    operations = {one.ok().label: one.ok() for one in schema.get_all_operations()}
    routes = [one for one in sorted(routes_of(dict(document)), key=_place) if one.name not in _LEFT_OUT]
    for number, route in enumerate(routes):
        found.operations.add(route.name)
        ways = tuple(_ways(operations[route.name], route, requests))
        for strategy in ways[number % len(ways) :][:1] if is_short else ways:
            _ask(strategy, found, token=token, each=each)
    return found


def _place(route: Asked) -> tuple[bool, bool]:
    return route.name.startswith(_LAST), route.method != "GET"


def _ways(operation: APIOperation, route: Asked, requests: Requests) -> Iterator[st.SearchStrategy[Case]]:
    """What fits the document, with real ids; the same with a body that is right but for some of it; what does not."""
    ids = requests.ids(route)
    good = operation.as_strategy(feedback=NO_FEEDBACK, path_parameters=ids)
    yield good
    body = requests.body(route)
    if body is not None:
        yield st.tuples(good, st.sets(st.sampled_from(sorted(body)), max_size=2) if body else st.just(set())).map(
            lambda drawn: _mixed(drawn[0], body, drawn[1])
        )
    if operation.body or operation.query or operation.headers or operation.path_parameters:
        yield operation.as_strategy(GenerationMode.NEGATIVE, feedback=NO_FEEDBACK)


def _mixed(case: Case, body: dict[str, Any], foreign: set[str]) -> Case:
    """The body that is right, with what was made up under some of its names."""
    made_up = case.body if isinstance(case.body, dict) else {}
    case.body = {**body, **{name: made_up[name] for name in foreign if name in made_up}}
    case.media_type = "application/json"
    for name in ("If-Match", "Idempotency-Key"):
        case.headers.pop(name, None)
    return case


def _ask(strategy: st.SearchStrategy[Case], found: Found, *, token: str, each: int) -> None:
    @hypothesis.settings(
        max_examples=each,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def one(case: Case) -> None:
        _send(case, found, headers={"Authorization": f"Bearer {token}"})

    with suppress(hypothesis.errors.Unsatisfiable):  # where there is nothing that does not fit
        one()


def _send(case: Case, found: Found, *, headers: dict[str, str]) -> None:
    label = case.operation.label
    asked = f"body {case.body!r} query {case.query!r}"
    found.cases += 1
    try:
        answer = case.call(headers=headers)
    except Exception as error:  # noqa: BLE001 - what it raised was meant for nobody
        found.wrong.setdefault(f"{label} raised", f"{label}: {error!r} | {asked}"[:1500])
        return
    path = unquote(urlsplit(str(answer.request.url)).path)
    if not path.startswith("/api/") or "\n" in path:
        return  # an id of dots, or one with a new line, led out of the API
    found.statuses[answer.status_code] += 1
    if answer.status_code < 300:
        found.answered.add(label)
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        for failure in group.exceptions:
            told = f"{label}: {failure} | {answer.status_code} {(answer.content or b'')[:400]!r} | {asked}"
            found.wrong.setdefault(f"{label} {type(failure).__name__} {answer.status_code}", told[:1500])
