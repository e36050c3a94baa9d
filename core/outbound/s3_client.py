"""The one way to an S3 client: for the store of artifacts and for deliveries."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.outbound.http import Guard, guarded
from core.settings import Settings

if TYPE_CHECKING:
    from botocore.httpsession import URLLib3Session


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Login:
    """How a store is reached. Without a key the machine's own role is used, which only the operator may ask for."""

    region: str | None
    endpoint_url: str | None
    access_key_id: str | None
    secret_access_key: str | None = field(repr=False)
    uses_path: bool = False  #: the bucket stands in the path, not in the host's name


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Patience:
    """How long a store may take, and how often one request to it is sent."""

    connect_s: float = 10.0
    read_s: float = 60.0
    attempts: int = 4


def login_of(settings: Settings) -> S3Login:
    """The operator's own store."""
    secret = settings.s3_secret_access_key
    return S3Login(
        region=settings.s3_region,
        endpoint_url=settings.s3_endpoint_url,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=secret.get_secret_value() if secret else None,
    )


def s3_client(login: S3Login, *, patience: S3Patience = S3Patience(), guard: Guard | None = None) -> Any:
    """Return a client; boto3 takes a third of a second to load, which only who stores files pays for.

    With a guard every connection passes it, and neither proxies nor the machine's role are used.
    """
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "s3",
        region_name=login.region,
        endpoint_url=login.endpoint_url,
        aws_access_key_id=login.access_key_id,
        aws_secret_access_key=login.secret_access_key,
        config=Config(
            connect_timeout=patience.connect_s,
            read_timeout=patience.read_s,
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
            s3={"addressing_style": "path"} if login.uses_path else None,
        ),
    )
    if guard is not None:
        # A client offers no way to bring its own session; its endpoint holds the one it was made with.
        client._endpoint.http_session = _guarded_session(guard, patience)
    return client


def _guarded_session(guard: Guard, patience: S3Patience) -> "URLLib3Session":
    from botocore.awsrequest import (
        AWSHTTPConnection,
        AWSHTTPConnectionPool,
        AWSHTTPSConnection,
        AWSHTTPSConnectionPool,
    )
    from botocore.httpsession import URLLib3Session

    plain = type("Plain", (AWSHTTPConnectionPool,), {"ConnectionCls": guarded(AWSHTTPConnection, guard)})
    secured = type("Secured", (AWSHTTPSConnectionPool,), {"ConnectionCls": guarded(AWSHTTPSConnection, guard)})
    session = URLLib3Session(timeout=(patience.connect_s, patience.read_s), proxies={})
    # The dictionary that the session's pool manager holds too.
    session._pool_classes_by_scheme.update(http=plain, https=secured)
    return session
