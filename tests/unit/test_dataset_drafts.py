"""Drafts of datasets from tables as real databases have them: whatever is drafted can be saved as it is."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from core.catalog.drafts import draft_dataset, draft_sql_dataset
from core.catalog.sources.connector import ForeignKeyDraft, TableDraft
from core.catalog.sources.labels import draft_field
from core.domain.dataset import Dataset, Source
from core.domain.field import FieldType
from core.domain.relation import SourceColumn
from core.query.relation import check_dataset
from core.services.dataset_checks import check_words

SOURCE = Source(id=uuid4(), organization_id=uuid4(), name="Shop", kind="postgresql", connection={})


def table(
    name: str, *columns: str, primary_key: Sequence[str] = (), keys: Sequence[ForeignKeyDraft] = ()
) -> TableDraft:
    return TableDraft(
        table_name=name,
        schema_name=None,
        fields=tuple(draft_field(column, FieldType.INTEGER) for column in columns),
        primary_key=tuple(primary_key),
        foreign_keys=tuple(keys),
    )


def key(column: str, target: str, target_column: str = "id") -> ForeignKeyDraft:
    return ForeignKeyDraft(columns=(column,), schema_name=None, table_name=target, target_columns=(target_column,))


def drafted(base: TableDraft, *others: TableDraft) -> Dataset:
    dataset = draft_dataset(SOURCE, base, others)
    check_words(dataset)
    check_dataset(dataset, "postgres")
    return dataset


@pytest.mark.parametrize("name", ["2024 sales", "___", "\u0661st", "1" * 200, "Über straße", "…"])
def test_every_table_name_makes_a_name_that_can_be_saved(name: str) -> None:
    drafted(table(name, "id"))


def test_columns_that_differ_in_case_only_become_fields_of_different_names() -> None:
    dataset = drafted(table("odd", "a b", "A B", "A B_2", "Straße", "STRASSE"))
    assert [(field.name, field.source_column) for field in dataset.fields] == [
        ("a b", "a b"),
        ("A B_2", "A B"),
        ("A B_2_2", "A B_2"),
        ("Straße", "Straße"),
        ("STRASSE_2", "STRASSE"),
    ]


def test_every_column_name_makes_a_name_that_can_be_saved() -> None:
    dataset = drafted(table("odd", " lead", "new\nline", "\t", "ü" * 40, "ü" * 39 + "u", "select", 'quo"te', "[x]"))
    assert [field.name for field in dataset.fields][:4] == ["lead", "new line", "column", "ü" * 31]
    assert [field.source_column for field in dataset.fields][:3] == [" lead", "new\nline", "\t"]


def test_joined_names_are_cut_to_what_engines_take() -> None:
    parent = table("p", "id", "n" * 60, "n" * 59 + "m", primary_key=["id"])
    child = table("c", "id", "c" * 60 + "_id", keys=[key("c" * 60 + "_id", "p")])
    names = [field.name for field in drafted(child, parent).fields]
    assert len(set(names)) == 4
    assert max(len(name) for name in names) == 63


def test_columns_of_saved_sql_too() -> None:
    columns = (SourceColumn(name="n", type=FieldType.INTEGER), SourceColumn(name="N", type=FieldType.INTEGER))
    dataset = draft_sql_dataset(SOURCE, 'select 1 as n, 2 as "N"', columns)
    assert [(field.name, field.source_column) for field in dataset.fields] == [("n", "n"), ("N_2", "N")]


def test_joined_fields_and_joins_differ_in_more_than_case() -> None:
    parent = table("Parent", "id", "Name", primary_key=["id"])
    dataset = drafted(table("child", "id", "parent_id", "PARENT_name", keys=[key("parent_id", "Parent")]), parent)
    assert [field.name for field in dataset.fields] == ["id", "parent_id", "PARENT_name", "parent_Name_2"]


def test_a_key_that_may_not_be_read_makes_no_join() -> None:
    base = table("lines", "id", keys=[key("customer_id", "customers")])
    assert drafted(base, table("customers", "id", "name")).joins == ()
    base = table("lines", "id", "customer_id", keys=[key("customer_id", "customers", "hidden")])
    assert drafted(base, table("customers", "id", "name")).joins == ()


def test_a_primary_key_of_unread_columns_is_none() -> None:
    parent = table("parent", "id", "name", primary_key=["id", "at_time"])
    dataset = drafted(table("child", "id", "parent_id", keys=[key("parent_id", "parent")], primary_key=["t"]), parent)
    assert (dataset.row_key, dataset.joins[0].row_key) == ((), ())


def test_several_keys_to_one_table_are_told_apart_by_their_columns() -> None:
    countries = table("countries", "code", "name", primary_key=["code"])
    keys = [key("billing_country", "countries", "code"), key("shipping_country", "countries", "code")]
    dataset = drafted(table("orders", "id", "billing_country", "shipping_country", keys=keys), countries)
    assert [join.name for join in dataset.joins] == ["billing_country", "shipping_country"]
    assert [field.label for field in dataset.fields][-2:] == ["Billing country name", "Shipping country name"]
    only = drafted(table("orders", "id", "billing_country", keys=keys[:1]), countries)
    assert [join.name for join in only.joins] == ["countries"]
