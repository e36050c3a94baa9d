"""The recipients of schedules in files: people, groups, destinations and datasets by name."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from core.domain.bursting import DATA, Burst
from core.domain.destination import built_in_id
from core.domain.schedule import GROUP, USER, Recipient, Schedule
from core.errors import InvalidInput
from core.services.as_code.desk import Desk, Json, shortened
from core.services.as_code.kind import DATASETS, DESTINATIONS, GROUPS, NOUNS, Mistake, Reference
from core.services.as_code.people import emails_of, person_id
from core.services.as_code.schedule_models import RecipientFile, burst_data, burst_of

_USUAL_ROLE = "to"


def recipient_references(recipients: Sequence[Json]) -> list[Reference]:
    """The groups, destinations and datasets that recipients name."""
    found = []
    for index, one in enumerate(recipients):
        place = f"recipients[{index}]"
        if one["type"] == GROUP:
            found.append(Reference(place=f"{place}.value", folder=GROUPS, name=one.get("value", "")))
        if one["type"] == DATA and one.get("value"):
            found.append(Reference(place=f"{place}.value", folder=DATASETS, name=one["value"]))
        if one.get("destination"):
            found.append(Reference(place=f"{place}.destination", folder=DESTINATIONS, name=one["destination"]))
    return found


def recipient_mistakes(recipients: Sequence[Json]) -> list[Mistake]:
    """What cannot be of recipients in the data."""
    in_data = [one["type"] == DATA for one in recipients]
    found = [
        Mistake(
            place=f"recipients[{index}].data",
            message="A recipient of the type data says in data which fields are what; others do not.",
        )
        for index, one in enumerate(recipients)
        if in_data[index] is not (one.get("data") is not None)
    ]
    if sum(in_data) > 1:
        found.append(Mistake(place="recipients", message="A schedule takes its recipients from one dataset."))
    return found


def recipients_data(desk: Desk, schedule: Schedule) -> list[Json]:
    """What a file says of who gets it. Raises LeftOut."""
    emails = emails_of(desk, (UUID(one.address) for one in schedule.recipients if one.channel == USER))
    return [*_burst_data(desk, schedule.burst), *(_recipient_data(desk, one, emails) for one in schedule.recipients)]


def recipients_of(desk: Desk, files: Sequence[RecipientFile]) -> tuple[tuple[Recipient, ...], Burst | None]:
    """Who gets it, and where they stand in the data if they do. Raises InvalidInput."""
    burst = next((_burst(desk, one) for one in files if one.type == DATA), None)
    named = tuple(_recipient(desk, one, f"recipients[{n}]") for n, one in enumerate(files) if one.type != DATA)
    return named, burst


def _burst_data(desk: Desk, burst: Burst | None) -> list[Json]:
    if burst is None:
        return []
    value = "" if burst.dataset_id is None else desk.names.reference(DATASETS, burst.dataset_id)
    return [{**shortened({"type": DATA, "value": value}), "data": burst_data(burst)}]


def _recipient_data(desk: Desk, recipient: Recipient, emails: Mapping[UUID, str]) -> Json:
    destination = recipient.destination_id
    named = None if destination in (None, built_in_id(recipient.channel)) else destination
    return shortened(
        {
            "type": recipient.channel,
            "value": _value_data(desk, recipient, emails),
            "role": "" if recipient.role == _USUAL_ROLE else recipient.role,
            "destination": None if named is None else desk.names.reference(DESTINATIONS, named),
        }
    )


def _value_data(desk: Desk, recipient: Recipient, emails: Mapping[UUID, str]) -> str:
    if recipient.channel == GROUP:
        return desk.names.reference(GROUPS, UUID(recipient.address))
    if recipient.channel == USER:
        return emails.get(UUID(recipient.address), recipient.address)
    return recipient.address


def _recipient(desk: Desk, file: RecipientFile, place: str) -> Recipient:
    address = file.value
    if file.type == USER:
        address = str(person_id(desk, file.value, place=f"{place}.value"))
    if file.type == GROUP:
        address = str(desk.names.id_of(GROUPS, file.value, noun=NOUNS[GROUPS]))
    destination = None
    if file.destination is not None:
        destination = desk.names.id_of(DESTINATIONS, file.destination, noun=NOUNS[DESTINATIONS])
    return Recipient(channel=file.type, address=address, role=file.role, destination_id=destination)


def _burst(desk: Desk, file: RecipientFile) -> Burst:
    if file.data is None:
        raise InvalidInput("Say in data which fields are what.", place="recipients")
    named = desk.names.id_of(DATASETS, file.value, noun=NOUNS[DATASETS]) if file.value else None
    return burst_of(file.data, named)
