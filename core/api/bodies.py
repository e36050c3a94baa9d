"""Files that come as the body of a request."""

from fastapi import Request


async def read_body(request: Request, most: int) -> bytes:
    """Return the body, no more of it than shows that it is larger than `most` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            break
    return bytes(body)
