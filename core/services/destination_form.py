"""Checks what a person filled into a destination's form, field by field, before anything is sent or saved."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.deliver.channel import Channel
from core.domain.destination import Destination, DestinationDraft, DestinationSettings
from core.domain.text import check_text
from core.errors import InvalidAddress, InvalidInput
from core.net import refuse_private
from core.services.connection_form import MAX_NAME_LENGTH, in_text, read_field, read_secret

#: Fields that name a host inside a longer address.
_URLS = ("url", "endpoint_url")
#: Looking a name up takes one; which makes no difference.
_ANY_PORT = 443
#: Changes of these send no secret anywhere else.
_HARMLESS = frozenset({"path", "latest", "encryption", "kms_key_id", "root"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledDestination:
    """A draft that fits its channel: trimmed, typed, with defaults; `secrets` may still lack those that are stored."""

    name: str
    channel: Channel
    settings: DestinationSettings
    secrets: dict[str, str]


def read_destination(draft: DestinationDraft, channels: Mapping[str, Channel]) -> FilledDestination:
    """Return what was filled in; raises InvalidInput at the first field that does not fit."""
    channel = channels.get(draft.channel)
    if channel is None or not channel.form:
        offered = ", ".join(key for key, one in channels.items() if one.form)
        raise InvalidInput(f"There are no destinations of '{draft.channel[:80]}'. There are: {offered}.", place="type")
    fields = {field.name: field for field in channel.form}
    for place, given, is_secret in (("settings", draft.settings, False), ("secrets", draft.secrets, True)):
        for name in given:
            if name not in fields or fields[name].is_secret is not is_secret:
                raise InvalidInput(f"{channel.label} has no field '{name[:80]}' here.", place=f"{place}.{name[:80]}")
    settings: DestinationSettings = {}
    for field in channel.form:
        if not field.is_secret:
            value = read_field(field, draft.settings.get(field.name), "settings")
            if value is not None:
                settings[field.name] = value
    return FilledDestination(
        name=_read_name(draft.name),
        channel=channel,
        settings=settings,
        secrets={name: read_secret(fields[name], value) for name, value in draft.secrets.items()},
    )


def with_kept_secrets(form: FilledDestination, stored: Mapping[str, str], saved: Destination) -> dict[str, str]:
    """Return the secrets to use: those given, and the stored ones for the rest; an empty one is taken away.

    Stored secrets go only where they went before, as those of sources do. Raises InvalidInput naming the secret.
    """
    needed = {field.name: field for field in form.channel.form if field.is_secret}
    kept = {name: value for name, value in stored.items() if name in needed and name not in form.secrets}
    names = (form.settings.keys() | saved.settings.keys()) - _HARMLESS
    if kept and any(form.settings.get(name) != saved.settings.get(name) for name in names):
        name = next(iter(kept))
        raise InvalidInput(
            f"Give the {in_text(needed[name])} again: it is only sent to where it was given for.",
            place=f"secrets.{name}",
        )
    return {**kept, **{name: value for name, value in form.secrets.items() if value}}


def check_hosts(form: FilledDestination, allowed: Collection[str]) -> None:
    """Raise InvalidInput where a host lies in a private range that is not among `allowed`. Looks the name up."""
    for name in form.settings:
        found = _host_in(form.settings, name)
        if found is None:
            continue
        try:
            refuse_private(*found, allowed=allowed)
        except InvalidAddress as error:
            raise InvalidInput(error.user_message, place=f"settings.{name}") from error


def check_given(form: FilledDestination, secrets: Mapping[str, str]) -> None:
    """Raise InvalidInput where a secret that the channel needs is not there."""
    for field in form.channel.form:
        if field.is_secret and field.is_required and not secrets.get(field.name):
            raise InvalidInput(f"Fill in the {in_text(field)}.", place=f"secrets.{field.name}")


def _read_name(name: str) -> str:
    trimmed = name.strip()
    if not trimmed:
        raise InvalidInput("Give the destination a name.", place="name")
    return check_text(trimmed, place="name", max_length=MAX_NAME_LENGTH, one_line=True)


def _host_in(settings: DestinationSettings, name: str) -> tuple[str, int] | None:
    """The host and port that a field names; None where it names none, or nothing that its channel takes."""
    text = str(settings[name])
    if name == "host":
        return text, int(settings.get("port") or _ANY_PORT)
    if name not in _URLS:
        return None
    try:
        url = urlsplit(text)
        return (url.hostname, url.port or _ANY_PORT) if url.hostname else None
    except ValueError:
        return None
