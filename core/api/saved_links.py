"""`/saved/…`: files that screens make of what is kept, for the browser whose session asks.

Streamlit's own downloads lie under addresses that open for anybody; here the cookie is asked every time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from core.api.downloads import content_disposition
from core.api.session_cookie import Sessions, principal_of_cookie
from core.api.threads import run_in_api_thread
from core.domain.access import Principal
from core.domain.branding import Branding, PaperSize, parse_accent
from core.errors import BroadsheetError, InvalidInput
from core.services.audit import AuditService
from core.services.branding import BrandingService
from core.services.personal_data import PersonalDataService
from core.services.sent import SentService
from core.services.templates import TemplateService

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """A file that is handed over."""

    name: str
    media_type: str
    content: Iterable[bytes]


def saved_links(
    *,
    audit: AuditService,
    personal: PersonalDataService,
    sent: SentService,
    templates: TemplateService,
    branding: BrandingService,
    access: Sessions,
) -> list[Route]:
    """Return `GET /saved/audit.csv`, `/saved/personal-data.csv`, `/saved/about.zip?who=`, `/saved/mail/{id}` ….

    The filters are those of the REST routes. What a person may not have is answered with 403, a stranger with 401.
    """

    def audit_csv(principal: Principal, request: Request) -> _Saved:
        from core.api.audit_routes import EventsWanted  # brings FastAPI along, which no start waits for

        wanted = EventsWanted.model_validate(dict(request.query_params)).filter()
        return _Saved(name="audit.csv", media_type="text/csv; charset=utf-8", content=audit.csv(principal, wanted))

    def personal_csv(principal: Principal, request: Request) -> _Saved:
        from core.api.personal_data_routes import DeliveriesWanted

        wanted = DeliveriesWanted.model_validate(dict(request.query_params)).filter()
        content = [personal.received_csv(principal, wanted)]
        return _Saved(name="personal-data.csv", media_type="text/csv; charset=utf-8", content=content)

    def about(principal: Principal, request: Request) -> _Saved:
        content = [personal.about(principal, request.query_params.get("who", ""))]
        return _Saved(name="about.zip", media_type="application/zip", content=content)

    def mail(principal: Principal, request: Request) -> _Saved:
        line, content = sent.original(principal, request.path_params["delivery_id"])
        return _Saved(name=f"{line.title}.eml", media_type="message/rfc822", content=[content])

    def template(principal: Principal, request: Request) -> _Saved:
        template_id = request.path_params["template_id"]
        name = templates.get(principal, template_id).file_name
        return _Saved(name=name, media_type=_XLSX, content=[templates.content(principal, template_id)])

    def example(principal: Principal, request: Request) -> _Saved:
        name, content = templates.example(principal, request.path_params["report_id"])
        return _Saved(name=name, media_type=_XLSX, content=[content])

    def look(principal: Principal, request: Request) -> _Saved:
        wanted = _look(branding.get(principal), request)
        content = [branding.sample(principal, wanted, "pdf")]
        return _Saved(name="look.pdf", media_type="application/pdf", content=content)

    return [
        _route("/saved/audit.csv", audit_csv, access),
        _route("/saved/personal-data.csv", personal_csv, access),
        _route("/saved/about.zip", about, access),
        _route("/saved/mail/{delivery_id:uuid}", mail, access),
        _route("/saved/template/{template_id:uuid}", template, access),
        _route("/saved/example/{report_id:uuid}", example, access),
        _route("/saved/look.pdf", look, access),
    ]


def _look(saved: Branding, request: Request) -> Branding:
    """The look that is asked for, with the logo that is saved; raises InvalidInput."""
    accent, paper = request.query_params.get("accent"), request.query_params.get("paper", str(saved.paper))
    if paper not in set(PaperSize):
        raise InvalidInput("There is no such paper.", place="paper")
    return replace(saved, accent=parse_accent(accent) if accent else None, paper=PaperSize(paper))


def _route(path: str, make: Callable[[Principal, Request], _Saved], access: Sessions) -> Route:
    def saved(request: Request) -> _Saved:
        return make(principal_of_cookie(request, access), request)

    async def download(request: Request) -> Response:
        from pydantic import ValidationError

        from core.api.problems import problem_of

        try:
            file = await run_in_api_thread(saved, request)
        except BroadsheetError as error:
            return problem_of(error)
        except ValidationError:
            return Response("This address asks for something that is not there.", status_code=422)
        headers = {**_HEADERS, "Content-Disposition": content_disposition(file.name)}
        return StreamingResponse(file.content, media_type=file.media_type, headers=headers)

    return Route(path, download, methods=["GET"])
