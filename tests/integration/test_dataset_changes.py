"""Changes of datasets under reports: what heals, what breaks anew, what a refusal names, what a refresh takes over."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.catalog.sources.guarded import OPEN_SOURCES
from core.clock import FixedClock
from core.db.database import Database
from core.domain.dataset import DatasetMeasure
from core.domain.definition import Aggregation, Measure
from core.errors import InvalidDataset
from tests.conftest import Tenant
from tests.integration.catalog_parts import Catalog, change_shop, without


@pytest.fixture
def catalog(database: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Catalog]:
    yield Catalog(database, clock, tmp_path)
    OPEN_SOURCES.close()


def test_a_field_that_comes_back_with_a_save_is_missing_no_more_and_its_next_loss_is_news(
    catalog: Catalog, tenant: Tenant
) -> None:
    made = catalog.orders(tenant)
    report = catalog.reports.get(tenant.principal, catalog.report(tenant, made, "Paid", columns=["order_id", "status"]))
    for told in (1, 2):
        catalog.datasets.save(tenant.principal, without(made, "status"), is_confirmed=True)
        assert [(problem.place, problem.message) for problem in catalog.catalog.problems(tenant.principal, report)] == [
            ("columns[1]", "status is no longer in Orders.")
        ]
        assert (catalog.missing.tell(), len(catalog.channel.messages)) == (1, told)
        catalog.datasets.save(tenant.principal, made)
        assert catalog.catalog.problems(tenant.principal, report) == ()


def test_a_measure_that_is_gone_is_one_problem_at_its_place(catalog: Catalog, tenant: Tenant) -> None:
    total = DatasetMeasure(name="total", label="Total", measure=Measure(aggregation=Aggregation.SUM, field="amount"))
    made = catalog.orders(tenant, measures=(total,))
    parts = {"groupings": [{"field": "status"}], "measures": [{"dataset_measure": "total"}]}
    report = catalog.reports.get(tenant.principal, catalog.report(tenant, made, "Totals", **parts))
    catalog.datasets.save(tenant.principal, replace(made, measures=()), is_confirmed=True)
    assert [(problem.place, problem.message) for problem in catalog.catalog.problems(tenant.principal, report)] == [
        ("measures[0].dataset_measure", "total is no longer in Orders.")
    ]
    catalog.datasets.save(tenant.principal, made)
    assert catalog.catalog.problems(tenant.principal, report) == ()


def test_a_save_over_a_lost_column_names_the_column_and_the_field(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    change_shop(catalog.shop, "ALTER TABLE orders DROP COLUMN status")
    with pytest.raises(InvalidDataset, match=r"has no column 'status', which is needed for Status\.") as refused:
        catalog.datasets.save(tenant.principal, replace(made, label="Our orders"))
    place = f"fields[{[field.name for field in made.fields].index('status')}]"
    assert refused.value.place == place
    assert [problem.place for problem in catalog.datasets.check(tenant.principal, made)] == [place]
    assert catalog.catalog.dataset(tenant.principal, made.id) == made
    saved = catalog.datasets.save(tenant.principal, replace(without(made, "status"), label="Our orders"))
    assert saved.label == "Our orders"


def test_a_refresh_takes_over_nothing_that_the_dataset_cannot_be_made_of(catalog: Catalog, tenant: Tenant) -> None:
    total = DatasetMeasure(name="total", label="Total", measure=Measure(aggregation=Aggregation.SUM, field="amount"))
    made = catalog.orders(tenant, measures=(total,))
    change_shop(catalog.shop, "ALTER TABLE orders ALTER COLUMN amount TYPE VARCHAR")
    with pytest.raises(InvalidDataset) as refused:
        catalog.datasets.refresh(tenant.principal, made.id, is_confirmed=True)
    assert refused.value.place is not None
    assert refused.value.place.startswith("measures[0]")
    assert catalog.catalog.dataset(tenant.principal, made.id) == made


def test_a_refresh_that_changes_a_type_takes_the_certificate(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    catalog.datasets.certify(tenant.principal, made.id, True)
    change_shop(catalog.shop, "ALTER TABLE orders ADD COLUMN remark VARCHAR")
    assert catalog.datasets.refresh(tenant.principal, made.id).is_certified
    change_shop(catalog.shop, "ALTER TABLE orders ALTER COLUMN amount TYPE VARCHAR")
    assert not catalog.datasets.refresh(tenant.principal, made.id).is_certified


def test_a_new_column_named_as_a_field_in_other_case_gets_a_name_of_its_own(catalog: Catalog, tenant: Tenant) -> None:
    made = catalog.orders(tenant)
    renamed = tuple(
        replace(field, name="Remark", column="status") if field.name == "status" else field for field in made.fields
    )
    made = catalog.datasets.save(tenant.principal, replace(made, fields=renamed))
    change_shop(catalog.shop, "ALTER TABLE orders ADD COLUMN remark VARCHAR")
    saved = catalog.datasets.refresh(tenant.principal, made.id)
    added = saved.field("remark_2")
    assert added is not None
    assert added.source_column == "remark"
    assert catalog.datasets.check(tenant.principal, saved) == ()
