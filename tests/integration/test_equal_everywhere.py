"""One definition gives equal results on PostgreSQL, DuckDB, ClickHouse and MariaDB: those that an oracle works out.

The definitions are drawn, the same ones each time. `python -m bench.oracle_bench 20000` draws more of them and makes
those that differ small. What was wrong once is in EXAMPLES.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.definition_json import dump_definition, parse_definition
from tests.oracle.answer import Oracle
from tests.oracle.comparing import is_same
from tests.oracle.datasets import facts_dataset, required_dataset, star_dataset
from tests.oracle.drawing import drawn
from tests.oracle.engines import KINDS, Engine, open_engine
from tests.oracle.fan_out_examples import FAN_OUT_EXAMPLES
from tests.oracle.order import Undecided
from tests.oracle.tables import facts, plain_tables, star
from tests.oracle.trial import Verdict, smallest, try_definition
from tests.query_parts import NOW, condition, matching

TABLES = [facts(), *star()]
DATASETS = {dataset.name: dataset for dataset in (facts_dataset(), star_dataset(), required_dataset())}
ORACLES = {
    name: Oracle(dataset=dataset, tables=plain_tables(TABLES), logical_at=NOW, joined={})
    for name, dataset in DATASETS.items()
}
#: How many definitions each dataset is asked; more than 500 in all.
COUNTS = {"facts": 220, "star": 230, "required": 60}
#: As many may hang on the last bits of doubles, which engines may round differently.
MOST_UNDECIDED = 0.1
COUNT = {"aggregation": "count"}
THIS_YEAR = {"kind": "this", "unit": "year"}


@pytest.fixture(scope="module", params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    with open_engine(request.param, TABLES, request, folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def definitions() -> dict[str, list[ReportDefinition]]:
    return {name: drawn(DATASETS[name], count) for name, count in COUNTS.items()}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", DATASETS)
def test_drawn_definitions_are_answered_as_the_oracle_does(
    engine: Engine, definitions: dict[str, list[ReportDefinition]], name: str
) -> None:
    verdicts: Counter[Verdict] = Counter()
    for definition in definitions[name]:
        verdict = verdict_on(definition, DATASETS[name], engine)
        verdicts[verdict] += 1
    assert verdicts[Verdict.UNDECIDED] <= MOST_UNDECIDED * verdicts.total()


def verdict_on(definition: ReportDefinition, dataset: Dataset, engine: Engine) -> Verdict:
    """Fails with the smallest definition that differs."""
    oracle = ORACLES[dataset.name]
    trial = try_definition(definition, dataset, oracle, engine)
    if trial.verdict is Verdict.DIFFERENT:
        small = smallest(definition, dataset, oracle, engine)
        words = try_definition(small, dataset, oracle, engine).words
        content = {key: value for key, value in dump_definition(small).items() if value not in (None, [], {})}
        pytest.fail(f"{engine.kind}, {dataset.name}: {words}\n{content}")
    return trial.verdict


def test_there_are_enough_definitions_and_they_are_of_every_sort(
    definitions: dict[str, list[ReportDefinition]],
) -> None:
    every = [definition for some in definitions.values() for definition in some]
    assert len(every) >= 500
    sorts: Counter[str] = Counter()
    for each in every:
        sorts["rows"] += not each.is_summary
        sorts["compared"] += any(calculation.kind.compares for calculation in each.calculations)
        sorts["others"] += each.top is not None and each.top.with_others
        for part in ("period", "top", "pivot", "kpis", "calculations"):
            sorts[part] += bool(getattr(each, part))
        sorts["totals"] += each.totals.grand or bool(each.totals.subtotals)
        sorts["filters of the result"] += bool(each.result_filters.items)
    assert min(sorts.values()) >= 5, sorts


#: Definitions that were answered wrongly once, or that are seldom drawn.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "a grand total of one group that a filter keeps": (
        "facts",
        {"measures": [COUNT], "totals": {"grand": True}, "result_filters": matching(condition("count", "greater", 1))},
    ),
    "a grand total of a report sorted by a measure that a filter keeps": (
        "star",
        {
            "measures": [{"name": "m0", "expression": "count_distinct(credit) + 1"}],
            "totals": {"grand": True},
            "result_filters": matching(condition("m0", "greater", 1)),
            "sort": [{"key": "m0"}],
        },
    ),
    "an expression of a grouping has no total": (
        "facts",
        {
            "groupings": [{"field": "items"}],
            "measures": [COUNT],
            "calculations": [{"name": "twice", "kind": "expression", "expression": "items * 2"}],
            "totals": {"grand": True},
        },
    ),
    "an expression of a grouping that a pivot spreads has no total": (
        "facts",
        {
            "groupings": [{"field": "items"}, {"field": "paid"}],
            "measures": [COUNT],
            "calculations": [{"name": "twice", "kind": "expression", "expression": "items * 2"}],
            "pivot": {"groupings": ["items"], "with_totals": True},
        },
    ),
    "a pivot has columns of what only the span before has": (
        "facts",
        {
            "groupings": [{"field": "country"}, {"field": "paid"}],
            "measures": [COUNT],
            "calculations": [{"name": "before", "kind": "previous", "of": "count"}],
            "period": {"field": "at", "window": {"kind": "last", "n": 1, "unit": "week"}},
            "pivot": {"groupings": ["country"]},
        },
    ),
    "groups with subtotals stay together beside a pivot": (
        "facts",
        {
            "groupings": [{"field": "paid"}, {"field": "country"}, {"field": "items"}],
            "measures": [COUNT],
            "pivot": {"groupings": ["paid"]},
            "totals": {"subtotals": 1},
            "sort": [{"key": "items", "descending": True}],
        },
    ),
    "rows sorted by a measure": (
        "facts",
        {
            "groupings": [{"field": "note"}],
            "measures": [{"aggregation": "max", "field": "at"}],
            "sort": [{"key": "max__at", "descending": True}],
        },
    ),
    "top values by an expression": (
        "facts",
        {
            "groupings": [{"field": "country"}, {"field": "big"}],
            "measures": [{"name": "m", "expression": "sum(if(odd > 0, odd, 0))"}],
            "top": {"n": 4, "by": "m"},
        },
    ),
    "others beside the top values": (
        "facts",
        {
            "groupings": [{"field": "country"}, {"field": "paid"}],
            "measures": [COUNT, {"aggregation": "sum", "field": "amount"}],
            "top": {"n": 3, "by": "count", "with_others": True},
            "totals": {"grand": True, "subtotals": 1},
        },
    ),
    "rounded sums and averages": (
        "facts",
        {
            "groupings": [{"field": "country"}],
            "measures": [
                {"name": "a", "expression": "round(sum(amount), 1)"},
                {"name": "b", "expression": "round(average(amount), 1)"},
                {"name": "c", "expression": "round(max(each), 0)"},
            ],
        },
    ),
    "several numbers of a floating field": (
        "facts",
        {"columns": ["id", "each"], "filters": matching(condition("each", "is", 7, -1.5, 0))},
    ),
    "a zero has no sign": (
        "facts",
        {
            "groupings": [{"field": "paid"}],
            "measures": [{"aggregation": "count_distinct", "field": "each"}, {"aggregation": "sum", "field": "each"}],
        },
    ),
    "rows told apart by a text key": (
        "star",
        {"measures": [{"aggregation": "sum", "field": "list_price"}, {"aggregation": "average", "field": "grams"}]},
    ),
    "computed days are those of the report's zone": (
        "facts",
        {
            "groupings": [{"field": "local_day", "grain": "month"}, {"field": "hour"}],
            "measures": [COUNT],
            "timezone": "America/New_York",
        },
    ),
    "days computed of instants twice": (
        "facts",
        {
            "measures": [{"name": "spread", "expression": "max(wait) - min(wait)"}],
            "timezone": "America/New_York",
        },
    ),
    "a day that a zone skipped": (
        "facts",
        {
            "columns": ["id", "at"],
            "filters": matching(condition("at", "between", "2011-12-29", "2011-12-30")),
            "timezone": "Pacific/Apia",
        },
    ),
    "a 29 February compared with a year before": (
        "facts",
        {
            "groupings": [{"field": "shipped", "grain": "day"}],
            "measures": [COUNT],
            "calculations": [{"name": "before", "kind": "previous", "of": "count", "against": "previous_year"}],
            "period": {
                "field": "shipped",
                "window": {"kind": "between", "first_on": "2024-02-29", "last_on": "2026-02-28"},
            },
        },
    ),
    "a rank beside a running total within parts and a share of everything": (
        "facts",
        {
            "groupings": [{"field": "country"}, {"field": "at", "grain": "month"}],
            "measures": [{"aggregation": "sum", "field": "amount"}],
            "calculations": [
                {"name": "so far", "kind": "running_total", "of": "sum__amount", "within": ["country"]},
                {"name": "share", "kind": "share", "of": "sum__amount"},
                {"name": "rank", "kind": "rank", "of": "sum__amount"},
            ],
            "sort": [{"key": "country"}, {"key": "at__month"}],
        },
    ),
    "a running total of whole numbers that doubles do not hold": (
        "facts",
        {
            "groupings": [{"field": "country"}],
            "measures": [{"name": "large", "expression": "sum(if([big] > 0, [big], 0))"}],
            "calculations": [{"name": "so far", "kind": "running_total", "of": "large"}],
        },
    ),
    "shares, ranks and running totals with every sort of total": (
        "facts",
        {
            "groupings": [{"field": "country"}, {"field": "at", "grain": "quarter"}],
            "measures": [{"aggregation": "sum", "field": "amount"}],
            "calculations": [
                {"name": "share", "kind": "share", "of": "sum__amount", "within": ["country"]},
                {"name": "rank", "kind": "rank", "of": "sum__amount"},
                {"name": "so far", "kind": "running_total", "of": "sum__amount"},
                {"name": "change", "kind": "change_percent", "of": "sum__amount", "against": "previous_year"},
            ],
            "period": {"field": "at", "window": THIS_YEAR},
            "totals": {"grand": True, "subtotals": 1},
            "sort": [{"key": "sum__amount", "descending": True}],
            "timezone": "Australia/Lord_Howe",
            "calendar": {"week_start": 7, "fiscal_year_start": 4},
        },
    ),
    **FAN_OUT_EXAMPLES,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_answered_as_the_oracle_does(engine: Engine, name: str) -> None:
    dataset_name, parts = EXAMPLES[name]
    dataset = DATASETS[dataset_name]
    asked = parse_definition({"dataset_id": str(dataset.id), "limit": None, **parts})
    assert verdict_on(asked, dataset, engine) is Verdict.SAME


def test_a_page_of_a_preview_is_a_part_of_the_whole(
    engine: Engine, definitions: dict[str, list[ReportDefinition]]
) -> None:
    dataset, oracle = DATASETS["star"], ORACLES["star"]
    pages = 0
    for definition in definitions["star"][:60]:
        if definition.pivot:
            continue
        try:
            answer = oracle.answer(definition, numbers_rows=engine.numbers_rows)
        except Undecided:
            continue
        preview = engine.preview(definition, dataset, page=2, page_size=3)
        found = [list(row.values()) for row in preview.table.to_pylist()]
        assert [
            [is_same(*pair) for pair in zip(*rows, strict=True)] for rows in zip(found, answer.rows[3:6], strict=True)
        ] == [[True] * len(answer.keys) for _ in found]
        pages += bool(found)
    assert pages > 10
