"""Relations run on DuckDB: every join and step against the answer that pandas or plain Python works out."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import pytest
from sqlalchemy import func, select

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, DateWindow, FilterGroup, Match, Operator, WindowKind
from core.domain.relation import (
    BucketStep,
    CastStep,
    ComputeStep,
    FillStep,
    FilterStep,
    JoinKey,
    LookUpStep,
    MapStep,
    PivotStep,
    RenameStep,
    SourceColumn,
    SplitStep,
    SqlOrigin,
    Step,
    TableOrigin,
    UnionStep,
    Unmapped,
    UnpivotStep,
)
from core.query.relation import build_relation, columns_after
from tests.relation_parts import (
    FUNCTIONS,
    columns,
    customers_dataset,
    dataset,
    frame,
    in_order,
    join,
    lines_dataset,
    named,
    run,
    shop,
    statement_of,
    table,
)

Rows = list[tuple[Any, ...]]
#: What DuckDB hands over: naive, in UTC.
NOON_OF_2000 = datetime.fromisoformat("2000-01-01T10:00:00")
MAY = datetime.fromisoformat("2026-05-05T00:00:00")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with shop() as opened:
        yield opened


def in_pandas(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Order lines with everything they belong to, joined by pandas; empty keys meet nothing, as in SQL."""
    found = frame(connection, "order_lines")
    for name, key in (
        ("orders", "order_id"),
        ("customers", "customer_id"),
        ("regions", "region_id"),
        ("products", "sku"),
    ):
        other = frame(connection, name)
        found = found.merge(other[other[key].notna()], on=key, how="left", suffixes=("", f"_{name}"))
    return found


def test_a_star_of_five_tables_joins_as_pandas_does(connection: duckdb.DuckDBPyConnection) -> None:
    names = ("line_id", "orders.shipping", "customers.full name", "regions.region", "products.product")
    expected = in_pandas(connection)[["line_id", "shipping", "full name", "region", "product"]]
    assert run(connection, statement_of(lines_dataset(), *names)) == in_order(expected.to_numpy().tolist())


def test_a_line_comes_once_whatever_is_joined_to_it(connection: duckdb.DuckDBPyConnection) -> None:
    subject = lines_dataset()
    for name in ("line_id", "regions.region", "products.price"):
        assert len(run(connection, statement_of(subject, name))) == 11


def deduplicated_sum(connection: duckdb.DuckDBPyConnection, subject: Dataset, measure: str, by: str) -> Rows:
    """The sum of a measure of a relation that others multiply, each of its rows counted once in each group."""
    relation = build_relation(subject, FUNCTIONS, used=(measure, by))
    owner = relation.owner_of(measure)
    assert relation.multiplies(owner)
    group = named(relation.column(by), "by")
    number = func.row_number().over(partition_by=[relation.column(by), *relation.row_key(owner)])
    inner = select(group, named(relation.column(measure), "measure"), named(number, "number"))
    rows = inner.select_from(relation.source).subquery("inner")
    statement = select(rows.c["by"], func.sum(rows.c["measure"])).where(rows.c["number"] == 1).group_by(rows.c["by"])
    return run(connection, statement)


def test_the_shipping_of_an_order_counts_once_for_each_product(connection: duckdb.DuckDBPyConnection) -> None:
    lines = in_pandas(connection)
    once = lines.drop_duplicates(["product", "order_id"])
    expected = once.groupby("product", dropna=False)["shipping"].apply(lambda group: group.dropna().sum() or None)
    found = deduplicated_sum(connection, lines_dataset(), "orders.shipping", "products.product")
    assert found == in_order(list(expected.items()))


def test_two_branches_do_not_multiply_each_others_measures(connection: duckdb.DuckDBPyConnection) -> None:
    """The chasm trap: customers with orders and visits; visits by the month of an order count once for each."""
    subject = customers_dataset()
    customers, orders, visits = (frame(connection, name) for name in ("customers", "orders", "visits"))
    joined = customers.merge(orders[orders["customer_id"].notna()], on="customer_id", how="left")
    joined = joined.merge(visits, on="customer_id", how="left").drop_duplicates(["order_id", "visit_id"])
    expected = joined.groupby("order_id", dropna=False)["seconds"].apply(lambda group: group.dropna().sum() or None)
    assert deduplicated_sum(connection, subject, "visits.seconds", "orders.order_id") == in_order(
        list(expected.items())
    )


def test_credit_is_not_multiplied_by_orders_and_their_lines(connection: duckdb.DuckDBPyConnection) -> None:
    customers = frame(connection, "customers").merge(frame(connection, "regions"), on="region_id", how="left")
    expected = customers.groupby("region", dropna=False)["credit"].apply(lambda group: group.dropna().sum() or None)
    relation_fields = ("credit", "regions.region", "order_lines.quantity")
    subject = customers_dataset()
    relation = build_relation(subject, FUNCTIONS, used=relation_fields)
    number = func.row_number().over(partition_by=[relation.column("regions.region"), *relation.row_key(None)])
    inner = select(
        named(relation.column("regions.region"), "by"), named(relation.column("credit"), "measure"), named(number, "n")
    ).select_from(relation.source)
    rows = inner.subquery("inner")
    found = run(connection, select(rows.c["by"], func.sum(rows.c["measure"])).where(rows.c["n"] == 1).group_by("by"))
    assert found == in_order(list(expected.items()))


def test_a_required_join_leaves_rows_without_a_partner_out(connection: duckdb.DuckDBPyConnection) -> None:
    subject = dataset(table("order_lines"), join("orders", "order_id", is_required=True))
    assert len(run(connection, statement_of(subject, "line_id"))) == 10


def test_an_empty_key_meets_no_empty_key_and_texts_heed_case(connection: duckdb.DuckDBPyConnection) -> None:
    found = dict(run(connection, statement_of(lines_dataset(), "line_id", "products.product")))
    assert (found[1], found[2], found[3], found[6]) == ("Apple", "Avocado", "Nameless", None)


def test_an_expression_field_reads_across_joins(connection: duckdb.DuckDBPyConnection) -> None:
    base = lines_dataset()
    amount = Field(
        name="amount", label="Amount", type=FieldType.DECIMAL, expression="quantity * [products.price]", scale=2
    )
    double = Field(name="double", label="Double", type=FieldType.DECIMAL, expression="amount * 2")
    subject = dataset(base.origin, *base.joins, fields=(*base.fields, amount, double))
    found = dict(run(connection, statement_of(subject, "line_id", "double")))
    assert found[1] == Decimal("4.40")
    assert found[3] is None


# --- steps ---------------------------------------------------------------------------------------------------------

ODD = "id:i word:t amount:d2 weight:d is_new:b day:D at:T"


@pytest.fixture
def odd(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute(
        """
        CREATE TABLE odd (id INTEGER, word VARCHAR, amount DECIMAL(12, 2), weight DOUBLE, is_new BOOLEAN, "day" DATE,
                          "at" TIMESTAMP);
        INSERT INTO odd VALUES
          (1, 'a-b-c', 10.00, 0.5, true, '2026-01-31', '2026-01-31 23:30:00'),
          (2, '', 100.00, 10, false, '2024-02-29', '2024-02-29 00:00:00'),
          (3, NULL, NULL, NULL, NULL, NULL, NULL),
          (4, 'A', -0.01, 99.99, true, '1969-12-31', '1969-12-31 23:59:59.999999'),
          (5, 'it''s 100%_\\', 9.99, 100, false, '2026-11-23', '2026-11-23 14:30:00'),
          (6, '12.50', 99.99, -1e300, NULL, '2026-11-23', '2026-11-23 14:30:00'),
          (7, '--', 0.00, 'nan', true, '9999-12-31', '9999-12-31 00:00:00');
        """
    )
    return connection


def after(
    connection: duckdb.DuckDBPyConnection, *steps: Step, show: Sequence[str] = (), origin: str = "odd", words: str = ODD
) -> Rows:
    """The rows after steps, with the columns `show`; with all of them by default."""
    bare = dataset(table(origin, words), steps=steps, fields=())
    made = columns_after(bare)
    fields = [Field(name=column.name, label=column.name, type=column.type, scale=column.scale) for column in made]
    return run(connection, statement_of(dataset(bare.origin, steps=steps, fields=fields), *show))


def test_a_cast_reads_what_it_can_and_leaves_the_rest_empty(odd: duckdb.DuckDBPyConnection) -> None:
    found = after(odd, CastStep(column="word", type=FieldType.DECIMAL), show=("id", "word"))
    assert found == [(1, None), (2, None), (3, None), (4, None), (5, None), (6, 12.5), (7, None)]


def test_whole_numbers_stay_exact_when_they_become_numbers(odd: duckdb.DuckDBPyConnection) -> None:
    found = after(odd, CastStep(column="id", type=FieldType.DECIMAL), show=("id",))
    assert found == [(Decimal(number),) for number in range(1, 8)]


def test_casts_go_to_text_and_to_days(odd: duckdb.DuckDBPyConnection) -> None:
    steps = (
        CastStep(column="amount", type=FieldType.TEXT),
        CastStep(column="is_new", type=FieldType.TEXT),
        CastStep(column="at", type=FieldType.DATE),
    )
    found = after(odd, *steps, show=("id", "amount", "is_new", "at"))
    assert found[0] == (1, "10", "true", date(2026, 1, 31))
    assert found[2] == (3, None, None, None)


def test_a_renamed_column_keeps_its_values_and_its_place(odd: duckdb.DuckDBPyConnection) -> None:
    step = RenameStep(column="word", into='the "word"')
    assert [column.name for column in columns_after(dataset(table("odd", ODD), steps=(step,)))][1] == 'the "word"'
    assert after(odd, step, show=("id", 'the "word"'))[0] == (1, "a-b-c")


def test_columns_trade_names(odd: duckdb.DuckDBPyConnection) -> None:
    steps = (
        RenameStep(column="id", into="x"),
        RenameStep(column="weight", into="id"),
        RenameStep(column="x", into="weight"),
    )
    assert (0.5, 1) in after(odd, *steps, show=("id", "weight"))


@pytest.mark.parametrize(
    ("unmapped", "expected"),
    [
        (Unmapped.KEEP, ["one", "nothing", None, "A", "it's 100%_\\", "12.50", "--"]),
        (Unmapped.EMPTY, ["one", "nothing", None, None, None, None, None]),
        (Unmapped.OTHER, ["one", "nothing", None, "else", "else", "else", "else"]),
    ],
)
def test_a_mapping_says_what_becomes_of_the_rest(
    odd: duckdb.DuckDBPyConnection, unmapped: Unmapped, expected: list[str | None]
) -> None:
    values = (("a-b-c", "one"), ("", "nothing"), ("a", "wrong case"))
    step = MapStep(column="word", into="word", values=values, unmapped=unmapped, other="else")
    assert [word for _, word in after(odd, step, show=("id", "word"))] == expected


def test_numbers_days_and_flags_map_to_texts(odd: duckdb.DuckDBPyConnection) -> None:
    steps = (
        MapStep(column="amount", into="amount_word", values=((10, "ten"), (9.99, "almost"))),
        MapStep(column="is_new", into="newness", values=((True, "new"), (False, "old"))),
        MapStep(column="day", into="day_word", values=(("2024-02-29", "leap"),), unmapped=Unmapped.EMPTY),
    )
    found = after(odd, *steps, show=("id", "amount_word", "newness", "day_word"))
    assert found[:5] == [
        (1, "ten", "new", None),
        (2, "100", "old", "leap"),
        (3, None, None, None),
        (4, "-0.01", "new", None),
        (5, "almost", "old", None),
    ]


def test_a_bound_belongs_to_the_range_above_it(odd: duckdb.DuckDBPyConnection) -> None:
    steps = (
        BucketStep(column="amount", into="size", bounds=(0, 10, 99.99)),
        BucketStep(column="weight", into="heft", bounds=(10, 100), labels=("light", "fair", "heavy")),
    )
    found = after(odd, *steps, show=("id", "size", "heft"))
    assert [row[1] for row in found] == [
        "10 to under 99.99",
        "99.99 and over",
        None,
        "under 0",
        "0 to under 10",
        "99.99 and over",
        "0 to under 10",
    ]
    assert [row[2] for row in found][:6] == ["light", "fair", None, "fair", "heavy", "light"]


def test_a_text_is_cut_at_its_separator(odd: duckdb.DuckDBPyConnection) -> None:
    found = after(
        odd, SplitStep(column="word", separator="-", into=("p1", "p2", "p3", "p4")), show=("id", "p1", "p2", "p3", "p4")
    )
    assert found[0] == (1, "a", "b", "c", None)
    assert found[2] == (3, None, None, None, None)
    assert found[3] == (4, "A", None, None, None)
    assert found[6] == (7, "", "", "", None)


def test_empty_values_are_filled_and_an_empty_text_is_one(odd: duckdb.DuckDBPyConnection) -> None:
    steps = (
        FillStep(column="word", value="?"),
        FillStep(column="amount", value=0.125),
        FillStep(column="day", value="2000-01-01"),
        FillStep(column="at", value="2000-01-01T12:00:00+02:00"),
        FillStep(column="is_new", value=False),
    )
    found = after(odd, *steps, show=("id", "word", "amount", "day", "at", "is_new"))
    assert found[1][1] == "?"
    assert found[2] == (3, "?", Decimal("0.125"), date(2000, 1, 1), NOON_OF_2000, False)


def test_a_filter_keeps_the_rows_it_holds_for(odd: duckdb.DuckDBPyConnection) -> None:
    group = FilterGroup(
        match=Match.ANY,
        items=(
            Condition(field="word", operator=Operator.CONTAINS, values=("100%_\\",)),
            Condition(field="amount", operator=Operator.LESS, values=(0,)),
            FilterGroup(match=Match.NONE, items=(Condition(field="id", operator=Operator.AT_LEAST, values=(2,)),)),
        ),
    )
    assert after(odd, FilterStep(filters=group), show=("id",)) == [(1,), (4,), (5,)]


def test_a_filter_takes_fixed_days(odd: duckdb.DuckDBPyConnection) -> None:
    window = DateWindow(kind=WindowKind.BETWEEN, first_on=date(2026, 11, 23), last_on=date(2026, 11, 23))
    group = FilterGroup(items=(Condition(field="at", operator=Operator.IN_WINDOW, window=window),))
    assert after(odd, FilterStep(filters=group), show=("id",)) == [(5,), (6,)]


def test_steps_build_on_each_other(odd: duckdb.DuckDBPyConnection) -> None:
    steps = (
        FillStep(column="amount", value=1),
        ComputeStep(into="double", expression="amount * 2"),
        FilterStep(filters=FilterGroup(items=(Condition(field="double", operator=Operator.GREATER, values=(10,)),))),
        BucketStep(column="double", into="size", bounds=(50,)),
        RenameStep(column="size", into="bucket"),
        FilterStep(filters=FilterGroup(items=(Condition(field="bucket", operator=Operator.IS, values=("under 50",)),))),
    )
    assert after(odd, *steps, show=("id", "double", "bucket")) == [
        (1, Decimal("20.00"), "under 50"),
        (5, Decimal("19.98"), "under 50"),
    ]


def test_a_union_matches_columns_by_name(odd: duckdb.DuckDBPyConnection) -> None:
    odd.execute(
        'CREATE TABLE more (amount INTEGER, id BIGINT, surplus VARCHAR, word INTEGER, "at" DATE); '
        "INSERT INTO more VALUES (7, 100, 'x', 5, '2026-05-05'), (NULL, 101, NULL, NULL, NULL)"
    )
    step = UnionStep(table=table("more", "amount:i id:i surplus:t word:i at:D"))
    found = after(odd, step, show=("id", "word", "amount", "day", "at"))
    assert len(found) == 9
    assert (100, "5", Decimal("7.00"), None, MAY) in found
    assert (101, None, None, None, None) in found


def test_a_table_added_to_itself_doubles_its_rows(odd: duckdb.DuckDBPyConnection) -> None:
    once = after(odd, show=("id", "amount"))
    assert after(odd, UnionStep(table=table("odd", ODD)), show=("id", "amount")) == sorted(once * 2, key=repr)


def test_a_look_up_adds_columns_and_no_rows(odd: duckdb.DuckDBPyConnection) -> None:
    odd.execute(
        "CREATE TABLE names (word VARCHAR, name VARCHAR, grade INTEGER); INSERT INTO names VALUES "
        "('A', 'zoe', 1), ('A', 'amy', 9), ('A', 'amy', 2), ('', NULL, 5), ('', 'bob', 6), (NULL, 'never', 1), "
        "('12.50', NULL, NULL)"
    )
    step = LookUpStep(
        table=table("names", "word:t name:t grade:i"),
        keys=(JoinKey(left="word", right="word"),),
        columns=("name", "grade"),
        prefix="their_",
    )
    found = after(odd, step, show=("id", "their_name", "their_grade"))
    assert found == [
        (1, None, None),
        (2, "bob", 6),
        (3, None, None),
        (4, "amy", 2),
        (5, None, None),
        (6, None, None),
        (7, None, None),
    ]


def test_a_look_up_by_a_computed_key(odd: duckdb.DuckDBPyConnection) -> None:
    steps = (
        ComputeStep(into="next", expression="id + 1"),
        LookUpStep(
            table=table("odd", ODD), keys=(JoinKey(left="next", right="id"),), columns=("word",), prefix="next_"
        ),
    )
    found = dict(after(odd, *steps, show=("id", "next_word")))
    assert found == {1: "", 2: None, 3: "A", 4: "it's 100%_\\", 5: "12.50", 6: "--", 7: None}


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        (Aggregation.SUM, {True: Decimal("9.99"), False: Decimal("109.99"), None: Decimal("99.99")}),
        (Aggregation.MAX, {True: Decimal("10.00"), False: Decimal("100.00"), None: Decimal("99.99")}),
        (Aggregation.COUNT_DISTINCT, {True: 3, False: 2, None: 1}),
    ],
)
def test_a_pivot_spreads_values_over_columns(
    odd: duckdb.DuckDBPyConnection, aggregation: Aggregation, expected: dict[bool | None, Any]
) -> None:
    steps = (
        ComputeStep(into="all", expression="1"),
        PivotStep(keys=("is_new",), column="all", values=(1, 2), aggregation=aggregation, value_column="amount"),
    )
    found = {row[0]: row[1:] for row in after(odd, *steps)}
    nothing = 0 if aggregation is Aggregation.COUNT_DISTINCT else None
    assert found == {key: (value, nothing) for key, value in expected.items()}


def test_a_pivot_counts_rows_and_keeps_groups_without_any(odd: duckdb.DuckDBPyConnection) -> None:
    step = PivotStep(keys=("day",), column="is_new", values=(True, False), aggregation=Aggregation.COUNT)
    found = {row[0]: row[1:] for row in after(odd, step)}
    assert found[date(2026, 11, 23)] == (0, 1)
    assert found[None] == (0, 0)
    assert [column.name for column in columns_after(dataset(table("odd", ODD), steps=(step,)))] == [
        "day",
        "true",
        "false",
    ]


def test_an_unpivot_turns_columns_into_rows_and_keeps_empty_ones(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "CREATE TABLE wide (id INTEGER, q1 DECIMAL(9, 1), q2 DECIMAL(9, 3)); "
        "INSERT INTO wide VALUES (1, 1.5, 2.125), (2, NULL, 3)"
    )
    step = UnpivotStep(columns=("q1", "q2"), name_into="quarter", value_into="amount")
    found = after(connection, step, origin="wide", words="id:i q1:d1 q2:d3")
    assert found == in_order(
        [(1, "q1", Decimal("1.5")), (1, "q2", Decimal("2.125")), (2, "q1", None), (2, "q2", Decimal(3))]
    )


def test_a_wide_table_comes_back_from_rows(odd: duckdb.DuckDBPyConnection) -> None:
    """An unpivot and then a pivot give what was there before."""
    steps = (
        UnpivotStep(columns=("amount",), name_into="name", value_into="value"),
        PivotStep(keys=("id",), column="name", values=("amount",), aggregation=Aggregation.SUM, value_column="value"),
    )
    assert after(odd, *steps) == after(odd, show=("id", "amount"))


def test_counting_needs_no_column(odd: duckdb.DuckDBPyConnection) -> None:
    step = SplitStep(column="word", separator="-", into=("p1",))
    subject = dataset(table("odd", ODD), steps=(step,))
    relation = build_relation(subject, FUNCTIONS, used=())
    assert run(odd, select(func.count()).select_from(relation.source)) == [(7,)]


def test_what_a_question_does_not_name_is_not_read(odd: duckdb.DuckDBPyConnection) -> None:
    """A column that is gone from the source breaks only the reports that use it."""
    odd.execute('ALTER TABLE odd DROP COLUMN word; ALTER TABLE odd DROP COLUMN "at"')
    steps = (
        SplitStep(column="word", separator="-", into=("p1",)),
        CastStep(column="at", type=FieldType.TEXT),
        FillStep(column="amount", value=0),
    )
    assert len(after(odd, *steps, show=("amount",))) == 7


def test_joins_hang_on_columns_that_steps_made(odd: duckdb.DuckDBPyConnection) -> None:
    steps = (ComputeStep(into="next", expression="id + 9"),)
    base = dataset(table("odd", ODD), steps=steps)
    subject = dataset(
        base.origin,
        join("orders", "next=order_id"),
        steps=steps,
        fields=(
            Field(name="id", label="Id", type=FieldType.INTEGER),
            Field(name="shipping", label="Shipping", type=FieldType.DECIMAL, table="orders"),
        ),
    )
    assert dict(run(odd, statement_of(subject)))[1] == Decimal("5.00")


def test_saved_sql_is_read_as_a_table(connection: duckdb.DuckDBPyConnection) -> None:
    sql = """
        -- every order's day, with texts that look like what they are not: ':name' and '100%'
        WITH days AS (SELECT order_id, "at"::DATE AS "day", ':name 100%' AS note FROM orders)
        SELECT * FROM days WHERE order_id > 10 -- the end"""
    origin = SqlOrigin(sql=sql, columns=columns("order_id:i day:D note:t"))
    step = RenameStep(column="note", into="remark")
    subject = dataset(
        origin,
        join("orders", "order_id"),
        steps=(step,),
        fields=(
            Field(name="day", label="Day", type=FieldType.DATE),
            Field(name="remark", label="Remark", type=FieldType.TEXT),
            Field(name="shipping", label="Shipping", type=FieldType.DECIMAL, table="orders"),
        ),
    )
    found = run(connection, statement_of(subject))
    assert len(found) == 6
    assert (date(2026, 2, 1), ":name 100%", Decimal("5.00")) in found


def test_identifiers_of_any_kind_are_quoted(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute('CREATE TABLE "or""der; --" ("se""lect" INTEGER, "a.b" INTEGER, "%s" INTEGER, ":x" INTEGER)')
    connection.execute('INSERT INTO "or""der; --" VALUES (1, 2, 3, 4)')
    names = ('se"lect', "a.b", "%s", ":x")
    origin = TableOrigin(
        table_name='or"der; --', columns=tuple(SourceColumn(name=name, type=FieldType.INTEGER) for name in names)
    )
    steps = (ComputeStep(into="su'm", expression='[se"lect] + [a.b] + [%s] + [:x]'),)
    subject = dataset(origin, steps=steps, fields=(Field(name="su'm", label="Sum", type=FieldType.INTEGER),))
    assert run(connection, statement_of(subject)) == [(10,)]
