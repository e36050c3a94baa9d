"""`/api/email-config` and `/api/suppressions`: how mails leave an organization, and whom they leave alone."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.destination_models import test_out
from core.api.inputs import Json, PageLimit, PageNumber, Search, Text
from core.api.listing import Listing, listed
from core.api.models import In, iso, page_out
from core.api.threads import blocking
from core.domain.group import Whereabouts
from core.domain.mail_server import EmailConfig, EmailConfigDraft, EmailPreset
from core.domain.suppression import Suppression
from core.services.email_config import DEFAULT_SELECTOR, EmailConfigService
from core.services.suppressions import MAX_NOTE_LENGTH, SuppressionService


class EmailConfigIn(In):
    """A mail server to save. The password is write-only: not given it stays, empty it is taken away."""

    preset: Text = Field("custom", max_length=40)
    host: Text = Field(max_length=300)
    port: int = 587
    security: Text = Field("starttls", max_length=20)
    user: Text = Field("", max_length=500)
    password: Text | None = Field(None, max_length=1000)
    sender: Text = Field(max_length=500)

    def draft(self) -> EmailConfigDraft:
        """Return it as a domain value."""
        return EmailConfigDraft(**self.model_dump())


class EmailTestIn(In):
    """A mail server to try that is not saved."""

    config: EmailConfigIn | None = None


class DkimIn(In):
    """Under which selector mails are signed, and with which key; none given, one is made."""

    selector: Text = Field(DEFAULT_SELECTOR, max_length=63)
    private_key: Text | None = Field(None, max_length=10_000)


class SuppressionIn(In):
    """An address to leave alone, by one schedule or altogether."""

    address: Text = Field(max_length=320)
    schedule_id: UUID | None = None
    note: Text = Field("", max_length=MAX_NOTE_LENGTH)


class AddressIn(In):
    """An address."""

    address: Text = Field(max_length=320)


SearchFor = Annotated[Search, Query(alias="search")]
SearchAddress = Annotated[Text, Query(max_length=320)]


def email_routes(config: EmailConfigService, suppressions: SuppressionService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Mail"])

    @router.get("/email-config/presets", summary="Mail servers that people know by name")
    @blocking
    def presets(asked: Listing) -> Json:
        return listed([preset_out(preset) for preset in config.presets()], asked)

    @router.get("/email-config", summary="Your organization's mail server, without its password")
    @blocking
    def get_config(caller: Caller) -> Json:
        return config_out(config.get(caller))

    @router.post("/email-config", summary="Save a mail server")
    @router.put("/email-config", summary="Save a mail server; a password not given stays")
    @blocking
    def save_config(body: EmailConfigIn, caller: Caller) -> Json:
        return config_out(config.save(caller, body.draft()))

    @router.delete("/email-config", status_code=204, summary="Go back to the installation's mail server")
    @blocking
    def delete_config(caller: Caller) -> Response:
        config.delete(caller)
        return Response(status_code=204)

    @router.post("/email-config/test", summary="Send a test to yourself")
    @blocking
    def test_config(caller: Caller, body: EmailTestIn | None = None) -> Json:
        draft = body.config.draft() if body and body.config else None
        return test_out(config.test(caller, draft))

    @router.put("/email-config/dkim", summary="Sign mails; answers with the DNS record to publish")
    @blocking
    def sign(body: DkimIn, caller: Caller) -> Json:
        return config_out(config.sign(caller, selector=body.selector, private_key=body.private_key))

    @router.delete("/email-config/dkim", summary="Stop signing mails and forget the key")
    @blocking
    def stop_signing(caller: Caller) -> Json:
        return config_out(config.stop_signing(caller))

    @router.get("/suppressions", summary="Addresses that get no mail, the newest first")
    @blocking
    def list_suppressions(caller: Caller, search: SearchFor = "", page: PageNumber = 1, limit: PageLimit = 50) -> Json:
        return page_out(suppressions.list(caller, search=search, page=page, limit=limit), suppression_out)

    @router.post("/suppressions", status_code=201, summary="Leave an address alone")
    @blocking
    def add_suppression(body: SuppressionIn, caller: Caller) -> Json:
        added = suppressions.add(caller, body.address, schedule_id=body.schedule_id, note=body.note)
        return suppression_out(added)

    @router.delete("/suppressions/{suppression_id}", status_code=204, summary="Write to an address again")
    @blocking
    def remove_suppression(suppression_id: UUID, caller: Caller) -> Response:
        suppressions.remove(caller, suppression_id)
        return Response(status_code=204)

    @router.get("/suppressions/where", summary="Where an address stands: what removing it everywhere would change")
    @blocking
    def where(address: SearchAddress, caller: Caller) -> Json:
        return whereabouts_out(suppressions.where(caller, address))

    @router.post("/suppressions/remove-everywhere", summary="Take an address out of everything and leave it alone")
    @blocking
    def remove_everywhere(body: AddressIn, caller: Caller) -> Json:
        return whereabouts_out(suppressions.remove_everywhere(caller, body.address))

    return router


def preset_out(preset: EmailPreset) -> Json:
    """Return a preset's JSON."""
    names = ("key", "label", "host", "port", "security", "help")
    return {name: getattr(preset, name) for name in names}


def config_out(config: EmailConfig) -> Json:
    """Return a mail server's JSON; nothing secret is in it."""
    record = config.dkim
    return {
        "is_own": config.version > 0,
        **{name: getattr(config, name) for name in ("preset", "host", "port", "security", "user", "sender")},
        "has_password": config.has_password,
        "dkim": record and {name: getattr(record, name) for name in ("domain", "selector", "name", "value")},
        "version": config.version,
        "updated_at": iso(config.updated_at),
    }


def whereabouts_out(found: Whereabouts) -> Json:
    """Return where an address stands as JSON; a schedule that it is the last recipient of is, or would be, paused."""
    return {
        "address": found.address,
        "schedules": [{"name": name, "is_paused": is_last} for name, is_last in found.schedules],
        "groups": list(found.groups),
        "is_suppressed": found.is_suppressed,
    }


def suppression_out(one: Suppression) -> Json:
    """Return an address of the list as JSON."""
    return {
        "id": str(one.id),
        "address": one.address,
        "schedule_id": one.schedule_id and str(one.schedule_id),
        "schedule": one.schedule,
        "reason": str(one.reason),
        "until": iso(one.until),
        "note": one.note,
        "created_at": iso(one.created_at),
    }
