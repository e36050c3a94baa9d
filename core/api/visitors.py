"""Where a request comes from, shortened so that it names a network and not a person."""

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request


def network_of(request: Request) -> str:
    """Return the /24 or /48 that the client's address lies in; "unknown" where there is none."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
