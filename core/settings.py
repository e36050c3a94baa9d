"""The one settings object: every setting with its default and help, read from the environment and `.env`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.address import parse_email, parse_sender
from core.errors import InvalidInput, SettingError
from core.key_strength import why_weak

#: A provider on this machine, for trying it out.
_LOCAL_ISSUERS = (("http", "127.0.0.1"), ("http", "localhost"))


class Settings(BaseSettings):
    """All settings. Frozen; an unknown name in `.env` is ignored, a wrong value stops the start."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    data_dir: Path = Field(
        Path(".data"), description="Folder for the embedded database, files, keys and the mail outbox."
    )
    port: int = Field(8501, ge=1, le=65535, description="Port of the web app, REST API and links.")
    public_url: str | None = Field(
        None, description="Address people reach the app under, used in links. Default: http://localhost:PORT."
    )
    database_url: SecretStr | None = Field(None, description="PostgreSQL to use. Unset: an embedded one in DATA_DIR.")
    migration_database_url: SecretStr | None = Field(
        None,
        description="The database owner's URL, where the app's role is another. Unset: DATABASE_URL is the owner's.",
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs and encrypts. Unset: generated and kept in DATA_DIR (mode 0600)."
    )
    admin_email: str = Field(
        "admin@broadsheet.local", description="Sign-in of the first administrator; the demo schedule mails there."
    )
    admin_password: SecretStr | None = Field(
        None, description="First administrator's password. Unset: generated, printed once."
    )

    smtp_host: str | None = Field(
        None, description="Mail server. Unset: mail is written to DATA_DIR/outbox and shown in the app."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_user: str | None = Field(None, description="User at the mail server.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field("starttls", description="none, starttls or tls.")
    mail_max_bytes: int = Field(
        20_000_000,
        ge=1_000_000,
        le=1_000_000_000,
        description="Largest mail, as it travels. Files that do not fit are linked instead.",
    )
    mail_from: str = Field("Broadsheet <reports@broadsheet.local>", description="Sender of the mails.")

    s3_bucket: str | None = Field(None, description="Bucket for the S3 channel and ARTIFACT_STORE=s3.")
    s3_region: str | None = Field(None, description="Region of the bucket.")
    s3_endpoint_url: str | None = Field(None, description="Endpoint of an S3-compatible store.")
    s3_access_key_id: str | None = Field(None, description="Access key of the bucket.")
    s3_secret_access_key: SecretStr | None = Field(None, description="Secret key of the bucket.")
    s3_prefix: str = Field("", description="Prefix of every key written.")
    delivery_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Folders that reports may be delivered to, separated by commas. Unset: DATA_DIR/delivered.",
    )
    slack_bot_token: SecretStr | None = Field(None, description="Token of the Slack app that posts reports.")
    slack_api_url: str = Field("https://slack.com/api/", description="Address of the Slack API.")
    clickhouse_host: str | None = Field(None, description="ClickHouse server; set: a ready-made source.")
    clickhouse_port: int = Field(8123, ge=1, le=65535, description="HTTP port of the ClickHouse server.")

    artifact_store: str = Field("file", description="Where produced files are kept: file or s3.")
    allow_private_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts inside private ranges that webhooks, S3, SMTP and sources may reach, separated by commas.",
    )
    source_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders beside DATA_DIR whose DuckDB files may be sources, separated by commas."
    )
    workers: int = Field(2, ge=1, le=64, description="Runs a daemon works on at the same time.")
    run_timeout_s: int = Field(
        1800, ge=1, le=86_400, description="Longest time one attempt of a run may take, in seconds."
    )
    run_max_attempts: int = Field(3, ge=1, le=20, description="Attempts before a run fails for good.")
    render_memory_mb: int = Field(
        1500, ge=256, le=1_000_000, description="Memory the process that makes a file may take, in MiB."
    )
    row_limit_default: int = Field(
        1000, ge=1, le=1_000_000_000, description="Row limit of every new report; any may lift it."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How the processes log: text, or a JSON object a line."
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        None, description="Collector that traces go to (OTLP over HTTP), as in http://localhost:4318. Unset: none."
    )
    quotas: str = Field(
        "",
        description="Limits of every organization that has none of its own, as in `schedules=500, runs_at_once=4`.",
    )
    rate_limits: Literal["on", "off"] = Field("on", description="Request limits of the API and sign-in.")
    breached_passwords: Path | None = Field(
        None,
        description="File of SHA-1 hashes of passwords that leaked, sorted, one a line; they are refused. Unset: none.",
    )
    oidc_issuer: str | None = Field(
        None, description="Address of the OpenID Connect provider for single sign-on. Unset: no single sign-on."
    )
    oidc_client_id: str | None = Field(None, description="Broadsheet's client id at that provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="Broadsheet's client secret at that provider.")
    oidc_name: str = Field("single sign-on", description="What the provider is called on the sign-in page.")
    oidc_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Domains whose verified addresses join by themselves at the provider, separated by commas."
    )
    oidc_organization: str | None = Field(None, description="Organization that they join, by name.")
    oidc_role: str = Field("viewer", description="Role that they get; none that manages people.")
    link_minutes: int = Field(
        60, ge=1, le=129_600, description="Minutes that a link made by hand opens its file, unless asked for otherwise."
    )
    mail_link_days: int = Field(7, ge=1, le=90, description="Days that the links in messages open their files.")
    bounce_folder: Path | None = Field(
        None, description="Folder into which a mail server puts delivery reports, one mail a file."
    )
    bounce_imap_host: str | None = Field(
        None, description="IMAP server of the mailbox that delivery reports come to. It is read over TLS."
    )
    bounce_imap_port: int = Field(993, ge=1, le=65535, description="Port of that server.")
    bounce_imap_user: str | None = Field(None, description="User of that mailbox.")
    bounce_imap_password: SecretStr | None = Field(None, description="Password of that mailbox.")
    bounce_imap_folder: str = Field("INBOX", description="Folder of that mailbox. What was read is marked as seen.")
    retention_days: int = Field(90, ge=1, le=36_500, description="Days that produced files are kept.")
    run_retention_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="Days that ended runs and their timelines are kept, at least as long as their files. "
        "Unset: four times RETENTION_DAYS, at least 366. A run that somebody keeps stays with its files.",
    )

    @field_validator("allow_private_hosts", "source_folders", "delivery_folders", "oidc_domains", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        """Accept the comma-separated form of the environment."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("data_dir")
    @classmethod
    def _usable_data_dir(cls, value: Path) -> Path:
        """The embedded database cannot live under a path with white space."""
        absolute = value.expanduser().absolute()
        if any(character.isspace() for character in str(absolute)):
            raise ValueError("the path must not contain spaces; choose another folder")
        if absolute.exists() and not absolute.is_dir():
            raise ValueError(f"{absolute} is not a folder; choose another one")
        return absolute

    @field_validator("mail_from")
    @classmethod
    def _usable_sender(cls, value: str) -> str:
        """Every mail carries it."""
        return _checked(value, parse_sender)

    @field_validator("admin_email")
    @classmethod
    def _usable_address(cls, value: str) -> str:
        """The first administrator signs in with it and gets mail there."""
        return _checked(value, parse_email)

    @field_validator("public_url")
    @classmethod
    def _usable_url(cls, value: str | None) -> str | None:
        """Links are made of it."""
        parts = urlsplit(value) if value else None
        if parts is not None and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("it must be an address such as https://reports.example.com")
        return value

    @field_validator("smtp_host", "clickhouse_host", "bounce_imap_host")
    @classmethod
    def _usable_host(cls, value: str | None) -> str | None:
        """A name or an address, without a port or a scheme."""
        if value is not None and not re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", value):
            raise ValueError("it must be the name or address of a host, such as mail.example.com")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _usable_issuer(cls, value: str | None) -> str | None:
        """Who is signed in is believed because TLS says who speaks; only this machine is believed without."""
        parts = urlsplit(value) if value else None
        if parts is not None and (
            not parts.hostname or (parts.scheme != "https" and (parts.scheme, parts.hostname) not in _LOCAL_ISSUERS)
        ):
            raise ValueError("it must be an address such as https://login.example.com")
        return value

    @field_validator("breached_passwords")
    @classmethod
    def _usable_list(cls, value: Path | None) -> Path | None:
        """A list that cannot be read would refuse nothing."""
        if value is not None and not value.is_file():
            raise ValueError(f"{value} is no file")
        return value

    @field_validator("secret_key")
    @classmethod
    def _strong_key(cls, value: SecretStr | None) -> SecretStr | None:
        """Whoever guesses the key is signed in as anybody and reads every stored secret."""
        if value is not None and (why := why_weak(value.get_secret_value())):
            raise ValueError(f"{why}; leave it unset to have one generated")
        return value

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _postgresql_only(cls, value: SecretStr | None) -> SecretStr | None:
        """The metadata has one dialect."""
        if value is not None and not value.get_secret_value().startswith(
            ("postgresql://", "postgres://", "postgresql+psycopg://")
        ):
            raise ValueError("it must start with postgresql://")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Settings that only make sense together."""
        if self.artifact_store == "s3" and not self.s3_bucket:
            raise ValueError("ARTIFACT_STORE=s3 needs S3_BUCKET")
        if self.bounce_imap_host and not (self.bounce_imap_user and self.bounce_imap_password):
            raise ValueError("BOUNCE_IMAP_HOST needs BOUNCE_IMAP_USER and BOUNCE_IMAP_PASSWORD")
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
        if self.oidc_domains and not self.oidc_organization:
            raise ValueError("OIDC_DOMAINS needs OIDC_ORGANIZATION")
        if self.smtp_password is not None and not self.smtp_user:
            raise ValueError("SMTP_PASSWORD needs SMTP_USER")
        return self

    @property
    def base_url(self) -> str:
        """Address for links, without a trailing slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def delivery_roots(self) -> tuple[Path, ...]:
        """The folders below which reports may be delivered."""
        return self.delivery_folders or (self.data_dir / "delivered",)

    @property
    def runs_kept_days(self) -> int:
        """Days that ended runs are kept."""
        return max(self.run_retention_days or max(4 * self.retention_days, 366), self.retention_days)

    @property
    def outbox_dir(self) -> Path:
        """Where mail is written when there is no mail server."""
        return self.data_dir / "outbox"


def _checked(value: str, parse: Callable[[str], object]) -> str:
    """Return `value` if `parse` takes it; its words become the setting's."""
    try:
        parse(value)
    except InvalidInput as error:
        raise ValueError(error.user_message.rstrip(".")) from error
    return value


def load_settings(**overrides: object) -> Settings:
    """Read the settings once. Raises SettingError with one line that names the setting and the mend."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "settings"
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingError(f"{name}: {reason}.", place=name) from error


def settings_table() -> str:
    """Return every setting with its default and help as a Markdown table; README shows it."""
    lines = ["| setting | default | what it does |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "", ()) else f"`{field.default}`"
        lines.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)
