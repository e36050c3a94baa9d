"""What a person fills into a source's form: refused at its place before anything is opened, stored or shown."""

from typing import Any

import pytest

from core.domain.catalog import SourceDraft
from core.errors import InvalidInput
from core.services.connection_form import read_form

GIVEN: dict[str, Any] = {"host": "db.example.com", "database": "shop", "user": "reader"}
PEM = "-----BEGIN CERTIFICATE-----\n" + "MIIDazCCAlOgAwIBAgIU\n" * 90 + "-----END CERTIFICATE-----\n"


def connection(**given: Any) -> dict[str, Any]:
    return read_form(SourceDraft(name="Shop", kind="postgresql", connection=GIVEN | given)).connection


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "postgresql://reader:secret@db.example.com/shop"),
        ("host", "reader:secret@db.example.com"),
        ("host", "db.example.com:5432"),
        ("host", "a.example.com,b.example.com"),
        ("host", "/var/run/postgresql"),
        ("host", "2130706433"),
        ("replica_host", "replica.example.com/shop"),
        ("port", 0),
        ("port", 65536),
        ("replica_port", 0),
        ("max_connections", 0),
        ("max_connections", 65),
        ("certificate", "a\0b"),
        ("certificate", "x" * 20_001),
        ("database", "a\nb"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        connection(**{name: value})
    assert refused.value.place == f"connection.{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "10.0.0.8"),
        ("host", "[2001:db8::1]"),
        ("host", "wärehouse.example.com"),
        ("host", "localhost"),
        ("port", 65535),
        ("max_connections", 64),
    ],
)
def test_what_can_be_stays_as_it_was_typed(name: str, value: Any) -> None:
    assert connection(**{name: value})[name] == value


def test_a_certificate_has_lines() -> None:
    assert connection(certificate=PEM)["certificate"] == PEM.strip()
