"""The guide to adding things is followed to the letter: its files are loaded, its lines registered, its suites run."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from core.catalog.sources import SOURCES, open_draft
from core.clock import FixedClock
from core.db.embedded import EmbeddedPostgres
from core.deliver import CHANNELS
from core.domain.dataset import Source
from core.errors import InvalidInput
from core.render import RENDERERS
from core.settings import Settings
from tests.channel_parts import NOW, place, settings_of
from tests.contract import test_channels, test_renderers, test_sources
from tests.http_server import Asked, HttpServer, Reply
from tests.source_benches.postgresql_bench import PostgreSqlBench
from tests.source_benches.server_bench import ServerBench
from tests.source_parts import SourceBench

GUIDE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
#: Of the sources' suite what is soon over.
OF_SOURCES = (
    test_sources.test_all_types_come_back_as_they_went_in,
    test_sources.test_a_result_without_rows_has_types,
)


def block(mark: str) -> str:
    return GUIDE.split(f"<!-- {mark} -->\n```python\n")[1].split("\n```")[0]


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The file of the guide, as if it were there."""
    module = ModuleType(name)
    exec(compile(block(f"file: {name}"), name, "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def register(registry: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the guide's one line into a registry of places; its key."""
    key, target = re.fullmatch(r'\s*"(\w+)": "([\w.:]+)",', block(f"line: {name}")).groups()
    monkeypatch.setitem(registry._places, key, target)
    return key


def suite_of(module: ModuleType, argument: str) -> list[Callable[..., None]]:
    """The tests of a suite that take nothing but `argument`."""
    tests = [one for name, one in vars(module).items() if name.startswith("test_")]
    return [one for one in tests if list(inspect.signature(one).parameters) == [argument]]


def test_a_format(monkeypatch: pytest.MonkeyPatch) -> None:
    load("core.render.tsv_renderer", monkeypatch)
    key = register(RENDERERS, "core.render.RENDERERS", monkeypatch)
    monkeypatch.setitem(test_renderers.READERS, key, bytes.decode)
    monkeypatch.setattr(test_renderers, "FOR_MACHINES", {*test_renderers.FOR_MACHINES, key})
    test_renderers.test_every_format_can_be_read_back_here()
    suite = suite_of(test_renderers, "renderer")
    assert len(suite) > 8
    for test in suite:
        test(RENDERERS[key])
    test_renderers.test_row_count(RENDERERS[key], 137)


@pytest.fixture
def push(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], test_channels.Case]]:
    """Makes a fresh case of the guide's channel, each with a server that has seen nothing."""
    channel = load("core.deliver.push_channel", monkeypatch)
    (key, name) = re.fullmatch(r'\s*"(\w+)": (\w+),', block("line: core.deliver.CHANNELS")).groups()
    monkeypatch.setitem(CHANNELS, key, getattr(channel, name))
    taken: list[Asked] = []

    def arrived() -> list[test_channels.Arrived]:
        return [
            test_channels.Arrived(
                mark=asked.headers["idempotency-key"],
                files={line.split(": ")[0]: b"a,b\r\n1,2\n" for line in asked.body.decode().split("\n")[1:]},
            )
            for asked in taken
        ]

    def take(asked: Asked) -> Reply:
        taken.append(asked)
        return Reply()

    with HttpServer(take).running() as server:

        def make() -> test_channels.Case:
            taken.clear()
            server.answer = take
            return test_channels.Case(
                channel=CHANNELS[key](settings_of(tmp_path), FixedClock(NOW)),
                address="weekly-figures",
                place=place({"url": server.url}),
                arrived=arrived,
                break_it=lambda: setattr(server, "answer", lambda _asked: Reply(status=503)),
                bad=("", "a b", "a/b", *test_channels.BAD_EVERYWHERE),
            )

        yield make


def test_a_channel(push: Callable[[], test_channels.Case]) -> None:
    suite = suite_of(test_channels, "case")
    suite.remove(test_channels.test_a_file_that_changed_since_it_was_made_does_not_arrive)  # it carries none
    assert len(suite) > 5
    for test in suite:
        test(push())


class WarehouseBench(PostgreSqlBench):
    """PostgreSQL under the guide's name."""

    kind = "warehouse"

    def __init__(self, server: EmbeddedPostgres, folder: Path) -> None:
        self._server = server
        ServerBench.__init__(self, SOURCES[self.kind], port=server.port, folder=folder)


@pytest.fixture
def warehouse(monkeypatch: pytest.MonkeyPatch, postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[SourceBench]:
    load("core.catalog.sources.warehouse_source", monkeypatch)
    assert register(SOURCES, "core.catalog.sources.SOURCES", monkeypatch) == WarehouseBench.kind
    with WarehouseBench(postgres, tmp_path) as bench:
        yield bench


def test_a_source(warehouse: SourceBench) -> None:
    for test in OF_SOURCES:
        test(warehouse)
    nameless = Source(id=UUID(int=1), organization_id=UUID(int=2), name="W", kind=warehouse.kind, connection={})
    with pytest.raises(InvalidInput, match="needs a host"):
        open_draft(nameless, {}, Settings(_env_file=None))
