"""OpenTelemetry traces, where an endpoint is set; without one nothing of it is loaded, and a span is nothing.

A span has a name and ids. No values, texts or addresses: of an error, it tells the class.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


class _Traces:
    """Where this process sends its spans."""

    provider: "TracerProvider | None" = None


_TRACES: Final = _Traces()


def set_up_tracing(process: str, endpoint: str | None) -> None:
    """Send spans of this process over OTLP/HTTP to `endpoint`, in the background; None: nowhere."""
    if endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"broadsheet-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    _TRACES.provider = provider


def end_tracing() -> None:
    """Send what is left; a process that exits does so by itself."""
    if _TRACES.provider is not None:
        _TRACES.provider.shutdown()
        _TRACES.provider = None


@contextmanager
def span(name: str, **ids: object) -> Iterator[None]:
    """Tell how long the block takes, and of what it is."""
    if _TRACES.provider is None:
        yield
        return
    from opentelemetry.trace import StatusCode

    told = {f"broadsheet.{key}": str(value) for key, value in ids.items() if value is not None}
    # An error's words may hold values: its class says enough here, the log says the rest.
    with _TRACES.provider.get_tracer("broadsheet").start_as_current_span(
        name, attributes=told, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except Exception as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(StatusCode.ERROR)
            raise
