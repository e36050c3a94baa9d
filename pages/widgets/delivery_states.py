"""The words and colours of a delivery's states, and which of them can be sent again."""

from core.domain.delivery import DeliveryState

DELIVERIES = {
    DeliveryState.PENDING: ("Waiting", "quiet"),
    DeliveryState.SENDING: ("Sending", "live"),
    DeliveryState.SENT: ("Sent", "green"),
    DeliveryState.RETRY: ("Will retry", "amber"),
    DeliveryState.FAILED: ("Failed", "red"),
    DeliveryState.BOUNCED: ("Bounced", "red"),
    DeliveryState.UNKNOWN: ("May have arrived", "amber"),
    DeliveryState.HELD: ("Held", "amber"),
    DeliveryState.SUPPRESSED: ("Left out", "quiet"),
}
RESENDABLE = (DeliveryState.FAILED, DeliveryState.HELD, DeliveryState.UNKNOWN, DeliveryState.SUPPRESSED)
