"""The REST API as one FastAPI application."""

from fastapi import FastAPI
from starlette.middleware import Middleware

from core.access.rate_limit import RateLimit
from core.api import docs_routes
from core.api.authentication import BearerMiddleware
from core.api.bounce_routes import bounce_routes
from core.api.branding_routes import branding_routes
from core.api.burst_routes import burst_routes
from core.api.calendar_routes import calendar_routes
from core.api.chart_routes import chart_routes
from core.api.dashboard_routes import dashboard_routes
from core.api.dataset_routes import dataset_routes
from core.api.destination_routes import destination_routes
from core.api.email_routes import email_routes
from core.api.execution_routes import execution_routes
from core.api.group_routes import group_routes
from core.api.library_routes import library_routes
from core.api.link_routes import link_routes
from core.api.mail_draft_routes import mail_draft_routes
from core.api.problems import add_problem_handlers
from core.api.recipient_policy_routes import recipient_policy_routes
from core.api.report_routes import report_routes
from core.api.run_care_routes import run_care_routes
from core.api.schedule_care_routes import schedule_care_routes
from core.api.schedule_routes import schedule_routes
from core.api.sent_routes import sent_routes
from core.api.source_routes import source_routes
from core.api.template_routes import template_routes
from core.api.token_routes import token_routes
from core.api.upload_routes import upload_routes
from core.bootstrap import Broadsheet

#: What answers without a token. A route that is not listed here answers 401 to strangers.
PUBLIC = (
    ("GET", "/openapi.json"),
    ("POST", "/auth/token"),
    ("GET", "/email-config/presets"),
    *(("GET", path) for path in docs_routes.PATHS),
)
_MAX_BODY_BYTES = 4 * 1024 * 1024
#: With RATE_LIMITS=on: failed sign-ins of one client address, and requests of one person, a minute.
SIGN_INS_PER_MINUTE = 30
REQUESTS_PER_MINUTE = 600


def create_application(broadsheet: Broadsheet) -> FastAPI:
    """Return the application over the services of one process."""
    is_limited = broadsheet.settings.rate_limits == "on"
    sign_ins = RateLimit(broadsheet.clock, per_minute=SIGN_INS_PER_MINUTE if is_limited else None)
    requests = RateLimit(broadsheet.clock, per_minute=REQUESTS_PER_MINUTE if is_limited else None)
    app = FastAPI(
        title="Broadsheet",
        version="1",
        description="Reports, schedules, runs and files. Send your token as `Authorization: Bearer …`.",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        middleware=[Middleware(BearerMiddleware, access=broadsheet.access, public=PUBLIC, requests=requests)],
        max_body_size=_MAX_BODY_BYTES,
    )
    add_problem_handlers(app)
    app.include_router(docs_routes.docs_routes())
    app.include_router(token_routes(broadsheet.access, sign_ins))
    app.include_router(source_routes(broadsheet.sources))
    app.include_router(upload_routes(broadsheet.uploads))
    app.include_router(template_routes(broadsheet.templates))
    app.include_router(dataset_routes(broadsheet.catalog, broadsheet.datasets, broadsheet.quick_starts))
    app.include_router(library_routes(broadsheet.library, broadsheet.sharing, broadsheet.search))
    app.include_router(
        report_routes(broadsheet.reports, broadsheet.versions, broadsheet.library, broadsheet.runs, broadsheet.catalog)
    )
    app.include_router(dashboard_routes(broadsheet.dashboards, broadsheet.runs, broadsheet.dashboard_sharing))
    app.include_router(chart_routes(broadsheet.charts))
    app.include_router(calendar_routes(broadsheet.calendars))
    app.include_router(schedule_routes(broadsheet.schedules, broadsheet.runs))
    app.include_router(schedule_care_routes(broadsheet.schedule_care))
    app.include_router(burst_routes(broadsheet.bursts, broadsheet.schedules))
    app.include_router(destination_routes(broadsheet.destinations))
    app.include_router(execution_routes(broadsheet.runs, broadsheet.run_care))
    app.include_router(run_care_routes(broadsheet.backfill, broadsheet.approvals))
    app.include_router(email_routes(broadsheet.email_config, broadsheet.suppressions))
    app.include_router(group_routes(broadsheet.groups))
    app.include_router(recipient_policy_routes(broadsheet.recipient_policy, broadsheet.verification))
    app.include_router(mail_draft_routes(broadsheet.mail_preview, broadsheet.reach))
    app.include_router(sent_routes(broadsheet.sent))
    app.include_router(link_routes(broadsheet.links, broadsheet.settings.base_url))
    app.include_router(bounce_routes(broadsheet.bounces, broadsheet.settings.base_url))
    app.include_router(branding_routes(broadsheet.branding))
    return app
