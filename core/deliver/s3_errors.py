"""What goes wrong at an S3 store, as what it means for a delivery; the store's own words go nowhere."""

import contextlib
from collections.abc import Iterator

from core.errors import BroadsheetError, DeliveryDeferred, DeliveryRefused, InvalidAddress

_BUSY = ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Throttling", "ThrottlingException")
_MENDS = {
    "NoSuchBucket": "There is no such bucket at this store.",
    "AccessDenied": "The store does not let this key write there. It needs s3:PutObject and s3:AbortMultipartUpload.",
    "InvalidAccessKeyId": "The store does not know this access key.",
    "SignatureDoesNotMatch": "The store refused the secret key.",
    "PermanentRedirect": "The bucket is in another region. Give its region.",
    "AuthorizationHeaderMalformed": "The bucket is in another region. Give its region.",
    "KMS.NotFoundException": "The store does not know the encryption key.",
    "KMS.DisabledException": "The encryption key is disabled.",
    "BadDigest": "The bytes changed on the way to the store.",
    "XAmzContentChecksumMismatch": "The bytes changed on the way to the store.",
}
#: Refusals that may not happen again.
_ON_THE_WAY = ("BadDigest", "XAmzContentChecksumMismatch")


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what boto3 raises into DeliveryRefused or DeliveryDeferred; a repeated upload replaces the first."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError

    try:
        yield
    except BroadsheetError:
        raise
    except ClientError as error:
        raise _refused(error.response) from error
    except HTTPClientError as error:
        inner = error.kwargs.get("error")
        if isinstance(inner, InvalidAddress):
            raise DeliveryRefused(inner.user_message) from error
        raise DeliveryDeferred("The store cannot be reached, or it did not answer in time.") from error
    except ParamValidationError as error:
        raise DeliveryRefused("The name of the bucket or of its region cannot be.") from error
    except RecursionError as error:  # boto3 asks for the bucket's region, and the answer sends it to ask again
        raise DeliveryRefused("The store sends us in circles. Check the endpoint and the region.") from error
    except (BotoCoreError, Boto3Error, ValueError, OSError) as error:
        raise DeliveryDeferred("The store cannot be reached, or it did not answer in time.") from error


def is_forbidden(answer: object) -> bool:
    """Whether an answer says that the key may not do this."""
    return _status(answer) == 403


def is_missing(answer: object) -> bool:
    """Whether an answer says that there is no such object."""
    return _status(answer) == 404


def _refused(answer: object) -> BroadsheetError:
    error = answer.get("Error", {}) if isinstance(answer, dict) else {}
    code, status = str(error.get("Code", "")), _status(answer)
    if code in _MENDS:
        return (DeliveryDeferred if code in _ON_THE_WAY else DeliveryRefused)(_MENDS[code])
    if code in _BUSY or status >= 500 or status in (408, 425, 429):
        return DeliveryDeferred(f"The store does not take files now (HTTP {status}).")
    return DeliveryRefused(f"The store refused the file (HTTP {status}). Check the bucket, its region and the key.")


def _status(answer: object) -> int:
    meta = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}
    return int(meta.get("HTTPStatusCode") or 0)
