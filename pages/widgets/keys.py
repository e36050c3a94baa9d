"""Every key of widgets and session state, prefixed by screen, so that two screens never share one by accident."""

SIGN_IN = "sign_in"
SIGN_IN_FORM = "sign_in_form"
SIGN_IN_EMAIL = "sign_in_email"
SIGN_IN_PASSWORD = "sign_in_password"  # noqa: S105 - a widget's key
SIGN_IN_SUBMIT = "sign_in_submit"

REPORTS_LIST = "reports_list"
REPORTS_SEARCH = "reports_search"
REPORTS_PAGE = "reports_page"
REPORTS_NEW = "reports_new"
REPORTS_ARCHIVE = "reports_archive"

SCREEN = "screen"

DRAFT = "builder_draft"
DRAFTS = "builder_drafts"
BUILDER = "builder"
BUILDER_STEP = "builder_step"
BUILDER_PAGE = "builder_page"
BUILDER_NAME = "builder_name"
BUILDER_SEARCH = "builder_search"
BUILDER_DATASET = "builder_dataset"
BUILDER_MODE = "builder_mode"
BUILDER_MEMO = "builder_memo"
BUILDER_NOTICE = "builder_notice"
BUILDER_ADD_FILTER = "builder_add_filter"
BUILDER_FILTER_FIELD = "builder_filter_field"
BUILDER_TABS = "builder_tabs"
BUILDER_EXPORT = "builder_export"

SCHEDULES_LIST = "schedules_list"
SCHEDULES_PAGE = "schedules_page"
SCHEDULES_NEW = "schedules_new"
SCHEDULES_DELETE = "schedules_delete"
SCHEDULES_NOTICE = "schedules_notice"

RUNS_LIST = "runs_list"
RUNS_PAGE = "runs_page"
RUNS_FILTER = "runs_filter"
RUNS_MOVING = "runs_moving"
RUN_CANCEL = "run_cancel"
RUN_RETRY = "run_retry"

#: Links to files that were made in this session, by artifact.
LINKS = "links"

SCHEDULE_FORM = "schedule_form"
SCHEDULE_SUBJECT = "schedule_subject"
SCHEDULE_REPORT = "schedule_report"
SCHEDULE_VALUES = "schedule_values"
SCHEDULE_ERROR = "schedule_error"
SCHEDULE_SAVE = "schedule_save"
SCHEDULE_SAVED = "schedule_saved"

OUTBOX_MAIL = "outbox_mail_shown"
OUTBOX_AGAIN = "outbox_again"
