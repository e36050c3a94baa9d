"""What the OpenAPI document says beside what the routes do: problems, the token, versions, limits, examples."""

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI

from core.api.examples import load_examples, shape_of
from core.api.inputs import Json
from core.api.problems import MEDIA_TYPE

_WRITING = ("post", "put", "patch", "delete")
_PROBLEM: Json = {
    "title": "Problem",
    "description": "RFC 9457. `code` is made for programs, `detail` for people; `place` says where in the request.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "place": {"type": "string"},
        "reports": {"type": "array", "items": {"type": "string"}},
        "schedules": {"type": "array", "items": {"type": "object"}},
        "changes": {"type": "array", "items": {"type": "string"}},
        "upload_id": {"type": "string", "format": "uuid"},
    },
}
#: Status -> (code, what it means, words of an example).
_MEANINGS = {
    401: ("not_signed_in", "No token, or one that is not valid any more.", "Sign in to go on."),
    403: ("not_allowed", "The token's owner lacks the permission.", "You do not have the permission for this."),
    404: ("not_found", "It does not exist, or not for you.", "It does not exist, or you may not see it."),
    409: ("conflict", "It stands against what is there, or a limit is reached.", "The name is taken."),
    412: ("precondition_failed", "It changed since the version in If-Match.", "Load it again, then make your change."),
    413: ("too_large", "The body is too large.", "The body is too large."),
    422: ("invalid_input", "Something in the request is not right; `place` says what.", "A name is missing."),
    429: ("too_many_requests", "Too many requests; Retry-After says when to come back.", "Try again in 12 s."),
    502: ("source_error", "The source of the data, or the mail server, refused.", "The source refused the query."),
    503: ("source_busy", "Something it needs is not there now. Try again.", "Try again in a moment."),
    504: ("query_timed_out", "The source did not answer in time.", "The source did not answer in time."),
}
#: What goes to a source while the caller waits ends as the source does.
_ASKS_A_SOURCE = (
    "/preview",
    "/values",
    "/introspect",
    "/sample",
    "/chart",
    "/drift",
    "/refresh",
    "/check",
    "/look",
    "-preview",
    "/preview-as",
    "/draft",
    "/test",
)
#: So does what goes to a mail server.
_MAILS = ("/verified-addresses", "/resend", "/password-link", "/invitations", "/forgot")
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Things of which an organization has one or none.
_MAY_LACK = ("/branding/logo", "/email-config")
#: What is answered in place of JSON.
_MEDIA_TYPES = {
    "GET /audit.csv": ("text/csv",),
    "GET /branding/logo": ("image/png",),
    "GET /branding/sample": ("application/pdf", "text/html"),
    "GET /deliveries/{delivery_id}/message": ("message/rfc822", "application/octet-stream"),
    "GET /personal-data/deliveries.csv": ("text/csv",),
    "POST /personal-data/export": ("application/zip",),
    "GET /report-executions/{run_id}/download": ("*/*",),
    "GET /reports/{report_id}/chart": ("image/png", "image/svg+xml"),
    "GET /templates/example": (_WORKBOOK,),
    "GET /templates/{template_id}/file": (_WORKBOOK,),
}
#: Routes whose body is a file.
_FILES = {
    "POST /uploads",
    "POST /templates",
    "POST /templates/inspect",
    "PUT /templates/{template_id}/file",
    "POST /calendars/ics",
    "PUT /branding/logo",
}
_FILE: Json = {
    "required": True,
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}


class DocumentedApi(FastAPI):
    """An application whose document tells every answer."""

    def __init__(self, *, public: Collection[tuple[str, str]], **settings: Any) -> None:
        """`public`: (method, path) of what answers without a token."""
        super().__init__(**settings)
        self._public = public

    def openapi(self) -> Json:
        """Return the document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = finished(super().openapi(), self._public)
        return self.openapi_schema


def finished(document: Json, public: Collection[tuple[str, str]]) -> Json:
    """Return the framework's document with everything that it leaves out."""
    parts = document["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(name, None)
    parts["schemas"]["Problem"] = _PROBLEM
    parts["responses"] = {_name(status): _problem(status) for status in _MEANINGS}
    parts["headers"] = _HEADERS
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    bodies, answers = load_examples()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if (method.upper(), path) in public:
                operation["security"] = []
            _finish(operation, method=method, path=path)
            name = f"{method.upper()} {path}"
            _show_body(operation, bodies.get(name))
            _show_answer(operation, answers.get(name))
    return document


_HEADERS: Json = {
    "RateLimit": {
        "description": "What is left of the limit, and the seconds until it is whole again.",
        "schema": {"type": "string", "example": '"minute";r=598;t=42'},
    },
    "RateLimit-Policy": {
        "description": "The limit: how many requests in how many seconds.",
        "schema": {"type": "string", "example": '"minute";q=600;w=60'},
    },
    "ETag": {
        "description": "The version, for If-Match.",
        "schema": {"type": "string", "example": '"3"'},
    },
    "Idempotent-Replayed": {
        "description": "`true` where the answer is the one that was given before.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}


_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what you read; without it the change is made in any case.",
    "schema": {"type": "string", "example": '"3"'},
}
_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same body within 24 hours, the request is answered as before and done once.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$", "example": "8e03978e-40d5-43e8-bc93-6894a57f9324"},
}


def _finish(operation: Json, *, method: str, path: str) -> None:
    name = f"{method.upper()} {path}"
    if name in _FILES:
        operation["requestBody"] = _FILE
    answers, is_public = operation["responses"], operation.get("security") == []
    _add_headers(operation, method=method, is_public=is_public)
    for status in _statuses(operation, method=method, path=path):
        answers[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    for status, answer in answers.items():
        if not status.startswith("2"):
            continue
        if name in _MEDIA_TYPES:
            answer["content"] = {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in _MEDIA_TYPES[name]
            }
        if not is_public:
            said = {"get": ("ETag",), "post": ("Idempotent-Replayed",)}.get(method, ())
            answer["headers"] = answer.get("headers", {}) | _linked("RateLimit", "RateLimit-Policy", *said)


def _show_body(operation: Json, example: object) -> None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None and example is not None:
        content["example"] = example


def _show_answer(operation: Json, example: object) -> None:
    """Show an answer, and tell its names where the route itself tells of no more than an object."""
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json") if status.startswith("2") else None
        if content is None or example is None:
            continue
        content["example"] = example
        if "$ref" not in content.get("schema", {}):
            content["schema"] = {**content.get("schema", {}), **shape_of(example)}


def _add_headers(operation: Json, *, method: str, is_public: bool) -> None:
    """Name the headers that every route of a method understands."""
    named = operation.setdefault("parameters", [])
    if method == "post" and not is_public:
        named.append(_KEY)
    if method in ("put", "patch", "delete"):
        operation["parameters"] = [*(one for one in named if one["name"] != "If-Match"), _IF_MATCH]


def _statuses(operation: Json, *, method: str, path: str) -> list[int]:
    """The problems that a route may answer with."""
    named = {one["name"] for one in operation.get("parameters", [])}
    takes_body = "requestBody" in operation
    asks = path.endswith(_ASKS_A_SOURCE)
    mails = method == "post" and path.endswith(_MAILS)
    holds = {
        401: True,
        403: True,
        404: method in _WRITING or bool(named) or path in _MAY_LACK,
        409: method in _WRITING,
        412: "If-Match" in named,
        413: takes_body,
        422: bool(named) or takes_body,
        429: True,
        502: asks or mails,
        503: asks or mails,
        504: asks,
    }
    return [status for status, is_so in holds.items() if is_so]


def _linked(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _name(status: int) -> str:
    return _MEANINGS[status][0]


def _problem(status: int) -> Json:
    code, meaning, words = _MEANINGS[status]
    example: dict[str, Any] = {"type": "about:blank", "title": code, "status": status, "detail": words, "code": code}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    answer: Json = {"description": meaning, "content": content}
    if status == 429:
        answer["headers"] = _linked("Retry-After", "RateLimit", "RateLimit-Policy")
    return answer
