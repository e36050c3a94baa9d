"""The links at the end of mails with which people stop or pause them without signing in; stored by their hash only."""

import hashlib
import hmac
from uuid import UUID

from sqlalchemy.orm import Session

from core.address import email_key
from core.db import suppression_repository
from core.secrets import token_sha256


class UnsubscribeLinks:
    """Makes links. Each address has one for each schedule, the same in every mail and on every attempt."""

    def __init__(self, *, key: str, base_url: str) -> None:
        """`key`: a secret of the installation made for this; without it nobody can guess another's link."""
        self._key = key.encode()
        self._base_url = base_url

    def url(self, session: Session, organization_id: UUID, address: str, schedule_id: UUID | None) -> str:
        """Return the link, known from the end of the transaction on; `schedule_id` None: no schedule sent the mail."""
        about = f"{organization_id}:{schedule_id or ''}:{email_key(address)}"
        token = hmac.new(self._key, about.encode(), hashlib.sha256).hexdigest()
        suppression_repository.put_token(
            session,
            organization_id,
            token_sha256=token_sha256(token),
            address=address,
            schedule_id=schedule_id,
        )
        return f"{self._base_url}/unsubscribe/{token}"
