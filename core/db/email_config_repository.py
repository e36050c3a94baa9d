"""The mail server of one organization; its secrets stay encrypted here."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import EmailConfigRow
from core.domain.mail_server import EmailConfig, EmailConfigDraft, dkim_record

_COLUMNS = (
    EmailConfigRow.preset,
    EmailConfigRow.host,
    EmailConfigRow.port,
    EmailConfigRow.security,
    EmailConfigRow.username,
    EmailConfigRow.sender,
    EmailConfigRow.secrets,
    EmailConfigRow.dkim_domain,
    EmailConfigRow.dkim_selector,
    EmailConfigRow.dkim_public,
    EmailConfigRow.version,
    EmailConfigRow.updated_at,
)


def load_email_config(session: Session, *, lock: bool = False) -> tuple[EmailConfig, str | None] | None:
    """Return the organization's mail server and its encrypted secrets; None: it uses the installation's.

    `has_password` is left for whoever can read the secrets.
    """
    statement = select(*_COLUMNS)
    row = session.execute(statement.with_for_update() if lock else statement).mappings().first()
    if row is None:
        return None
    values: dict[str, Any] = dict(row)
    sealed = values.pop("secrets")
    domain, selector, public = (values.pop(f"dkim_{name}") for name in ("domain", "selector", "public"))
    config = EmailConfig(
        user=values.pop("username"),
        has_password=False,
        dkim=dkim_record(domain, selector, public) if public else None,
        **values,
    )
    return config, sealed


def put_email_config(session: Session, organization_id: UUID, draft: EmailConfigDraft, sealed: str | None) -> None:
    """Save the mail server; its signing key stays."""
    values = {
        "preset": draft.preset,
        "host": draft.host,
        "port": draft.port,
        "security": draft.security,
        "username": draft.user,
        "sender": draft.sender,
        "secrets": sealed,
    }
    session.execute(
        postgresql.insert(EmailConfigRow)
        .values(organization_id=organization_id, **values)
        .on_conflict_do_update(
            index_elements=["organization_id"],
            set_={**values, "version": EmailConfigRow.version + 1, "updated_at": func.now()},
        )
    )


def put_dkim(
    session: Session, *, domain: str | None, selector: str | None, public: str | None, sealed: str | None
) -> None:
    """Save the signing key of the mail server that is there, or take it away."""
    session.execute(
        update(EmailConfigRow).values(
            dkim_domain=domain,
            dkim_selector=selector,
            dkim_public=public,
            secrets=sealed,
            version=EmailConfigRow.version + 1,
            updated_at=func.now(),
        )
    )


def delete_email_config(session: Session) -> bool:
    """Go back to the installation's mail server; returns whether there was another."""
    return session.execute(delete(EmailConfigRow).returning(EmailConfigRow.id)).first() is not None
