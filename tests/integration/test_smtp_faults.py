"""The fault matrix of SMTP against a real server: phase x fault, what a delivery becomes, and who has the mail."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from core.clock import FixedClock
from core.deliver.email_channel import EmailChannel
from core.domain.delivery import DeliveryState, Message
from core.domain.run import RunState
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, DeliveryRefused, DeliveryUnknown
from core.settings import Settings
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.mail_server import PHASES, MailServer, self_signed_contexts
from tests.run_parts import deliver_all, read

ADDRESSES = tuple(f"person{number}@example.com" for number in range(3))
#: What a phase says; 5xx of a greeting speaks of the server and not of the recipient, so it heals.
TEMPORARY = {"connect": "421 4.3.2 too busy", "starttls": "454 4.7.0 no TLS now", "auth": "454 4.7.0 try later"}
PERMANENT = {"connect": "554 5.3.2 go away", "auth": "535 5.7.8 nobody"}
FAULTS = ("4xx", "5xx", "drop", "hang")
Outcome = type[Exception] | None


def outcome(phase: str, fault: str) -> Outcome:
    """The specification, cell by cell; None: it is sent."""
    if phase == "quit":
        return None
    if phase == "accepted" and fault in ("drop", "hang"):
        return DeliveryUnknown
    return DeliveryRefused if fault == "5xx" and phase != "connect" else DeliveryDeferred


def script(phase: str, fault: str) -> str:
    said = {"4xx": TEMPORARY.get(phase, "450 4.2.1 later"), "5xx": PERMANENT.get(phase, "550 5.1.1 never")}
    return said.get(fault, fault)


CELLS = [(phase, fault, outcome(phase, fault)) for phase in PHASES for fault in FAULTS]


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return self_signed_contexts(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def shared(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[MailServer]:
    with MailServer(tls_context=contexts[0], login=("reports", "s3cret")) as running:
        yield running


@pytest.fixture
def server(shared: MailServer) -> MailServer:
    shared.faults.clear()
    shared.mails.clear()
    shared.connections = 0
    return shared


def patience_s(fault: str) -> float:
    """Long enough for the other answers of a busy machine; one that never comes ends the wait."""
    return 1 if fault == "hang" else 20


def channel(server: MailServer, context: ssl.SSLContext, *, wait_s: float) -> EmailChannel:
    settings = Settings(
        _env_file=None,
        smtp_host=server.host,
        smtp_port=server.port,
        smtp_user="reports",
        smtp_password=SecretStr("s3cret"),
    )
    times = {"timeout_s": wait_s, "final_timeout_s": wait_s, "quit_timeout_s": wait_s}
    return EmailChannel(settings, tls_context=context, **times)


def message(reference: str) -> Message:
    at = datetime(2026, 11, 23, 14, tzinfo=UTC)
    return Message(reference=reference, subject="S", text="t", html="<p>t</p>", attachments=(), made_at=at)


def test_every_cell_is_there() -> None:
    assert len(CELLS) == 9 * 4


@pytest.mark.parametrize(("phase", "fault", "expected"), CELLS)
def test_one_recipient(
    server: MailServer, contexts: tuple[ssl.SSLContext, ssl.SSLContext], phase: str, fault: str, expected: Outcome
) -> None:
    sender = channel(server, contexts[1], wait_s=patience_s(fault))
    server.faults[phase] = script(phase, fault)
    ann = Recipient(channel="email", address=ADDRESSES[0])
    if expected is None:
        assert sender.send(message("r"), ann).startswith("250")
    else:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
            sender.send(message("r"), ann)
        assert type(caught.value) is expected, caught.value
        assert "s3cret" not in str(caught.value)
    assert server.connections == 1, "a channel never tries again by itself"
    assert len(server.mails) == (1 if expected in (None, DeliveryUnknown) else 0)


STATES = {
    DeliveryDeferred: DeliveryState.RETRY,
    DeliveryRefused: DeliveryState.FAILED,
    DeliveryUnknown: DeliveryState.UNKNOWN,
    None: DeliveryState.SENT,
}


@pytest.mark.parametrize("turn", [0, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_of_several_harms_nobody_else(
    stack: Stack,
    tenant: Tenant,
    clock: FixedClock,
    make_run: Callable[..., UUID],
    server: MailServer,
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
    fault: str,
    turn: int,
) -> None:
    """The first and the last of several: each is a transaction of its own, and nobody served is served again."""
    stack.deliverer._channels = {"email": channel(server, contexts[1], wait_s=patience_s(fault))}
    run_id = make_run(recipients=tuple(Recipient(channel="email", address=one) for one in ADDRESSES))
    stack.pipeline.advance(run_id)
    server.faults[f"rcpt:{ADDRESSES[turn]}"] = script("rcpt", fault)
    run = deliver_all(stack, tenant, run_id)
    expected = STATES[outcome("rcpt", fault)]
    assert [one.state for one in run.deliveries] == [
        expected if number == turn else DeliveryState.SENT for number in range(len(ADDRESSES))
    ]
    served = [address for mail in server.mails for address in mail.recipients]
    assert sorted(served) == sorted(set(ADDRESSES) - {ADDRESSES[turn]})
    server.faults.clear()
    clock.advance(timedelta(hours=1))
    deliver_all(stack, tenant, run_id)
    again = [address for mail in server.mails for address in mail.recipients]
    assert len(again) == len(set(again)), "nobody is served twice"
    assert len(again) == len(ADDRESSES) - (expected is DeliveryState.FAILED)


@pytest.mark.parametrize(("phase", "fault"), [("quit", "hang"), ("quit", "drop"), ("quit", "5xx"), ("accepted", "4xx")])
def test_whoever_was_accepted_is_never_sent_to_again(
    stack: Stack,
    tenant: Tenant,
    clock: FixedClock,
    make_run: Callable[..., UUID],
    server: MailServer,
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
    phase: str,
    fault: str,
) -> None:
    stack.deliverer._channels = {"email": channel(server, contexts[1], wait_s=patience_s(fault))}
    run_id = make_run(recipients=(Recipient(channel="email", address=ADDRESSES[0]),))
    stack.pipeline.advance(run_id)
    server.faults[phase] = script(phase, fault)
    deliver_all(stack, tenant, run_id)
    server.faults.clear()
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        deliver_all(stack, tenant, run_id)
    assert len(server.mails) == 1
    assert read(stack, tenant, run_id).state is RunState.COMPLETED
