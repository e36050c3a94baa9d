"""Where a request comes from: shortened to a network for limits and statistics, whole for the person themselves."""

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from core.domain.sign_in import Visit


def network_of(request: Request) -> str:
    """Return the /24 or /48 that the client's address lies in; "unknown" where there is none."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def visit_of(request: Request) -> Visit:
    """Return where a request comes from, for the eyes of the person who signs in with it."""
    return Visit.of(request.client.host if request.client else None, request.headers.get("user-agent"))
