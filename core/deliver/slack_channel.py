"""Slack: one message with the headline figures, the chart and the files, to a channel or to a person."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from core.address import parse_email
from core.catalog.sources.connector import ConnectionField
from core.clock import Clock
from core.deliver.channel import placed
from core.deliver.slack_api import SlackApi, as_json
from core.domain.delivery import KeyFigure, Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.schedule import Recipient
from core.errors import DeliveryRefused, InvalidAddress, InvalidInput
from core.outbound.http import HttpWay, guard_of
from core.settings import Settings

#: Channels, people's direct messages and private groups.
_ID = re.compile(r"[CDG][A-Z0-9]{7,20}", re.ASCII)
_NAME = re.compile(r"#[^\s#@,.<>&!?;:'\"()\[\]{}|\\/*`~^]{1,80}")
#: Slack hands out names a page at a time; past these a channel is found by its id.
_MOST_PAGES = 20
#: Limits of Slack's blocks, with room for what escaping adds.
_MOST_TITLE, _MOST_TEXT, _MOST_FIELDS = 150, 2_900, 10


class SlackChannel:
    """Files are brought first, where nobody sees them; the one call that shows them all comes last."""

    key = "slack"
    label = "Slack"
    address_help = "A channel (#sales or its id) or a person's e-mail address."
    form = (
        ConnectionField(
            name="bot_token",
            label="Bot token",
            help="Of the Slack app, as in xoxb-…. Its scopes: chat:write, files:write, files:read, channels:read, "
            "groups:read, im:write, users:read.email.",
            is_secret=True,
        ),
    )

    def __init__(self, settings: Settings, clock: Clock, *, connect_s: float = 10.0, read_s: float = 60.0) -> None:
        self._settings = settings
        self._clock = clock
        # The operator names the API's host, who is trusted; where files go is what that host says.
        trusted = urlsplit(settings.slack_api_url).hostname or ""
        self._way = HttpWay(guard_of((*settings.allow_private_hosts, trusted)), connect_s=connect_s, read_s=read_s)

    def own_settings(self) -> DestinationSettings | None:
        """The operator's app, where there is one."""
        return None if self._settings.slack_bot_token is None else {}

    def check_place(self, place: Place) -> None:
        """Raise InvalidInput where the token cannot be one."""
        token = place.secrets.get("bot_token", "")
        if not re.fullmatch(r"xox[abe][a-z.]*-[A-Za-z0-9.-]{8,500}", token):
            raise InvalidInput("A bot token begins with xoxb-.", place="secrets.bot_token")

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress unless `address` is a channel or an e-mail address."""
        text = address.strip()
        if "@" in text:
            parse_email(address)
        elif not _ID.fullmatch(text) and not _NAME.fullmatch(text):
            raise InvalidAddress(f'"{text[:80]}" is no channel such as #sales, no channel id and no e-mail address.')

    def linked(self, _files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Every file goes along."""
        return ()

    def reference(self, message: Message, _recipient: Recipient, _place: Place | None = None) -> str:
        """Ours: Slack knows no name that a sender gives."""
        return message.reference

    def send(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """Bring the files and show them. Raises DeliveryUnknown where nobody can say whether they are shown."""
        place = placed(place)
        self.check_address(recipient.address)
        api = SlackApi(self._way, self._clock, url=self._settings.slack_api_url, token=self._token(place))
        channel = self._find(api, recipient.address.strip())
        brought = [{"id": api.upload(file), "title": file.file_name} for file in _shown_files(message)]
        blocks = as_json(build_blocks(message))
        if brought:
            api.post("files.completeUploadExternal", files=as_json(brought), channel_id=channel, blocks=blocks)
            return f"shown in {channel} with {len(brought)} {'file' if len(brought) == 1 else 'files'}"
        said = api.post("chat.postMessage", channel=channel, text=message.subject, blocks=blocks)
        return f"shown in {channel} at {str(said.get('ts', ''))[:40]}"

    def _token(self, place: Place) -> str:
        own = self._settings.slack_bot_token
        if not place.is_built_in:
            return place.secrets.get("bot_token", "")
        if own is None:
            raise DeliveryRefused("This installation has no Slack app any more.")
        return own.get_secret_value()

    def _find(self, api: SlackApi, address: str) -> str:
        """The id of a channel, or of the direct messages with a person."""
        if _ID.fullmatch(address):
            return address
        if "@" in address:
            user = api.ask("users.lookupByEmail", email=parse_email(address)).get("user", {})
            opened = api.ask("conversations.open", users=str(user.get("id", ""))).get("channel", {})
            return str(opened.get("id", ""))
        return _channel_called(api, address.removeprefix("#"))


def _channel_called(api: SlackApi, name: str) -> str:
    cursor = ""
    for _ in range(_MOST_PAGES):
        page = api.ask(
            "conversations.list",
            types="public_channel,private_channel",
            exclude_archived="true",
            limit="999",
            **({"cursor": cursor} if cursor else {}),
        )
        for channel in page.get("channels", ()):
            if channel.get("name") == name.lower():
                return str(channel.get("id", ""))
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    raise DeliveryRefused(
        f"Slack shows the app no channel called #{name[:80]}. Invite the app there, or give the channel's id."
    )


def _shown_files(message: Message) -> tuple[MessageFile, ...]:
    """The chart first, then the files."""
    chart = message.about.chart_png if message.about else None
    if chart is None:
        return message.attachments
    return (MessageFile.of("chart.png", "image/png", chart), *message.attachments)


def build_blocks(message: Message) -> list[dict[str, Any]]:
    """The message in Slack's blocks: title, what it is, figures, what is missing, and the way to the report."""
    about = message.about
    if about is None:
        return [_text(_escaped(message.text))]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": about.title[:_MOST_TITLE] or "Report"}},
        _text("\n".join(_escaped(line) for line in (about.period, about.sentence) if line) or " "),
    ]
    if about.figures:
        blocks.append({"type": "section", "fields": [_figure(one) for one in about.figures[:_MOST_FIELDS]]})
    if about.notes:
        blocks.append(_text("\n".join(f"_{_escaped(note)}_" for note in about.notes)))
    if about.report_url:
        blocks.append(_text(f"<{about.report_url}|Open the report>"))
    return blocks


def _figure(figure: KeyFigure) -> dict[str, str]:
    change = f" ({figure.change})" if figure.change else ""
    text = f"*{_escaped(figure.label)}*\n{_escaped(figure.value)}{_escaped(change)}"
    return {"type": "mrkdwn", "text": text[:1_900]}


def _text(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_MOST_TEXT]}}


def _escaped(text: str) -> str:
    """What people typed stays text: neither a link nor a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
