"""Destinations: where S3, folders, SFTP, Slack and webhooks deliver to. Their secrets never come back."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from core.access.policy import require
from core.catalog.sources.connector import ConnectionField
from core.clock import Clock
from core.db import destination_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.source_repository import lock_names
from core.deliver.channel import Channel
from core.domain.access import Permission, Principal
from core.domain.destination import Destination, DestinationDraft, DestinationTest, Place
from core.domain.schedule import Recipient
from core.errors import BroadsheetError, Conflict, DeliveryUnknown, InvalidAddress, InvalidInput, NotFound
from core.runs.places import Places
from core.services.destination_form import (
    FilledDestination,
    check_given,
    check_hosts,
    read_destination,
    with_kept_secrets,
)
from core.services.trial_message import trial_message

#: The screens know the services only, so what these hand out has its type here.
__all__ = ["ConnectionField", "DestinationKind", "DestinationService"]

#: Schedules named when they stand in the way.
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationKind:
    """A channel as a form draws it."""

    key: str
    label: str
    address_help: str  #: what a recipient's address is
    fields: tuple[ConnectionField, ...]  #: what a destination is made of; none: the channel has no destinations
    has_built_in: bool  #: whether it can be used without a destination of one's own


class DestinationService:
    """Everything a person does with destinations."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        channels: Mapping[str, Channel],
        places: Places,
        allow_private_hosts: tuple[str, ...],
    ) -> None:
        self._allowed = allow_private_hosts
        self._database = database
        self._clock = clock
        self._channels = channels
        self._places = places

    def kinds(self) -> tuple[DestinationKind, ...]:
        """Return every channel with the form of its destinations."""
        return tuple(
            DestinationKind(
                key=channel.key,
                label=channel.label,
                address_help=channel.address_help,
                fields=channel.form,
                has_built_in=not channel.form or channel.own_settings() is not None,
            )
            for channel in self._channels.values()
        )

    def list(self, principal: Principal, *, channel: str | None = None) -> tuple[Destination, ...]:
        """Return the installation's own destinations, then the organization's by name; none with secrets."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            saved = destination_repository.list_destinations(session, channel=channel)
        own = self._places.built_in(principal.organization_id)
        return (*(one for one in own if channel in (None, one.channel)), *saved)

    def get(self, principal: Principal, destination_id: UUID) -> Destination:
        """Return one destination without its secrets; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        for own in self._places.built_in(principal.organization_id):
            if own.id == destination_id:
                return own
        with self._database.organization(principal.organization_id) as session:
            return destination_repository.load_destination(session, destination_id)

    def create(self, principal: Principal, draft: DestinationDraft) -> Destination:
        """Save a new destination; raises InvalidInput with the place, Conflict where its name is taken."""
        require(principal, Permission.MANAGE_CATALOG)
        form = read_destination(draft, self._channels)
        made = _destination_of(form, principal.organization_id)
        secrets = {name: value for name, value in form.secrets.items() if value}
        self._check(form, made, secrets)
        check_hosts(form, self._allowed)
        with self._database.organization(principal.organization_id) as session:
            lock_names(session, principal.organization_id)
            _check_name(session, form.name)
            destination_repository.insert_destination(session, made, self._places.seal(secrets))
            kept = destination_repository.load_destination(session, made.id)
            return note(session, principal, "destination.created", after=kept)

    def change(
        self,
        principal: Principal,
        destination_id: UUID,
        draft: DestinationDraft,
        *,
        expected_version: int | None = None,
    ) -> Destination:
        """Change a destination; secrets that are not given stay, as long as they go to where they went before.

        Raises InvalidInput with the place, Conflict where the name is taken, its channel would be another or
        `expected_version` is not the newest.
        """
        require(principal, Permission.MANAGE_CATALOG)
        form = read_destination(draft, self._channels)
        self._refuse_built_in(destination_id)
        check_hosts(form, self._allowed)
        with self._database.organization(principal.organization_id) as session:
            saved = destination_repository.load_destination(session, destination_id, lock=True)
            if expected_version is not None and expected_version != saved.version:
                raise Conflict(
                    f"Somebody saved version {saved.version} since you opened version {expected_version}. "
                    "Open the destination again, then make your change."
                )
            if form.channel.key != saved.channel:
                raise Conflict("A destination keeps its channel. Make a new one.", place="type")
            lock_names(session, principal.organization_id)
            _check_name(session, form.name, but=destination_id)
            secrets = self._complete(session, form, saved)
            changed = replace(
                _destination_of(form, principal.organization_id), id=destination_id, version=saved.version
            )
            self._check(form, changed, secrets)
            destination_repository.update_destination(session, changed, self._places.seal(secrets))
            kept = destination_repository.load_destination(session, destination_id)
            return note(session, principal, "destination.changed", before=saved, after=kept)

    def delete(self, principal: Principal, destination_id: UUID) -> None:
        """Remove a destination; raises Conflict naming the schedules that send there."""
        require(principal, Permission.MANAGE_CATALOG)
        self._refuse_built_in(destination_id)
        with self._database.organization(principal.organization_id) as session:
            destination = destination_repository.load_destination(session, destination_id, lock=True)
            names = destination_repository.schedules_using(session, destination_id)
            if names:
                raise Conflict(f"{destination.name} is used by {_in_short(names)}. Change those schedules first.")
            if destination_repository.runs_using(session, destination_id):
                raise Conflict(f"Something is on its way to {destination.name}. Try again once it has arrived.")
            destination_repository.delete_destination(session, destination_id)
            note(session, principal, "destination.deleted", before=destination)

    def test(
        self, principal: Principal, draft: DestinationDraft, *, address: str = "", destination_id: UUID | None = None
    ) -> DestinationTest:
        """Send a small file as the draft says and tell how it went. With `destination_id`, missing secrets are its.

        Raises InvalidInput with the place where the draft itself does not fit.
        """
        require(principal, Permission.MANAGE_CATALOG)
        form = read_destination(draft, self._channels)
        made = _destination_of(form, principal.organization_id)
        secrets = form.secrets
        if destination_id is not None:
            with self._database.organization(principal.organization_id) as session:
                saved = destination_repository.load_destination(session, destination_id)
                secrets = self._complete(session, form, saved)
        self._check(form, made, secrets)
        return self._try(principal, form.channel, self._places.place(made, secrets), address)

    def test_saved(self, principal: Principal, destination_id: UUID, *, address: str = "") -> DestinationTest:
        """Send a small file to a destination and tell how it went; those who may send may test."""
        require(principal, Permission.MANAGE_SCHEDULES)
        destination = self.get(principal, destination_id)
        channel = self._channels.get(destination.channel)
        if channel is None:
            raise NotFound("This destination belongs to a channel that is not here any more.")
        place = self._places.find(principal.organization_id, channel, destination_id)
        if place is None:
            raise NotFound("This channel has no destinations.")
        return self._try(principal, channel, place, address)

    def _try(self, principal: Principal, channel: Channel, place: Place, address: str) -> DestinationTest:
        began = time.monotonic()
        try:
            channel.check_address(address)
        except InvalidAddress as error:
            raise InvalidAddress(error.user_message, place="address") from error
        message, is_ok = trial_message(principal, channel, self._clock), False
        try:
            said = channel.send(message, Recipient(channel=channel.key, address=address), place)
            words, is_ok = f"Sent: {said}.", True
        except DeliveryUnknown:
            words = "It broke off at the end: look whether the test has arrived."
        except BroadsheetError as error:
            words = error.user_message
        return DestinationTest(is_ok=is_ok, message=words, elapsed_s=time.monotonic() - began)

    def _check(self, form: FilledDestination, destination: Destination, secrets: Mapping[str, str]) -> None:
        check_given(form, secrets)
        try:
            form.channel.check_place(self._places.place(destination, secrets))
        except InvalidAddress as error:
            raise InvalidInput(error.user_message, place=error.place or "settings.path") from error

    def _complete(self, session: Session, form: FilledDestination, saved: Destination) -> dict[str, str]:
        sealed = destination_repository.sealed_secrets(session, saved.id)
        return with_kept_secrets(form, self._places.unseal(sealed), saved)

    def _refuse_built_in(self, destination_id: UUID) -> None:
        if any(own.id == destination_id for own in self._places.built_in(destination_id)):
            raise Conflict("The operator's settings make this destination. Make one of your own instead.")


def _destination_of(form: FilledDestination, organization_id: UUID) -> Destination:
    return Destination(
        id=uuid4(),
        organization_id=organization_id,
        channel=form.channel.key,
        name=form.name,
        settings=form.settings,
    )


def _check_name(session: Session, name: str, *, but: UUID | None = None) -> None:
    if destination_repository.is_name_taken(session, name, but=but):
        raise Conflict(f'There is a destination called "{name}" already.', place="name")


def _in_short(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_MAX_NAMED])
    return shown if len(names) <= _MAX_NAMED else f"{shown} and {len(names) - _MAX_NAMED} more"
