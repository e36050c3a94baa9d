"""The mail server of an organization: how its mails leave, under whose name, and how they are signed."""

from dataclasses import dataclass, field
from datetime import datetime

from core.domain.destination import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A key that signs mails of a domain (RFC 6376). The private half never leaves the server."""

    domain: str
    selector: str
    private_pem: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimRecord:
    """What the owner of a domain publishes, so that receivers can check the signature."""

    domain: str
    selector: str
    name: str  #: where in the DNS
    value: str  #: the text record


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Everything that is needed to hand a mail over. Never stored, never shown."""

    host: str
    port: int
    security: str  #: none | starttls | tls
    user: str
    password: str = field(repr=False)
    sender: str  #: `Name <address>`
    dkim: DkimKey | None = None
    is_trusted: bool = False  #: the operator named the host, so the outbound guard does not ask


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPreset:
    """A provider's mail server, ready to be filled in."""

    key: str
    label: str
    host: str  #: empty: to be typed; `{region}` is for the person to replace
    port: int
    security: str
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailConfig:
    """An organization's mail server as people see it, without its password."""

    preset: str
    host: str
    port: int
    security: str
    user: str
    sender: str
    has_password: bool
    dkim: DkimRecord | None = None
    version: int = 0  #: 0: nothing is saved; this is the operator's own
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailConfigDraft:
    """A mail server as a person fills it in."""

    preset: str
    host: str
    port: int
    security: str
    user: str
    sender: str
    password: str | None = field(default=None, repr=False)  #: None: the saved one stays; empty: it is taken away


def dkim_record(domain: str, selector: str, public: str) -> DkimRecord:
    """Return what is to be published (RFC 6376 section 3.6); `public` is the base64 of the key's DER form."""
    return DkimRecord(
        domain=domain, selector=selector, name=f"{selector}._domainkey.{domain}", value=f"v=DKIM1; k=rsa; p={public}"
    )


def server_of(place: Place) -> SmtpServer:
    """Read the mail server out of the place that deliveries carry."""
    key = place.secrets.get("dkim_key")
    return SmtpServer(
        host=place.text("host"),
        port=int(place.settings["port"]),
        security=place.text("security"),
        user=place.text("user"),
        password=place.secrets.get("password", ""),
        sender=place.text("sender"),
        dkim=DkimKey(domain=place.text("dkim_domain"), selector=place.text("dkim_selector"), private_pem=key)
        if key
        else None,
    )
