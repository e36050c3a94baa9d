"""Wires the watch over what administrators have to look after: the daemon's, and the web process's in its place."""

from core.bootstrap.parts import Parts
from core.runs.notices import OwnerNotices
from core.services.admin_alerts import AlertWatch
from core.settings import Settings


def make_alert_watch(parts: Parts, settings: Settings) -> AlertWatch:
    """Return the watch over `parts`."""
    mail = parts.channels["email"]
    notices = OwnerNotices(parts.database, parts.clock, channel=mail, base_url=settings.base_url, places=parts.places)
    return AlertWatch(parts.database, parts.clock, notices=notices, data_dir=settings.data_dir)
