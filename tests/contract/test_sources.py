"""Every source kind keeps the same promises: types, nulls, one state, deadlines, cancels, nothing written."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import TableClause, column, select, table

from core.catalog.sources import SOURCES
from core.catalog.sources.connector import CompiledQuery, TableDraft
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.relation import SourceColumn, TableOrigin
from core.errors import QueryFailed, QueryTimedOut, RunCancelled, SourceError, SourceUnavailable
from tests.source_parts import KINDS, SAMPLE_COLUMNS, SAMPLE_ROWS, Reference, SourceBench, bench_of

NUMBER = (SourceColumn(name="n", type=FieldType.INTEGER),)
#: What takes so long does not end by itself: far above what a busy machine needs, far below what was asked for.
HANGS_S = 30
COUNT = CompiledQuery(sql="SELECT count(*) AS c FROM numbers_of_the_suite")


@pytest.fixture(scope="module", params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourceBench]:
    with bench_of(request.param)(request, tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


@pytest.fixture
def numbers(bench: SourceBench) -> str:
    """A table of a thousand rows."""
    bench.make_table("numbers_of_the_suite", NUMBER, [(number,) for number in range(1000)])
    return "numbers_of_the_suite"


def test_every_kind_of_the_registry_is_held_to_this_suite() -> None:
    assert set(KINDS) == set(SOURCES)


def sample(bench: SourceBench) -> TableClause:
    bench.make_table("sample of the suite", SAMPLE_COLUMNS, SAMPLE_ROWS)
    return table("sample of the suite", *(column(each.name) for each in SAMPLE_COLUMNS))


def outputs(bench: SourceBench, source: TableClause) -> list[Any]:
    functions = bench.connector().functions
    return [
        functions.output(source.c[each.name], each.type, each.scale).label(f"c{place}")
        for place, each in enumerate(SAMPLE_COLUMNS)
    ]


def as_given(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.astimezone(UTC) if isinstance(value, datetime) else value for value in row)


def test_all_types_come_back_as_they_went_in(bench: SourceBench) -> None:
    source = sample(bench)
    with bench.connector().snapshot(deadline_s=30) as snapshot:
        found = snapshot.fetch(select(*outputs(bench, source)).order_by(source.c["id"]))
    kinds = [field.type for field in found.schema]
    assert pa.types.is_integer(kinds[0])
    assert pa.types.is_string(kinds[1]) or pa.types.is_large_string(kinds[1])
    assert pa.types.is_decimal(kinds[3])
    assert kinds[3].scale == 2
    assert kinds[4] == pa.float64()
    assert kinds[5] == pa.bool_() or not bench.traits.has_booleans
    assert kinds[6] == pa.date32()
    assert pa.types.is_timestamp(kinds[7])
    instants = found.column("c7").cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    found = found.set_column(7, "c7", instants)
    rows = [tuple(row.values()) for row in found.to_pylist()]
    assert rows == [as_given(row) for row in SAMPLE_ROWS]


def test_batches_of_a_stream_have_one_schema_and_the_first_is_empty(bench: SourceBench) -> None:
    # Kinds end a batch after some 65,000 rows or after 16 MB; the first one has no text at all.
    texts = [None if n < 66_000 else "x" * 1000 for n in range(80_000)]
    bench.make_table("many", SAMPLE_COLUMNS, [(n, text, *SAMPLE_ROWS[n % 6][2:]) for n, text in enumerate(texts)])
    source = table("many", *(column(each.name) for each in SAMPLE_COLUMNS))
    statement = select(*outputs(bench, source)).order_by(source.c["id"])
    with bench.connector().snapshot(deadline_s=60) as snapshot, closing(snapshot.stream(statement)) as batches:
        first = next(batches)
        rest = list(batches)
    assert first.num_rows == 0
    assert len(rest) > 1
    assert {batch.schema for batch in rest} == {first.schema}
    found = pa.Table.from_batches(rest)
    assert found.column("c0").to_pylist() == list(range(80_000))
    assert found.column("c1").to_pylist() == texts


def test_a_result_without_rows_has_types(bench: SourceBench) -> None:
    source = sample(bench)
    with bench.connector().snapshot(deadline_s=30) as snapshot:
        full = snapshot.fetch(select(*outputs(bench, source)))
        none = snapshot.fetch(select(*outputs(bench, source)).where(source.c["id"] < 0))
    assert none.num_rows == 0
    assert none.schema == full.schema


@pytest.mark.parametrize("text", [row[1] for row in SAMPLE_ROWS if row[1]])
def test_values_are_bound_whatever_they_hold(bench: SourceBench, text: str) -> None:
    source = sample(bench)
    functions = bench.connector().functions
    with bench.connector().snapshot(deadline_s=30) as snapshot:
        found = snapshot.fetch(
            select(source.c["id"].label("id"), functions.literal(text, FieldType.TEXT).label("t")).where(
                functions.text(source.c['note "x"']) == text
            )
        )
    assert [(row["t"]) for row in found.to_pylist()] == [text]


def test_all_queries_of_a_snapshot_see_one_state(bench: SourceBench, numbers: str) -> None:
    connector = bench.connector()
    with connector.snapshot(deadline_s=30) as snapshot:
        assert snapshot.fetch(COUNT).column(0).to_pylist() == [1000]
        if not bench.traits.writable_while_open:
            return
        bench.insert(numbers, [(5000,)])
        again = snapshot.fetch(COUNT).column(0).to_pylist()
        assert again == ([1000] if connector.has_snapshot else [1001])
    with connector.snapshot(deadline_s=30) as snapshot:
        assert snapshot.fetch(COUNT).column(0).to_pylist() == [1001]


def test_a_query_past_the_deadline_ends_at_the_server(bench: SourceBench, numbers: str) -> None:
    began = time.monotonic()
    with bench.connector().snapshot(deadline_s=0.5) as snapshot:
        with pytest.raises(QueryTimedOut, match=r"within 0\.5 seconds"):
            snapshot.fetch(CompiledQuery(sql=bench.traits.endless))
        with pytest.raises(QueryTimedOut):
            snapshot.fetch(COUNT)
    assert time.monotonic() - began < HANGS_S
    nothing_runs(bench)


def test_a_stream_past_the_deadline_ends(bench: SourceBench, numbers: str) -> None:
    with (
        bench.connector().snapshot(deadline_s=0.5) as snapshot,
        pytest.raises(QueryTimedOut),
        closing(snapshot.stream(CompiledQuery(sql=bench.traits.endless_rows))) as batches,
    ):
        for _batch in batches:
            pass
    nothing_runs(bench)


def test_another_thread_cancels_and_the_server_stops(bench: SourceBench, numbers: str) -> None:
    connector = bench.connector()
    with connector.snapshot(deadline_s=60) as snapshot:
        canceller = threading.Thread(target=lambda: (until(lambda: runs(bench)), snapshot.cancel()))
        canceller.start()
        with pytest.raises(RunCancelled):
            snapshot.fetch(CompiledQuery(sql=bench.traits.endless))
        canceller.join()
        with pytest.raises(RunCancelled):
            snapshot.fetch(COUNT)
    nothing_runs(bench)
    with connector.snapshot(deadline_s=30) as snapshot:
        assert snapshot.fetch(COUNT).column(0).to_pylist() == [1000]


def test_a_stream_left_early_stops_and_the_snapshot_goes_on(bench: SourceBench, numbers: str) -> None:
    connector = bench.connector()
    for _ in range(2):
        with connector.snapshot(deadline_s=60) as snapshot:
            began = time.monotonic()
            with closing(snapshot.stream(CompiledQuery(sql=bench.traits.endless_rows))) as batches:
                next(batches)
                assert next(batches).num_rows > 0
            assert snapshot.fetch(COUNT).column(0).to_pylist() == [1000]
            assert time.monotonic() - began < HANGS_S
    nothing_runs(bench)


def test_nothing_can_be_written(bench: SourceBench) -> None:
    bench.make_table("target", NUMBER, [(7,)])  # once: after each statement it is as it was
    for sql in bench.traits.writes:
        with bench.connector().snapshot(deadline_s=30) as snapshot, pytest.raises(SourceError):
            snapshot.fetch(CompiledQuery(sql=sql))
        with bench.connector().snapshot(deadline_s=30) as snapshot:
            found = snapshot.fetch(CompiledQuery(sql="SELECT n FROM target"))
        assert found.column(0).to_pylist() == [7], sql


def test_a_table_that_is_gone_is_said_to_be_and_the_values_are_not_told(bench: SourceBench, numbers: str) -> None:
    with bench.connector().snapshot(deadline_s=30) as snapshot, pytest.raises(QueryFailed) as caught:
        snapshot.fetch(CompiledQuery(sql="SELECT 'top secret' FROM gone"))
    assert "no such table or column" in caught.value.user_message
    assert "secret" not in caught.value.user_message


def test_a_sum_past_64_bits_is_an_error(bench: SourceBench) -> None:
    bench.make_table("large", NUMBER, [(2**62,), (2**62,), (1,)])
    functions = bench.connector().functions
    source = table("large", column("n"))
    total = functions.aggregate(Aggregation.SUM, source.c.n, FieldType.INTEGER)
    with bench.connector().snapshot(deadline_s=30) as snapshot, pytest.raises(QueryFailed, match="64 bits"):
        snapshot.fetch(select(functions.output(total, FieldType.INTEGER, None).label("s")))


def test_introspection_knows_types_names_keys_and_comments(bench: SourceBench) -> None:
    traits = bench.traits
    bench.make_table(
        "parent", [SourceColumn(name="parent_id", type=FieldType.INTEGER)], [(1,), (2,)], primary_key=("parent_id",)
    )
    bench.make_table(
        "child of",
        [SourceColumn(name="parent_id", type=FieldType.INTEGER), *SAMPLE_COLUMNS],
        [(1, *SAMPLE_ROWS[0])],
        primary_key=("id",),
        references=[Reference(columns=("parent_id",), table="parent", target_columns=("parent_id",))],
        comment="Children, with 'quotes'",
        comments={"amount": "Net of VAT"},
    )
    drafts = {draft.table_name: draft for draft in bench.connector().introspect()}
    child = drafts["child of"]
    assert child.schema_name is None
    kinds = {field.name: field.type for field in child.fields}
    expected = {each.name: each.type for each in SAMPLE_COLUMNS}
    assert kinds == {"parent_id": FieldType.INTEGER, **expected} or not traits.has_booleans
    fields = {field.name: field for field in child.fields}
    assert fields["amount"].scale == 2
    assert fields["weight"].scale is None
    assert fields["parent_id"].label == "Parent ID"
    if traits.keeps_keys:
        assert child.primary_key == ("id",)
        (key,) = child.foreign_keys
        assert (key.columns, key.schema_name, key.table_name) == (("parent_id",), None, "parent")
        assert key.target_columns == ("parent_id",)
    if traits.keeps_comments:
        assert child.description == "Children, with 'quotes'"
        assert fields["amount"].description == "Net of VAT"
    if traits.counts_estimates:
        assert drafts["parent"].row_estimate == 2


def test_one_table_can_be_introspected_alone(bench: SourceBench, numbers: str) -> None:
    found: tuple[TableDraft, ...] = bench.connector().introspect(TableOrigin(table_name=numbers))
    assert [draft.table_name for draft in found] == [numbers]
    assert bench.connector().introspect(TableOrigin(table_name="no such table")) == ()


def test_a_source_that_works_passes_its_test(bench: SourceBench, numbers: str) -> None:
    bench.connector().test()


def test_what_is_wrong_with_a_source_is_said_in_plain_words(bench: SourceBench, numbers: str) -> None:
    for fault in bench.faults():
        with pytest.raises(SourceUnavailable) as caught:
            fault.connector.test()
        assert re.search(fault.message, caught.value.user_message), (fault.name, caught.value.user_message)


def runs(bench: SourceBench) -> bool:
    return bench.running() != 0


def nothing_runs(bench: SourceBench) -> None:
    until(lambda: not bench.running())


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANGS_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
