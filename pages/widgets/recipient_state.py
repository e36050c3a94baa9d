"""Recipients in the schedule form: lines of addresses, people and groups, destinations; to and from a schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.domain.destination import built_in_id
from core.domain.schedule import KINDS, Recipient

EMAIL = "email"
_ROLES = ("cc", "bcc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the recipients' box and whom it names."""

    text: str
    recipient: Recipient

    @property
    def looks_right(self) -> bool:
        """Whether the line could be delivered to; the services decide when it is saved."""
        name, at, host = self.recipient.address.partition("@")
        return bool(name and at and "." in host.strip(".") and " " not in host)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A destination as a row names it."""

    channel: str
    destination_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A person or group that is chosen."""

    kind: str  #: one of `KINDS`
    id: UUID


def values_in(recipients: Sequence[Recipient]) -> dict[str, Any]:
    """Return the form's values of saved recipients."""
    places = [one for one in recipients if one.channel not in (EMAIL, *KINDS)]
    picked = {pick_of(one): one.role for one in recipients if one.channel in KINDS}
    values: dict[str, Any] = {
        "picks": list(picked),
        "pick_roles": picked,
        "recipients": "\n".join(line_of(one) for one in recipients if one.channel == EMAIL),
        "places": tuple(range(len(places))),
    }
    for n, one in enumerate(places):
        destination_id = one.destination_id or built_in_id(one.channel)
        values[f"place_{n}"] = Choice(channel=one.channel, destination_id=destination_id)
        values[f"place_{n}_address"] = one.address
    return values


def recipients_of(values: Mapping[str, Any]) -> tuple[Recipient, ...]:
    """Return whom the form names; a row without a destination names nobody."""
    typed = [line.recipient for line in lines_of(values["recipients"] or "")]
    chosen = [
        Recipient(channel=pick.kind, address=str(pick.id), role=values["pick_roles"].get(pick, "to"))
        for pick in values["picks"]
    ]
    return (*typed, *chosen, *(place for n in values["places"] if (place := place_of(values, n)) is not None))


def pick_of(recipient: Recipient) -> Pick:
    """Return the choice that a saved recipient is."""
    return Pick(kind=recipient.channel, id=UUID(recipient.address))


def place_of(values: Mapping[str, Any], n: int) -> Recipient | None:
    """Return whom a row names."""
    chosen: Choice | None = values.get(f"place_{n}")
    if chosen is None:
        return None
    own = chosen.destination_id == built_in_id(chosen.channel)
    return Recipient(
        channel=chosen.channel,
        address=(values.get(f"place_{n}_address") or "").strip(),
        destination_id=None if own else chosen.destination_id,
    )


def lines_of(text: str) -> list[Line]:
    """Return the recipients of the box: an address a line, `cc:` or `bcc:` may stand before it."""
    found = []
    for raw in text.replace(",", "\n").replace(";", "\n").splitlines():
        line = raw.strip()
        if not line:
            continue
        head, colon, rest = line.partition(":")
        word = head.strip().lower()
        role, address = (word, rest.strip()) if colon and word in _ROLES else ("to", line)
        found.append(Line(text=line, recipient=Recipient(channel=EMAIL, address=address, role=role)))
    return found


def line_of(recipient: Recipient) -> str:
    """Return a recipient as a line of the box."""
    return f"{recipient.role}: {recipient.address}" if recipient.role in _ROLES else recipient.address
