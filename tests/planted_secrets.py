"""Secrets in every place that takes one, all with the same words in them, so that they can be looked for everywhere."""

from core.db.database import Database
from tests.conftest import Tenant
from tests.every_object import World, make_world
from tests.integration.api_parts import Installation

PLANTED = "planted-Zq81vLr7"


def plant(installation: Installation, database: Database, tenant: Tenant) -> World:
    """Something sealed in every place that holds such a thing."""
    world = make_world(installation, database, tenant, member=tenant)
    client = installation.sign_in(tenant)
    server = {"name": "S", "kind": "postgresql", "connection": {"host": "db.example.com", "database": "d", "user": "u"}}
    hook = {"name": "H", "type": "webhook", "settings": {"url": "https://hooks.example.com/"}}
    mail = {"host": "smtp.example.com", "sender": "a@example.com", "user": "u", "password": PLANTED}
    locked = {**world.schedule, "name": "Locked", "formats": ["xlsx"], "password": f"{PLANTED} of the file"}
    bounces = {"secrets": {"topic": "arn:aws:sns:eu-west-1:123456789012:bounces"}}
    for method, path, body in (
        ("POST", "/sources", {**server, "secrets": {"password": PLANTED}}),
        ("POST", "/destinations", {**hook, "secrets": {"signing_secret": f"{PLANTED} of forty characters or more"}}),
        ("PUT", "/email-config", mail),
        ("PUT", "/bounce-intakes/ses", bounces),
        ("POST", "/scheduled-reports", locked),
        ("POST", "/me/second-factor", {"password": tenant.password}),
    ):
        answer = client.request(method, f"/api{path}", json=body)
        assert answer.status_code < 300, answer.text
    return world
