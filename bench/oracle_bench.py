"""Many definitions on every engine against the oracle: counts, and the first that differ, made as small as they get.

python -m bench.oracle_bench [definitions] [seed]
"""

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from core.db.embedded import start_embedded
from core.domain.definition_json import dump_definition
from tests.mariadb_server import mariadb_server
from tests.oracle.answer import Oracle
from tests.oracle.datasets import facts_dataset, required_dataset, star_dataset
from tests.oracle.drawing import drawn
from tests.oracle.engines import KINDS, Engine, open_engine
from tests.oracle.tables import facts, plain_tables, star
from tests.oracle.trial import Verdict, smallest, try_definition
from tests.source_parts import NOW

_SHOWN = 5
_BATCH = 500


class _Servers:
    """The servers under the names that the tests have for them; started when they are asked for."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def getfixturevalue(self, name: str) -> Any:
        if name == "mariadb":
            return self._stack.enter_context(mariadb_server())
        folder = Path(tempfile.mkdtemp(prefix="bs-"))
        self._stack.callback(shutil.rmtree, folder)
        server = start_embedded(folder)
        self._stack.callback(server.stop)
        return server


def main(count: int, seed: int) -> None:
    """Ask `count` definitions in all of each engine, a third of each dataset."""
    tables = [facts(), *star()]
    plain = plain_tables(tables)
    datasets = (facts_dataset(), star_dataset(), required_dataset())
    oracles = [Oracle(dataset=each, tables=plain, logical_at=NOW, joined={}) for each in datasets]
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    shown: Counter[str] = Counter()
    with ExitStack() as stack:
        servers = _Servers(stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oracle-bench-")))
        engines = []
        for kind in KINDS:
            (folder / kind).mkdir()
            engines.append(stack.enter_context(open_engine(kind, tables, servers, folder / kind)))
        for batch in range(0, count, _BATCH * len(oracles)):
            for oracle in oracles:
                _ask_batch(oracle, engines, counts, shown, seed=seed + batch, count=min(_BATCH, count // len(oracles)))
            print(batch + _BATCH * len(oracles), {kind: dict(found) for kind, found in counts.items()}, flush=True)


def _ask_batch(
    oracle: Oracle,
    engines: list[Engine],
    counts: dict[str, Counter[str]],
    shown: Counter[str],
    *,
    seed: int,
    count: int,
) -> None:
    dataset = oracle.dataset
    for definition in drawn(dataset, count, seed=seed):
        for engine in engines:
            trial = try_definition(definition, dataset, oracle, engine)
            counts[engine.kind][trial.verdict] += 1
            if trial.verdict is Verdict.DIFFERENT and shown[engine.kind] < _SHOWN:
                shown[engine.kind] += 1
                small = smallest(definition, dataset, oracle, engine)
                words = try_definition(small, dataset, oracle, engine).words
                content = {key: value for key, value in dump_definition(small).items() if value not in (None, [], {})}
                print(
                    f"{engine.kind}, {dataset.name}: {words}\n  {json.dumps(content, ensure_ascii=False)}", flush=True
                )


if __name__ == "__main__":
    began = time.perf_counter()
    given = [int(each) for each in sys.argv[1:]]
    main(given[0] if given else 3_000, given[1] if len(given) > 1 else 0)
    print(f"{time.perf_counter() - began:.0f} s")
