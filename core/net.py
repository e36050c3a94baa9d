"""The outbound guard: whether a host that a user typed may be connected to, and at which address.

Hosts the operator sets in the environment (SMTP_HOST, DATABASE_URL, S3_ENDPOINT_URL) are trusted and do not pass here:
whoever sets them runs the machine. Everything typed in the app or sent to the API does: webhooks, sources, mail servers
and endpoints of an organization.
"""

import re
import socket
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import idna

from core.errors import InvalidAddress

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
#: What C libraries read as a number: 2130706433, 0x7f000001, 0177.0.0.1, 127.1.
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.ASCII)
_METADATA_HOSTS = frozenset({"metadata.google.internal", "metadata.goog", "metadata", "instance-data"})
#: Not hosts of the internet, though Python calls some of them global: protocol assignments (a cloud's metadata server
#: lives there), the old 6to4 relays, and the wire server of Azure.
_SPECIAL_IPV4 = tuple(ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))
_GLOBAL_IPV6 = ip_network("2000::/3")
#: Inside 2000::/3 but not hosts of the internet, or carrying an IPv4 address that would pass unseen.
_SPECIAL_IPV6 = tuple(
    ip_network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
)


class _NotFound(InvalidAddress):
    """The host was not found."""


Resolve = Callable[..., Sequence[tuple[Any, ...]]]


def guard_host(host: str, port: int, *, allowed: Collection[str], resolve: Resolve = socket.getaddrinfo) -> str:
    """Resolve `host` once and return the IP address to connect to; connect to that, not to the name.

    Refused: private, loopback, link-local, multicast, reserved and metadata addresses, numbers in other forms than
    a.b.c.d, and a name any of whose addresses is refused. `allowed` (ALLOW_PRIVATE_HOSTS) names hosts or addresses that
    may lie in private ranges. Raises InvalidAddress.
    """
    name = host_name(host)
    if not 1 <= port <= 65535:
        raise InvalidAddress(f"{port} is not a port: use 1 to 65535.")
    is_allowed = name in {entry.strip().strip("[]").rstrip(".").lower() for entry in allowed}
    if name in _METADATA_HOSTS and not is_allowed:
        raise _refused(host)
    addresses = _resolve(name, port, host, resolve)
    if not is_allowed:
        for address in addresses:
            if not _is_public(address) and str(address) not in allowed:
                raise _refused(host)
    return str(addresses[0])


def refuse_private(host: str, port: int, *, allowed: Collection[str]) -> None:
    """Raise InvalidAddress where a host lies in a private range now, which a save says sooner than a use would.

    A name that is not found passes: it may be there by the time it is used, and is looked at again then.
    """
    try:
        guard_host(host, port, allowed=allowed)
    except _NotFound:
        return


def host_name(host: str) -> str:
    """Return a host in lower-case ASCII without brackets and final dot; nothing is looked up.

    Only names and plain addresses pass. Raises InvalidAddress.
    """
    bare = host.strip()
    literal = _address(bare.removeprefix("[").removesuffix("]"))
    if literal is not None:
        return str(literal)
    try:
        name = idna.encode(bare.rstrip("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        name = bare.rstrip(".").lower()
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidAddress(f'"{host[:80]}" is not a host name.')
    literal = _address(name)
    if literal is not None:
        return str(literal)
    if _NUMBER.fullmatch(labels[-1]):
        raise InvalidAddress(f'"{host[:80]}" is not a host name. Write an address as four numbers with dots.')
    return name


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address in its standard form, without a zone; None for anything else."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def _resolve(name: str, port: int, host: str, resolve: Resolve) -> list[IPv4Address | IPv6Address]:
    """All addresses of a name, in the resolver's order."""
    literal = _address(name)
    if literal is not None:
        return [literal]
    try:
        found = resolve(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise _NotFound(f'The host "{host[:80]}" was not found.') from error
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses:
        raise _NotFound(f'The host "{host[:80]}" was not found.')
    return addresses


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to a host of the internet."""
    if isinstance(address, IPv6Address):
        return address in _GLOBAL_IPV6 and not any(address in network for network in _SPECIAL_IPV6)
    is_special = address.is_multicast or any(address in network for network in _SPECIAL_IPV4)
    return address.is_global and not is_special


def _refused(host: str) -> InvalidAddress:
    """The error for a host inside a private range."""
    return InvalidAddress(
        f'"{host[:80]}" lies in a private network, which Broadsheet does not connect to. '
        "An operator can allow it with ALLOW_PRIVATE_HOSTS."
    )
