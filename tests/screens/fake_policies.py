"""Data policies and personal data in memory, with the signatures the screens call."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID, uuid4

from core.domain.data_policy import DataPolicy, NamedAttribute, Sight, Traits
from core.domain.delivery import DeliveryState
from core.domain.page import Page
from core.domain.personal_data import Erased, PersonalLine
from core.errors import Conflict, NotFound
from core.services.data_policies import KeptPolicy, Look, Names
from core.services.personal_data import ANY_DELIVERY, PersonalDataset

from .fake_catalog import FakeDatasets

ANN = UUID(int=77)


@dataclass
class FakeDataPolicies:
    datasets: FakeDatasets
    policy: DataPolicy = field(default_factory=DataPolicy)
    version: int = 0
    given: dict = field(default_factory=dict)

    def get(self, principal, dataset_id):
        if dataset_id not in self.datasets.items:
            raise NotFound
        return KeptPolicy(dataset=self.datasets.items[dataset_id], policy=self.policy, version=self.version)

    def save(self, principal, dataset_id, policy, *, expected_version=None):
        if expected_version != self.version:
            raise Conflict
        self.policy, self.version = policy, self.version + 1
        return self.get(principal, dataset_id)

    def names(self, principal):
        people = {ANN: "Ann Ray · ann@example.org"}
        return Names(roles=("viewer", "organization_admin"), groups={UUID(int=5): "Sales"}, people=people)

    def attributes(self, principal):
        return (NamedAttribute(name="region", values=("north", "south"), user_id=ANN),)

    def set_attributes(self, principal, user_id, given):
        self.given[user_id] = given

    def look_as(self, principal, dataset_id, user_id, *, rows=20):
        sight = Sight(hidden=frozenset({"revenue"}), fields=self.datasets.items[dataset_id].fields)
        traits = Traits(
            user_id=user_id, role="viewer", groups=frozenset(), attributes=MappingProxyType({"region": ("north",)})
        )
        return Look(
            person="Ann Ray",
            dataset=replace(self.datasets.items[dataset_id], sight=sight),
            traits=traits,
            rows=20,
            rows_of_all=40,
            preview=None,
        )


@dataclass
class FakePersonalData:
    catalog: FakeDatasets
    days: dict = field(default_factory=dict)
    erased: list = field(default_factory=list)

    def datasets(self, principal):
        return tuple(
            PersonalDataset(dataset=one, fields=("E-mail",), files_days=self.days.get(one.id))
            for one in self.catalog.items.values()
        )

    def keep_files(self, principal, dataset_id, days):
        self.days[dataset_id] = days

    def received(self, principal, wanted=ANY_DELIVERY, *, page=1, limit=50):
        line = PersonalLine(
            delivery_id=uuid4(),
            run_id=uuid4(),
            at=datetime(2026, 11, 23, 9, tzinfo=UTC),
            address="ann@example.org",
            channel="email",
            title="Customers",
            state=DeliveryState.SENT,
            fields=("Customers: E-mail",),
        )
        items = (line,) if wanted.search in "ann@example.org" else ()
        return Page(items=items, total=len(items), page=page, limit=limit or 1)

    def received_csv(self, principal, wanted=ANY_DELIVERY):
        return b"at,recipient\r\n"

    def about(self, principal, who):
        return b"PK"

    def erase(self, principal, who, *, with_files=False):
        self.erased.append((who, with_files))
        return Erased(
            pseudonym="erased-1",
            deliveries=2,
            audit_events=3,
            schedules=("Every day",),
            groups=(),
            files=1,
            account=False,
        )
