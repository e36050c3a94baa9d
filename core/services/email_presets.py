"""Mail servers that people know by name, ready to be filled in."""

from core.domain.mail_server import EmailPreset

CUSTOM = "custom"

PRESETS: tuple[EmailPreset, ...] = (
    EmailPreset(
        key="gmail",
        label="Gmail",
        host="smtp.gmail.com",
        port=587,
        security="starttls",
        help="Use an app password: myaccount.google.com/apppasswords. The sender is the account's own address.",
    ),
    EmailPreset(
        key="outlook",
        label="Outlook.com",
        host="smtp-mail.outlook.com",
        port=587,
        security="starttls",
        help="Use an app password of the Microsoft account. The sender is the account's own address.",
    ),
    EmailPreset(
        key="office365",
        label="Office 365",
        host="smtp.office365.com",
        port=587,
        security="starttls",
        help="Authenticated SMTP has to be switched on for the mailbox. The sender is that mailbox.",
    ),
    EmailPreset(
        key="yahoo",
        label="Yahoo",
        host="smtp.mail.yahoo.com",
        port=465,
        security="tls",
        help="Use an app password of the account. The sender is the account's own address.",
    ),
    EmailPreset(
        key="ses",
        label="Amazon SES",
        host="email-smtp.us-east-1.amazonaws.com",
        port=587,
        security="starttls",
        help="Put your region into the host. User and password are SMTP credentials, not access keys. "
        "The sender is a verified address or domain.",
    ),
    EmailPreset(
        key=CUSTOM,
        label="Another server",
        host="",
        port=587,
        security="starttls",
        help="Port 587 goes with STARTTLS, port 465 with TLS.",
    ),
)
