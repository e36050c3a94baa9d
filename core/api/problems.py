"""Errors as RFC 9457 problem details: one shape for ours, the framework's and the unexpected ones."""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from core.api.exact_json import ExactJSONResponse
from core.api.inputs import INNER
from core.domain.group import GroupInUse
from core.domain.json_form import mistake_words
from core.errors import BreaksReports, BroadsheetError, Conflict, InvalidInput, InvalidUpload, TooManyRequests

Model = TypeVar("Model", bound=BaseModel)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_HTTP_TITLES = {404: "not_found", 405: "method_not_allowed", 412: "precondition_failed", 413: "too_large"}


class PreconditionFailed(BroadsheetError):
    """It changed since the version named in If-Match. Load it again, then make your change."""

    code = "precondition_failed"
    http_status = 412
    #: What changed since, a line each, where that can be said.
    changes: tuple[str, ...] = ()


def problem(status: int, code: str, detail: str, *, place: str | None = None, **members: object) -> JSONResponse:
    """Return the response for one problem. `place` says where in the request; `members` come on top."""
    body: dict[str, Any] = {"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code}
    if place is not None:
        body["place"] = place
    body |= members
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    # A name in the request that is no valid text may stand in the answer about it.
    return ExactJSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def problem_of(error: BroadsheetError) -> JSONResponse:
    """Return the response for an error of ours."""
    named: dict[str, object] = {"reports": list(error.reports)} if isinstance(error, BreaksReports) else {}
    if isinstance(error, GroupInUse):
        named["schedules"] = [{"id": str(schedule_id), "name": name} for schedule_id, name in error.schedules]
    if isinstance(error, Conflict | PreconditionFailed) and error.changes:
        named["changes"] = list(error.changes)
    if isinstance(error, InvalidUpload) and error.upload_id is not None:
        named["upload_id"] = str(error.upload_id)
    response = problem(error.http_status, error.code, error.user_message, place=error.place, **named)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def parse_body(model: type[Model], body: dict[str, Any]) -> Model:
    """Return `body` as a model; raises InvalidInput with the place of the first thing that does not fit."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _invalid(error.errors()[0]) from error


def _invalid(first: Mapping[str, Any]) -> InvalidInput:
    """Return the error for the first thing a model did not take."""
    place = ".".join(str(part) for part in first["loc"] if part != "body") + first.get("ctx", {}).get(INNER, "")
    return InvalidInput(_words(first), place=place or None)


def _words(mistake: Mapping[str, Any]) -> str:
    # Our check of characters stands around text, and pydantic then counts its "items".
    if mistake["type"] in ("too_long", "string_too_long") and isinstance(text := mistake["input"], str):
        return f"It may have up to {mistake['ctx']['max_length']:,} characters; this has {len(text):,}."
    key = str(mistake["loc"][-1]) if mistake["loc"] else ""
    return mistake_words({**mistake, "msg": mistake["msg"].removeprefix("Value error, ")}, key=key)


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` answer with problem details."""

    async def _ours(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, BroadsheetError)  # noqa: S101 - narrowed by the registration below
        return problem_of(error)

    async def _http(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101
        if error.status_code == 400:  # the framework's only one: bytes that are no UTF-8, where JSON is asked for
            return problem_of(InvalidInput("The body cannot be read. Send JSON in UTF-8.", place="body"))
        return problem(error.status_code, _HTTP_TITLES.get(error.status_code, "request_refused"), str(error.detail))

    async def _body(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        return problem_of(_invalid(error.errors()[0]))

    async def _unexpected(_request: Request, error: Exception) -> JSONResponse:
        logger.error("request_failed", exc_info=error)
        return problem(500, "unexpected", "Something went wrong inside Broadsheet. The details are in its log.")

    app.add_exception_handler(BroadsheetError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _body)
    app.add_exception_handler(Exception, _unexpected)
