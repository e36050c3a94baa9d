"""Files over HTTP: streamed, named safely, never rendered by the browser as a page of ours."""

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from starlette.responses import StreamingResponse

from core.domain.artifact import Artifact

_CHUNK_BYTES = 256 * 1024


def artifact_response(artifact: Artifact, content: BinaryIO) -> StreamingResponse:
    """Return the response that downloads `content` under the artifact's name (RFC 6266, RFC 8187)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in artifact.file_name)
    return StreamingResponse(
        _chunks(content),
        media_type=artifact.media_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(artifact.file_name)}",
            "Content-Length": str(artifact.size_bytes),
            "ETag": f'"{artifact.sha256}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while chunk := content.read(_CHUNK_BYTES):
            yield chunk
