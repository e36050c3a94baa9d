"""Files over HTTP: streamed, in parts where asked, named safely, never rendered by the browser as a page of ours."""

import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from core.domain.artifact import Artifact

_CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes\s*=\s*(?:(\d{1,18})\s*-\s*(\d{1,18})?|-\s*(\d{1,18}))\s*", re.ASCII)


def artifact_response(request: Request, artifact: Artifact, content: BinaryIO) -> Response:
    """Return the response that downloads `content`, or the part that is asked for (RFC 9110 section 14).

    A range is kept to only while the file is the one the client has begun (`If-Range`); several ranges at once are
    answered with the whole file, which is allowed.
    """
    size, asked, headers = artifact.size_bytes, _asked(request, artifact), _headers(artifact)
    if asked is not None and asked.start >= size:
        content.close()
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    span, status = asked or range(size), 200
    headers["Content-Length"] = str(len(span))
    if asked is not None:
        status, headers["Content-Range"] = 206, f"bytes {span.start}-{span.stop - 1}/{size}"
    if request.method == "HEAD":
        content.close()
        return Response(status_code=status, media_type=artifact.media_type, headers=headers)
    return StreamingResponse(
        _chunks(content, span), status_code=status, media_type=artifact.media_type, headers=headers
    )


def starts_later(request: Request, artifact: Artifact) -> bool:
    """Whether what is asked for lies behind the first byte."""
    asked = _asked(request, artifact)
    return asked is not None and asked.start > 0


def content_disposition(file_name: str) -> str:
    """Return the header that saves a file under its name (RFC 6266), for clients old and new (RFC 8187)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def _headers(artifact: Artifact) -> dict[str, str]:
    return {
        "Content-Disposition": content_disposition(artifact.file_name),
        "Accept-Ranges": "bytes",
        "ETag": _etag(artifact),
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


def _etag(artifact: Artifact) -> str:
    return f'"{artifact.sha256}"'


def _asked(request: Request, artifact: Artifact) -> range | None:
    """The part a request asks for, cut at the file's end; empty behind it. None: the whole file."""
    if request.headers.get("if-range", _etag(artifact)).strip() != _etag(artifact):
        return None
    found = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if found is None:
        return None
    size, (first, last, suffix) = artifact.size_bytes, found.groups()
    if suffix is not None:
        return range(max(size - int(suffix), 0), size) if int(suffix) else range(size, size)
    if last is not None and int(last) < int(first):
        return None  # not a range at all, says the RFC
    return range(int(first), size if last is None else min(int(last) + 1, size))


def _chunks(content: BinaryIO, span: range) -> Iterator[bytes]:
    """The bytes of a span. What lies before it is read too: stores check a file from its front on."""
    with content:
        at = 0
        while at < span.stop and (chunk := content.read(min(_CHUNK_BYTES, span.stop - at))):
            wanted = chunk[max(span.start - at, 0) :]
            at += len(chunk)
            if wanted:
                yield wanted
