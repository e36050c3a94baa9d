"""`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10) on answers that count."""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from core.domain.quota import Rate

_POLICY = "minute"


def with_rate(send: Send, rate: Rate | None) -> Send:
    """Return a `send` that says on the answer what is left of the limit; without a limit, `send` itself."""
    if rate is None:
        return send

    async def send_with_rate(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["RateLimit-Policy"] = f'"{_POLICY}";q={rate.most};w=60'
            headers["RateLimit"] = f'"{_POLICY}";r={rate.left};t={rate.resets_in_s}'
        await send(message)

    return send_with_rate
