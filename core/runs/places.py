"""The way from a recipient's destination to its place: where secrets of destinations are read in the clear."""

import json
from collections.abc import Mapping
from uuid import UUID

from core.db import destination_repository, email_config_repository
from core.db.database import Database
from core.deliver.channel import Channel
from core.domain.destination import Destination, DestinationSettings, Place, built_in_id
from core.domain.mail_server import EmailConfig
from core.errors import DeliveryRefused, NotFound
from core.secrets import SecretBox

_MAIL_SETTINGS = ("host", "port", "security", "user", "sender")
_GONE = "The destination is not there any more. Choose another one."


class Places:
    """Knows the destinations that people saved and those that the installation's settings make."""

    def __init__(self, database: Database, box: SecretBox, channels: Mapping[str, Channel]) -> None:
        self._database = database
        self._box = box
        self._channels = channels

    def built_in(self, organization_id: UUID) -> tuple[Destination, ...]:
        """The installation's own destinations, as an organization sees them."""
        own = ((channel, channel.own_settings()) for channel in self._channels.values())
        return tuple(
            Destination(
                id=built_in_id(channel.key),
                organization_id=organization_id,
                channel=channel.key,
                name=f"{channel.label} of this installation",
                settings=settings,
                is_built_in=True,
            )
            for channel, settings in own
            if settings is not None
        )

    def find(self, organization_id: UUID, channel: Channel, destination_id: UUID | None) -> Place | None:
        """The place of a recipient; None where its channel needs none. Raises DeliveryRefused where it is gone."""
        if not channel.form:
            return self.mail_server(organization_id) if channel.key == "email" else None
        if destination_id is None or destination_id == built_in_id(channel.key):
            return self._own(organization_id, channel)
        try:
            with self._database.organization(organization_id) as session:
                saved = destination_repository.load_destination(session, destination_id)
                sealed = destination_repository.sealed_secrets(session, destination_id)
        except NotFound as error:
            raise DeliveryRefused(_GONE) from error
        if saved.channel != channel.key:
            raise DeliveryRefused(_GONE)
        return self.place(saved, self.unseal(sealed))

    def mail_server(self, organization_id: UUID) -> Place | None:
        """The organization's own mail server; None: it uses the installation's."""
        with self._database.organization(organization_id) as session:
            found = email_config_repository.load_email_config(session)
        return self.mail_place(organization_id, found)

    def mail_place(self, organization_id: UUID, found: tuple[EmailConfig, str | None] | None) -> Place | None:
        """The place of the mail server that a transaction found."""
        if found is None:
            return None
        config, sealed = found
        settings: DestinationSettings = {name: getattr(config, name) for name in _MAIL_SETTINGS}
        if config.dkim is not None:
            settings |= {"dkim_domain": config.dkim.domain, "dkim_selector": config.dkim.selector}
        return Place(
            organization_id=organization_id, name="Mail server", settings=settings, secrets=self.unseal(sealed)
        )

    def place(self, destination: Destination, secrets: Mapping[str, str]) -> Place:
        """The place of a destination with its secrets."""
        return Place(
            organization_id=destination.organization_id,
            name=destination.name,
            settings=destination.settings,
            secrets=secrets,
            is_built_in=destination.is_built_in,
        )

    def seal(self, secrets: Mapping[str, str]) -> str | None:
        """Secrets as they are stored; None where there are none."""
        given = {name: value for name, value in sorted(secrets.items()) if value}
        return self._box.encrypt(json.dumps(given)) if given else None

    def unseal(self, sealed: str | None) -> dict[str, str]:
        """Stored secrets in the clear."""
        if sealed is None:
            return {}
        return {str(name): str(value) for name, value in json.loads(self._box.decrypt(sealed)).items()}

    def _own(self, organization_id: UUID, channel: Channel) -> Place:
        for destination in self.built_in(organization_id):
            if destination.channel == channel.key:
                return self.place(destination, {})
        raise DeliveryRefused(_GONE)
