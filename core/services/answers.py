"""Answers kept by Idempotency-Key: what is asked twice under one key is done once and answered the same."""

from datetime import timedelta

from core.clock import Clock
from core.db import answer_repository
from core.db.database import Database
from core.domain.access import Principal
from core.errors import Conflict, InvalidInput
from core.secrets import SecretBox

#: For how long the same key gets the same answer.
KEPT_FOR = timedelta(hours=24)
#: A request that takes longer was lost with its process.
_LOST_AFTER = timedelta(minutes=10)
PLACE = "Idempotency-Key"


class AnswerService:
    """Knows the keys of one person at a time: those of others are theirs."""

    def __init__(self, database: Database, clock: Clock, box: SecretBox) -> None:
        self._database = database
        self._clock = clock
        self._box = box

    def begin(self, principal: Principal, key: str, *, request_sha256: str) -> str | None:
        """Return the answer that is kept for the key; None where the request is to be carried out now.

        Raises InvalidInput where the key stands for another request, Conflict while the same one is under way.
        """
        now, whose = self._clock.now(), (principal.organization_id, principal.user_id)
        with self._database.organization(principal.organization_id) as session:
            answer_repository.delete_older(session, whose[0], than=now - KEPT_FOR, unfinished=now - _LOST_AFTER)
            if answer_repository.begin(session, *whose, key, request_sha256=request_sha256, now=now):
                return None
            found = answer_repository.load(session, *whose, key)
        if found is not None and found[0] != request_sha256:
            raise InvalidInput("This key was used for another request. Take a new one.", place=PLACE)
        if found is None or found[1] is None:
            raise Conflict("The same request is under way. Ask again in a moment.", place=PLACE)
        return self._box.decrypt(found[1])

    def keep(self, principal: Principal, key: str, answer: str) -> None:
        """Keep what was answered."""
        with self._database.organization(principal.organization_id) as session:
            sealed = self._box.encrypt(answer)
            answer_repository.put(session, principal.organization_id, principal.user_id, key, answer=sealed)

    def let_go(self, principal: Principal, key: str) -> None:
        """Free the key: nothing was done."""
        with self._database.organization(principal.organization_id) as session:
            answer_repository.let_go(session, principal.organization_id, principal.user_id, key)
