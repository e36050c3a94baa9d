"""The mail outbox: what was "sent" where there is no mail server, shown to the organization it belongs to."""

from core.access.policy import require
from core.db import sent_repository
from core.db.database import Database
from core.deliver.outbox import OutboxEntry, OutboxMail, list_outbox, read_outbox
from core.domain.access import Permission, Principal
from core.errors import NotFound
from core.settings import Settings

MAX_SHOWN = 200


class OutboxService:
    """Reads the outbox folder. A mail belongs to the organization whose ledger names its file."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._directory = settings.outbox_dir
        self._has_mail_server = settings.smtp_host is not None

    @property
    def is_active(self) -> bool:
        """Whether mail goes to the outbox instead of a mail server."""
        return not self._has_mail_server

    def list(self, principal: Principal) -> tuple[OutboxEntry, ...]:
        """Return the organization's newest mails without their content, the newest first."""
        names = self._names(principal)
        return tuple(entry for entry in list_outbox(self._directory) if entry.name in names)

    def read(self, principal: Principal, name: str) -> OutboxMail:
        """Return one mail with its content; raises NotFound."""
        if name not in self._names(principal):
            raise NotFound("This mail is not in the outbox any more.")
        return read_outbox(self._directory, name)

    def _names(self, principal: Principal) -> frozenset[str]:
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            responses = sent_repository.newest_responses(session, channel="email", limit=MAX_SHOWN)
        return frozenset(response.rpartition("/")[2] for response in responses)
