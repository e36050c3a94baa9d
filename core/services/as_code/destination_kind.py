"""Destinations as files: where channels deliver to, without what opens the way."""

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from core.domain.destination import Destination, DestinationDraft
from core.domain.json_values import Name, Value
from core.services.as_code.desk import Desk, Json, shortened
from core.services.as_code.kind import DESTINATIONS, NOUNS, FileModel, Plain
from core.services.as_code.secret_names import Secret, given_secrets, placeholder, refuse_missing


class DestinationFile(FileModel):
    """A destination."""

    name: Name = Field(description="What it is called; schedules name it so.")
    type: Name = Field(description="Its channel: s3, folder, sftp, slack, webhook.")
    settings: dict[Name, Value] = Field({}, description="What its channel asks for.")
    secrets: dict[Name, Secret] = Field({}, description="Where its secrets come from; those left out stay as they are.")


class DestinationKind(Plain):
    """The destinations that an organization saved; those of the installation's settings are not among them."""

    folder: ClassVar[str] = DESTINATIONS
    has_namesakes: ClassVar[bool] = False
    model: ClassVar[type[BaseModel]] = DestinationFile

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Every destination."""
        for destination in desk.tools.destinations.list(desk.principal):
            if not destination.is_built_in:
                yield destination.id, destination.name, _data(desk, destination)

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """One destination."""
        return _data(desk, desk.tools.destinations.get(desk.principal, thing_id))

    def secrets_changed(self, desk: Desk, data: Json, thing_id: UUID) -> tuple[str, ...]:
        """Those that the environment holds and that are stored differently."""
        stored = desk.destination_secrets(thing_id)
        given = given_secrets(data.get("secrets", {}), desk.environment)
        return tuple(name for name, value in given.items() if stored.get(name) != value)

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Keep a destination. Raises InvalidInput for a secret that is neither given nor stored."""
        written = data.get("secrets", {})
        given = given_secrets(written, desk.environment)
        stored = {} if thing_id is None else desk.destination_secrets(thing_id)
        refuse_missing(written, given.keys() | stored.keys())
        draft = DestinationDraft(
            name=data["name"], channel=data["type"], settings=data.get("settings", {}), secrets=given
        )
        if thing_id is None:
            return desk.tools.destinations.create(desk.principal, draft).id
        return desk.tools.destinations.change(desk.principal, thing_id, draft).id

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a destination away."""
        desk.tools.destinations.delete(desk.principal, thing_id)


def _data(desk: Desk, destination: Destination) -> Json:
    names = sorted(desk.destination_secrets(destination.id))
    return shortened(
        {
            "name": destination.name,
            "type": destination.channel,
            "settings": dict(sorted(destination.settings.items())),
            "secrets": {name: placeholder(NOUNS[DESTINATIONS], destination.name, name) for name in names},
        }
    )
