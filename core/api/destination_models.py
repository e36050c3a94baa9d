"""Destinations as the API takes and gives them."""

from pydantic import Field, JsonValue

from core.api.catalog_models import connection_field_out
from core.api.inputs import Json, Text
from core.api.models import In, iso
from core.domain.access import Permission, Principal
from core.domain.destination import Destination, DestinationDraft, DestinationTest
from core.errors import InvalidInput
from core.services.destinations import DestinationKind


class DestinationIn(In):
    """A destination to save. Secrets are write-only: those not given stay as they are, an empty one is taken away."""

    name: Text = Field(max_length=300)
    type: Text = Field(max_length=100)
    settings: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)
    secrets: dict[str, str | None] = Field(default_factory=dict, max_length=20)

    def draft(self) -> DestinationDraft:
        """Return it as a domain value."""
        return DestinationDraft(
            name=self.name,
            channel=self.type,
            settings={name: value for name, value in self.settings.items() if value is not None},
            secrets={name: value for name, value in self.secrets.items() if value is not None},
        )


class DestinationTestIn(In):
    """Whom to send a test to, and a destination that is not saved as it is given here."""

    address: str = Field("", max_length=1000)
    destination: DestinationIn | None = None

    def draft(self) -> DestinationDraft:
        """Return the destination that is to be tried. Raises InvalidInput where none is given."""
        if self.destination is None:
            raise InvalidInput("Give the destination to try.", place="destination")
        return self.destination.draft()


def kind_out(kind: DestinationKind) -> Json:
    """Return the JSON of a channel and the form of its destinations."""
    return {
        "type": kind.key,
        "label": kind.label,
        "address_help": kind.address_help,
        "has_built_in": kind.has_built_in,
        "fields": [connection_field_out(field) for field in kind.fields],
    }


def destination_out(destination: Destination, caller: Principal) -> Json:
    """Return a destination's JSON, without anything secret; where it leads to is for those who look after them."""
    return {
        "id": str(destination.id),
        "type": destination.channel,
        "name": destination.name,
        "settings": destination.settings if caller.may(Permission.MANAGE_CATALOG) else {},
        "is_built_in": destination.is_built_in,
        "version": destination.version,
        "created_at": iso(destination.created_at),
        "updated_at": iso(destination.updated_at),
    }


def test_out(test: DestinationTest) -> Json:
    """Return the JSON of how a test went."""
    return {"is_ok": test.is_ok, "message": test.message, "elapsed_s": round(test.elapsed_s, 4)}
