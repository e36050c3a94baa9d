"""A part is the same whether one result was taken apart or it was asked for by itself: same head, same bytes.

Definitions are drawn, the same ones each time; those that one result cannot be taken apart for are left out.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from random import Random

import pytest

from core.domain.burst_split import why_not_one
from core.domain.bursting import Burst, Combination, Pair, SplitValue
from core.domain.dataset import Dataset
from core.domain.definition import Grouping, ReportDefinition
from core.domain.field import FieldType
from core.domain.result import Result, ResultHead
from core.errors import InvalidInput
from core.query.burst_counts import count_parts
from core.query.burst_questions import BurstQuestion, ask_part, ask_whole, by_timezone
from core.query.executor import HeadFields
from core.query.splitting import Keys, Parts, split
from core.query.validate import validate_definition
from core.render import RENDERERS
from tests.oracle.datasets import facts_dataset, star_dataset
from tests.oracle.drawing import drawn
from tests.oracle.engines import _SOURCE, Engine, open_engine
from tests.oracle.tables import facts, star
from tests.query_parts import NOW

TABLES = [facts(), *star()]
#: What splits, and a few of its values, some of which no row has.
SPLITS = {
    "facts": (("country",), ("tag", "paid"), ("note", "shipped", "odd")),
    "star": (("region",), ("channel", "product"), ("severity",)),
}
DATASETS = {"facts": facts_dataset(), "star": star_dataset()}
DRAWN = 9


@pytest.fixture(scope="module", params=("duckdb", "postgresql"))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp(f"burst-{request.param}")
    with open_engine(request.param, TABLES, request, folder) as opened:
        yield opened


@pytest.mark.parametrize("name", DATASETS)
def test_both_ways_give_the_same_files(engine: Engine, tmp_path: Path, name: str) -> None:
    dataset, tried = DATASETS[name], 0
    for number, definition in enumerate(drawn(dataset, DRAWN)):
        fields = SPLITS[name][number % 3]
        asked = _grouped(definition, fields)
        if why_not_one(asked, fields) is not None or not _is_valid(asked, dataset):
            continue
        tried += 1
        question = _question(asked, fields, dataset)
        combinations = _combinations(engine, dataset, fields, Random(number))
        taken = _taken_apart(engine, question, combinations, tmp_path / str(number))
        counts = count_parts(question, engine.executor, combinations)
        for combination, result in zip(combinations, taken, strict=True):
            with ask_part(question, engine.executor, combination) as alone:
                one = replace(alone, batches=list(alone.batches))
            assert _comparable(result.head) == _comparable(one.head), asked
            assert _bytes(result) == _bytes(one), (asked, combination)
            assert counts[combination] == one.head.rows_matched
    assert tried >= 3


def _question(definition: ReportDefinition, fields: Sequence[str], dataset: Dataset) -> BurstQuestion:
    pairs = tuple(Pair(recipient_field=name, report_field=name) for name in fields)
    return BurstQuestion(
        burst=Burst(dataset_id=None, address="mail", pairs=pairs),
        definition=definition,
        parameters={},
        dataset=dataset,
        source=_SOURCE,
        head_fields=HeadFields(title="T"),
        logical_at=NOW,
        deadline_s=30,
    )


def _grouped(definition: ReportDefinition, fields: Sequence[str]) -> ReportDefinition:
    """The definition with what splits among its groupings, without what speaks of all rows."""
    plain = replace(definition, kpis=(), parameters=())
    if not definition.is_summary:
        return plain
    missing = [name for name in fields if name not in {grouping.key for grouping in definition.groupings}]
    return replace(plain, groupings=(*definition.groupings, *(Grouping(field=name) for name in missing)))


def _is_valid(definition: ReportDefinition, dataset: Dataset) -> bool:
    try:
        validate_definition(definition, dataset)
    except InvalidInput:
        return False
    return True


def _combinations(engine: Engine, dataset: Dataset, fields: Sequence[str], random: Random) -> list[Combination]:
    """Parts that overlap, one of all values, one of values that no row has, one of none, one in another timezone."""
    values = []
    for name in fields:
        found = engine.executor.values(dataset, _SOURCE, name, limit=6)
        values.append([_typed(dataset, name, value) for value, _ in found if value is not None])
    every = [tuple(row) for row in product(*values)]
    some = [tuple(random.sample(every, min(len(every), count))) for count in (1, 1, 2, 3, len(every))]
    nowhere = ("nowhere", *(row[0] for row in values[1:]))
    chosen = [*some, (nowhere,), ()]
    made = [Combination(values=tuple(sorted(rows, key=repr))) for rows in chosen]
    return list(dict.fromkeys([*made, replace(made[0], timezone="Asia/Kolkata")]))


def _typed(dataset: Dataset, name: str, value: object) -> SplitValue:
    """A value as a dataset of recipients holds it."""
    field = dataset.field(name)
    if field is not None and field.type is FieldType.DATE:
        return date.fromisoformat(str(value))
    assert isinstance(value, SplitValue)
    return value


def _taken_apart(
    engine: Engine, question: BurstQuestion, combinations: Sequence[Combination], place: Path
) -> list[Result]:
    found: dict[Combination, Result] = {}
    for number, (timezone, mine) in enumerate(by_timezone(combinations).items()):
        path = place.with_name(f"{place.name}-{number}")
        with ask_whole(question, engine.executor, mine, timezone) as whole:
            told = split(
                whole,
                Keys(mine, len(question.fields)),
                fields=question.fields,
                kept=question.kept,
                parts=len(mine),
                limit=question.bound.limit,
                place=path,
            )
        parts = Parts(path, parts=len(mine), files=told.files)
        for at, combination in enumerate(mine):
            head = question.part_head(whole.head, combination, told.rows_matched[at])
            found[combination] = Result(head=head, batches=parts.batches(at))
    return [found[combination] for combination in combinations]


def _comparable(head: ResultHead) -> ResultHead:
    return replace(head, as_of=NOW)


def _bytes(result: Result) -> list[bytes]:
    written = []
    for name in ("csv", "jsonl"):
        target = io.BytesIO()
        RENDERERS[name].render(replace(result, head=_comparable(result.head)), target)
        written.append(target.getvalue())
    return written
