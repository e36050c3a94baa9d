"""Questions to a dataset under its policy: which rows, which values and which figures come back, and to whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import duckdb
import pyarrow as pa
import pytest

from core.catalog.sources.duckdb_source import DuckDbConnector
from core.clock import FixedClock
from core.domain.data_policy import Audience, DataPolicy, Traits
from core.domain.data_policy_models import dump_policy, parse_policy
from core.domain.dataset import Dataset, DatasetMeasure, Source
from core.domain.definition import Measure
from core.domain.field import Field, FieldType
from core.domain.relation import Join, JoinKey, SourceColumn, TableOrigin
from core.errors import FieldHidden, PolicyRefused
from core.query.executor import HeadFields, QueryExecutor
from core.query.policed import policed
from core.query.samples import take_sample
from core.runs.freshness import Newest, newest_row
from tests.query_parts import NOW, condition, definition, matching, orders_dataset, orders_executor, orders_source

GROUP = uuid4()
#: (country, note, items, amount, order_id, customer): 6 German, 4 French orders, one American.
ROWS = [("DE", "anna@example.com", 2, 10, number, 1) for number in range(6)]
ROWS += [("FR", "bob@example.org", 3, 20, number, 2) for number in range(6, 10)] + [("US", "x", 4, 999, 10, None)]


def traits(role: str = "viewer", *, groups: tuple[UUID, ...] = (), **attributes: tuple[str, ...]) -> Traits:
    """A person."""
    return Traits(user_id=uuid4(), role=role, groups=frozenset(groups), attributes=attributes)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The orders and their customers."""
    found = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    with duckdb.connect(str(found)) as connection:
        connection.execute(
            'CREATE TABLE orders ("at" TIMESTAMP, shipped_on DATE, country VARCHAR, "note ""x""" VARCHAR, '
            "is_paid BOOLEAN, items INTEGER, amount DECIMAL(12, 2), weight DOUBLE, order_id BIGINT, customer BIGINT)"
        )
        connection.executemany("INSERT INTO orders VALUES (NULL, DATE '2026-11-20', ?, ?, true, ?, ?, 1, ?, ?)", ROWS)
        connection.execute("CREATE TABLE customers (id BIGINT, region VARCHAR)")
        connection.execute("INSERT INTO customers VALUES (1, 'north'), (2, 'south')")
    return found


@pytest.fixture(scope="module")
def executor(path: Path) -> QueryExecutor:
    """Asks the orders; fields are hashed with a key."""
    asking = orders_executor(path)
    asking._hash_key = "a key"
    return asking


def under(policy: dict[str, Any] | DataPolicy, dataset: Dataset | None = None) -> Dataset:
    """The orders with a policy, which has gone to JSON and back."""
    parsed = parse_policy(policy) if isinstance(policy, dict) else policy
    assert parse_policy(dump_policy(parsed)) == parsed
    return replace(dataset or orders_dataset(), policy=parsed)


def of_country(attribute: str | None, *values: str, **rest: Any) -> dict[str, Any]:
    """A rule: the country is the person's, or one of `values`."""
    asked = condition("country", "is", *values) | ({"parameter": attribute} if attribute else {})
    return {"name": "Country", "filters": matching(asked), **rest}


@contextmanager
def asked(executor: QueryExecutor, path: Path, dataset: Dataset, **parts: Any) -> Iterator[Any]:
    with executor.run(
        definition(limit=None, **parts),
        dataset,
        orders_source(path),
        head_fields=HeadFields(title="Orders"),
        logical_at=NOW,
        deadline_s=30,
    ) as result:
        yield result


def rows(executor: QueryExecutor, path: Path, dataset: Dataset, **parts: Any) -> list[dict[str, Any]]:
    """What comes back."""
    with asked(executor, path, dataset, **parts) as result:
        return list(pa.Table.from_batches(list(result.batches)).to_pylist())


def countries(executor: QueryExecutor, path: Path, policy: dict[str, Any], person: Traits) -> set[str | None]:
    """The countries of the rows that `person` sees."""
    found = rows(executor, path, policed(under(policy), person), columns=["country"])
    return {row["country"] for row in found}


def test_rules_combine_as_they_say(executor: QueryExecutor, path: Path) -> None:
    own, german = of_country("country"), of_country(None, "DE")
    few = {"name": "Few", "filters": matching(condition("items", "at_least", 3), match="none")}

    def seen(*rules: dict[str, Any], person: Traits, **rest: Any) -> set[str | None]:
        return countries(executor, path, {"rows": list(rules), **rest}, person)

    assert seen(own, person=traits(country=("DE", "FR"))) == {"DE", "FR"}
    assert seen(own, person=traits()) == set()  # an attribute that is missing takes every row away
    assert seen(own, few, person=traits(country=("DE", "FR"))) == {"DE"}  # "and"
    either = [{**rule, "group": "either"} for rule in (own, german)]
    assert seen(*either, person=traits(country=("FR",))) == {"DE", "FR"}  # "or" inside of a named group
    assert seen(*either, person=traits()) == {"DE"}
    either[1] = {**either[1], "filters": matching(matching(condition("country", "is", "US"), match="any"))}
    assert seen(*either, person=traits(country=("FR",))) == {"FR", "US"}


def test_rules_are_for_whom_they_name(executor: QueryExecutor, path: Path) -> None:
    def seen(audience: dict[str, Any], person: Traits, **rest: Any) -> set[str | None]:
        rule = of_country(None, "DE", audience=audience)
        return countries(executor, path, {"rows": [rule], **rest}, person)

    group, person = str(GROUP), traits("editor", groups=(GROUP,))
    assert seen({"groups": [group]}, person) == {"DE"}
    assert seen({"roles": ["viewer"]}, person) == set()  # no rule is for them
    assert seen({"roles": ["viewer"]}, person, unmatched="all") == {"DE", "FR", "US"}
    assert seen({"people": [str(person.user_id)]}, person) == {"DE"}
    assert seen({"all_except": True, "roles": ["editor"]}, person, unmatched="all") == {"DE", "FR", "US"}
    assert seen({"all_except": True, "roles": ["editor"]}, traits(), unmatched="all") == {"DE"}


def test_a_rule_reads_numbers_and_refuses_what_is_none(executor: QueryExecutor, path: Path) -> None:
    rule = {"name": "Own", "filters": matching({"field": "order_id", "operator": "is", "parameter": "orders"})}
    dataset = under({"rows": [rule]})

    def seen(*given: str) -> int:
        return len(rows(executor, path, policed(dataset, traits(orders=given)), columns=["order_id"]))

    assert (seen("1", "7"), seen("1", "x"), seen("1 OR 1=1")) == (2, 0, 0)


def test_a_rule_may_ask_a_joined_table_and_no_fan_out(executor: QueryExecutor, path: Path) -> None:
    columns = (SourceColumn(name="id", type=FieldType.INTEGER), SourceColumn(name="region", type=FieldType.TEXT))
    table = TableOrigin(table_name="customers", columns=columns)
    join = Join(name="customer", table=table, keys=(JoinKey(left="customer", right="id"),))
    region = Field(name="region", label="Region", type=FieldType.TEXT, table="customer")
    key = Field(name="customer", label="Customer", type=FieldType.INTEGER)
    orders = orders_dataset()
    joined = replace(orders, joins=(join,), fields=(*orders.fields, region, key), row_key=("order_id",))
    rule = {"name": "Region", "filters": matching({"field": "region", "operator": "is", "parameter": "region"})}
    dataset = policed(under({"rows": [rule]}, joined), traits(region=("south",)))
    assert len(rows(executor, path, dataset, columns=["order_id"])) == 4
    total = rows(executor, path, dataset, groupings=[{"field": "region"}], measures=[{"aggregation": "count"}])
    assert total == [{"region": "south", "count": 4}]


def test_hidden_fields_do_not_exist_and_are_named_where_used(executor: QueryExecutor, path: Path) -> None:
    orders = orders_dataset()
    twice = Field(name="twice", label="Twice", type=FieldType.DECIMAL, expression="amount * 2")
    whole = under(
        {"columns": [{"fields": ["amount"], "treatment": "hidden"}]}, replace(orders, fields=(*orders.fields, twice))
    )
    dataset = policed(whole, traits())
    assert {field.name for field in whole.fields} - {field.name for field in dataset.fields} == {"amount", "twice"}
    questions: list[dict[str, Any]] = [
        {"columns": ["country", "amount"]},
        {"columns": ["twice"]},
        {"columns": ["country"], "filters": matching(condition("amount", "at_least", 1))},
        {"groupings": [{"field": "country"}], "measures": [{"expression": "sum(amount) + 1", "name": "m"}]},
    ]
    for question in questions:
        with pytest.raises(FieldHidden, match=r"Amount|Twice"):
            rows(executor, path, dataset, **question)
    with pytest.raises(FieldHidden):
        executor.values(dataset, orders_source(path), "amount")


def test_masks_replace_the_value_in_every_use(executor: QueryExecutor, path: Path) -> None:
    note = 'note "x"'

    def seen(treatment: str, **parts: Any) -> list[dict[str, Any]]:
        rule = {"fields": [note, "order_id"], "treatment": treatment}
        return rows(executor, path, policed(under({"columns": [rule]}), traits()), **parts)

    assert {row[note] for row in seen("last_4", columns=[note])} == {"****.com", "****.org", "****"}
    assert {row[note] for row in seen("domain", columns=[note])} == {"****@example.com", "****@example.org", "****"}
    assert {row["order_id"] for row in seen("fixed", columns=["order_id"])} == {"****"}
    hashed = {row[note] for row in seen("hashed", columns=[note])}
    assert len(hashed) == 3
    assert all(len(value) == 24 for value in hashed)
    # The value itself is neither found by a filter nor told apart by a group.
    exact = matching(condition(note, "is", "anna@example.com"))
    assert [seen(how, columns=[note], filters=exact) for how in ("last_4", "domain", "hashed")] == [[], [], []]
    counts = [{"aggregation": "count"}, {"aggregation": "count_distinct", "field": note}]
    grouped = seen("fixed", groupings=[{"field": note}], measures=counts)
    assert [list(row.values()) for row in grouped] == [["****", 11, 1]]


def test_the_picker_shows_what_the_person_sees(executor: QueryExecutor, path: Path) -> None:
    policy = {
        "rows": [of_country("country")],
        "columns": [{"fields": ['note "x"'], "treatment": "domain"}],
        "group_size": {"least": 5},
    }
    dataset = policed(under(policy), traits(country=("DE", "FR")))
    assert executor.values(dataset, orders_source(path), "country") == (("DE", 6),)
    assert executor.values(dataset, orders_source(path), 'note "x"', search="anna") == ()


def test_figures_of_few_rows_are_left_out(executor: QueryExecutor, path: Path) -> None:
    dataset = policed(under({"group_size": {"least": 4}}), traits())
    summed = {"groupings": [{"field": "country"}], "measures": [{"aggregation": "sum", "field": "amount"}]}
    with asked(executor, path, dataset, totals={"grand": True}, kpis=summed["measures"], **summed) as result:
        found = pa.Table.from_batches(list(result.batches)).to_pylist()
        assert [list(map(str, row.values())) for row in found] == [["DE", "60.00"], ["FR", "80.00"]]
        # The grand total less both would be the American order.
        assert (result.head.totals, result.head.kpis, result.head.rows_matched) == ((), (), 2)
        assert any("left out" in note for note in result.head.notes)
    spread = {
        "groupings": [{"field": "country"}, {"field": "items"}],
        "measures": [{"aggregation": "count"}],
        "pivot": {"groupings": ["items"], "with_totals": True},
    }
    assert "1" not in {str(value) for row in rows(executor, path, dataset, **spread) for value in row.values()}
    alone = rows(executor, path, dataset, measures=summed["measures"])
    assert [str(value) for value in alone[0].values()] == ["1139.00"]
    for refused in (
        {"columns": ["country"]},
        {"groupings": [{"field": "country"}]},
        {"groupings": [{"field": "country"}], "measures": [{"aggregation": "max", "field": "amount"}]},
    ):
        with pytest.raises(PolicyRefused):
            rows(executor, path, dataset, **refused)
    few = matching(condition("country", "is", "US"))
    headline = executor.headline(
        definition(kpis=summed["measures"], filters=few, **summed), dataset, orders_source(path), logical_at=NOW
    )
    assert [kpi.value for kpi in headline.kpis] == [None]


def test_a_figure_of_enough_rows_is_not_one_rows_value_in_disguise(executor: QueryExecutor, path: Path) -> None:
    orders = orders_dataset()
    american = Measure(expression="sum(if(country = 'US', amount, 0))", name="american")
    known = DatasetMeasure(name="american", label="American", measure=american)
    dataset = policed(under({"group_size": {"least": 4}}, replace(orders, measures=(known,))), traits())
    disguised: list[dict[str, Any]] = [
        {"aggregation": "percentile", "percent": 100, "field": "amount"},
        {"aggregation": "percentile", "percent": 0, "field": "amount"},
        {"expression": "percentile(amount, 100)", "name": "m"},
        {"expression": "sum(if(order_id = 10, amount, 0))", "name": "m"},
        {"expression": "sum(amount * (order_id - 9)) + count()", "name": "m"},
    ]
    for measure in disguised:
        with pytest.raises(PolicyRefused):
            rows(executor, path, dataset, measures=[measure])
    # Interpolated between rows, but the highest one begins to show below 100 / 5 + 1 of them.
    high = {"aggregation": "percentile", "percent": 95, "field": "amount"}
    assert rows(executor, path, dataset, measures=[high]) == [{"percentile_95__amount": None}]
    middle = [{"aggregation": "median", "field": "amount"}, {"expression": "sum(amount) / count()", "name": "m"}]
    assert None not in rows(executor, path, dataset, measures=middle)[0].values()
    # Whoever looks after the dataset may choose rows.
    assert None not in rows(executor, path, dataset, measures=[{"dataset_measure": "american"}])[0].values()


def test_the_newest_row_decides_and_is_not_told_where_rows_are_not(executor: QueryExecutor, path: Path) -> None:
    def looked(policy: dict[str, Any]) -> Newest:
        subject: Any = SimpleNamespace(
            dataset=policed(under(policy), traits()), source=orders_source(path), definition=definition(columns=["at"])
        )
        asked = {"logical_at": NOW, "deadline_s": 30, "should_stop": lambda: False}
        return newest_row(executor, subject, "shipped_on", **asked)

    told, kept = looked({}), looked({"group_size": {"least": 4}})
    assert told.reaches == kept.reaches is not None
    assert ("20 Nov" in told.words, "20" in kept.words) == (True, False)


def test_a_policy_that_nobody_applied_asks_nothing(executor: QueryExecutor, path: Path) -> None:
    dataset = under({"rows": [of_country("country")]})
    with pytest.raises(PolicyRefused):
        rows(executor, path, dataset, columns=["country"])
    with pytest.raises(PolicyRefused):
        executor.values(dataset, orders_source(path), "country")
    with pytest.raises(PolicyRefused):
        take_sample(DuckDbConnector(path, spill_dir=path.parent, clock=FixedClock(NOW)), dataset, rows=5, deadline_s=10)


def test_the_cache_knows_two_people_apart(path: Path) -> None:
    opened: list[int] = []

    def open_connector(_source: Source) -> DuckDbConnector:
        opened.append(1)
        return DuckDbConnector(path, spill_dir=path.parent / "spill", clock=FixedClock(NOW))

    executor = QueryExecutor(open_connector, FixedClock(NOW))
    whole = under({"rows": [of_country("country")], "unmatched": "all"})

    def seen(person: Traits) -> set[Any]:
        preview = executor.preview(
            definition(columns=["country"]), policed(whole, person), orders_source(path), page=1, page_size=50
        )
        return {*preview.table.column("country").to_pylist(), preview.rows_matched}

    assert seen(traits(country=("DE",))) == {"DE", 6}
    assert seen(traits(country=("FR",))) == {"FR", 4}
    assert seen(traits(country=("DE",))) == {"DE", 6}  # somebody else with the same rows shares the preview
    assert len(opened) == 2


def test_the_sql_for_people_gives_the_rows_and_is_kept_from_those_who_see_a_part(
    executor: QueryExecutor, path: Path
) -> None:
    whole = under({"rows": [of_country("country")], "unmatched": "all"})
    source = orders_source(path)
    question = definition(
        columns=["country", "amount"],
        filters=matching(condition("country", "is", "DE", "it's"), condition("amount", "at_least", 5)),
    )
    part = executor.preview(question, policed(whole, traits(country=("DE",))), source, page=1, page_size=50)
    assert part.sql is None
    seen = executor.preview(question, policed(orders_dataset(), traits()), source, page=1, page_size=50)
    assert seen.sql is not None
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute(seen.sql.in_full()).fetchall() == [
            tuple(row.values()) for row in seen.table.to_pylist()
        ]
    assert seen.rows_matched == 6


def test_everybody_is_all_except_nobody() -> None:
    assert parse_policy({"rows": [of_country(None, "DE")]}).rows[0].audience == Audience(all_except=True)
