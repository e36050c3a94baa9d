"""Search over everything this person may see."""

from core.access.policy import may_ask, require
from core.db import dataset_repository, search_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.library import Found, FoundKind
from core.domain.text import check_text
from core.runs.seeing import all_seen_by

MAX_FOUND = 20
MAX_SEARCH = 200


class SearchService:
    """Finds reports, datasets, dashboards and schedules by their words."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, principal: Principal, search: str, *, limit: int = MAX_FOUND) -> dict[FoundKind, tuple[Found, ...]]:
        """Return up to 20 things of each kind, the best first; every word has to be found. Raises InvalidInput."""
        require(principal, Permission.VIEW_REPORTS)
        check_text(search, place="q", max_length=MAX_SEARCH)
        with self._database.person(principal) as session:
            datasets = [one for one in dataset_repository.list_datasets(session) if may_ask(principal, one)]
            datasets = list(all_seen_by(session, principal, datasets))
            return search_repository.find(session, search.strip(), datasets=datasets, limit=min(limit, MAX_FOUND))
