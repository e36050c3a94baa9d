"""The REST API as one FastAPI application."""

from fastapi import FastAPI
from starlette.middleware import Middleware

from core.api import docs_routes
from core.api.account_routes import account_routes
from core.api.audit_routes import audit_routes
from core.api.authentication import BearerMiddleware
from core.api.bounce_routes import bounce_list_routes, bounce_routes
from core.api.branding_routes import branding_routes
from core.api.burst_routes import burst_routes
from core.api.calendar_routes import calendar_routes
from core.api.chart_routes import chart_routes
from core.api.conditional import ConditionalMiddleware
from core.api.dashboard_routes import dashboard_routes
from core.api.data_policy_routes import data_policy_routes
from core.api.dataset_routes import dataset_routes
from core.api.destination_routes import destination_routes
from core.api.documented import DocumentedApi
from core.api.email_routes import email_routes
from core.api.execution_routes import execution_routes
from core.api.group_routes import group_routes
from core.api.idempotency import IdempotencyMiddleware
from core.api.library_routes import library_routes
from core.api.link_routes import link_routes
from core.api.mail_draft_routes import mail_draft_routes
from core.api.operations_routes import operations_routes
from core.api.organization_routes import organization_routes
from core.api.password_routes import password_routes
from core.api.people_routes import people_routes
from core.api.personal_data_routes import personal_data_routes
from core.api.problems import add_problem_handlers
from core.api.quota_routes import quota_routes
from core.api.recipient_policy_routes import recipient_policy_routes
from core.api.report_routes import report_routes
from core.api.role_routes import role_routes
from core.api.run_care_routes import run_care_routes
from core.api.schedule_calendar_routes import schedule_calendar_routes
from core.api.schedule_care_routes import schedule_care_routes
from core.api.schedule_routes import schedule_routes
from core.api.second_factor_routes import second_factor_routes
from core.api.sent_routes import sent_routes
from core.api.service_account_routes import service_account_routes
from core.api.sign_in_routes import sign_in_routes
from core.api.source_routes import source_routes
from core.api.template_routes import template_routes
from core.api.token_routes import token_routes
from core.api.upload_routes import upload_routes
from core.bootstrap import Broadsheet

#: What answers without a token. A route that is not listed here answers 401 to strangers.
PUBLIC = (
    ("GET", "/openapi.json"),
    ("POST", "/auth/token"),
    ("POST", "/auth/password/forgot"),
    ("POST", "/auth/password/reset"),
    ("GET", "/email-config/presets"),
    ("POST", "/invitations/accept"),
    *(("GET", path) for path in docs_routes.PATHS),
)
_MAX_BODY_BYTES = 4 * 1024 * 1024


def create_application(broadsheet: Broadsheet) -> FastAPI:
    """Return the application over the services of one process."""
    app = DocumentedApi(
        public=PUBLIC,
        title="Broadsheet",
        version="1",
        description="Reports, schedules, runs and files. Send your token as `Authorization: Bearer …`.",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        middleware=[
            Middleware(BearerMiddleware, access=broadsheet.access, public=PUBLIC, quotas=broadsheet.quotas),
            Middleware(IdempotencyMiddleware, answers=broadsheet.answers),
            Middleware(ConditionalMiddleware),
        ],
        max_body_size=_MAX_BODY_BYTES,
    )
    add_problem_handlers(app)
    app.include_router(docs_routes.docs_routes())
    app.include_router(sign_in_routes(broadsheet.sign_in))
    app.include_router(password_routes(broadsheet.passwords, broadsheet.sign_in, broadsheet.access))
    app.include_router(account_routes(broadsheet.sessions, broadsheet.access))
    app.include_router(second_factor_routes(broadsheet.second_factor))
    app.include_router(token_routes(broadsheet.tokens))
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
    app.include_router(schedule_calendar_routes(broadsheet.schedule_calendar))
    app.include_router(schedule_routes(broadsheet.schedules, broadsheet.runs))
    app.include_router(schedule_care_routes(broadsheet.schedule_care))
    app.include_router(burst_routes(broadsheet.bursts, broadsheet.schedules))
    app.include_router(destination_routes(broadsheet.destinations))
    app.include_router(execution_routes(broadsheet.runs, broadsheet.run_care))
    app.include_router(run_care_routes(broadsheet.backfill, broadsheet.approvals))
    app.include_router(email_routes(broadsheet.email_config, broadsheet.suppressions))
    app.include_router(group_routes(broadsheet.groups))
    app.include_router(data_policy_routes(broadsheet.data_policies))
    app.include_router(personal_data_routes(broadsheet.personal_data))
    app.include_router(people_routes(broadsheet.members, broadsheet.invitations))
    app.include_router(role_routes(broadsheet.roles))
    app.include_router(organization_routes(broadsheet.organizations, broadsheet.access))
    app.include_router(service_account_routes(broadsheet.service_accounts))
    app.include_router(recipient_policy_routes(broadsheet.recipient_policy, broadsheet.verification))
    app.include_router(mail_draft_routes(broadsheet.mail_preview, broadsheet.reach))
    app.include_router(sent_routes(broadsheet.sent))
    app.include_router(link_routes(broadsheet.links, broadsheet.settings.base_url))
    app.include_router(bounce_routes(broadsheet.bounces, broadsheet.settings.base_url))
    app.include_router(bounce_list_routes(broadsheet.bounces))
    app.include_router(branding_routes(broadsheet.branding))
    app.include_router(audit_routes(broadsheet.audit))
    app.include_router(quota_routes(broadsheet.quotas))
    app.include_router(operations_routes(broadsheet.operations, broadsheet.alerts))
    return app
