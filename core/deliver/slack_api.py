"""Slack's Web API as deliveries use it: one call at a time, and its refusals in words."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError

from core.clock import Clock
from core.deliver.streams import CheckedFile
from core.domain.delivery import MessageFile
from core.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, DeliveryUnknown, InvalidAddress
from core.outbound.http import Answer, HttpWay, check_url

_WORDS = {
    "not_in_channel": "The Slack app is not in this channel. Invite it there: /invite @app.",
    "channel_not_found": "Slack knows no such channel, or the app may not see it. Invite the app there.",
    "is_archived": "The channel is archived.",
    "users_not_found": "Nobody in this Slack workspace has this e-mail address.",
    "invalid_auth": "Slack refused the token. Fill in the app's bot token (xoxb-…) again.",
    "not_authed": "Slack refused the token. Fill in the app's bot token (xoxb-…) again.",
    "token_revoked": "The token was revoked. Install the Slack app again and fill in its new token.",
    "token_expired": "The token has expired. Fill in the app's new token.",
    "account_inactive": "The Slack app was removed from its workspace. Install it again.",
    "file_uploads_disabled": "This Slack workspace takes no files.",
    "file_upload_size_restricted": "This Slack workspace takes no files of this size.",
    "restricted_action": "The workspace's rules do not let the app post there.",
}
#: Something inside Slack, before anything was done.
_LATER = ("ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "request_timeout")
#: Something inside Slack, of which nobody knows how far it went.
_UNSURE = ("fatal_error", "internal_error")
#: The connection never stood, so nothing was sent over it.
_NEVER_SENT = (ConnectTimeoutError, NewConnectionError, NameResolutionError, SSLError)
_WHOM = "Slack"


class SlackApi:
    """One workspace, by its bot's token."""

    def __init__(self, way: HttpWay, clock: Clock, *, url: str, token: str) -> None:
        self._way = way
        self._clock = clock
        self._url = url.rstrip("/") + "/"
        self._token = token

    def ask(self, method: str, **arguments: str) -> dict[str, Any]:
        """Call a method that may be called again. Raises DeliveryRefused or DeliveryDeferred."""
        return self._call(method, arguments, is_final=False)

    def post(self, method: str, **arguments: str) -> dict[str, Any]:
        """Call the method that people see. Raises DeliveryUnknown too, where it may have been carried out."""
        return self._call(method, arguments, is_final=True)

    def upload(self, file: MessageFile) -> str:
        """Bring a file to Slack, where nobody sees it yet; returns its id."""
        ticket = self.ask("files.getUploadURLExternal", filename=file.file_name, length=str(file.size_bytes))
        url, file_id = str(ticket.get("upload_url", "")), str(ticket.get("file_id", ""))
        try:
            check_url(url)
        except InvalidAddress as error:
            raise DeliveryDeferred("Slack did not say where the file goes.") from error
        headers = {"Content-Type": file.media_type, "Content-Length": str(file.size_bytes)}
        with CheckedFile(file) as content:
            answer = self._request(url, headers, content, is_final=False)
        if not 200 <= answer.status < 300:
            raise self._failed(answer)
        return file_id

    def _call(self, method: str, arguments: Mapping[str, str], *, is_final: bool) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        body = urlencode(arguments).encode()
        answer = self._request(urljoin(self._url, method), headers, body, is_final=is_final)
        said = answer.json()
        if said.get("ok") is True:
            return said
        if said.get("ok") is False and answer.status < 500:
            raise self._refusal(said, answer, is_final=is_final)
        if is_final and (answer.status >= 500 or 200 <= answer.status < 300):
            raise DeliveryUnknown
        raise self._failed(answer)

    def _request(self, url: str, headers: Mapping[str, str], body: Any, *, is_final: bool) -> Answer:
        try:
            return self._way.request("POST", url, headers=headers, body=body)
        except _NEVER_SENT as error:
            raise DeliveryDeferred("Slack cannot be reached.") from error
        except (HTTPError, OSError) as error:
            if is_final:
                raise DeliveryUnknown from error
            raise DeliveryDeferred("Slack did not answer in time.") from error

    def _failed(self, answer: Answer) -> DeliveryError:
        if answer.status in (408, 429) or answer.status >= 500 or answer.status < 300:
            words = f"Slack does not take it now (HTTP {answer.status})."
            return DeliveryDeferred(words, retry_after_s=answer.retry_after_s(self._clock))
        return DeliveryRefused(f"Slack refused it (HTTP {answer.status}).")

    def _refusal(self, said: Mapping[str, Any], answer: Answer, *, is_final: bool) -> DeliveryError:
        code = "".join(c for c in str(said.get("error", ""))[:60] if c.isalnum() or c == "_")
        if code in _LATER or answer.status == 429:
            wait = answer.retry_after_s(self._clock)
            return DeliveryDeferred(f"Slack does not take it now ({code}).", retry_after_s=wait)
        if code in _UNSURE:
            return DeliveryUnknown() if is_final else DeliveryDeferred(f"Something broke inside Slack ({code}).")
        if code == "missing_scope":
            needed = "".join(c for c in str(said.get("needed", ""))[:100] if c.isalnum() or c in ":._,")
            return DeliveryRefused(f"The Slack app lacks the scope {needed}. Add it and install the app again.")
        return DeliveryRefused(_WORDS.get(code, f"Slack refused it ({code or 'no reason given'})."))


def as_json(value: Any) -> str:
    """A list or an object as an argument of a method."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
