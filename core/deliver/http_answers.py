"""What an answer over HTTP means for a delivery; the same for every channel that speaks it."""

from core.clock import Clock
from core.errors import DeliveryDeferred, DeliveryError, DeliveryRefused
from core.outbound.http import Answer

#: Not now: timeout of the request, too early (RFC 8470), too many requests (RFC 6585).
_LATER = (408, 425, 429)
_MENDS = {
    401: ": it asks for a sign-in. Check the secrets",
    403: ": it does not allow this. Check the secrets",
    404: ": there is nothing at this address",
    410: ": the address is gone for good",
    413: ": it is too large for it",
}


def refusal(answer: Answer, whom: str, clock: Clock) -> DeliveryError | None:
    """The error of an answer that is no yes; the other side's own words go nowhere. None: it is a yes."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if status in _LATER or status >= 500:
        words = f"{whom} does not take it now (HTTP {status})."
        return DeliveryDeferred(words, retry_after_s=answer.retry_after_s(clock))
    if 300 <= status < 400:
        return DeliveryRefused(f"{whom} sent us elsewhere (HTTP {status}). Give the address it moved to.")
    return DeliveryRefused(f"{whom} refused it (HTTP {status}){_MENDS.get(status, '')}.")
