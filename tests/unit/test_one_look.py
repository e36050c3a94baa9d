"""What the drawing of one screen asks for again and again."""

from dataclasses import replace
from uuid import uuid4

import pytest

from core.domain.access import BUILT_IN_ROLES, Principal
from core.errors import NotAllowed
from core.services.catalog import CatalogService
from core.services.one_look import once, one_look


def test_one_look_asks_once_and_the_next_one_asks_anew() -> None:
    answers = iter(range(10))

    def asked(key: object = "rows") -> int:
        return once(key, lambda: next(answers))

    assert (asked(), asked()) == (0, 1), "outside of a look everything is asked"
    with one_look():
        with one_look():
            assert (asked(), asked("others"), asked()) == (2, 3, 2)
        assert asked() == 2, "a look within another is the same"
    assert asked() == 4
    with pytest.raises(ZeroDivisionError), one_look():
        asked(1 // 0)
    assert asked() == 5


def test_a_dataset_read_for_one_person_is_never_anothers() -> None:
    class Catalog(CatalogService):
        reads = 0

        def _read(self, principal, dataset_id):
            self.reads += 1
            return principal.email, dataset_id

    catalog, orders, invoices = Catalog(object(), object()), uuid4(), uuid4()
    ada = Principal(
        user_id=uuid4(),
        organization_id=uuid4(),
        email="ada@example.com",
        name="Ada",
        organization="Press",
        role="viewer",
        permissions=BUILT_IN_ROLES["viewer"],
    )
    demoted = replace(ada, permissions=frozenset())
    with one_look():
        for person in (ada, replace(ada, email="bob@example.com", user_id=uuid4())):
            for wanted in (orders, invoices, orders):
                assert catalog.dataset_and_source(person, wanted) == (person.email, wanted)
        assert catalog.reads == 4
        with pytest.raises(NotAllowed):
            catalog.dataset_and_source(demoted, orders)
