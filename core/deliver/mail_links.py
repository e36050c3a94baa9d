"""Addresses that stand in a mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.delivery import FileLink
from core.domain.moments import instant_words


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLinks:
    """Addresses in the mail. None leaves a link out."""

    report: str | None = None
    files: tuple[FileLink, ...] = ()  #: files that the mail has no room for
    unsubscribe: str | None = None  #: where its recipient can stop or pause it


def linked_words(links: Sequence[FileLink], timezone: str) -> list[dict[str, str]]:
    """Files that a mail leads to, with their size and their last day in words."""
    return [
        {
            "name": link.file.file_name,
            "url": link.url,
            "words": f"{max(1, round(link.file.size_bytes / 1_000_000)):,} MB, "
            f"until {instant_words(link.expires_at, timezone).partition(',')[0]}",
        }
        for link in links
    ]
