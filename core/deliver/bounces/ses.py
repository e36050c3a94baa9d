"""Amazon SES: notifications through SNS, signed with RSA by a certificate that is fetched from SNS itself."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from urllib3.exceptions import HTTPError

from core.deliver.bounces.provider import (
    BAD_SIGNATURE,
    Report,
    address_of,
    bytes_of,
    instant_of,
    json_of,
    list_of,
    message_id_of,
    object_of,
    one_line,
    refuse_old,
)
from core.domain.bounce import BounceEvent, BounceKind
from core.errors import InvalidInput, NotAllowed, SourceUnavailable
from core.outbound.http import HttpWay, guard_of
from core.settings import Settings

#: Whoever may name another host may name another certificate.
_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE_URL = re.compile(_HOST + r"/SimpleNotificationService-[0-9A-Za-z]+\.pem", re.ASCII)
_CONFIRM_URL = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[!-~]+", re.ASCII)
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?", re.ASCII)
#: What is signed, in this order (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html).
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - SNS version 1

#: Answers what an address of SNS holds.
Fetch = Callable[[str], str]


class SesHooks:
    """A topic of SNS that SES reports bounces and complaints to."""

    key = "ses"
    label = "Amazon SES"
    secret_fields: ClassVar[Mapping[str, str]] = {
        "topic": "The ARN of the SNS topic, as in arn:aws:sns:eu-west-1:123456789012:bounces."
    }

    def __init__(self, fetch: Fetch) -> None:
        """`fetch` gets certificates and confirms subscriptions; it is asked for addresses of SNS only."""
        self._fetch = fetch
        self._certificate = lru_cache(maxsize=16)(lambda url: x509.load_pem_x509_certificate(fetch(url).encode()))

    @classmethod
    def of(cls, settings: Settings) -> "SesHooks":
        """Behind the outbound guard, as everything that a request names."""
        way = HttpWay(guard_of(settings.allow_private_hosts), connect_s=5.0, read_s=10.0)
        return cls(lambda url: _get(way, url))

    def check(self, secrets: Mapping[str, str]) -> None:
        """Anybody may have a topic: only the one named here is heard."""
        if not _TOPIC.fullmatch(secrets.get("topic", "")):
            raise InvalidInput("This is not the ARN of an SNS topic.", place="secrets.topic")

    def read(self, report: Report, secrets: Mapping[str, str], now: datetime) -> tuple[BounceEvent, ...]:
        """Check topic and signature; then read the events, or confirm the subscription where that is asked."""
        said = object_of(json_of(report.body))
        if said.get("TopicArn") != secrets["topic"]:
            raise NotAllowed("This topic was not named here.")
        self._verify(said, now)
        refuse_old(instant_of(said.get("Timestamp")), now)
        if said["Type"] == "SubscriptionConfirmation":
            self._confirm(str(said.get("SubscribeURL", "")))
            return ()
        return tuple(_events(object_of(json_of(str(said["Message"]).encode())), str(said["MessageId"])))

    def _verify(self, said: dict[str, Any], now: datetime) -> None:
        names, algorithm = _SIGNED.get(str(said.get("Type"))), _HASHES.get(str(said.get("SignatureVersion")))
        url = str(said.get("SigningCertURL", ""))
        if names is None or algorithm is None or not _CERTIFICATE_URL.fullmatch(url):
            raise NotAllowed(BAD_SIGNATURE)
        signed = "".join(f"{name}\n{said[name]}\n" for name in names if said.get(name) is not None)
        signature = bytes_of(str(said.get("Signature", "")))
        try:
            certificate = self._certificate(url)
            key = certificate.public_key()
            if not isinstance(key, rsa.RSAPublicKey):
                raise NotAllowed(BAD_SIGNATURE)
            if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
                raise NotAllowed(BAD_SIGNATURE)
            key.verify(signature, signed.encode(), padding.PKCS1v15(), algorithm)
        except (InvalidSignature, ValueError) as error:
            raise NotAllowed(BAD_SIGNATURE) from error

    def _confirm(self, url: str) -> None:
        if not _CONFIRM_URL.fullmatch(url):
            raise NotAllowed("This is no address of SNS.")
        self._fetch(url)


def _get(way: HttpWay, url: str) -> str:
    try:
        answer = way.request("GET", url, headers={"User-Agent": "Broadsheet"})
    except (HTTPError, OSError) as error:
        raise SourceUnavailable("Amazon SNS cannot be reached.") from error
    if answer.status != 200:
        raise SourceUnavailable("Amazon SNS does not answer as it should.")
    return answer.text


def _events(said: dict[str, Any], notification: str) -> list[BounceEvent]:
    """One event for each recipient."""
    what = said.get("notificationType") or said.get("eventType")
    part = object_of(said.get("bounce" if what == "Bounce" else "complaint"))
    if what == "Bounce":
        kind = BounceKind.HARD if part.get("bounceType") == "Permanent" else BounceKind.SOFT
        recipients = list_of(part.get("bouncedRecipients"))
    elif what == "Complaint":
        kind, recipients = BounceKind.COMPLAINT, list_of(part.get("complainedRecipients"))
    else:
        return []
    mail = object_of(said.get("mail"))
    return [
        BounceEvent(
            id=f"{notification}:{address_of(recipient.get('emailAddress'))}",
            kind=kind,
            address=address_of(recipient.get("emailAddress")),
            reason=one_line(recipient.get("status"), recipient.get("diagnosticCode") or part.get("bounceSubType")),
            happened_at=instant_of(part.get("timestamp")),
            message_id=message_id_of(object_of(mail.get("commonHeaders")).get("messageId")),
            accepted_as=one_line(mail.get("messageId")) or None,
        )
        for recipient in recipients
    ]
