"""The schedule form's rows of destinations: Slack, webhooks, buckets, servers and folders beside the mail."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.destination import Destination
from core.errors import InvalidInput
from pages.widgets import form_values as form
from pages.widgets import recipient_state as recipients
from pages.widgets.app import broadsheet

if TYPE_CHECKING:
    from core.services.destinations import DestinationKind


def place_fields(principal: Principal, values: dict[str, Any], wrong: InvalidInput | None) -> None:
    """Draw the rows, and the way to one more; `wrong` is said at the row it belongs to."""
    services = broadsheet().destinations
    kinds = {kind.key: kind for kind in services.kinds()}
    known = {recipients.Choice(channel=one.channel, destination_id=one.id): one for one in services.list(principal)}
    first = len(recipients.lines_of(values["recipients"] or "")) + len(values["picks"])
    for position, n in enumerate(values["places"]):
        _row(n, values, known, kinds)
        form.error_at(wrong, f"recipients[{first + position}]")
    if known:
        st.button("Deliver to another place", key="schedule_more_places", icon=":material/add:", on_click=_add)
    elif principal.may(Permission.MANAGE_CATALOG):
        st.page_link("destinations.py", label="Set up Slack, a bucket, a server or a webhook", icon=":material/add:")


def _row(
    n: int,
    values: dict[str, Any],
    known: "dict[recipients.Choice, Destination]",
    kinds: "dict[str, DestinationKind]",
) -> None:
    if values.get(f"place_{n}") not in known:
        form.put(f"place_{n}", next(iter(known), None))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"schedule_place_{n}"):
        chosen = st.selectbox(
            "Destination",
            list(known),
            key=form.keep(f"place_{n}", values),
            format_func=lambda choice: _label(known[choice], kinds) if choice in known else "",
            width=260,
        )
        kind = kinds.get(chosen.channel) if chosen is not None else None
        address = form.keep(f"place_{n}_address", values)
        st.text_input("Where in it", key=address, help=kind.address_help if kind else None, placeholder=_hint(kind))
        st.button(
            "",
            icon=":material/close:",
            key=f"schedule_place_{n}_less",
            help="Remove",
            type="tertiary",
            on_click=_remove,
            args=(n,),
        )


def _label(destination: Destination, kinds: "dict[str, DestinationKind]") -> str:
    """A destination with its kind in front, unless its name says it."""
    kind = kinds[destination.channel].label if destination.channel in kinds else destination.channel
    return destination.name if destination.name.lower().startswith(kind.lower()) else f"{kind}: {destination.name}"


def _hint(kind: "DestinationKind | None") -> str:
    if kind is None:
        return ""
    return "#sales" if kind.key == "slack" else "" if kind.key == "webhook" else "reports/{report}/{date}"


def _add() -> None:
    present: tuple[int, ...] = form.read()["places"]
    new = max(present, default=-1) + 1
    form.put("places", (*present, new))
    form.put(f"place_{new}", None)
    form.put(f"place_{new}_address", "")


def _remove(n: int) -> None:
    form.put("places", tuple(one for one in form.read()["places"] if one != n))
