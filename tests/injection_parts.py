"""Puts texts into every text field of the REST API, found in its OpenAPI document, and watches the canaries."""

import copy
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from unittest.mock import patch

import bcrypt
from httpx2 import InvalidURL
from starlette.testclient import TestClient

from core import net
from tests.api_requests import Asked, Json, Requests
from tests.injection_strings import FILE_CONTENT, PRODUCT, Canaries

_Place = tuple[str | int, ...]
#: Where a name that somebody typed is looked up, because to reach it is what is asked for.
_DEPTH = 5
#: What tells of a stumble inside, and what would have been computed or read.
_NEVER_SAID = ("Traceback (most recent", 'File "/', "site-packages", PRODUCT, FILE_CONTENT, "psycopg.", "sqlalchemy.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """One place in a request that takes a text."""

    route: Asked
    where: str  #: "body" or "query"
    place: _Place
    body: Json | None = None  #: what the text is put into

    def __str__(self) -> str:
        return f"{self.route.name} {self.where} {'.'.join(map(str, self.place))}"


@dataclass(slots=True, kw_only=True)
class Watch:
    """What came to the port and what names were looked up."""

    canaries: Canaries
    knocks: list[str] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)


def text_fields(requests: Requests, routes: Sequence[Asked]) -> tuple[TextField, ...]:
    """Every text that a request may hold: those of the document, and those in objects it leaves open."""
    found = []
    for route in routes:
        body, schema = requests.body(route), requests.schema(route)
        places = dict.fromkeys(chain(_of_value(body), _of_schema(requests, schema)))
        found += [TextField(route=route, where="body", place=place, body=body) for place in places]
        texts = (one["name"] for one in route.operation.get("parameters", ()) if one["in"] == "query")
        found += [TextField(route=route, where="query", place=(name,), body=body) for name in texts]
    return tuple(found)


def form_fields(client: TestClient, routes: Sequence[Asked], canaries: Canaries) -> tuple[TextField, ...]:
    """Every field of the forms of sources and destinations, where trying a connection goes out to a host.

    The host of the rest is the watched one, as somebody would set it whose field is another.
    """
    tests = {route.path: route for route in routes if route.method == "POST"}
    found = []
    for kind in client.get("/api/sources/kinds").json()["items"]:
        body = {"name": "x", "kind": kind["key"], **_filled(kind["fields"], canaries, plain="connection")}
        found += _in_form(tests["/sources/test"], body, ("connection", "secrets"), ())
    for kind in client.get("/api/destinations/types").json()["items"]:
        inner = {"name": "x", "type": kind["type"], **_filled(kind["fields"], canaries, plain="settings")}
        body = {"address": "x", "destination": inner}
        found += _in_form(tests["/destinations/test"], body, ("settings", "secrets"), ("destination",))
    return tuple(found)


def _filled(fields: Sequence[Json], canaries: Canaries, *, plain: str) -> Json:
    """A filled form: hosts and addresses are the watched ones, choices the first."""
    form: Json = {plain: {}, "secrets": {}}
    for one in fields:
        known = {
            "port": canaries.port,
            "replica_port": canaries.port,
            "url": f"http://{canaries.name}:{canaries.port}/",
        }
        if "host" in one["name"]:
            known[one["name"]] = canaries.name
        value = known.get(one["name"], one["choices"][-1] if one["choices"] else one["default"])
        form["secrets" if one["is_secret"] else plain][one["name"]] = "x" * 40 if value is None else value
    return form


def _in_form(route: Asked, body: Json, parts: Sequence[str], way: _Place) -> Iterator[TextField]:
    form: Any = body[way[0]] if way else body
    for part in parts:
        for name in form[part]:
            yield TextField(route=route, where="body", place=(*way, part, name), body=body)


def _of_value(value: Any, place: _Place = ()) -> Iterator[_Place]:
    """Where texts stand in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    if isinstance(value, str):
        yield place
    for key, one in inner:
        yield from _of_value(one, (*place, key))


def _of_schema(requests: Requests, schema: Json, place: _Place = ()) -> Iterator[_Place]:
    """Where a schema allows texts; an object of any keys gets one of ours."""
    schema = requests.resolved(schema)
    kind = schema.get("type")
    if kind == "string":
        yield place
    if len(place) >= _DEPTH:
        return
    if kind == "array":
        yield from _of_schema(requests, schema.get("items", {}), (*place, 0))
    if kind == "object":
        for name, one in schema.get("properties", {}).items():
            yield from _of_schema(requests, one, (*place, name))
        if "properties" not in schema:
            yield (*place, "injected")


class Injector:
    """Sends texts in one field after the other and says what must not have happened."""

    def __init__(self, client: TestClient, requests: Requests, watch: Watch) -> None:
        self._client, self._requests, self._watch = client, requests, watch

    def mistakes(self, one: TextField, text: str) -> list[str]:
        """Send `text`; returns what is wrong with the answer, or with what it set off."""
        body, query = one.body, self._requests.query(one.route)
        if one.where == "query":
            query[str(one.place[0])] = text
        else:
            body = _with(body, one.place, text)
        sent = {"json": body} if body is not None else {}
        try:
            answer = self._client.request(
                one.route.method, self._requests.address(one.route), params=query, follow_redirects=False, **sent
            )
        except (InvalidURL, UnicodeEncodeError):
            return []  # no client could send it
        return [f"{one} <- {text!r}: {words}" for words in self._wrong(answer, text)]

    def _wrong(self, answer: Any, text: str) -> Iterator[str]:
        if answer.status_code >= 500 and answer.headers["content-type"] != "application/problem+json":
            yield f"{answer.status_code}"
        if answer.status_code == 500:
            yield f"500 {answer.text[:300]}"
        yield from (f"says {words!r}" for words in _NEVER_SAID if words in answer.text and words not in text)
        if any("\r" in value or "\n" in value for value in answer.headers.values()):
            yield "a header was broken"
        if answer.headers.get("content-type", "").startswith("text/html"):
            yield "answers with a page"
        if self._watch.knocks:
            yield f"something called {self._watch.knocks.pop()}"
        if Path(self._watch.canaries.writable).exists():
            Path(self._watch.canaries.writable).unlink()
            yield "the file was written"


def _with(body: Json | None, place: _Place, text: str) -> Any:
    """The body with `text` at `place`; what is missing on the way is made."""
    if not place:
        return text
    changed: Any = copy.deepcopy(body)
    head, *rest = place
    if isinstance(head, int):
        changed = changed if isinstance(changed, list) and changed else [None]
        changed[0] = _with(changed[0], tuple(rest), text)
        return changed
    changed = changed if isinstance(changed, dict) else {}
    changed[head] = _with(changed.get(head), tuple(rest), text)
    return changed


@contextmanager
def watching(folder: Path) -> Iterator[Watch]:
    """Set up the canaries: a file, a port that notes who connects, and a resolver that knows this machine alone."""
    readable = folder / "canary"
    readable.write_text(FILE_CONTENT)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        names = Canaries(
            readable=str(readable), writable=str(folder / "written"), port=port, name="canary.broadsheet.example"
        )
        watch = Watch(canaries=names)
        thread = threading.Thread(target=_note, args=(listener, watch), daemon=True)
        thread.start()
        with _resolver(watch), patch.object(bcrypt, "checkpw", lambda *_: False):
            yield watch
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _note(listener: socket.socket, watch: Watch) -> None:
    while True:
        try:
            connection, (host, port) = listener.accept()
        except OSError:
            return
        connection.close()
        watch.knocks.append(f"{host}:{port}")


@contextmanager
def _resolver(watch: Watch) -> Iterator[None]:
    """Names lead to this machine, as they do when somebody's name server wants to be let in."""
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        watch.lookups.append(str(host))
        if str(host) == watch.canaries.name:
            return real("127.0.0.1", port, *args, **kwargs)
        return real(host, port, *args, **{**kwargs, "flags": socket.AI_NUMERICHOST})

    guard_defaults = {**(net.guard_host.__kwdefaults__ or {}), "resolve": resolve}
    with patch.object(socket, "getaddrinfo", resolve), patch.object(net.guard_host, "__kwdefaults__", guard_defaults):
        yield
